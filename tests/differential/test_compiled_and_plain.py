"""The compiled table and the plain rules give one answer on every ask."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings

from builders import Built, ask_of, build, instant, moment
from laws.portfolios import LAST_S, SEEDS, cases
from offtake.core.compiled import LIMIT_ENTRIES, Compiled, compile_asks
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


def compiled_rows(compiled: Compiled, ask: Ask, now_s: int) -> list[Any]:
    """The table's answer, in the form of ``plain``."""
    answers = compiled.suppliers(ask, now_s)
    return [(a.verdict, a.supplier, list(a.findings), list(a.waived)) for a in answers]


def varied(dice: Random, ask: Ask) -> Ask:
    """The same question of other figures: who keys an answer by names must still be right.

    Served again as it was, an answer is right however wrong its key is; so nothing here is
    asked twice. Now and then one name changes too, for a key that leaves that name out.
    """
    start_s = dice.randint(0, LAST_S)
    asked = ask._replace(
        supplier=dice.choice([UNSTATED, 0, 1]),  # Ignored, as is own.
        own=dice.randint(0, 1),
        gpus=dice.randint(1, 8),
        start_s=start_s,
        end_s=start_s + dice.randint(1, 6),
        price_micros_per_gpu_h=dice.choice([NONE, 1_000_000, 2_000_000, 3_000_000]),
        prepaid_ppm=dice.choice([NONE, 0, 100_000]),
        lot=dice.choice([NONE, NONE, NONE, 1, 2]),
    )
    if dice.random() < 0.4:
        name = dice.choice([*NAMED, "capacity", "act"])
        number = dice.choice([UNSTATED, *range(NAMED.get(name, 0))])
        if name in ("capacity", "act"):
            number = dice.choice([1, 2] if name == "capacity" else list(Act))
        asked = asked._replace(**{name: number})
    return asked


def questions(built: Built, case: dict[str, Any], dice: Random) -> Iterator[tuple[Ask, int]]:
    """Each ask of a case in many figures, at instants close by, the exact edges among them."""
    edges = [at_s for clause in built.clauses for at_s in (clause.from_s, clause.until_s)]
    edges = [edge for edge in edges if edge <= 2 * LAST_S]
    for row, at in case["then"][:4]:
        ask = ask_of(row, built, instant(at))
        for _ in range(12):
            near_s = dice.choice([*edges, instant(at), dice.randint(0, LAST_S)])
            yield varied(dice, ask), max(near_s + dice.choice([-1, 0, 0, 1]), 0)


SERVED: Counter[str] = Counter()


@settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))
@given(cases(clauses=6, asks=4), SEEDS)
def compare(case: dict[str, Any], seed: int) -> None:
    built = build(case)
    for name, facts in (("none", NO_FACTS), ("facts", fold(built.clauses, built.events))):
        compiled = compile_asks(built.clauses, SUPPLIERS, facts)
        for ask, now_s in questions(built, case, Random(seed)):
            before = compiled._entries
            answers = compiled.suppliers(ask, now_s)
            tabled = any(answers is one for t in compiled._tables for one in t.values())
            SERVED[name] += tabled and compiled._entries == before
            assert compiled_rows(compiled, ask, now_s) == plain(built.clauses, facts, ask, now_s)
            assert compiled.decide(ask, now_s) == decide(built.clauses, facts, ask, now_s)


def test_compiled_and_plain_rules_answer_alike() -> None:
    """And not because the table was never used: it answers asks other than filled it."""
    SERVED.clear()
    compare()

    assert SERVED["none"] > 1_000, SERVED
    assert SERVED["facts"] > 1_000, SERVED


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
