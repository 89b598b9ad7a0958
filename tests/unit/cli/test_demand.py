"""`offtake demand` says what is in a file, draws it, and explains what it cannot read."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from offtake.cli.main import main
from offtake.demand.columns import JobTrace
from offtake.demand.describe import Steps, describe
from offtake.report.demand_figures import POINTS_MAX, picture, step_line

ITP = "job_id,submission_time,duration,num_gpu\na,0,3600,8\nb,1800,7200,1\nc,172800,600,2\n"
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n"
    "2023-11-16 18:17:03.9799600,3000,200\r\n2023-11-16 18:19:08.0000000,6000,0\r\n"
)


def written(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return str(path)


def test_jobs_are_described_with_their_purposes(tmp_path: Path, capsys) -> None:
    file = written(tmp_path, "cluster01.csv", ITP)
    mapping = written(tmp_path, "m.yaml", "default: fine-tuning")

    assert main(["demand", file, "--mapping", mapping]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "itp, because cluster01.csv has the columns of ITP",
        "most GPUs wanted at once 9",
        "fine-tuning",
        "600 s",
        "Nothing was dropped.",
        "requested times are the run times",
    ):
        assert part in shown


def test_a_description_for_programs_is_exact(tmp_path: Path, capsys) -> None:
    jobs = written(tmp_path, "cluster01.csv", ITP)
    requests = written(tmp_path, "AzureLLMInferenceTrace_code.csv", AZURE)

    assert main(["demand", jobs, requests, "--prompt-rate", "100", "-o", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["format"] == "itp"
    assert (first["count"], first["span_s"], first["peak_gpus"]) == (3, 172_800, 9)
    assert first["gpu_s"] == 3_600 * 8 + 7_200 + 1_200
    assert first["spread"]["run_s"] == {"least": 600, "median": 3600, "p95": 7200, "most": 7200}
    assert second["counted"] == "requests"
    assert second["work_gpu_s"] == 91  # 90 s of prompts and 200 / 1850 s of answers.
    assert second["gpu_s"] == 120
    assert second["holders"][0] == {"name": "code", "purpose": "", "jobs": -1, "gpu_s": 120}


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize(
    ("name", "text"), [("cluster01.csv", ITP), ("AzureLLMInferenceTrace_code.csv", AZURE)]
)
def test_a_picture_is_drawn(tmp_path: Path, name: str, text: str, kind: str, capsys) -> None:
    drawn = tmp_path / f"demand.{kind}"
    file = written(tmp_path, name, text)

    assert main(["demand", file, "--chart", str(drawn)]) == 0
    assert f"wrote {drawn}" in capsys.readouterr().out
    if kind == "png":
        assert drawn.read_bytes().startswith(b"\x89PNG")
    else:
        words = "".join(ET.parse(drawn).getroot().itertext())
        assert name in words
        assert "GPUs wanted" in words
        assert "Arrivals by" in words


def test_a_picture_has_demand_over_arrivals_on_one_axis() -> None:
    hours = np.arange(0, 60, dtype=np.int64) * 3_600
    ones = np.ones(60, np.int64)
    trace = JobTrace(
        format="toy",
        submit_s=hours,
        run_s=ones * 7_200,
        requested_s=ones * 7_200,
        gpus=ones * 4,
        tenant=ones * 0,
        priority=ones * 0,
        tenants=("a",),
    )
    demand, arrivals = picture("toy", trace, describe(trace)).panels

    assert demand.x_label == arrivals.x_label == "days from the start of the trace"
    assert max(demand.lines[0].y) == 8
    assert arrivals.lines[0].y == (24, 24, 12)


def test_a_long_trace_is_drawn_with_its_peaks() -> None:
    level = np.ones(50_000, np.int64)
    level[[7, 31_234, 49_999]] = 90, 91, 92
    steps = Steps(np.arange(50_000, dtype=np.int64), level, 50_000)
    line = step_line("wanted", steps, 1)

    assert len(line.x) == POINTS_MAX + 1
    assert sorted(y for y in line.y[:-1] if y > 1) == [90, 91, 92]


BAD = [
    (["demand"], "required"),
    (["demand", "nowhere.csv"], "no such file"),
    (["demand", "{x}"], "azure_llm, mooncake, genai, dlrm, helios (services)"),
    (["demand", "{f}", "--format", "excel"], "no format `excel`"),
    (["demand", "{f}", "--format", "dlrm"], "no column"),
    (["demand", "{f}", "--chart", "demand.pdf"], "neither .svg nor .png"),
    (["demand", "{f}", "--chart", "nowhere/demand.svg"], "does not exist"),
    (["demand", "{f}", "{f}", "--chart", "demand.svg"], "Name one file"),
    (["demand", "{f}", "--mapping", "nowhere.yaml"], "nowhere.yaml"),
    (["demand", "{f}", "--mapping", "{x}"], "{x}"),
    (["demand", "{a}", "--step", "0"], "--step: 0 is outside 1 to"),
    (["demand", "{a}", "--step", "soon"], "invalid int value"),
    (["demand", "{a}", "--output-rate", "-5"], "--output-rate: -5 is outside"),
]


@pytest.mark.parametrize(("words", "says"), BAD)
def test_bad_input_is_located_and_nothing_is_written(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    names = {
        "f": written(tmp_path, "cluster01.csv", ITP),
        "a": written(tmp_path, "AzureLLMInferenceTrace_code.csv", AZURE),
        "x": written(tmp_path, "x.csv", "a,b\n1,2\n"),
    }
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())

    assert main([word.format(**names) for word in words]) == 3
    shown = capsys.readouterr()
    assert says.format(**names) in shown.err
    assert shown.out == ""
    assert sorted(tmp_path.iterdir()) == before
