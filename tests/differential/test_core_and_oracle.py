"""The core folds events and tests bits; the oracle scans and looks up names. One answer."""

from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, note, settings

from builders import build, instant, statement
from laws.portfolios import SEEDS, SUPPLIERS, cases, said, some, thing
from oracle import reading, rules


@settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck))
@given(cases())
def test_core_and_oracle_decide_alike(case: dict[str, Any]) -> None:
    built, world = build(case), reading.world(case)
    for ask, at in case["then"]:
        decision = built.decision(ask, at)
        said = rules.decide(world, reading.ask(ask, instant(at)), instant(at))
        note(f"{at:%S}s {ask}\ncore {decision}\noracle {said}")
        assert decision.verdict.name.lower() == said["verdict"]
        assert [found.finding.rule for found in decision.findings] == said["findings"]
        waived = [(row.found.finding.rule, row.by.clause_id) for row in decision.waived]
        assert waived == said["waived"]
        duties = [found.obligation for found in decision.findings if found.obligation]
        assert [built.names.parties[duty.party] for duty in duties] == said["must"]


MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
CENTS = ("$0.01", "$0.333333", "$1", "$2.50", "$7")


def commitment(dice: Random, supplier: str, number: int) -> dict[str, Any]:
    """One of the commitments to a supplier: beside, within or around the others."""
    floor = dice.choice(["$100", "$33.33", "60 GPU-h", "0 GPU-h", "1"])
    take = {"supplier": supplier, "floor": floor, "per": dice.choice(["month", "quarter", "term"])}
    take |= {"model": dice.choice(["continuous", "discontinuous"])}
    lengths = [None, None, "1mo", "40d", "12mo"]
    take |= said(make_up=dice.choice(lengths), carry_forward=dice.choice(lengths))
    take |= {"carry_limit": dice.choice(["100%", "33.3333%"])}
    take |= {"prepaid": dice.choice(["0%", "0%", "12.3456%"])}
    scope = {word: some(dice, word) for word in ("purposes", "accelerators", "regions")}
    take |= said(rate=dice.choice([None, *CENTS]), **(scope if dice.random() < 0.5 else {}))
    agreement = dice.choice("AAB")
    row = {"kind": "take_or_pay", "id": f"take-{supplier}-{number}", "agreement": agreement}
    return row | {"terms": take}


def credits_of(dice: Random, supplier: str) -> list[dict[str, Any]]:
    """Some of what is paid ahead to a supplier or comes back from it."""
    lengths, tiers = ["0d", "20d", "2mo"], [{"below": "99.9%", "credit": "3.333%"}]
    tiers += [{"below": "98%", "credit": "40%"}]
    written = {
        "prepayment": {"amount": dice.choice(["$5", "$150"]), "at_end": "refund"},
        "service_credit": {
            "measure": "up",
            "tiers": dice.sample(tiers, k=dice.randint(1, 2)),
            "capped": dice.choice(["100%", "33.3333%"]),
            "claim_window": dice.choice(lengths),
        },
        "most_favored": {"prices": "low", "look_back": dice.choice(lengths)},
        "option": {"price": "$1", "limit": 1, "premium": dice.choice(["$3", "$0.01"])},
    }
    rows = []
    for kind, terms in written.items():
        if dice.random() < 0.5:
            scope = {word: some(dice, word) for word in ("purposes", "accelerators", "regions")}
            terms = {"supplier": supplier, **terms, **said(**scope)}
            rows.append({"kind": kind, "id": f"{kind}-{supplier}", "terms": terms})
    return rows


def measured(dice: Random) -> dict[str, Any]:
    """A report of availability, or of a price, of one month or more."""
    first, last = sorted(dice.sample(range(4), k=2))
    row: dict[str, Any] = {"from": f"{MONTHS[first]}-01", "until": f"{MONTHS[last]}-01"}
    if dice.random() < 0.5:
        row |= {"base": "up", "measured": dice.choice(["97.5%", "98%", "99.5%", "99.9%"])}
    else:
        row |= {"base": "low", "amount": dice.choice(CENTS), "gpu_h": dice.choice([0, 40])}
    day = dice.choice([None, "2025-02-10", "2025-03-01", "2025-03-28"])
    return row | said(claimed=day)


def bill(seed: int) -> dict[str, Any]:
    """Rates, commitments to each supplier, shares both ways, and a quarter's use."""
    dice = Random(seed)

    days = [f"{month}-{day:02}" for month in MONTHS[:3] for day in range(1, 28)]
    dice.shuffle(days)  # No two at once: tiers go by what came before (RC2).

    def use() -> dict[str, Any]:
        day = days.pop()
        row = thing(dice) | {"from": day, "until": f"{day}T12:00:00Z"}
        return row | {"supplier": dice.choice(SUPPLIERS[:2]), "gpu_h": dice.randint(1, 90)}

    def line() -> dict[str, Any]:
        scope = {word: some(dice, word) for word in ("purposes", "accelerators", "regions")}
        tiers = [{"above_gpu_h": dice.randint(0, 60), "price": dice.choice(CENTS)}]
        tiers = tiers if dice.random() < 0.4 else []
        return said(price=dice.choice(CENTS), tiers=tiers, **scope)

    def layer() -> dict[str, Any]:
        scope = {word: some(dice, word) for word in ("purposes", "accelerators", "regions")}
        row = {"name": "layer", "discount": dice.choice(["0%", "3.3333%"]), **said(**scope)}
        if dice.random() < 0.5:
            levels = {"2025-01-01": "97.3%", dice.choice(days): "101.7%"}
            row |= {"index": levels, "base_date": dice.choice(["2025-01-01", "2025-03-01"])}
        row |= said(most_up=dice.choice([None, "2%"]), most_down=dice.choice([None, "1%"]))
        return row | said(**{"from": dice.choice([None, "2025-02-01"])})

    rows: list[dict[str, Any]] = []
    for name in SUPPLIERS[:2]:
        lines = [line() for _ in range(dice.randint(1, 3))]
        card = {"supplier": name, "discount": dice.choice(["0%", "12.5%"]), "lines": lines}
        card["adjustments"] = [layer() for _ in range(dice.choice([0, 0, 1, 2]))]
        rows.append({"kind": "rate_card", "id": f"card-{name}", "terms": card})
        period = {"from": dice.choice(["2025-01-01", "2025-01-17"]), "until": "2025-04-01"}
        rows += [commitment(dice, name, n) | period for n in range(dice.randint(1, 4))]
        share = {"payer": "buyer", "payee": name, "base": dice.choice("ab"), "percent": "12.3456%"}
        share |= said(cap=dice.choice([None, "$9"]))
        rows.append({"kind": "revenue_share", "id": f"share-{name}", "terms": share} | period)
        rows += [dict(row, **period) for row in credits_of(dice, name)]
    reports = [{"base": dice.choice("ab"), "amount": dice.choice(CENTS) + "k"} for _ in range(4)]
    for number, month in enumerate(MONTHS[:3]):
        reports[number] |= {"from": f"{month}-01", "until": f"{MONTHS[number + 1]}-01"}
    uses, missing = [use() for _ in range(8)], [use() for _ in range(3)]
    reports = [*reports[:3], *(measured(dice) for _ in range(dice.randint(0, 5)))]
    return {"clause": rows, "use": uses, "undelivered": missing, "report": reports}


@settings(deadline=None, max_examples=400)
@given(SEEDS)
def test_settlement_and_oracle_charge_alike(seed: int) -> None:
    case = bill(seed)
    for period in (("2025-01-01", "2025-04-01"), ("2025-02-01", "2025-03-01")):
        charged, gaps = rules.statement(reading.world(case), tuple(map(reading.instant, period)))
        dues, none = statement(case, period)
        found = [(due.rule, due.payer, due.payee, Fraction(due.micros, 10**6)) for due in dues]
        assert (sorted(found), none) == (sorted(charged), gaps)
