"""What was used and what is due: the words that charging clauses share."""

from collections.abc import Mapping
from typing import NamedTuple

from offtake.core.names import BUYER
from offtake.core.vocabulary import NONE


class Use(NamedTuple):
    """GPU-seconds of one purpose on one supplier's accelerators within ``[start_s, end_s)``."""

    supplier: int
    accelerator: int
    region: int
    purpose: int
    gpu_s: int
    start_s: int
    end_s: int
    pool: int = NONE


class Price(NamedTuple):
    """What a use costs under one line, and how closely the line fits (more is closer)."""

    rule: str
    amount_micros: int
    closeness: int


class Charge(NamedTuple):
    """One amount due, the rule that put it there, and the period it is for."""

    rule: str
    payer: int
    payee: int
    amount_micros: int
    start_s: int
    end_s: int
    quantity_gpu_s: int = 0


class Taken(NamedTuple):
    """What was taken from a supplier in one period, priced."""

    gpu_s: int
    amount_micros: int
    undelivered_gpu_s: int = 0  # Ordered but not there: late, or ended (TP5).


class Report(NamedTuple):
    """A base that a party reported for a period, such as its revenue."""

    base: str
    start_s: int
    end_s: int
    amount_micros: int


class Account(NamedTuple):
    """What one charging clause may look at. Purely figures; no clause reads another's."""

    taken: Mapping[tuple[int, int], Taken] = {}  # By period of its floors: (start_s, end_s).
    reports: tuple[Report, ...] = ()
    from_s: int = 0
    until_s: int = 0
    buyer: int = BUYER
