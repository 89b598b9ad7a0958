"""Real inference demand in its original layout gives the totals that its provenance states."""

import pytest

from offtake.demand.services import open_services, recognize_services
from offtake.demand.steps import Rates
from real.test_traces import folder

ONE = Rates(step_s=1, prompt_tokens_per_gpu_s=1, output_tokens_per_gpu_s=1)


@pytest.mark.parametrize(
    ("file", "requests", "tokens"),
    [("code", 8_819, 18_059_974 + 245_896), ("conv", 19_366, 22_361_870 + 4_088_665)],
)
def test_azure_has_the_requests_and_tokens(file: str, requests: int, tokens: int) -> None:
    path = folder("azure_llm_2023") / f"AzureLLMInferenceTrace_{file}.csv"
    trace = open_services(path, None, ONE)

    assert recognize_services(path)[0] == "azure_llm"
    assert trace.requests == requests
    assert trace.gpu_s == trace.work_gpu_s == tokens  # A token a second and GPU, step by step.
    assert trace.dropped == ()
    assert trace.services[0].service == file


def test_mooncake_has_the_requests_and_tokens_its_authors_state() -> None:
    path = folder("mooncake_2025") / "conversation_trace.jsonl.gz"
    trace = open_services(path, None, ONE)

    assert recognize_services(path)[0] == "mooncake"
    assert trace.requests == 12_031
    assert trace.span_s == 3_537
    assert round(trace.gpu_s / trace.requests) == 12_035 + 343


def test_genai_has_the_busy_hours_and_the_most_in_service() -> None:
    path = folder("alibaba_v2026_genai") / "lora_request_trace.csv.gz"
    trace = open_services(path, None, Rates(step_s=1))

    assert recognize_services(path)[0] == "genai"
    assert trace.requests + trace.dropped[0].rows == 26_823
    assert trace.dropped[0].rows == 30
    assert round(trace.gpu_s / 3_600, 1) == 213.6
    assert int(trace.services[0].gpus.max()) == 22


def test_dlrm_has_the_instances_gpu_hours_and_peak() -> None:
    path = folder("alibaba_gpu_v2025_dlrm") / "disaggregated_DLRM_trace.csv.gz"
    trace = open_services(path)
    cpu, at_once = trace.dropped

    assert recognize_services(path)[0] == "dlrm"
    assert (cpu.rows, at_once.rows) == (16_485, 15)
    assert trace.requests + at_once.rows == 7_386
    assert len(trace.services) == 156
    assert trace.span_s == 2_677_541
    assert round(trace.gpu_s / 3_600 / 1e6, 2) == 2.38


@pytest.mark.parametrize(
    ("vc", "mean"),
    [("vc6YE", 187.747 + 19.897), ("vchbv", 26.308 + 0.571), ("vcpDC", 50.982 + 14.008)],
)
def test_helios_clusters_use_and_wait_for_as_many_gpus_as_stated(vc: str, mean: float) -> None:
    path = folder("helios_series") / f"Earth_{vc}_cluster_sequence_vc.csv.gz"
    trace = open_services(path)

    assert recognize_services(path)[0] == "helios"
    assert (trace.requests, trace.span_s) == (44_640, 44_640 * 60)
    assert trace.services[0].service == vc
    assert trace.gpu_s / trace.span_s == pytest.approx(mean, abs=0.001)


def test_helios_quotas_and_philly_nodes() -> None:
    quotas = open_services(folder("helios_series") / "Earth_gpu_number.csv")
    nodes = open_services(folder("helios_series") / "philly_node_sequence.csv.gz")

    assert (quotas.requests, len(quotas.services)) == (181, 25)
    assert quotas.gpu_s == 4_333_824 * 3_600  # The file's own total, day by day.
    assert nodes.requests == 105_644
    assert int(nodes.services[0].gpus.max()) == 450
    assert nodes.choices[-1].endswith("longer gaps: 1")
