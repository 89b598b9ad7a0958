"""The compiled table and the plain rules give one answer on every ask."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from builders import Built, ask_of, build, instant, moment
from laws.portfolios import KINDS, LAST_S, SEEDS, cases, order, use, waiver
from offtake.core.compiled import LIMIT_ENTRIES, compile_asks
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS, fold
from offtake.core.names import BUYER, UNSTATED
from offtake.core.vocabulary import NONE, Act, Ask, BoundClause, Facts

SUPPLIERS = (2, 0, 3, 1)
"""Not in the order of their numbers, so that the order given is what is kept."""
NAMED = {"purpose": 4, "accelerator": 2, "region": 2, "user": 4, "asset": 2, "product": 3}
"""The named parts of an ask, and how many names each has in the cast."""


def plain(clauses: tuple[BoundClause, ...], facts: Facts, ask: Ask, now_s: int) -> list[Any]:
    """The plain rules' answer on each supplier, best first."""
    rows = []
    for supplier in SUPPLIERS:
        asked = ask._replace(supplier=supplier, own=int(supplier == BUYER))
        decision = decide(clauses, facts, asked, now_s)
        said = [(found.clause, found.finding) for found in decision.findings]
        lifted = [(w.found.clause, w.found.finding, w.by) for w in decision.waived]
        rows.append((decision.verdict, supplier, said, lifted))
    return sorted(rows, key=lambda row: row[0])


def refigured(dice: Random, ask: Ask) -> Ask:
    """The same question of other figures: an answer keyed by names must still be right.

    Served again as it was, an answer is right however wrong its key is; so nothing here is
    asked twice.
    """
    start_s = dice.randint(0, LAST_S)
    return ask._replace(
        supplier=dice.choice([UNSTATED, 0, 1]),  # Ignored, as is own.
        own=dice.randint(0, 1),
        gpus=dice.randint(1, 8),
        start_s=start_s,
        end_s=start_s + dice.randint(1, 6),
        price_micros_per_gpu_h=dice.choice([NONE, 1_000_000, 2_000_000, 3_000_000]),
        prepaid_ppm=dice.choice([NONE, 0, 100_000]),
    )


def renamed(dice: Random, ask: Ask) -> Ask:
    """The question with one name changed, for a key that leaves that name out."""
    name = dice.choice([*NAMED, "capacity", "act", "lot"])
    others = {"capacity": [1, 2], "act": list(Act), "lot": [NONE, 1, 2]}
    numbers = others.get(name) or [UNSTATED, *range(NAMED[name])]
    return ask._replace(**{name: dice.choice(numbers)})


def questions(dice: Random, asks: list[Ask]) -> Iterator[tuple[Ask, int]]:
    """Each ask at every instant, in any order, so with every edge and both its neighbours."""
    for ask in asks:
        for now_s in dice.sample(range(LAST_S + 3), k=LAST_S + 3):
            yield refigured(dice, ask), now_s
            yield refigured(dice, renamed(dice, ask)), now_s


def served(built: Built, facts: Facts, asked: Iterator[tuple[Ask, int]]) -> int:
    """How many answers came from the table; all are those of the plain rules."""
    compiled = compile_asks(built.clauses, SUPPLIERS, facts)
    count = 0
    for ask, now_s in asked:
        before = compiled._entries
        answers = compiled.suppliers(ask, now_s)
        tabled = any(answers is one for table in compiled._tables for one in table.values())
        count += tabled and compiled._entries == before
        said = [(a.verdict, a.supplier, list(a.findings), list(a.waived)) for a in answers]
        assert said == plain(built.clauses, facts, ask, now_s)
    assert compiled.decide(ask, now_s) == decide(built.clauses, facts, ask, now_s)
    return count


SERVED: Counter[str] = Counter()


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(cases(clauses=6, asks=2), SEEDS)
def compare(case: dict[str, Any], seed: int) -> None:
    built, dice = build(case), Random(seed)
    name, facts = "none", NO_FACTS
    if dice.random() < 0.7:
        name, facts = "facts", fold(built.clauses, built.events)
    asks = [ask_of(row, built, instant(at)) for row, at in case["then"]]
    SERVED[name] += served(built, facts, questions(dice, asks[:2]))


def test_compiled_and_plain_rules_answer_alike() -> None:
    """And not because the table was never used: it answers asks other than filled it."""
    SERVED.clear()
    compare()

    assert SERVED["none"] > 50, SERVED
    assert SERVED["facts"] > 50, SERVED


def alone(kind: str, dice: Random) -> Built:
    """One clause of a kind, its edges inside what is asked; a waiver of an exclusivity too."""

    def row(of: str, terms: dict[str, Any]) -> dict[str, Any]:
        terms = {key: value for key, value in terms.items() if key != "asks"}
        return {
            "kind": of,
            "from": moment(dice.randint(0, 4)),
            "until": moment(dice.randint(9, LAST_S)),
            "applies_to": dice.choice(["signature", "signature", "service", "both"]),
            "terms": terms,
        }

    rows = [row("exclusivity", {"holder": "azure"})] if kind == "waiver" else []
    terms = waiver(dice, ["A/exclusivity"]) if kind == "waiver" else KINDS[kind](dice)
    events = [use(dice), use(dice), use(dice), order(dice)]  # Shares kept, limits used.
    events = sorted(events, key=lambda event: event["at"])
    return build({"clause": [*rows, row(kind, terms)], "event": events})


def asked_of(kind: str, dice: Random) -> Ask:
    """An ask that a clause of this kind may well speak to."""
    acts = {"ip_licence": Act.USE, "build_right": Act.RUN}
    act = acts.get(kind, Act.SUPPLY) if dice.random() < 0.8 else dice.choice(list(Act))
    names = {name: dice.randrange(count) for name, count in NAMED.items()}
    return Ask(act, **names)


@pytest.mark.parametrize("kind", [*KINDS, "waiver"])
def test_each_kind_is_tabled_only_where_its_answer_stands(kind: str) -> None:
    """Every instant, one clause at a time: where a portfolio seldom looks."""
    for seed in range(150):
        dice = Random(f"{kind} {seed}")
        built = alone(kind, dice)
        facts = fold(built.clauses, built.events)
        served(built, facts, questions(dice, [asked_of(kind, dice)]))


def test_an_ask_of_no_noticed_lot_is_tabled_though_another_lot_was_noticed() -> None:
    notice = {"event": "notice_given", "at": moment(1), "clause": "A/first_refusal", "lot": "x"}
    notice |= {"purpose": "training", "due": moment(9), "gpus": 1, "rank": 1}
    notice |= {"start": moment(8), "end": moment(9)}
    clause = {"kind": "first_refusal", "terms": {"holder": "azure", "window": "5s"}}
    built = build({"clause": [clause], "event": [notice]})
    compiled = compile_asks(built.clauses, (2,), fold(built.clauses, built.events))
    noticed, other = Ask(Act.SUPPLY, purpose=0), Ask(Act.SUPPLY, purpose=2)

    assert compiled.suppliers(other, 2) is compiled.suppliers(other._replace(gpus=9), 2)
    assert compiled.suppliers(other, 2)[0].findings[0][1].reason == "NotNotified"
    for ask in (noticed, other._replace(lot=1)):
        assert compiled.suppliers(ask, 2) is not compiled.suppliers(ask, 2)
        assert compiled.suppliers(ask, 2)[0].findings[0][1].reason == "WindowOpen"


def test_a_full_table_starts_anew() -> None:
    compiled = compile_asks((), (1,))
    for lot in range(LIMIT_ENTRIES):
        compiled.suppliers(Ask(1, lot=lot), 0)
    assert sum(map(len, compiled._tables)) == LIMIT_ENTRIES

    assert compiled.suppliers(Ask(1, lot=LIMIT_ENTRIES), 0)[0].verdict == 0
    assert sum(map(len, compiled._tables)) == compiled._entries == 1
