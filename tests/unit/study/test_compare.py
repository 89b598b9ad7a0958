"""A comparison says what each regime costs and does, and why they differ, clause by clause."""

import json
import re
from pathlib import Path

import pytest

from offtake.cli.main import main
from offtake.contract.portfolio import Portfolio
from offtake.report.page import render
from offtake.study import why
from offtake.study.compare import data_of, table_of
from offtake.study.compare_page import change, page_of
from offtake.study.inputs import inputs_of
from offtake.study.run import Result, play

TEXT = """
title: A small lab
parties: {lab: {roles: [buyer]}, alpha: {name: Alpha Cloud}, beta: {name: Beta AG}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    from: 2024-01-01
    until: 2027-01-01
    clauses:
      home: {kind: exclusivity, holder: alpha, purposes: [training], asks: [run],
             says: Training runs at Alpha's.}
      only: {kind: exclusivity, holder: alpha, asks: [supply], capacity: new,
             says: Alpha alone supplies.}
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 8, rate: $2}
  q: {supplier: beta, accelerator: H100, capacity: 8, rate: $3}
jobs:
  one: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 2d}
  two: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 2d}
requirements:
  more: {purpose: research, size: 64, submitted: 2025-01-03, from: 2025-01-20, until: 2026-01-01,
         accelerators: [H100], latest_start: 2025-02-20}
behaviors:
  - {supplier: beta, accelerators: [H100], spare: 64, rate: $1, lead: 1d}
simulation: {from: 2025-01-01, until: 2025-03-01}
regimes:
  bound: {title: Bound to Alpha}
  free: {title: Free, without: [A/home, A/only]}
"""


@pytest.fixture(scope="module")
def results() -> list[Result]:
    portfolio = Portfolio.loads(TEXT)
    simulation = portfolio.document.simulation
    period = (simulation.starts, simulation.ends)
    return [play(portfolio, regime, None, period) for regime in portfolio.document.regimes]


def html_of(results: list[Result]) -> str:
    shared = inputs_of(results[0].portfolio, results[0].regime)
    return render(page_of(results, table_of(results), data_of(results, shared)))


def cards(html: str) -> dict[str, dict[str, tuple[str, str]]]:
    """By regime and figure: the value, and its change."""
    found = {}
    for title, lines in re.findall(r"<h3>([^<]+)</h3>\s*<dl>(.*?)</dl>", html, re.DOTALL):
        rows = re.findall(
            r"<dt>(.*?)</dt><dd>(?:<small>(.*?)</small>)?<b>(.*?)</b></dd>", lines, re.DOTALL
        )
        found[title] = {says: (value, change) for says, change, value in rows}
    return found


def test_each_regime_s_card_has_more_than_its_cost(results: list[Result]) -> None:
    found = cards(html_of(results))

    assert list(found) == ["Bound to Alpha", "Free"]
    # Two jobs of 8 GPUs and two days: one after the other at $2, or at once at $2 and $3.
    assert found["Bound to Alpha"]["net cost"] == ("1.54k USD", "")
    assert found["Bound to Alpha"]["mean wait of jobs"] == ("1 d", "")
    assert found["Free"]["mean wait of jobs"] == ("0 s", "\N{MINUS SIGN}100 %")
    assert found["Bound to Alpha"]["GPUs nobody supplied"] == ("64", "")
    assert found["Free"]["GPUs nobody supplied"] == ("0", "\N{MINUS SIGN}100 %")
    assert found["Bound to Alpha"]["per GPU-hour used"] == ("2.00 USD", "")


def test_reasons_name_the_clauses_that_delay_and_deny(results: list[Result]) -> None:
    data = data_of(results, {})

    assert data["bound"]["delay_gpu_h"] == {"clause: A/home": 8 * 48}
    assert data["bound"]["unserved_gpus_by_reason"] == {"denied: A/only": 64}
    assert "against_first" not in data["bound"]
    assert data["free"]["against_first"] == {
        "regime": "bound",
        "delay_gpu_h": {"clause: A/home": -8 * 48},
        "unserved_gpus": {"denied: A/only": -64},
        "time_to_capacity_s": {},
    }
    rows = why.table_of(results, ("bound", "free")).rows
    assert ("  clause: A/home", "384", "\N{MINUS SIGN}384") in rows
    assert ("  denied: A/only", "64", "\N{MINUS SIGN}64") in rows


def test_reasons_are_told_in_sentences_with_the_contract_s_words(results: list[Result]) -> None:
    html = html_of(results)

    assert "Delay is 384 GPU-hours lower. Lower: clause: A/home (384)." in html
    assert "What nobody supplied is 64 GPUs lower. Lower: denied: A/only (64)." in html
    assert "Training runs at Alpha&#39;s." in html
    assert "Alpha alone supplies." in html
    assert re.search(r"more</td>\s*<td[^>]*>64 unserved: denied: A/only</td><td[^>]*>17 d<", html)


def test_regimes_that_do_not_differ_say_so(results: list[Result]) -> None:
    same = results[1]._replace(regime=results[0].regime)
    html = html_of([results[1], same])

    assert "no figure of theirs differs" in html
    assert "Requirements that fared differently" not in html


def test_both_maps_show_the_regimes_lanes_together(results: list[Result]) -> None:
    html = html_of(results)

    for title in ("Who may supply new capacity", "Where work may run"):
        assert html.count(f">{title}</h2>") == 1
    assert html.count("<h2 ") == len(set(re.findall(r'<h2 id="([^"]+)"', html)))


def test_the_page_names_regimes_by_their_titles_alone(results: list[Result]) -> None:
    html = html_of(results)
    shown = re.sub(r"<[^>]+>", " ", html[: html.index('id="inputs"')])

    assert "Bound to Alpha" in shown
    assert not re.search(r"\bbound\b", shown)


def test_what_no_regime_has_is_not_drawn_and_charts_stand_in_pairs(results: list[Result]) -> None:
    html = html_of(results)
    glance = html[html.index('id="at-a-glance"') : html.index('id="why-they-differ"')]

    assert "Inference lost" not in glance
    assert glance.count("<figure") % 2 == 0
    assert "Delay by what it waited for, by regime" in glance


def test_parts_of_figures_are_indented_below_their_own_figure(results: list[Result]) -> None:
    rows = table_of(results).rows
    names = [row[0] for row in rows]

    assert names.index("  order") > names.index("cost, USD")
    assert names.index("  order") < names.index("largest supplier")
    assert {row[0]: row[1:] for row in rows}["  order"][0] == ""
    assert '<tr class="part"><td>  order</td>' in html_of(results)


@pytest.fixture
def portfolio(tmp_path: Path) -> str:
    path = tmp_path / "portfolio.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return str(path)


def test_a_regime_named_twice_is_refused(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", portfolio, "--regime", "free", "--regime", "free"]) == 3
    assert "`free` is named twice" in capsys.readouterr().err


def test_the_contracts_as_they_are_may_be_compared_without_being_declared(
    portfolio: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", portfolio, "--regime", "as-amended", "--regime", "free", "-o", "json"]
    assert main(words) == 0

    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["as-amended", "free"]
    assert found["as-amended"]["inputs"]["regime"]["title"] == "As amended"
    assert found["free"]["inputs"]["regime"]["without"] == ["A/home", "A/only"]
    assert found["free"]["seed"] == found["as-amended"]["seed"]


def test_the_same_comparison_gives_the_same_bytes(portfolio: str, tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        assert main(["compare", portfolio, "--out", str(tmp_path / name)]) == 0
        pages.append((tmp_path / name / "compare.html").read_bytes())

    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("first", "own", "says"),
    [
        (100.0, 120.0, "+20 %"),
        (100.0, 50.0, "\N{MINUS SIGN}50 %"),
        (100.0, 100.4, "\N{PLUS-MINUS SIGN}0 %"),
        (1.0, 1_540.0, "1,540 times"),
        (0.0, 5.0, ""),
        (5.0, 5.0, ""),
        (None, 5.0, ""),
    ],
)
def test_a_change_is_in_percent_or_in_times_or_not_said(
    first: float | None, own: float, says: str
) -> None:
    assert change(first, own) == says
