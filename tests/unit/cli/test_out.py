"""Where a result goes is checked before anything is played, and for every verb alike."""

import json
from pathlib import Path

import pytest

from offtake.cli.main import main

PORTFOLIO = """
parties: {lab: {roles: [buyer]}, alpha: {}}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 64, rate: $2}}
simulation: {from: 2025-01-01, until: 2025-02-01}
regimes: {first: {}, second: {}}
"""


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(PORTFOLIO, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("verb", ["run", "compare", "demo"])
def test_a_place_for_no_result_is_refused_before_playing(
    verb: str,
    portfolio: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def playing(*_: object) -> None:
        raise AssertionError("nothing may be played")

    monkeypatch.setattr("offtake.study.run.simulate", playing)
    given = [] if verb == "demo" else [portfolio]
    before = sorted(tmp_path.iterdir())
    for place in ("/", str(tmp_path), portfolio, f"{portfolio}/out"):
        assert main([verb, *given, "--out", place, "-o", "json"]) == 3
        (problem,) = json.loads(capsys.readouterr().err)["problems"]
        assert (problem["code"], problem["place"]) == ("bad-path", "--out")
        assert "folder" in problem["remedy"]
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("verb", "page"), [("run", "report.html"), ("compare", "compare.html")])
def test_a_result_through_a_link_replaces_what_the_link_leads_to(
    verb: str, page: str, portfolio: str, tmp_path: Path
) -> None:
    (tmp_path / "results").mkdir()
    link = tmp_path / "latest"
    link.symlink_to("results")
    for _ in range(2):
        assert main([verb, portfolio, "--out", str(link)]) == 0

    assert link.is_symlink()
    assert (tmp_path / "results" / page).is_file()
    names = ["latest", "portfolio.yaml", "results"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
