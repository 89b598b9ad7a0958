"""The OpenAI portfolio answers as the public record does."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import offtake
from offtake.contract.portfolio import Portfolio
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS, fold
from offtake.core.names import UNSTATED
from offtake.core.vocabulary import Act, Ask, Decision, Event, Facts, Verdict
from offtake.sourcing.given import dated
from offtake.sourcing.journal import events_of
from offtake.units.time import DAY_S, FOREVER_S, parse_instant

EXAMPLE = Path(__file__).parents[3] / "examples" / "openai-2019-2030" / "portfolio.yaml"
GIVEN = EXAMPLE.with_name("given-google-2025.yaml")
PERMIT, HOLD, DENY = Verdict.PERMIT, Verdict.HOLD, Verdict.DENY
PURPOSES = ("training", "research", "inference", "api", "frontier_training", "other")


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return offtake.load(EXAMPLE)


def supply(portfolio: Portfolio, supplier: str, purpose: str, at: str, gpus: int = 1_000) -> Ask:
    """An ask to contract a supplier for a year from a date on."""
    names, start_s = portfolio.names, parse_instant(at)
    return Ask(
        Act.SUPPLY,
        supplier=names.parties.index(supplier),
        purpose=names.purposes.index(purpose),
        gpus=gpus,
        start_s=start_s,
        end_s=start_s + 365 * DAY_S,
        own=int(supplier == "openai"),
    )


def run(portfolio: Portfolio, supplier: str, purpose: str, at: str) -> Ask:
    """An ask to run a day's job on a supplier's pool."""
    ask = supply(portfolio, supplier, purpose, at)
    return ask._replace(act=Act.RUN, end_s=ask.start_s + DAY_S)


def use(portfolio: Portfolio, user: str, asset: str, channel: str, purpose: str = "") -> Ask:
    """An ask to sell an asset through a channel."""
    names = portfolio.names
    return Ask(
        Act.USE,
        user=names.parties.index(user),
        asset=names.assets.index(asset),
        supplier=names.parties.index(channel),
        purpose=names.purposes.index(purpose) if purpose else UNSTATED,
    )


def judged(portfolio: Portfolio, ask: Ask, at: str, facts: Facts = NO_FACTS) -> Decision:
    return portfolio.decide(ask, parse_instant(at), facts)


def cited(decision: Decision) -> list[str]:
    return [found.clause.clause_id for found in decision.findings]


def test_only_the_conflict_over_frontier_is_flagged(portfolio: Portfolio) -> None:
    assert [warning.code for warning in portfolio.warnings] == ["conflicting-exclusivities"]
    assert "from 2026-02-27 until 2026-04-27" in portfolio.warnings[0].says


@pytest.mark.parametrize("purpose", PURPOSES)
def test_google_may_supply_nothing_while_azure_is_exclusive(
    portfolio: Portfolio, purpose: str
) -> None:
    decision = judged(portfolio, supply(portfolio, "google", purpose, "2025-01-01"), "2024-12-01")

    assert decision.verdict is DENY
    assert cited(decision) == ["MSFT-1/exclusivity"]


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose != "api"])
def test_google_must_wait_for_the_first_refusal_in_may_2025(
    portfolio: Portfolio, purpose: str
) -> None:
    decision = judged(portfolio, supply(portfolio, "google", purpose, "2025-09-01"), "2025-05-10")

    assert decision.verdict is HOLD
    assert decision.findings[0].obligation is not None
    assert decision.findings[0].obligation.act == "give notice"


def google_lot(portfolio: Portfolio) -> Ask:
    ask = supply(portfolio, "google", "inference", "2025-09-01", gpus=35_000)
    return ask._replace(
        accelerator=portfolio.names.accelerators.index("TPU"),
        end_s=parse_instant("2030-09-01"),
        price_micros_per_gpu_h=2_500_000,
    )


def notice_and_refusal(portfolio: Portfolio) -> list[Event]:
    """The events of given-google-2025.yaml, with the deadlines that the clause sets."""
    rows = yaml.load(GIVEN.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    told = events_of(rows, portfolio.names, portfolio.document.currency)
    return dated(portfolio.clauses, told, portfolio.names)


def test_the_answer_to_the_notice_of_google_s_lot_is_due_in_new_york(portfolio: Portfolio) -> None:
    notice, _ = notice_and_refusal(portfolio)

    assert notice.due_at_s == parse_instant("2025-05-01T17:00:00-04:00")


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2025-04-10", HOLD),  # The window is open.
        ("2025-05-10", PERMIT),  # Microsoft refused; others are free for 90 days.
        ("2025-07-18", PERMIT),
        ("2025-07-20", HOLD),  # The free window is over.
    ],
)
def test_google_may_supply_once_microsoft_has_refused(
    portfolio: Portfolio, at: str, verdict: Verdict
) -> None:
    known = [event for event in notice_and_refusal(portfolio) if event.at_s <= parse_instant(at)]
    facts = fold(portfolio.clauses, known)

    assert judged(portfolio, google_lot(portfolio), at, facts).verdict is verdict


@pytest.mark.parametrize("better", [{"price_micros_per_gpu_h": 2_600_000}, {"gpus": 40_000}])
def test_google_may_not_get_better_terms_than_microsoft_was_offered(
    portfolio: Portfolio, better: dict[str, int]
) -> None:
    facts = fold(portfolio.clauses, notice_and_refusal(portfolio))
    decision = judged(portfolio, google_lot(portfolio)._replace(**better), "2025-05-10", facts)

    assert decision.verdict is HOLD
    assert decision.findings[0].finding.reason == "BetterTerms"


@pytest.mark.parametrize("purpose", ["inference", "other"])
@pytest.mark.parametrize("act", [Act.SUPPLY, Act.RUN])
def test_oracle_may_serve_inference_under_the_waiver(
    portfolio: Portfolio, purpose: str, act: Act
) -> None:
    ask = supply(portfolio, "oracle", purpose, "2024-10-01")._replace(act=act)
    decision = judged(portfolio, ask, "2024-07-01")

    assert decision.verdict is PERMIT
    assert [waived.by.clause_id for waived in decision.waived] == ["MSFT-1/oracle-waiver"]


@pytest.mark.parametrize("purpose", ["training", "frontier_training", "research"])
@pytest.mark.parametrize("act", [Act.SUPPLY, Act.RUN])
def test_oracle_may_not_train_under_the_waiver(
    portfolio: Portfolio, purpose: str, act: Act
) -> None:
    ask = supply(portfolio, "oracle", purpose, "2024-10-01")._replace(act=act)

    assert judged(portfolio, ask, "2024-07-01").verdict is DENY


def test_oracle_may_not_serve_inference_before_the_waiver(portfolio: Portfolio) -> None:
    ask = supply(portfolio, "oracle", "inference", "2024-10-01")

    assert judged(portfolio, ask, "2024-06-10").verdict is DENY


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        ("2024-12-01", DENY),
        ("2025-06-01", DENY),
        ("2025-12-01", DENY),
        ("2026-04-26", DENY),
        ("2026-06-01", PERMIT),
    ],
)
def test_the_api_is_azure_s_until_april_2026(
    portfolio: Portfolio, at: str, verdict: Verdict
) -> None:
    assert judged(portfolio, use(portfolio, "openai", "api", "aws"), at).verdict is verdict
    assert judged(portfolio, use(portfolio, "openai", "api", "aws", "api"), at).verdict is verdict
    assert judged(portfolio, run(portfolio, "aws", "api", at), at).verdict is verdict
    assert judged(portfolio, use(portfolio, "openai", "api", "microsoft"), at).verdict is PERMIT


@pytest.mark.parametrize("act", [Act.SUPPLY, Act.RUN])
def test_openai_may_build_for_training_and_not_for_the_api_in_march_2025(
    portfolio: Portfolio, act: Act
) -> None:
    at = "2025-03-01"
    training = supply(portfolio, "openai", "training", at)._replace(act=act)
    api = supply(portfolio, "openai", "api", at)._replace(act=act)

    assert judged(portfolio, training, at).verdict is PERMIT
    assert judged(portfolio, api, at).verdict is DENY
    assert "MSFT-1/api-exclusivity" in cited(judged(portfolio, api, at))


def test_openai_may_not_build_before_january_2025(portfolio: Portfolio) -> None:
    ask = supply(portfolio, "openai", "training", "2024-12-01")

    assert judged(portfolio, ask, "2024-12-01").verdict is DENY


def test_nobody_may_sell_frontier_on_a_cloud_while_two_are_promised_it(
    portfolio: Portfolio,
) -> None:
    on_aws = judged(portfolio, use(portfolio, "openai", "frontier", "aws"), "2026-03-15")
    on_azure = judged(portfolio, use(portfolio, "openai", "frontier", "microsoft"), "2026-03-15")

    assert (on_aws.verdict, cited(on_aws)) == (DENY, ["MSFT-1/api-exclusivity"])
    assert (on_azure.verdict, cited(on_azure)) == (DENY, ["AWS-1/frontier-distribution"])


def test_frontier_is_aws_s_and_openai_s_own_after_april_2026(portfolio: Portfolio) -> None:
    at = "2026-06-01"

    assert judged(portfolio, use(portfolio, "openai", "frontier", "aws"), at).verdict is PERMIT
    assert judged(portfolio, use(portfolio, "openai", "frontier", "openai"), at).verdict is PERMIT
    assert judged(portfolio, use(portfolio, "openai", "frontier", "microsoft"), at).verdict is DENY


FIRST_PHASE = {"MSFT-0/exclusivity", "MSFT-0/commercialization"}
ALWAYS = {"MSFT-1/ip-licence", "MSFT-1/share-to-microsoft"}
EXCLUSIVE = {*ALWAYS, "MSFT-1/exclusivity", "MSFT-1/api-exclusivity", "MSFT-1/share-to-openai"}
FIRST_REFUSAL = EXCLUSIVE - {"MSFT-1/exclusivity"} | {
    "MSFT-1/first-refusal",
    "MSFT-1/build-right",
    "MSFT-1/azure-commitment",
}
DEFINITIVE = FIRST_REFUSAL - {"MSFT-1/first-refusal", "MSFT-1/build-right"} | {
    "MSFT-1/research-licence"
}
OPEN = {*ALWAYS, "MSFT-1/azure-commitment", "MSFT-1/research-licence"}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2019-07-21", set()),
        ("2019-07-22", FIRST_PHASE),
        ("2020-10-01", FIRST_PHASE | {"MSFT-0/gpt-3-licence"}),
        ("2023-01-22", FIRST_PHASE | {"MSFT-0/gpt-3-licence"}),
        ("2023-01-23", EXCLUSIVE),
        ("2024-06-10", EXCLUSIVE),
        ("2024-06-11", EXCLUSIVE | {"MSFT-1/oracle-waiver"}),
        ("2025-01-20", EXCLUSIVE | {"MSFT-1/oracle-waiver"}),
        ("2025-01-21", FIRST_REFUSAL),
        ("2025-10-27", FIRST_REFUSAL),
        ("2025-10-28", DEFINITIVE),
        ("2026-04-26", DEFINITIVE),
        ("2026-04-27", OPEN),
        ("2030-12-31", OPEN),
    ],
)
def test_microsoft_s_clauses_are_in_force_as_the_record_has_them(
    portfolio: Portfolio, at: str, expected: set[str]
) -> None:
    at_s = parse_instant(at)
    in_force = {
        clause.clause_id
        for clause in portfolio.clauses
        if clause.agreement.startswith("MSFT") and clause.from_s <= at_s < clause.until_s
    }

    assert in_force == expected


def test_terms_read_as_amended(portfolio: Portfolio) -> None:
    def terms(clause_id: str, at: str) -> Any:
        at_s = parse_instant(at)
        found: Any
        (found,) = (
            clause.terms
            for clause in portfolio.clauses
            if clause.clause_id == clause_id and clause.from_s <= at_s < clause.until_s
        )
        return found

    licence, share = "MSFT-1/ip-licence", "MSFT-1/share-to-microsoft"
    ends = ["2025-06-01", "2025-12-01", "2026-06-01"]

    assert terms(licence, "2024-01-01").ends_at_s == FOREVER_S
    assert [terms(licence, at).ends_at_s for at in ends] == [
        parse_instant(day) for day in ("2031-01-01", "2033-01-01", "2033-01-01")
    ]
    assert [terms(licence, at).exclusive for at in ends] == [1, 1, 0]
    assert [terms(share, at).percent_ppm for at in ends] == [200_000] * 3
    assert [terms(share, at).cap_micros for at in ends] == [-1, -1, 38 * 10**15]


@pytest.mark.parametrize(
    ("regime", "at", "verdict"),
    [
        ("as-amended", "2025-06-01", HOLD),
        ("as-amended", "2025-12-01", PERMIT),
        ("exclusive-for-ever", "2027-01-01", DENY),
        ("first-refusal-for-ever", "2024-12-01", DENY),
        ("first-refusal-for-ever", "2027-01-01", HOLD),
        ("no-first-refusal", "2024-12-01", DENY),
        ("no-first-refusal", "2025-06-01", PERMIT),
    ],
)
def test_regimes_answer_as_their_titles_say(
    portfolio: Portfolio, regime: str, at: str, verdict: Verdict
) -> None:
    (chosen,) = (item for item in portfolio.document.regimes if item.id == regime)
    ask = supply(portfolio, "google", "training", at)

    assert decide(portfolio.under(chosen), NO_FACTS, ask, ask.start_s).verdict is verdict


@pytest.mark.parametrize(
    ("clause_id", "billions"),
    [
        ("AWS-1/commitment", 138),
        ("CBRS-1/commitment", 20),
        ("CW-1/commitment", 22.4),
        ("MSFT-1/azure-commitment", 277),  # $250B and the $27B that was left.
        ("ORCL-1/commitment", 300),
    ],
)
def test_commitments_sum_to_what_was_announced(
    portfolio: Portfolio, clause_id: str, billions: float
) -> None:
    last = [clause for clause in portfolio.clauses if clause.clause_id == clause_id][-1]
    promised_micros = sum(due.amount_micros for due in last.terms.dues)

    assert promised_micros / 10**15 == pytest.approx(billions, rel=0.002)
