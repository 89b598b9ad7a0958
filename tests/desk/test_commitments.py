"""Where commitments stand at the desk, from the use and the orders that its journal tells of."""

import json
from pathlib import Path
from typing import Any

import pytest

from desk.access.worlds import BY, World, world
from desk.access.worlds import Step as Told
from desk.stories import submit
from offtake.cli.main import main
from offtake.core.vocabulary import Event, EventKind
from offtake.desk import command as say
from offtake.desk.outlook import LAG_S, known_until
from offtake.desk.state import By
from offtake.desk.store import journal
from offtake.units.time import parse_instant

PORTFOLIO = """
currency: USD
parties:
  lab: {roles: [buyer]}
  alpha: {}
  beta: {}
accelerators: {H100: {power: 1.3 kW}}
purposes: {training: {}}
agreements:
  A:
    from: 2025-01-01
    until: 2027-01-01
    clauses:
      take: {kind: take_or_pay, supplier: beta, floor: "$1,000,000", per: quarter, rate: $2}
  B:
    from: 2025-01-01
    until: 2027-01-01
    clauses:
      take: {kind: take_or_pay, supplier: alpha, floor: 800000 GPU-h, per: quarter, rate: $3}
"""
ADA, METER = By("b", "Ada"), By("m", "Meter")
NOW = "2025-02-15"


def used(supplier: str, gpus: int, start: str, end: str) -> say.Use:
    return say.Use(
        supplier=supplier, purpose="training", gpus=gpus, start=start, end=end, accelerator="H100"
    )


ADOPTED = (Told("2025-01-01", ADA, say.Adopt(portfolio=PORTFOLIO)),)
METERED = (
    *ADOPTED,
    Told("2025-02-01", METER, used("beta", 200, "2025-01-01", "2025-02-01")),
    Told("2025-02-15", METER, used("beta", 100, "2025-02-01", "2025-02-15")),
)


def text_of(desk: World, who: str, path: str = "/commitments") -> str:
    answer = desk.get(who, path, "text/html")
    assert answer.status_code == 200
    return str(answer.text)


def test_without_any_use_the_page_says_so_and_shows_what_is_contracted(tmp_path: Path) -> None:
    with world(tmp_path, ADOPTED, NOW) as desk:
        said = text_of(desk, "finance")

    assert "No use is recorded and no order was delivered" in said
    assert "runs now, not met yet" in said
    assert said.count("1.00 M USD") == 16, "eight quarters: their floors, and as much open"


def test_what_was_taken_and_what_will_be_missing_is_said_with_its_clause(tmp_path: Path) -> None:
    with world(tmp_path, METERED, NOW) as desk:
        said = " ".join(text_of(desk, "finance").split())

    assert "Counted until February 15, 2025" in said
    # 200 for 31 days and 100 for 14, at $2; then 4,600 GPU-days in 30 days go on for 45.
    assert "364.80 k USD of 1.00 M USD taken: 36% of the floor, in 50% of the time" in said
    assert "45 days left" in said
    assert "696.00 k USD will be taken at the end: 69% of the floor" in said
    assert "304.00 k USD will be due as shortfall" in said
    assert '<a href="/portfolio#A/take">A/take</a>, TP2' in said
    assert "80% of the floor not before the end</p>" in said
    assert "0 GPU-hours of 800,000 GPU-hours taken" in said, "a floor in GPU-hours, of nothing"


def test_the_page_says_what_the_command_says_of_the_same_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path, METERED, NOW) as desk:
        text_of(desk, "finance")
    (tmp_path / "portfolio.yaml").write_text(PORTFOLIO, encoding="utf-8")
    given = ["commitments", str(tmp_path / "portfolio.yaml"), "-o", "json"]
    given += ["--usage", f"sqlite:///{tmp_path / 'desk.db'}", "--at", NOW]
    given += ["--known-until", "2025-02-16"]

    assert main(given) == 0
    beta, alpha = json.loads(capsys.readouterr().out)["commitments"]
    assert (beta["taken"], beta["forecast"]) == (364_800_000_000, 696_000_000_000)
    assert beta["shortfall_micros"] == 304_000_000_000
    assert alpha["shortfall_micros"] == 3 * 800_000 * 1_000_000


def test_an_engineer_sees_no_amount_and_a_supplier_its_own_without_the_forecast(
    tmp_path: Path,
) -> None:
    with world(tmp_path, METERED, NOW) as desk:
        engineer, beta, alpha = (text_of(desk, who) for who in ("engineer", "beta", "alpha"))

    assert "USD" not in engineer
    assert "GPU-h" not in engineer
    assert "364.80 k USD of 1.00 M USD taken" in beta
    assert "GPU-hours" not in beta, "of alpha's floor"
    assert "will be taken at the end" not in beta
    assert "USD taken" not in alpha
    assert "No use is recorded" in alpha, "that beta metered something is not alpha's to know"


def test_delivered_orders_count_and_what_is_late_lowers_the_floor(tmp_path: Path) -> None:
    need = submit(start="2025-01-11", end="2025-06-01", price_limit="$3")
    bid = say.Bid(
        requirement="r",
        gpus=64,
        price="$2.50",
        accelerator="H100",
        tranches=2,
        spacing="10d",
    )
    story = (
        *ADOPTED,
        Told("2025-01-01", ADA, need),
        Told("2025-01-01", ADA, say.Tender(requirement="r", invite=("beta",), open_for="1d")),
        Told("2025-01-01", BY["beta"], bid),
        Told("2025-01-03", ADA, say.Award(requirement="r", takes={"beta": 64})),
        Told("2025-01-04", ADA, say.Sign(requirement="r", supplier="beta")),
        Told("2025-01-11", ADA, say.Deliver(order=0, tranche=0)),
    )
    with world(tmp_path, story, "2025-01-31") as desk:
        said = " ".join(text_of(desk, "finance").split())

    # 32 GPUs for 20 days at the order's $2.50; 32 more are missing for the last 10.
    assert "38.40 k USD of" in said
    assert "7,680 GPU-hours were ordered and not delivered; they lower the floor." in said


def test_what_was_read_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    plain = journal.of_kinds

    def counted(*given: Any) -> list[journal.Row]:
        rows = plain(*given)
        seen.append(len(rows))
        return rows

    monkeypatch.setattr(journal, "of_kinds", counted)
    with world(tmp_path, METERED, NOW) as desk:
        first, again = text_of(desk, "finance"), text_of(desk, "auditor")
        assert seen == [2]
        more = {"supplier": "beta", "purpose": "training", "gpus": 700, "accelerator": "H100"}
        body = {**more, "start": "2025-02-01", "end": "2025-02-15"}
        assert desk.post("engineer", "/v1/usage", body).status_code == 201
        then = text_of(desk, "finance")

    assert seen == [2, 1]
    assert "364.80 k USD" in first
    assert "364.80 k USD" in again
    assert "835.20 k USD of 1.00 M USD taken" in then


def test_a_portfolio_that_is_adopted_later_is_charged_by(tmp_path: Path) -> None:
    with world(tmp_path, METERED, NOW) as desk:
        text_of(desk, "finance")
        dearer = {"portfolio": PORTFOLIO.replace("rate: $2", "rate: $2.50")}
        assert desk.post("approver", "/v1/portfolio/proposals", dearer).status_code == 201
        adopted = desk.post("approver", "/v1/portfolio/proposals/1/adoption", None)
        assert adopted.status_code == 201
        then = text_of(desk, "finance")

    assert "456.00 k USD of 1.00 M USD taken" in then


def test_the_days_since_the_last_record_are_not_idle_until_a_month_is_over() -> None:
    end_s = parse_instant("2025-02-01")
    told = [(1, _record(end_s))]

    assert known_until(told, end_s + LAG_S) == end_s
    assert known_until(told, end_s + LAG_S + 1) == end_s + LAG_S + 1
    assert known_until([], end_s) == end_s


def _record(end_s: int) -> Event:
    return Event(EventKind.USAGE_RECORDED, end_s, gpus=1, start_s=0, end_s=end_s)
