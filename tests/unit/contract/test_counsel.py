"""Each of the lawyer's flags: when it is raised, in which words, and when it is not."""

import pytest

from offtake.contract.check import check
from offtake.contract.problem import Problem
from offtake.contract.read import read_text
from unit.contract.cases import HEAD, clauses

AZURE = "e: {kind: exclusivity, holder: azure%s}"
ORACLE = "f: {kind: exclusivity, holder: oracle%s}"
WAIVER = "w: {kind: waiver, of: A/e, grantee: oracle%s}"
PAY = "p: {kind: take_or_pay, supplier: oracle, floor: $1%s}"
REFUSAL = "%s: {kind: first_refusal, holder: %s, window: 30d%s}"


def flags(*rows: str, below: str = "") -> list[Problem]:
    """What is flagged of some clauses of one agreement, 2024 and 2025; nothing is grave."""
    found = check(read_text(clauses(*rows, below=below)))
    assert not [problem for problem in found if problem.grave]
    return found


def codes(*rows: str, below: str = "") -> set[str]:
    return {problem.code for problem in flags(*rows, below=below)}


def says(code: str, *rows: str, below: str = "") -> str:
    """The one sentence that is said under a code."""
    (found,) = (flag.says for flag in flags(*rows, below=below) if flag.code == code)
    return found


def test_two_exclusive_suppliers_are_flagged_with_their_dates() -> None:
    first, second = (
        AZURE % ", purposes: [inference]",
        ORACLE % ", purposes: [api], from: 2025-01-01",
    )

    assert says("conflicting-exclusivities", first, second) == (
        "A/e makes azure and A/f makes oracle the only one for the same matter, "
        "from 2025-01-01 until 2026-01-01"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AZURE % ", purposes: [training]", ORACLE % ", purposes: [research]"),
        (AZURE % ", until: 2025-01-01", ORACLE % ", from: 2025-01-01"),
        (AZURE % ", asks: [run]", ORACLE % ", asks: [supply]"),
        (AZURE % ", capacity: new", ORACLE % ", capacity: existing"),
        (AZURE % "", "f: {kind: exclusivity, holder: azure}"),
        (AZURE % "", "f: {kind: exclusivity, holder: oracle, suppliers: []}"),
    ],
)
def test_exclusivities_that_never_meet_are_not_flagged(one: str, other: str) -> None:
    assert "conflicting-exclusivities" not in codes(one, other)


def test_a_purpose_that_nobody_may_serve_is_flagged_with_its_dates() -> None:
    first, second = AZURE % ", purposes: [api]", ORACLE % ", from: 2024-03-01, until: 2024-09-01"

    assert says("nobody-may-serve", first, second) == (
        "nobody may supply api from 2024-03-01 until 2024-09-01, neither a supplier nor the buyer "
        "itself: A/e and A/f forbid it"
    )


def test_a_waiver_or_a_build_right_leaves_somebody_to_serve() -> None:
    both = AZURE % "", ORACLE % ""

    assert "nobody-may-serve" in codes(*both)
    assert "nobody-may-serve" not in codes(*both, WAIVER % "")
    assert "nobody-may-serve" not in codes(*both, "b: {kind: build_right, grantee: lab}")
    assert "nobody-may-serve" in codes(
        *both, "b: {kind: build_right, grantee: lab, purposes: [api]}"
    )


def test_one_exclusivity_alone_leaves_its_holder_to_serve() -> None:
    assert codes(AZURE % "") == set()


def test_money_promised_to_a_supplier_who_may_not_be_used_is_flagged() -> None:
    pay = PAY % ", from: 2024-02-01"

    assert says("commitment-shut-out", AZURE % ", from: 2024-06-01", pay) == (
        "A/p commits to pay oracle, whose capacity may be used for nothing from 2024-06-01 on: "
        "A/e forbids it"
    )
    assert codes(AZURE % ", until: 2024-02-01", pay) == set()
    assert codes(AZURE % ", purposes: [api]", pay) == set()
    assert codes(AZURE % ", asks: [supply]", pay) == set()
    assert codes(AZURE % "", pay, WAIVER % ", purposes: [research]") == set()


def test_two_holders_of_one_rank_are_flagged() -> None:
    rows = REFUSAL % ("r", "azure", ""), REFUSAL % ("s", "oracle", ", purposes: [api]")

    assert says("equal-rank", *rows) == (
        "azure (A/r) and oracle (A/s) must both be asked first: both have rank 1 for the same "
        "matter, from 2024-01-01 until 2026-01-01"
    )
    assert codes(rows[0], REFUSAL % ("s", "oracle", ", rank: 2")) == set()
    assert codes(rows[0], REFUSAL % ("s", "azure", "")) == set()
    assert codes(REFUSAL % ("r", "azure", ", purposes: [research]"), rows[1]) == set()
    assert (
        codes(
            REFUSAL % ("r", "azure", ", until: 2025-01-01"),
            REFUSAL % ("s", "oracle", ", from: 2025-01-01"),
        )
        == set()
    )


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (
            (AZURE % ", purposes: [api]", WAIVER % ", purposes: [training]"),
            "the two never hold at the same time for the same matter",
        ),
        (
            (AZURE % ", until: 2025-01-01", WAIVER % ", from: 2025-01-01"),
            "the two never hold at the same time for the same matter",
        ),
        (
            (AZURE % "", "w: {kind: waiver, of: A/e, grantee: azure}"),
            "that is the holder, whom it does not bind",
        ),
        (
            ("e: {kind: delivery, supplier: azure}", WAIVER % ""),
            "a clause of kind delivery forbids nothing that could be waived",
        ),
    ],
)
def test_a_waiver_that_helps_nobody_is_flagged_with_the_reason(
    rows: tuple[str, ...], why: str
) -> None:
    assert says("waiver-of-nothing", *rows).endswith(f", but {why}")


def test_a_waiver_that_helps_is_not_flagged() -> None:
    assert codes(AZURE % "", WAIVER % ", limit: 100, transaction: yes") == set()
    assert codes(REFUSAL % ("e", "azure", ""), WAIVER % "") == set()


POOL = "pools: {q: {supplier: oracle, accelerator: H, capacity: %s, rate: $2}}\n"


@pytest.mark.parametrize(
    ("floor", "capacity", "flagged"),
    [
        ("743 GPU-h", "1", False),  # January 2024 has 744 hours.
        ("697 GPU-h", "1", True),  # February has 696.
        ("$1392", "1", False),
        ("$1393", "1", True),
        ("1", "1", False),
        ("2", "1", True),
        ("744 GPU-h", "{2024-01-01: 1, 2024-02-01: 2}", False),
        ("744 GPU-h", "{2024-02-01: 2}", True),
    ],
)
def test_a_floor_that_full_pools_cannot_reach_is_flagged(
    floor: str, capacity: str, flagged: bool
) -> None:
    pay = (
        f"p: {{kind: take_or_pay, supplier: oracle, per: month, floor: {floor}, until: 2024-03-01}}"
    )
    if floor == "743 GPU-h":
        pay = pay.replace("2024-03-01", "2024-02-01")

    assert ("floor-above-capacity" in codes(pay, below=POOL % capacity)) is flagged


def test_a_floor_is_not_flagged_while_capacity_is_still_to_be_ordered() -> None:
    pay = "p: {kind: take_or_pay, supplier: oracle, per: month, floor: 99999 GPU-h}"
    behavior = (
        "behaviors: [{supplier: oracle, accelerators: [H], spare: 999, lead: 30d, rate: $2}]\n"
    )

    assert codes(pay) == set()
    assert codes(pay, below=POOL % "1") == {"floor-above-capacity"}
    assert codes(pay, below=POOL % "1" + behavior) == set()


@pytest.mark.parametrize(
    ("pool", "more", "flagged"),
    [
        ("", "", True),
        (", rate: $1", "", False),
        (", origin: build", "", False),
        ("", "prices: [{supplier: azure, price: $1}]", False),
        ("", "prices: [{supplier: oracle, price: $1}]", True),
        ("", "prices: [{supplier: azure, accelerators: [G], price: $1}]", True),
        ("", "prices: [{supplier: azure, price: $1, from: 2030-01-01}]", True),
    ],
)
def test_capacity_that_nothing_prices_is_flagged(pool: str, more: str, flagged: bool) -> None:
    text = f"{HEAD}pools: {{q: {{supplier: azure, accelerator: H, capacity: 1{pool}}}}}\n{more}\n"

    assert [row.code for row in check(read_text(text))] == ["unpriced-capacity"] * flagged


def test_a_rate_card_prices_capacity() -> None:
    card = "c: {kind: rate_card, supplier: azure, lines: [{price: $1%s}]}"
    pool = "pools: {q: {supplier: azure, accelerator: H, capacity: 1}}\n"

    assert codes(card % "", below=pool) == set()
    assert codes(card % ", from: 2025-01-01", below=pool) == {"unpriced-capacity"}


HARDWARE = "accelerators: {H: {}, G: {}}\nregions: [us, eu]\n"


def test_exclusivities_that_share_out_places_or_hardware_leave_somebody_everywhere() -> None:
    by_region = AZURE % ", regions: [us]", ORACLE % ", regions: [eu]"
    by_hardware = AZURE % ", accelerators: [H]", ORACLE % ", accelerators: [G]"

    assert codes(*by_region, PAY % "", below=HARDWARE) == set()
    assert codes(*by_hardware, PAY % "", below=HARDWARE) == set()


def test_a_waiver_by_which_one_holder_may_be_chosen_ends_a_conflict() -> None:
    pair = AZURE % ", purposes: [inference]", ORACLE % ", purposes: [api]"

    assert "conflicting-exclusivities" in codes(*pair)
    assert "conflicting-exclusivities" not in codes(*pair, WAIVER % ", purposes: [api]")


def test_exclusivities_that_bind_each_others_holder_are_in_conflict() -> None:
    pair = AZURE % ", suppliers: [oracle]", ORACLE % ", suppliers: [azure]"

    assert "conflicting-exclusivities" in codes(*pair)


def test_two_holders_are_flagged_once_however_many_clauses_they_have() -> None:
    rows = [f"a{n}: {{kind: exclusivity, holder: azure}}" for n in range(20)]
    rows += [f"b{n}: {{kind: exclusivity, holder: oracle}}" for n in range(20)]

    found = [flag.code for flag in flags(*rows)]

    assert found.count("conflicting-exclusivities") == 1


@pytest.mark.parametrize(
    ("waiver", "why"),
    [
        (WAIVER % ", limit: 0", "up to nothing at all"),
        (WAIVER % ", suppliers: [azure]", "its own `suppliers:` leave that one out"),
    ],
)
def test_a_waiver_that_excludes_itself_is_flagged(waiver: str, why: str) -> None:
    assert says("waiver-of-nothing", AZURE % "", waiver).endswith(f", but {why}")


def test_capacity_whose_rate_card_ends_before_it_is_flagged_from_then_on() -> None:
    card = "c: {kind: rate_card, supplier: azure, until: 2025-01-01, lines: [{price: $1}]}"
    pool = "pools: {q: {supplier: azure, accelerator: H, capacity: 1}}\n"

    assert says("unpriced-capacity", card, below=pool).endswith("in pool q from 2025-01-01 on")


def test_capacity_priced_for_some_purposes_only_is_flagged_for_the_others() -> None:
    card = "c: {kind: rate_card, supplier: azure, lines: [{price: $1, purposes: [training, api]}]}"
    pool = "pools: {q: {supplier: azure, accelerator: H, capacity: 1}}\n"

    assert says("unpriced-capacity", card, below=pool).endswith(
        "in pool q for research, inference from 2024-01-01 on"
    )


def test_floors_to_one_supplier_are_added_before_they_are_compared() -> None:
    pay = "%s: {kind: take_or_pay, supplier: oracle, per: month, floor: 400 GPU-h}"
    one, two = pay % "p", pay % "r"

    assert "floor-above-capacity" not in codes(one, below=POOL % "1")
    assert says("floor-above-capacity", one, two, below=POOL % "1").startswith(
        "A/r and A/p promise 800 GPU-hours, the pools hold 744"
    )


def test_a_floor_about_other_hardware_than_the_pools_hold_is_flagged() -> None:
    pay = "p: {kind: take_or_pay, supplier: oracle, per: month, floor: 1 GPU-h, %s}"
    pool = HARDWARE + POOL % "1"

    assert "floor-above-capacity" not in codes(pay % "accelerators: [H]", below=pool)
    assert "floor-above-capacity" in codes(pay % "accelerators: [G]", below=pool)


def test_a_floor_at_a_supplier_without_a_pool_is_flagged_where_pools_are_listed() -> None:
    pool = "pools: {q: {supplier: azure, accelerator: H, capacity: 1, rate: $2}}\n"

    assert codes(PAY % "") == set()
    assert codes(PAY % "", below=pool) == {"floor-above-capacity"}


def test_a_commitment_where_nothing_may_be_bought_and_nothing_is_held_is_shut_out() -> None:
    pool = "pools: {q: {supplier: azure, accelerator: H, capacity: 1, rate: $2}}\n"

    found = codes(AZURE % ", asks: [supply]", PAY % "", below=pool)

    assert "commitment-shut-out" in found


NEED = "requirements: {q: {purpose: training, size: 1, submitted: 2024-02-01, %s}}\n"
DATES = "from: 2024-06-01, until: 2025-06-01"


def test_a_need_without_a_price_cannot_be_noticed() -> None:
    assert says("unpriced-requirement", REFUSAL % ("r", "azure", ""), below=NEED % DATES) == (
        "azure must be offered q first (A/r), and there is no price to offer"
    )


@pytest.mark.parametrize(
    ("more", "need"),
    [
        ("", DATES + ", price_limit: $3"),
        ("", DATES + ", own: yes"),
        (", form: matching", DATES),
        (", purposes: [inference]", DATES),
        (", from: 2024-03-01", DATES),
    ],
)
def test_a_need_that_is_priced_or_not_held_is_not_flagged(more: str, need: str) -> None:
    assert "unpriced-requirement" not in codes(REFUSAL % ("r", "azure", more), below=NEED % need)
