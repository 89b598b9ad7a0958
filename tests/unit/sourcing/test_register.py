"""A register is a dict of which every state stays."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offtake.sourcing.register import Register

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
