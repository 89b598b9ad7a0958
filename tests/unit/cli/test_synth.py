"""`offtake synth` writes jobs from a seed, says what from and how far off, and refuses the rest."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from offtake.cli.main import main

LIKE = "job_id,submission_time,duration,num_gpu\n" + "".join(
    f"j{n},{n * 1_800},{600 + 60 * (n % 50)},{(1, 1, 2, 8)[n % 4]}\n" for n in range(700)
)


@pytest.fixture
def like(tmp_path: Path) -> str:
    path = tmp_path / "cluster01.csv"
    path.write_text(LIKE, encoding="utf-8")
    return str(path)


def test_a_fit_is_written_drawn_and_measured(like: str, tmp_path: Path, capsys) -> None:
    out, report = tmp_path / "s.csv", tmp_path / "fit.svg"
    mapping = tmp_path / "m.yaml"
    mapping.write_text("default: training")
    words = ["synth", "--like", like, "--mapping", str(mapping), "--out", str(out)]

    assert main([*words, "--report", str(report)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for part in (
        "run times KS",
        "sizes TV",
        "15 days from seed 1 (PCG64)",
        f"wrote {out}, {report}",
    ):
        assert part in shown
    assert out.read_text().splitlines()[1].endswith(",cluster01,training")
    drawn = "".join(ET.parse(report).getroot().itertext())
    for part in (
        "Arrivals by hour of the week",
        "Sizes",
        "Run times",
        "GPUs wanted if each job",
        "real",
        "synthetic",
        "5-8",
    ):
        assert part in drawn


def test_the_same_words_give_the_same_files(like: str, tmp_path: Path, capsys) -> None:
    files = []
    for name in ("a", "b"):
        out, report = tmp_path / f"{name}.parquet", tmp_path / f"{name}.png"
        words = ["--like", like, "--seed", "9", "--growth", "20", "--days", "400"]
        assert main(["synth", *words, "--out", str(out), "--report", str(report)]) == 0
        files.append((out.read_bytes(), report.read_bytes()))

    assert files[0] == files[1]


def test_a_result_for_programs_has_distances_and_a_digest(
    like: str, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "s.csv"

    assert main(["synth", "--like", like, "--out", str(out), "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["jobs"] == len(out.read_text().splitlines()) - 1
    assert [one["what"] for one in shown["distances"]][:3] == [
        "run times",
        "interarrival times",
        "sizes",
    ]
    assert len(shown["sha256"]) == 64
    assert shown["written"] == [str(out)]


def test_jobs_without_a_trace_are_as_stated(tmp_path: Path, capsys) -> None:
    out = tmp_path / "s.csv"
    words = ["--jobs", "400", "--sizes", "2:1,16:1", "--tenants", "x:3,y:1", "--run-median", "2h"]

    assert main(["synth", *words, "--out", str(out)]) == 0
    rows = [line.split(",") for line in out.read_text().splitlines()[1:]]
    assert {row[3] for row in rows} == {"2", "16"}
    assert {row[4] for row in rows} == {"x", "y"}
    assert "median 7200 s, p95 86400 s" in capsys.readouterr().out


BAD = [
    (["--jobs", "10"], "--out"),
    (["--out", "s.csv"], "--like or --jobs is missing"),
    (["--jobs", "10", "--out", "s.xlsx"], "neither .csv nor .parquet"),
    (["--jobs", "10", "--out", "nowhere/s.csv"], "does not exist"),
    (["--like", "nowhere.csv", "--out", "s.csv"], "no such file"),
    (["--like", "{l}", "--format", "swf", "--out", "s.csv"], "not 18 numbers"),
    (["--like", "{l}", "--sizes", "1:1", "--out", "s.csv"], "--sizes: goes without --like"),
    (["--jobs", "10", "--report", "r.svg", "--out", "s.csv"], "--report: needs --like"),
    (["--like", "{l}", "--report", "r.pdf", "--out", "s.csv"], "neither .svg nor .png"),
    (["--like", "{l}", "--run-times", "normal", "--out", "s.csv"], "invalid choice"),
    (["--like", "{l}", "--mapping", "nowhere.yaml", "--out", "s.csv"], "nowhere.yaml"),
    (["--like", "{l}", "--days", "0", "--out", "s.csv"], "--days: 0 is outside 1 to"),
    (["--like", "{l}", "--seed", "-1", "--out", "s.csv"], "--seed: -1 is outside 0 to"),
    (
        ["--like", "{l}", "--growth", "much", "--out", "s.csv"],
        "--growth: `much` is not a percentage",
    ),
    (["--like", "{l}", "--growth", "nan", "--out", "s.csv"], "--growth: `nan` is outside"),
    (["--like", "{l}", "--growth", "900", "--days", "9000", "--out", "s.csv"], "the limit is"),
    (["--jobs", "99999999", "--out", "s.csv"], "--jobs: 99999999 is outside"),
    (["--jobs", "10", "--sizes", "1", "--out", "s.csv"], "not NAME:WEIGHT"),
    (["--jobs", "10", "--sizes", "0:1", "--out", "s.csv"], "no number of GPUs"),
    (["--jobs", "10", "--tenants", "a:0", "--out", "s.csv"], "a weight above 0"),
    (["--jobs", "10", "--tenants", "a:1,a:2", "--out", "s.csv"], "twice"),
    (["--jobs", "10", "--run-median", "2mo", "--out", "s.csv"], "not a run time"),
    (["--jobs", "10", "--run-median", "soon", "--out", "s.csv"], "not a duration"),
    (["--jobs", "10", "--run-p95", "1min", "--out", "s.csv"], "below --run-median"),
]


@pytest.mark.parametrize(("words", "says"), BAD)
def test_bad_words_are_explained_and_nothing_is_written(
    words: list[str],
    says: str,
    like: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["synth", *(word.format(l=like) for word in words)]) == 3
    shown = capsys.readouterr()
    assert says in shown.err
    assert shown.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["cluster01.csv"]
