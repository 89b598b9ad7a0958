"""What people, or the models that stand for them, may ask sourcing to do."""

from typing import NamedTuple

from offtake.core.names import UNSTATED
from offtake.core.vocabulary import EventKind
from offtake.sourcing.award import Worth
from offtake.sourcing.requirement import Need, Offer


class Submit(NamedTuple):
    """Raise a requirement, under a lot number not used before."""

    lot: int
    need: Need


class Change(NamedTuple):
    """Ask for something else under the same lot number: what was asked or offered so far falls."""

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


class Choose(NamedTuple):
    """The buyer's award: which suppliers get how many GPUs of their offers.

    A choice that differs from the one at least total cost (S4) needs a reason.
    """

    lot: int
    takes: tuple[tuple[int, int], ...]  # (supplier, GPUs)
    why: str = ""
    worth: Worth = Worth()


class Unaward(NamedTuple):
    """Take back the awards of a lot that are not signed, for a reason."""

    lot: int
    why: str


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


class Cancel(NamedTuple):
    """End a tranche that has not come, by agreement and for a reason."""

    order: int
    tranche: int
    why: str


class Declare(NamedTuple):
    """A party's default under its agreement is declared, or cured (FR2)."""

    party: int
    kind: EventKind


class Use(NamedTuple):
    """What was run, as metered: GPUs over a half-open period ``[start_s, end_s)``."""

    supplier: int
    purpose: int
    gpus: int
    start_s: int
    end_s: int
    accelerator: int = UNSTATED
    region: int = UNSTATED
    own: int = 0


Told = Deliver | Overdue | Cancel | Declare | Use
"""Reports of what happened to orders, parties and capacity."""
Command = Submit | Change | Withdraw | Answer | Sign | Bid | Choose | Unaward | Proceed | Told


class Refused(ValueError):
    """A command that does not fit the state; nothing is recorded."""
