"""What was used and what is due: the words that charging clauses share."""

from collections.abc import Mapping
from typing import NamedTuple

from offtake.core.names import BUYER, UNSTATED
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


class Thing(NamedTuple):
    """What was bought, by the parts that scopes name; what is left open is ``UNSTATED``."""

    purpose: int = UNSTATED
    accelerator: int = UNSTATED
    region: int = UNSTATED


ANYTHING = Thing()


class Price(NamedTuple):
    """What a use costs under one line, and how closely the line fits (more is closer)."""

    rule: str
    amount_micros: int
    closeness: int
    line: int = 0  # Which line of its clause; tiers count the volume of each by itself (RC2).


class Charge(NamedTuple):
    """One amount due, the rule that put it there, and the period it is for."""

    rule: str
    payer: int
    payee: int
    amount_micros: int
    start_s: int
    end_s: int
    quantity_gpu_s: int = 0
    due_at_s: int = NONE  # When it falls due, if not at the end of its period.
    because: tuple[str, ...] = ()  # What is behind it besides use: "reports[3]".


class Taken(NamedTuple):
    """What counts against one floor in one of its periods."""

    gpu_s: int = 0
    amount_micros: int = 0
    undelivered_gpu_s: int = 0  # Ordered but not there: late, or ended (TP5).
    paid_micros: int = 0  # Shortfalls billed under other floors of the agreement (TP2).
    paid_gpu_s: int = 0  # The same where the floor is in GPU-hours.
    quoted_micros_per_gpu_h: int = 0  # The price of its first GPU-hour, if nothing was taken.
    carried_micros: int = 0  # Of what earlier periods took beyond their floors (TP4),
    carried_gpu_s: int = 0  # the same where the floor is in GPU-hours.
    made_up_micros: int = 0  # The credit for taking what earlier shortfalls paid for (TP3),
    made_up_gpu_s: int = 0  # and the GPU-seconds it is for.
    from_at_s: tuple[int, ...] = ()  # The starts of the earlier periods that brought either.


class Short(NamedTuple):
    """What is missing of a floor in one period."""

    gpu_s: int  # 0 when it is full; NONE for a floor in money.
    amount_micros: int  # Negative where more counts than was promised.
    rate_micros_per_gpu_h: int  # What a missing GPU-hour costs; 0 where nothing says it.


class Report(NamedTuple):
    """What was reported for a period: a base such as revenue, a price, or how much was there.

    For a price ``amount_micros`` is per GPU-hour, and ``gpu_s`` the volume it was given for.
    """

    base: str
    start_s: int
    end_s: int
    amount_micros: int = 0
    origin: str = ""  # Where it stands: "reports[3]".
    measured_ppm: int = NONE  # A share that was measured, such as availability.
    gpu_s: int = 0
    claimed_at_s: int = NONE  # When something was claimed by it.


class Account(NamedTuple):
    """What one charging clause may look at. Purely figures; no clause reads another's."""

    taken: Mapping[tuple[int, int], Taken] = {}  # By period of its floors: (start_s, end_s).
    reports: tuple[Report, ...] = ()
    from_s: int = 0
    until_s: int = 0
    known_from_s: int = 0  # Since when use is known: before, some may be missing.
    buyer: int = BUYER
    sums: Mapping[tuple[int, int], Taken] = {}  # Use that the clause asked to be added up.

    def has_end(self, at_s: int) -> bool:
        """Whether what falls due at an instant, as a period ends, is of this account."""
        return self.from_s < at_s <= self.until_s

    def has_start(self, at_s: int) -> bool:
        """Whether what falls due at an instant, as a period begins, is of this account."""
        return self.from_s <= at_s < self.until_s
