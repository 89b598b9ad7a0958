"""Inference demand becomes GPUs over time by stated rates, and its totals are conserved."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.demand.columns import UnreadableTrace
from offtake.demand.services import SERVICES, open_services, recognize_services
from offtake.demand.steps import (
    Rates,
    Requests,
    busy_gpus,
    levels,
    token_gpus,
    token_work_gpu_s,
    without_repeats,
)

ROUND = Rates(step_s=60, prompt_tokens_per_gpu_s=100, output_tokens_per_gpu_s=10)
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:17:03.9799600,3000,200\r\n"  # 30 s + 20 s of a GPU.
    "2023-11-16 18:17:33.0319600,500,55\r\n"  # 5 s + 5.5 s: 60.5 s in the first minute.
    "2023-11-16 18:19:08.0000000,6000,0\r\n"  # 60 s, in the third minute.
)
MOONCAKE = (
    '{"timestamp": 1000, "input_length": 3000, "output_length": 200, "hash_ids": [0, 1]}\n'
    '{"timestamp": 30999, "input_length": 500, "output_length": 55, "hash_ids": [0, 2]}\n'
    '{"timestamp": 126000, "input_length": 6000, "output_length": 0, "hash_ids": []}\n'
)
GENAI = (
    "gmt_create,predict_type,predict_status,exec_time_seconds,groupId,prompt_length,"
    "negative_prompt_length,num_images_per_prompt,num_inference_steps,"
    "checkpoint_model_version_id,num_lora\n"
    "2024-11-15 16:57:50,TXT_2_IMG,SUCCEED,32.0,G0000,63.0,26.0,1.0,30.0,M0000,0\n"
    "2024-11-15 16:58:00,TXT_2_IMG,SUCCEED,70.0,G0001,93.0,,1.0,40.0,M0001,0\n"
    "2024-11-15 16:58:10,IMG_2_IMG,FAILED,8.0,G0001,,,,,,0\n"
    "2024-11-15 16:58:20,TXT_2_IMG,PENDING,0.0,G0002,,,,,,0\n"
)
DLRM = (
    "instance_sn,role,app_name,cpu_request,cpu_limit,gpu_request,gpu_limit,rdma_request,"
    "rdma_limit,memory_request,memory_limit,disk_request,disk_limit,max_instance_per_node,"
    "creation_time,scheduled_time,deletion_time\n"
    "instance_0,HN,app_0,12,12,1,1,25,25,120.0,120.0,640.0,800.0,8,,,\n"
    "instance_1,HN,app_0,12,12,1,1,25,25,120.0,120.0,640.0,800.0,8,100.0,101.0,300.0\n"
    "instance_2,CN,app_0,12,12,0,0,25,25,120.0,120.0,640.0,800.0,-1,,,200.0\n"
    "instance_3,HN,app_1,12,12,1,1,25,25,120.0,120.0,640.0,800.0,8,,,250.0000000000004\n"
    "instance_4,HN,app_1,12,12,1,1,25,25,120.0,120.0,640.0,800.0,8,400.0,,400.0\n"
    "instance_5,CN,app_1,12,12,0,0,25,25,120.0,120.0,640.0,800.0,-1,900.0,1000.0,\n"
)
USE = (
    "time,total_job_num,total_gpu_num,running_gpu_num,pending_gpu_num,idle_gpu_num\n"
    "2020-05-01 00:00:00,7,208,162,0,46\n"
    "2020-05-01 00:01:00,7,208,162,8,46\n"
    "2020-05-01 00:02:00,8,208,170,0,38\n"
)
QUOTA = "date,vcA,vcB,total\n2020-04-01,112,0,112\n2020-04-02,112,8,120\n2020-04-03,96,8,104\n"
NODES = "time,active,total\n2017-10-03 00:00:00,3,5\n2017-10-03 00:01:00,5,5\n"


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("AzureLLMInferenceTrace_code.csv", AZURE, "azure_llm"),
        ("conversation_trace.jsonl", MOONCAKE, "mooncake"),
    ],
)
def test_tokens_become_whole_gpus_by_stated_rates(
    tmp_path: Path, name: str, text: str, form: str
) -> None:
    trace = open_services(written(tmp_path, name, text), None, ROUND)
    (service,) = trace.services

    assert (trace.format, trace.requests, trace.span_s) == (form, 3, 180)
    assert service.from_s.tolist() == [0, 60, 120]
    assert service.gpus.tolist() == [2, 0, 1]
    assert trace.work_gpu_s == 121  # 120.5, rounded up once.
    assert trace.gpu_s == 180
    assert trace.dropped == ()
    assert "ceil((prompt tokens / 100 + generated tokens / 10) / 60)" in trace.choices[0]


def test_services_are_named_after_their_files(tmp_path: Path) -> None:
    written(tmp_path, "AzureLLMInferenceTrace_code.csv", AZURE)
    written(tmp_path, "AzureLLMInferenceTrace_conv.csv", AZURE.replace("18:", "19:"))
    trace = open_services(tmp_path, None, ROUND)

    assert [service.service for service in trace.services] == ["code", "conv"]
    assert trace.span_s == 3_600 + 180
    assert trace.services[1].from_s.tolist() == [0, 3_600, 3_660, 3_720]
    assert trace.services[1].gpus.tolist() == [0, 2, 0, 1]


def test_an_image_keeps_a_gpu_busy_for_its_execution_time(tmp_path: Path) -> None:
    path = written(tmp_path, "lora_request_trace.csv", GENAI)
    exact = open_services(path, None, Rates(step_s=1))
    minutes = open_services(path)

    assert exact.gpu_s == exact.work_gpu_s == minutes.work_gpu_s == 32 + 70 + 8
    assert int(exact.services[0].gpus.max()) == 3
    # 32 s + 50 s + 8 s in the first minute, 20 s in the second.
    assert minutes.services[0].gpus.tolist() == [2, 1]
    assert [(d.reason, d.rows, d.first) for d in minutes.dropped] == [
        ("no GPU time, as while pending", 1, "lora_request_trace.csv:5")
    ]
    assert "2 tenants" in minutes.choices[2]


def test_instances_want_gpus_from_creation_to_deletion(tmp_path: Path) -> None:
    path = tmp_path / "dlrm.csv.gz"
    path.write_bytes(gzip.compress(DLRM.encode()))
    trace = open_services(path)
    first, second = trace.services

    assert trace.span_s == 1_000  # The latest instant, of a row that is dropped.
    assert (first.service, first.from_s.tolist(), first.gpus.tolist()) == (
        "app_0",
        [0, 100, 300, 1_000],
        [1, 2, 1, 0],
    )
    assert (second.from_s.tolist(), second.gpus.tolist()) == ([0, 250], [1, 0])
    assert trace.gpu_s == 1_000 + 200 + 250
    assert [(d.rows, d.first) for d in trace.dropped] == [
        (2, "dlrm.csv.gz:4"),
        (1, "dlrm.csv.gz:6"),
    ]


def test_what_waits_in_a_virtual_cluster_is_wanted_too(tmp_path: Path) -> None:
    trace = open_services(written(tmp_path, "Earth_vc6YE_cluster_sequence_vc.csv", USE))
    (service,) = trace.services

    assert service.service == "vc6YE"
    assert service.from_s.tolist() == [0, 60]  # The third minute changes nothing.
    assert service.gpus.tolist() == [162, 170]
    assert trace.gpu_s == 60 * (162 + 170 + 170)


def test_quotas_are_demand_by_the_day(tmp_path: Path) -> None:
    trace = open_services(written(tmp_path, "Earth_gpu_number.csv", QUOTA))

    assert [service.service for service in trace.services] == ["vcA", "vcB"]
    assert trace.services[0].gpus.tolist() == [112, 96]
    assert trace.span_s == 3 * 86_400
    assert trace.gpu_s == 86_400 * (112 + 120 + 104)


def test_nodes_count_as_many_gpus_as_stated(tmp_path: Path) -> None:
    path = written(tmp_path, "philly_node_sequence.csv", NODES)

    assert open_services(path).gpu_s == 60 * (3 + 5)
    assert open_services(path, "helios", Rates(gpus_per_node=4)).gpu_s == 60 * 4 * (3 + 5)


def test_a_day_without_a_quota_is_dropped(tmp_path: Path) -> None:
    days = "".join(f"20{20 + n // 12}-{n % 12 + 1:02}-01,1,2,3\n" for n in range(120))
    text = QUOTA.partition("\n")[0] + "\n" + days + "2031-01-01,,2,3\n"
    trace = open_services(written(tmp_path, "Earth_gpu_number.csv", text))

    assert [(d.rows, d.first) for d in trace.dropped] == [(1, "Earth_gpu_number.csv:122")]


def test_a_level_holds_through_a_gap_and_the_gap_is_told(tmp_path: Path) -> None:
    gap = NODES + "2017-10-03 00:02:00,5,5\n2017-10-03 10:02:00,1,5\n"
    trace = open_services(written(tmp_path, "philly_node_sequence.csv", gap))

    assert trace.gpu_s == 60 * 3 + (36_000 + 60) * 5 + 60
    assert trace.choices[-1].endswith("60 s at the end; longer gaps: 1")


@given(
    st.lists(
        st.tuples(st.integers(0, 999), st.integers(0, 10**5), st.integers(0, 10**4)), min_size=1
    ),
    st.integers(1, 400),
    st.integers(1, 10_000),
    st.integers(1, 10_000),
)
def test_steps_hold_the_work_and_less_than_a_gpu_more(rows, step_s, prompt, output) -> None:
    requests = Requests(*np.array(rows, dtype=np.int64).T)
    rates = Rates(step_s, prompt, output)
    steps = -(-1_000 // step_s)
    gpus = token_gpus(requests, rates, steps, "here")

    assert token_work_gpu_s(requests, rates) <= int(gpus.sum()) * step_s
    for n in range(steps):
        here = [row for row in rows if row[0] // step_s == n]
        work = sum(p * output + g * prompt for _, p, g in here)
        assert int(gpus[n]) == -(-work // (step_s * prompt * output))


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 300)), min_size=1), st.integers(1, 90)
)
def test_busy_seconds_are_conserved(rows, step_s) -> None:
    from_s = np.array([start for start, _ in rows], dtype=np.int64)
    until_s = from_s + np.array([length for _, length in rows], dtype=np.int64)
    steps = -(-800 // step_s)
    gpus = busy_gpus(from_s, until_s, step_s, steps)
    by_second = [
        sum(a <= second < b for a, b in zip(from_s, until_s, strict=True)) for second in range(800)
    ]
    in_step = [sum(by_second[n * step_s : (n + 1) * step_s]) for n in range(steps)]

    assert gpus.tolist() == [-(-busy // step_s) for busy in in_step]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30), st.integers(1, 9)), min_size=1))
def test_levels_hold_what_runs_at_every_second(rows) -> None:
    from_s, length_s, gpus = np.array(rows, dtype=np.int64).T
    at_s, level = levels(from_s, from_s + length_s, gpus)

    for second in range(81):
        wanted = sum(g for a, n, g in rows if a <= second < a + n)
        place = int(np.searchsorted(at_s, second, side="right")) - 1
        assert (int(level[place]) if place >= 0 else 0) == wanted
    assert int(level[-1]) == 0
    assert bool((np.diff(level) != 0).all())


def test_of_several_levels_at_one_instant_the_last_holds() -> None:
    at_s, level = without_repeats(np.array([60, 0, 60]), np.array([5, 1, 7]))

    assert (at_s.tolist(), level.tolist()) == ([0, 60], [1, 7])


@pytest.mark.parametrize(
    ("rates", "flag"),
    [
        (Rates(step_s=0), "--step"),
        (Rates(prompt_tokens_per_gpu_s=-1), "--prompt-rate"),
        (Rates(output_tokens_per_gpu_s=10**9), "--output-rate"),
        (Rates(gpus_per_node=0), "--gpus-per-node"),
    ],
)
def test_rates_outside_their_limits_are_refused(tmp_path: Path, rates: Rates, flag: str) -> None:
    with pytest.raises(UnreadableTrace, match=f"{flag}: .* is outside 1 to"):
        open_services(written(tmp_path, "a.csv", AZURE), None, rates)


def test_bad_rows_are_counted_and_located(tmp_path: Path) -> None:
    many = "".join(
        f'{{"timestamp": {n}, "input_length": 1, "output_length": 1}}\n' for n in range(200)
    )
    path = written(tmp_path, "a.jsonl", many + '{"timestamp": "soon"}\n\n[1]\n')
    (dropped,) = open_services(path).dropped

    assert (dropped.rows, dropped.first) == (2, "a.jsonl:201")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (AZURE, "3000,200", "1e300,200"),
        (AZURE, "3000,200", "-3,200"),
        (AZURE, "3000,200", ",200"),
        (MOONCAKE, "3000", "1" + "0" * 300),
        (MOONCAKE, "126000", "-1"),
        (GENAI, "32.0", "1e300"),
        (GENAI, "32.0", ""),
        (DLRM, "300.0", "1e300"),
        (DLRM, "250.0000000000004", "-1e300"),
        (DLRM, "HN,app_0,12,12,1", "HN,app_0,12,12,1e300"),
        (USE, "170", "1e300"),
        (QUOTA, "96", "inf"),
    ],
)
def test_a_cell_beyond_belief_loses_its_row_and_nothing_else(tmp_path, text, old, new) -> None:
    path = written(tmp_path, "x.jsonl" if text == MOONCAKE else "x.csv", text.replace(old, new, 1))
    try:
        trace = open_services(path)
    except UnreadableTrace:
        return  # One bad row of so few: refused.

    assert 0 < trace.gpu_s < 10**9
    assert sum(dropped.rows for dropped in trace.dropped) > 0


def test_a_torn_archive_is_refused(tmp_path: Path) -> None:
    packed = gzip.compress((MOONCAKE * 500).encode())
    for name, data in (("a.jsonl.gz", packed[:200]), ("b.jsonl.gz", packed[:60] + b"?" * 90)):
        path = tmp_path / name
        path.write_bytes(data)
        for form in SERVICES:
            with pytest.raises(UnreadableTrace):
                open_services(path, form)


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00\x01\x02"])
def test_what_is_of_another_format_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = written(tmp_path, "x.csv", text)

    with pytest.raises(UnreadableTrace, match="azure_llm, mooncake, genai, dlrm, helios"):
        recognize_services(path)
    with pytest.raises(UnreadableTrace):
        open_services(path, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (AZURE, "azure_llm"),
        (GENAI, "genai"),
        (DLRM, "dlrm"),
        (USE, "helios"),
        (NODES, "helios"),
    ],
)
def test_a_header_without_rows_is_no_trace(tmp_path: Path, text: str, name: str) -> None:
    path = written(tmp_path, "x.csv", text.partition("\n")[0] + "\n")

    with pytest.raises(UnreadableTrace, match="no "):
        open_services(path, name)


def test_a_missing_file_an_unknown_format_and_too_many_steps_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTrace, match="no such file"):
        open_services(tmp_path / "nowhere.csv")
    with pytest.raises(UnreadableTrace, match="no format `csv`"):
        open_services(written(tmp_path, "a.csv", AZURE), "csv")
    long = MOONCAKE + '{"timestamp": 99999999999999, "input_length": 1, "output_length": 1}\n'
    with pytest.raises(UnreadableTrace, match="Give a longer --step"):
        open_services(written(tmp_path, "a.jsonl", long), None, Rates(step_s=1))
