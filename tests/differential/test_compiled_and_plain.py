"""The compiled table and the plain rules give one answer on every ask."""

from typing import Any

from hypothesis import given, settings

from builders import ask_of, build, instant
from laws.portfolios import cases
from offtake.core.compiled import LIMIT_ENTRIES, compile_asks
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS, fold
from offtake.core.names import BUYER
from offtake.core.vocabulary import Ask, BoundClause, Facts


def plain(clauses: tuple[BoundClause, ...], facts: Facts, ask: Ask, now_s: int) -> list[Any]:
    """The plain rules' answer on each supplier, best first."""
    rows = []
    for supplier in range(4):
        asked = ask._replace(supplier=supplier, own=int(supplier == BUYER))
        decision = decide(clauses, facts, asked, now_s)
        said = [(found.clause, found.finding) for found in decision.findings]
        lifted = [(w.found.clause, w.found.finding, w.by) for w in decision.waived]
        rows.append((decision.verdict, supplier, said, lifted))
    return sorted(rows, key=lambda row: row[0])


@settings(deadline=None, max_examples=150)
@given(cases(clauses=8, asks=10))
def test_compiled_and_plain_rules_answer_alike(case: dict[str, Any]) -> None:
    built = build(case)
    for facts in (NO_FACTS, fold(built.clauses, built.events)):
        compiled = compile_asks(built.clauses, (0, 1, 2, 3), facts)
        for _ in range(2):  # The second time answers come from the table, where they may.
            for row, at in case["then"]:
                now_s = instant(at)
                ask = ask_of(row, built, now_s)
                answers = [
                    (a.verdict, a.supplier, list(a.findings), list(a.waived))
                    for a in compiled.suppliers(ask, now_s)
                ]
                assert answers == plain(built.clauses, facts, ask, now_s)
                assert compiled.decide(ask, now_s) == decide(built.clauses, facts, ask, now_s)


def test_a_full_table_starts_anew() -> None:
    compiled = compile_asks((), (1,))
    for purpose in range(3):
        compiled.suppliers(Ask(1, purpose=purpose), 0)
    compiled._table.update({(n,) * 9: () for n in range(LIMIT_ENTRIES)})
    compiled.suppliers(Ask(1, purpose=9), 0)

    assert len(compiled._table) == 1
