"""Every mistake has a code, a place, words, a way out, and a page that explains it."""

import re
from pathlib import Path

import pytest

from offtake.contract.check import check
from offtake.contract.problem import Unreadable
from offtake.contract.read import read_text
from unit.contract.cases import CASES, HEAD, SOURCE, Case, clause, clauses, codes, problems_of

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "problems.md"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{CASES.index(case)}")
def test_a_mistake_gets_its_code_at_its_place(case: Case, tmp_path: Path) -> None:
    found = [problem for problem in problems_of(case, tmp_path) if problem.code == case.code]
    places = [str(problem.place).removeprefix(f"{tmp_path}/") for problem in found]

    assert found
    if case.place:
        assert (case.place if case.place[0].isalpha() else f"portfolio.yaml:{case.place}") in places
    for problem in found:
        assert problem.remedy.endswith((".", "?", ")"))
        assert len(str(problem)) < 700


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_has_a_case(code: str) -> None:
    assert code in {case.code for case in CASES}


def test_every_case_is_of_a_code_that_exists() -> None:
    assert {case.code for case in CASES} <= codes()


@pytest.mark.parametrize("code", sorted(codes(SOURCE)))
def test_every_code_has_a_section_in_the_reference(code: str) -> None:
    assert f"\n### {code}\n" in PAGE.read_text()


def test_the_reference_has_no_section_of_a_code_that_is_gone() -> None:
    headings = set(re.findall(r"^### (.+)$", PAGE.read_text(), re.MULTILINE))

    assert headings <= codes() | codes(SOURCE)


def test_grave_problems_come_before_warnings_and_each_in_file_order(tmp_path: Path) -> None:
    text = clauses("e: {kind: exclusivity, holder: azur}", "f: {kind: exclusivity, holder: orcle}")
    found = problems_of(Case("", text), tmp_path)

    assert [(problem.code, problem.place.line) for problem in found] == [
        ("unknown-party", 8),
        ("unknown-party", 9),
    ]
    assert found[0].remedy == "Did you mean `azure`? Or declare it under `parties:`."


def test_a_waiver_of_a_clause_with_dots_in_its_agreements_name_is_found() -> None:
    text = clauses(
        "e.1: {kind: exclusivity, holder: azure}",
        "w: {kind: waiver, of: v1.2/e.1, grantee: oracle}",
    )

    assert check(read_text(text.replace("  A:", "  v1.2:"))) == []


def test_a_kind_of_accelerator_that_a_pool_has_need_not_be_declared() -> None:
    pool = "pools: {p: {supplier: azure, accelerator: H100, region: west, capacity: 8, rate: $1}}\n"
    terms = "kind: exclusivity, holder: azure, accelerators: [H100], regions: [west]"

    assert check(read_text(clause(terms) + pool)) == []


def test_ending_a_clause_that_could_not_be_read_is_no_second_problem() -> None:
    text = clauses(
        "e: {kind: exclusivity, holder: [azure]}",
        below="    amendments: {B: {from: 2025-01-01, remove: [e]}}\n",
    )

    assert [problem.code for problem in check(read_text(text))] == ["wrong-type"]


@pytest.mark.parametrize("size", [100, 400])
def test_many_clauses_are_checked_soon(size: int) -> None:
    rows = (
        f"c{number}: {{kind: exclusivity, holder: azure, from: 2024-{number % 12 + 1:02}-01, "
        f"until: 2025-{number % 12 + 1:02}-{number % 28 + 1:02}}}"
        for number in range(size)
    )

    assert check(read_text(clauses(*rows))) == []


def test_the_most_that_is_allowed_can_be_lowered() -> None:
    many = "".join(f"  k{number}: {{power: 1 kW}}\n" for number in range(58))
    text = HEAD + "accelerators:\n" + many

    assert check(read_text(text)) == []


def test_an_amount_in_another_currency_is_placed_where_it_is_written() -> None:
    text = clause("kind: rate_card, supplier: azure, lines: [{price: $1}, {price: 2 EUR}]")

    (found,) = (one for one in check(read_text(text)) if one.code == "other-currency")

    assert (found.place.line, found.place.column) == (3, text.split("\n")[2].index("2 EUR") + 1)


def test_a_floor_that_is_meant_as_money_is_called_that() -> None:
    text = clause("kind: take_or_pay, supplier: azure, floor: -$5")

    assert [one.says for one in check(read_text(text))] == [
        "agreements.A.clauses.c.floor: `-$5` is not an amount of money"
    ]


def test_a_tab_is_called_a_tab() -> None:
    with pytest.raises(Unreadable) as caught:
        read_text("parties:\n\tlab: {}\n")

    assert caught.value.problems[0].remedy == "Indent with spaces."
