"""Every golden case is answered as written, by the core and by the oracle."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import builders
from builders import build, load, statement
from offtake.core.vocabulary import Decision, Verdict
from oracle import reading, rules

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(GOLDEN.glob("*/*.toml"))
CASE_KEYS = {"rule", "why", "clause", "event", "ask", "then", "use", "undelivered", "tranche"}
CASE_KEYS |= {"report"}
THEN_KEYS = {
    "decision": {"at", "ask", "verdict", "findings", "waived", "must"},
    "statement": {"from", "until", "charges", "gaps"},
    "remedy": {"late", "may_end", "since"},
}
DUE = re.compile(r"^(?P<rule>\w+): (?P<payer>\w+) pays (?P<payee>\w+) \$(?P<amount>[\d.,]+)$")


def rows() -> list[Any]:
    """Each answer of each case, by the name of its file."""
    return [
        pytest.param(path, number, id=f"{path.parent.name}-{path.stem}[{number}]")
        for path in CASES
        for number in range(len(load(path)["then"]))
    ]


@pytest.mark.parametrize(("path", "number"), rows())
def test_the_core_answers_as_the_case_says(path: Path, number: int) -> None:
    case = load(path)
    then = case["then"][number]
    form = form_of(then)
    if form == "decision":
        decision = build(case).decision({**case.get("ask", {}), **then.get("ask", {})}, then["at"])
        agree(decision, then)
    elif form == "statement":
        dues, gaps = statement(case, (then["from"], then["until"]))
        said = [(due.rule, due.payer, due.payee, Fraction(due.micros, 10**6)) for due in dues]
        assert sorted(said) == sorted(expected(then))
        assert gaps == then.get("gaps", 0)
    else:
        assert remedy_of_core(case, then["late"]) == (then["may_end"], then.get("since"))


@pytest.mark.parametrize(("path", "number"), rows())
def test_the_oracle_answers_as_the_case_says(path: Path, number: int) -> None:
    case = load(path)
    then = case["then"][number]
    world, form = reading.world(case), form_of(then)
    if form == "decision":
        now = reading.instant(then["at"])
        ask = reading.ask({**case.get("ask", {}), **then.get("ask", {})}, now)
        said = rules.decide(world, ask, now)
        waived = [rule for rule, _ in said["waived"]]
        assert (said["verdict"], said["findings"]) == (then["verdict"], then["findings"])
        assert waived == then.get("waived", [])
        assert [row["party"] for row in musts(then)] in ([], said["must"])
    elif form == "statement":
        period = reading.instant(then["from"]), reading.instant(then["until"])
        said, gaps = rules.statement(world, period)
        assert sorted(said) == sorted(expected(then))
        assert gaps == then.get("gaps", 0)
    else:
        late = reading.values(then["late"])
        found = [rules.delivery(c, late) for c in world["clauses"] if c["kind"] == "delivery"]
        since = reading.instant(then["since"]) if "since" in then else None
        nothing = then["may_end"] == "nothing"
        assert found == [None if nothing else (then["may_end"], since)]


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_case_is_named_after_its_rule_and_says_why(path: Path) -> None:
    case = load(path)
    assert set(case) <= CASE_KEYS
    assert case["why"].endswith(".")
    assert path.stem.split("_")[0] == case["rule"].lower()
    assert case["then"], "a case without an answer"
    for then in case["then"]:
        assert set(then) <= THEN_KEYS[form_of(then)], then


def form_of(then: dict[str, Any]) -> str:
    """What an answer is about."""
    if "verdict" in then:
        return "decision"
    return "statement" if "charges" in then else "remedy"


def agree(decision: Decision, then: dict[str, Any]) -> None:
    """Hold a decision against the answer of a case."""
    said = [found.finding.rule for found in decision.findings]
    assert (decision.verdict.name.lower(), said) == (then["verdict"], then["findings"])
    waived = [row.found.finding.rule for row in decision.waived]
    assert waived == then.get("waived", [])
    duties = [found.obligation for found in decision.findings if found.obligation is not None]
    holds = [f for f in decision.findings if f.finding.verdict is Verdict.HOLD]
    assert len(duties) == len(holds)  # D4
    if musts(then):
        parties = builders.CAST["parties"]
        written = [(row["party"], row["act"], builders.instant(row["by"])) for row in musts(then)]
        assert [(parties[duty.party], duty.act, duty.due_at_s) for duty in duties] == written


def musts(then: dict[str, Any]) -> list[dict[str, Any]]:
    """What a case says must happen first."""
    must = then.get("must", [])
    return must if isinstance(must, list) else [must]


def expected(then: dict[str, Any]) -> list[tuple[str, str, str, Fraction]]:
    """``TP2: buyer pays oracle $150.00``, read."""
    matches = [DUE.match(text) for text in then["charges"]]
    assert all(matches), then["charges"]
    return [
        (m["rule"], m["payer"], m["payee"], Fraction(m["amount"].replace(",", "")))
        for m in matches
        if m is not None
    ]


def remedy_of_core(case: dict[str, Any], late: dict[str, Any]) -> tuple[str, Any]:
    """What the core lets the buyer end, and since when, in the words of a case."""
    for clause in build(case).clauses:
        if clause.kind.remedy is None:
            continue
        due_at_s, tranche = builders.instant(late["due"]), late["tranche"]
        supplier = builders.CAST["parties"].index(late["supplier"])
        found = clause.kind.remedy(
            clause.terms,
            supplier,
            due_at_s=due_at_s,
            tranche=tranche,
            thing=builders.thing(late),
        )
        if found is not None:
            assert found.rule == "DL1"
            since = builders.moment(found.from_at_s)
            return ("order" if found.ends_order else "tranche"), since.date()
    return "nothing", None
