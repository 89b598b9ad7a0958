"""A register is a dict of which every state stays."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.core.register import OWN_MAX, Register

KEYS = st.one_of(st.integers(-1, 5), st.integers(0, 2000), st.just(1 << 40))
ENTRIES = st.lists(st.tuples(KEYS, st.integers(0, 9)), max_size=120)


@given(ENTRIES)
def test_a_register_holds_what_a_dict_would_in_the_same_order(entries) -> None:
    register, plain = Register[int, int](), dict[int, int]()
    for key, value in entries:
        register, plain = register.entered(key, value), {**plain, key: value}

        assert list(register.items()) == list(plain.items())
    assert (list(register), list(register.values())) == (list(plain), list(plain.values()))
    assert len(register) == len(plain)
    assert all(register[key] == register.get(key) == plain[key] for key in plain)
    assert all(key in register for key in plain)


@given(ENTRIES)
def test_an_entry_leaves_the_registers_before_it_as_they_were(entries) -> None:
    register = Register[int, int]()
    seen = []
    for key, value in entries:
        seen.append((register, dict(register)))
        register = register.entered(key, value)

    assert all(list(before.items()) == list(known.items()) for before, known in seen)


@given(ENTRIES, st.randoms())
def test_registers_are_equal_when_their_items_are_whatever_the_order(entries, dice) -> None:
    plain = dict(entries)
    shuffled = list(plain.items())
    dice.shuffle(shuffled)
    other = Register(dict(shuffled))

    assert Register(plain) == other == plain
    assert plain == other
    if plain:
        assert other.entered(next(iter(plain)), 10) != plain


@given(st.lists(st.tuples(st.integers(0, 40), KEYS, st.integers(0, 9)), max_size=120))
def test_registers_that_go_on_from_the_same_do_not_see_each_other(entries) -> None:
    """Each goes on from any one before it: what the others entered since is not in it."""
    registers, plains = [Register[int, int]()], [dict[int, int]()]
    for which, key, value in entries:
        before = which % len(registers)
        registers.append(registers[before].entered(key, value))
        plains.append({**plains[before], key: value})

    for register, plain in zip(registers, plains, strict=True):
        assert list(register.items()) == list(plain.items())
        assert len(register) == len(plain)
        assert [key for key in range(-1, 50) if key in register] == sorted(
            key for key in plain if key < 50
        )
        assert all(register[key] == register.get(key) == plain[key] for key in plain)


def test_a_register_that_is_gone_on_from_by_many_at_once_is_each_ones_own() -> None:
    start = Register({-1: "start"})

    def grown(who: int) -> bool:
        register = start
        for number in range(200):
            register = register.entered(number, f"{who}.{number}")
        return list(register.values()) == ["start", *(f"{who}.{n}" for n in range(200))]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(grown, range(40)))
    assert list(start) == [-1]


def test_what_was_taken_back_costs_what_follows_nothing_for_ever() -> None:
    start = Register({"a": 0})
    start.entered("lost", 1)
    register = start
    for number in range(3 * OWN_MAX):
        register = register.entered(number, number)

    assert len(register._own) < OWN_MAX
    assert list(register) == ["a", *range(3 * OWN_MAX)]


def test_all_who_begin_with_nothing_have_rows_of_their_own() -> None:
    for value in range(3):
        register = Register[str, int]().entered("a", value).entered("b", value)
        assert (len(register._own), dict(register)) == (0, {"a": value, "b": value})


def test_a_register_can_be_copied_and_pickled() -> None:
    register = Register({3: "c", 1: "a"})

    for again in (
        copy.copy(register),
        copy.deepcopy(register),
        pickle.loads(pickle.dumps(register)),
    ):
        assert list(again.items()) == [(3, "c"), (1, "a")]
        assert list(again.entered(2, "b")) == [3, 1, 2]


def test_what_was_not_entered_is_not_there() -> None:
    register = Register({1: "a"})

    assert register.get(2) is None
    assert register.get(2, "z") == "z"
    assert 2 not in register
    with pytest.raises(KeyError):
        register[2]
