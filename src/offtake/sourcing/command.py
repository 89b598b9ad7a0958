"""What people, or the models that stand for them, may ask sourcing to do."""

from typing import NamedTuple

from offtake.sourcing.award import Worth
from offtake.sourcing.requirement import Need, Offer


class Submit(NamedTuple):
    """Raise a requirement, under a lot number not used before."""

    lot: int
    need: Need


class Withdraw(NamedTuple):
    """Give a requirement up."""

    lot: int


class Answer(NamedTuple):
    """The holder's answer to the open notice: GPUs accepted, 0 to refuse."""

    lot: int
    gpus: int


class Sign(NamedTuple):
    """The order with a holder that accepted, on the terms of its offer (FR10)."""

    lot: int
    offer: Offer


class Bid(NamedTuple):
    """A supplier's offer in an open tender; the last one of a supplier counts."""

    lot: int
    offer: Offer


class Proceed(NamedTuple):
    """Time has passed: do what is due for a lot."""

    lot: int
    worth: Worth = Worth()


class Deliver(NamedTuple):
    """A tranche of an order has come."""

    order: int
    tranche: int


class Overdue(NamedTuple):
    """Look whether a tranche of an order is late, or late enough to be ended."""

    order: int
    tranche: int


Command = Submit | Withdraw | Answer | Sign | Bid | Proceed | Deliver | Overdue


class Refused(ValueError):
    """A command that does not fit the state; nothing is recorded."""
