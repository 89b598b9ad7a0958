"""The page of a run: what a board sees first, names instead of ids, and the reasons."""

import json
import re

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.study.inputs import inputs_of
from offtake.study.run import files_of, play, told

TEXT = """
title: A small lab
parties: {lab: {name: The Lab, roles: [buyer]}, alpha: {name: Alpha Cloud}, beta: {name: Beta AG}}
accelerators: {H100: {power: 1 kW}}
agreements:
  A:
    from: 2024-01-01
    until: 2027-01-01
    clauses:
      home: {kind: exclusivity, holder: alpha, purposes: [training], asks: [run]}
      first: {kind: first_refusal, holder: alpha, window: 10d, partial: yes}
      rates: {kind: rate_card, supplier: alpha, lines: [{price: {value: $2, assumed: "list"}}]}
      share: {kind: revenue_share, payer: lab, payee: alpha, percent: 10%, base: sales}
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 8}
  q: {supplier: beta, accelerator: H100, capacity: 8, rate: $1}
jobs:
  one: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 2d}
  two: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 2d}
  late: {purpose: training, gpus: 8, submitted: 2026-01-02, run: 2d}
requirements:
  more: {purpose: research, size: 64, submitted: 2025-01-03, from: 2025-01-20, until: 2026-01-01,
         accelerators: [H100], latest_start: 2025-02-20, price_limit: $3}
behaviors:
  - {supplier: alpha, accelerators: [H100], spare: 16, rate: $2, lead: 1d,
     answers: [{requirement: more, answer: accept, part: 16, takes: 2d}]}
  - {supplier: beta, accelerators: [H100], spare: 8, rate: $1, lead: 1d}
reports: [{base: sales, from: 2025-01-01, until: 2025-02-01, amount: $1M}]
simulation: {from: 2025-01-01, until: 2025-03-01}
"""
AS_IT_WAS = Regime(id="then", title="As it was in 2024", as_of=1_720_000_000)


def page_of(text: str = TEXT, regime: Regime = AS_IT_WAS) -> str:
    portfolio = Portfolio.loads(text)
    period = (portfolio.document.simulation.starts, portfolio.document.simulation.ends)
    result = play(portfolio, regime, None, period)
    full = told(result, inputs_of(portfolio, regime, period=period))
    return files_of(result, full)["report.html"].decode()


def section(html: str, title: str) -> str:
    """The text of one section, without its drawings."""
    found = re.search(rf"<h2 [^>]*>{title}</h2>(.*?)<h2 ", html, re.DOTALL)
    assert found, title
    text = re.sub(r"<svg.*?</svg>", "", found[1], flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_the_regime_stands_at_the_top_and_in_the_inputs() -> None:
    html = page_of()

    lead = re.search(r'<p class="lead">(.*?)</p>', html, re.DOTALL)
    assert lead
    assert lead[1].startswith("Regime: As it was in 2024.")
    assert "the contracts as they stood on 2024-07-03" in html.replace("T09:46:40Z", "")


def test_headlines_are_eight_at_most_and_say_what_nobody_supplied() -> None:
    html = page_of()
    headlines = re.findall(r"<li><b>(.*?)</b><span>(.*?)</span></li>", html)

    assert 4 <= len(headlines) <= 8
    said = {says: value for value, says in headlines}
    assert said["GPUs required, supplied by nobody"] == "40"
    assert "of GPU-hours from Alpha Cloud" in said


def test_suppliers_are_named_and_kinds_of_charge_are_words() -> None:
    html = page_of()
    shown = section(html, "Concentration")

    assert "Alpha Cloud" in shown
    assert " alpha " not in shown
    assert "revenue share" in html
    assert "revenue_share" not in html


def test_where_work_may_run_is_a_map_of_its_own_if_a_clause_speaks_of_it() -> None:
    assert "A/home" in section(page_of(), "Where work may run")
    free = TEXT.replace("asks: [run]", "asks: [supply]")
    assert "Where work may run" not in page_of(free)


def test_a_notice_taken_in_part_says_so() -> None:
    shown = section(page_of(), "Notices and sourcing")

    assert "accepted in part" in shown
    assert "40 unserved: no supply" in shown


def test_gpus_held_and_used_stand_side_by_side() -> None:
    shown = section(page_of(), "Utilization")

    assert "Beta AG" in shown
    # Both jobs train, and training runs at alpha alone: beta's 8 GPUs idle for 59 days.
    assert re.search(rf"Beta AG {8 * 59 * 24:,} 0 0\.0 %", shown)


def test_a_summary_without_utilization_has_a_page_as_well() -> None:
    portfolio = Portfolio.loads(TEXT)
    period = (portfolio.document.simulation.starts, portfolio.document.simulation.ends)
    result = play(portfolio, AS_IT_WAS, None, period)
    full = json.loads(json.dumps(told(result, inputs_of(portfolio, AS_IT_WAS))))
    del full["gpu_h"]["utilization"]
    for key in ("restarted", "outside_period"):
        del full["jobs"][key]

    html = files_of(result, full)["report.html"].decode()
    assert 'id="utilization"' not in html
    assert 'id="waits"' in html


def test_jobs_outside_the_period_are_counted_on_the_page() -> None:
    assert "jobs outside the period, not played 1" in section(page_of(), "Waits")


def test_an_assumed_figure_is_shown_with_its_value() -> None:
    assert re.search(r"rates, line 1: price 2(\.00)? USD list", section(page_of(), "Assumptions"))


def test_no_chart_asks_for_more_room_than_a_phone_has() -> None:
    css = re.search(r"<style>(.*?)</style>", page_of(), re.DOTALL)

    assert css
    assert "min-width: 34rem" not in css[1]
    assert re.search(r"figure svg \{[^}]*width: 100%", css[1])
