"""What counts against which floor: uses, undelivered capacity and shortfalls paid (TP2, TP5).

Commitments of one agreement with periods of different lengths are nested: a monthly minimum
within a commitment for the term. A use counts in each length once, and a shortfall that was
billed for one counts towards the others. All other commitments are added: no use counts twice.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from offtake.core.account import Short, Taken, Use
from offtake.core.scope import Scope, concerns, contains
from offtake.core.vocabulary import NONE, BoundClause
from offtake.units.money import SECONDS_PER_HOUR, Rounding, divide

Quote = Callable[[int, Scope, int], int]
"""The price of a GPU-hour of (supplier, scope) at an instant, in micros; 0: nothing prices it."""
Counted = dict[tuple[int, int], Taken]
"""What counts against a clause's floors, by their periods."""


class Part(NamedTuple):
    """Some of a use: GPU-seconds and what they cost."""

    gpu_s: int
    micros: int

    def less(self, other: "Part") -> "Part":
        """What is left when some of it has gone elsewhere."""
        return Part(self.gpu_s - other.gpu_s, self.micros - other.micros)


class Pledge(NamedTuple):
    """One version of a commitment, by its position among the clauses."""

    position: int
    clause: BoundClause
    supplier: int
    scope: Scope
    dues: tuple[Any, ...]  # In order of time; each with start_s, end_s, months.

    def at(self, at_s: int) -> Any:
        """The floor of the period that an instant lies in, or None."""
        number = bisect_right(self.dues, at_s, key=lambda due: due.start_s) - 1
        found = self.dues[number] if number >= 0 else None
        return found if found is not None and at_s < found.end_s else None


class Slot(NamedTuple):
    """The floor of one period of one commitment."""

    pledge: Pledge
    due: Any

    @property
    def length(self) -> int:
        """For ordering periods that end together, in months; the term is the longest."""
        return self.due.months or 2**31


Level = list[Slot]
"""Floors of one length in one agreement, in portfolio order: they are added."""
Needs = Callable[[Slot, Part], Part]


class Counting:
    """Fills the floors of all commitments, part by part."""

    def __init__(self, clauses: Sequence[BoundClause]) -> None:
        self._pledges = [
            _pledge(position, clause)
            for position, clause in enumerate(clauses)
            if clause.kind.floor is not None
        ]
        self.taken: dict[int, Counted] = {
            pledge.position: {(due.start_s, due.end_s): Taken() for due in pledge.dues}
            for pledge in self._pledges
        }

    def use(self, use: Use, micros: int) -> None:
        """Count a use with what it cost."""

        def add(taken: Taken, part: Part) -> Taken:
            gpu_s, amount_micros = taken.gpu_s + part.gpu_s, taken.amount_micros + part.micros
            return taken._replace(gpu_s=gpu_s, amount_micros=amount_micros)

        self._spread(use, Part(use.gpu_s, micros), self._needs, add)

    def quote(self, quote: Quote) -> None:
        """Put a price on the hours of floors of which nothing was taken and none is agreed."""
        for pledge in self._pledges:
            for due in pledge.dues:
                slot = Slot(pledge, due)
                if self._of(slot).gpu_s == 0 and self._short(slot).rate_micros_per_gpu_h == 0:
                    rate = quote(pledge.supplier, pledge.scope, due.start_s)
                    self._put(slot, self._of(slot)._replace(quoted_micros_per_gpu_h=rate))

    def undelivered(self, use: Use) -> None:
        """Count what was ordered and not there as if it had been taken after the rest (TP5)."""

        def add(taken: Taken, part: Part) -> Taken:
            return taken._replace(undelivered_gpu_s=taken.undelivered_gpu_s + part.gpu_s)

        self._spread(use, Part(use.gpu_s, 0), self._needs_hours, add)

    def shortfalls(self) -> None:
        """Count what is billed for one length of period towards the others of its agreement.

        In order of time; of floors that fall due together the longest is billed first.
        """
        slots = [Slot(pledge, due) for pledge in self._pledges for due in pledge.dues]
        slots.sort(key=lambda slot: (slot.due.end_s, -slot.length))
        for number, slot in enumerate(slots):
            missing = self._short(slot)
            if missing.amount_micros <= 0:
                continue
            levels: dict[int, Level] = defaultdict(list)
            for other in slots[number + 1 :]:
                if _nested(slot, other):
                    levels[other.due.months].append(other)
            for level in levels.values():
                self._pay(level, Part(max(missing.gpu_s, 0), missing.amount_micros))

    def _pay(self, level: Level, fee: Part) -> None:
        for slot in sorted(level, key=lambda slot: slot.pledge.position):
            missing, taken = self._short(slot), self._of(slot)
            if missing.gpu_s != NONE and fee.gpu_s == 0 and missing.rate_micros_per_gpu_h:
                rate = missing.rate_micros_per_gpu_h
                fee = Part(fee.micros * SECONDS_PER_HOUR // rate, fee.micros)
            part = self._needs(slot, fee)
            fee = fee.less(part)
            paid_gpu_s, paid_micros = taken.paid_gpu_s + part.gpu_s, taken.paid_micros + part.micros
            self._put(slot, taken._replace(paid_gpu_s=paid_gpu_s, paid_micros=paid_micros))

    def _spread(
        self, use: Use, left: Part, needs: Needs, add: Callable[[Taken, Part], Taken]
    ) -> None:
        """Give a use to the agreements in turn; the last whose floors it fits takes the rest."""
        agreements = list(self._agreements(use))
        for number, levels in enumerate(agreements):
            last = number == len(agreements) - 1
            given = left if last else _wanted(levels, left, needs)
            for level in levels:
                self._fill(level, given, needs, add)
            left = left.less(given)

    def _agreements(self, use: Use) -> Iterator[list[Level]]:
        """The floors a use may count against: by agreement, then by length of period."""
        found: dict[str, dict[int, Level]] = defaultdict(lambda: defaultdict(list))
        for pledge in self._pledges:
            due = pledge.at(use.start_s)
            if due is None or pledge.supplier != use.supplier:
                continue
            if concerns(pledge.scope, use):
                found[pledge.clause.agreement][due.months].append(Slot(pledge, due))
        for levels in found.values():
            yield list(levels.values())

    def _fill(
        self, level: Level, left: Part, needs: Needs, add: Callable[[Taken, Part], Taken]
    ) -> None:
        for slot in level:
            part = left if slot is level[-1] else needs(slot, left)
            self._put(slot, add(self._of(slot), part))
            left = left.less(part)

    def _needs(self, slot: Slot, part: Part) -> Part:
        """How much of a part fills the floor: split in proportion, exact in the floor's unit."""
        missing = self._short(slot)
        if missing.gpu_s != NONE:
            gpu_s = min(missing.gpu_s, part.gpu_s)
            if gpu_s == part.gpu_s:
                return part
            return Part(gpu_s, divide(part.micros * gpu_s, part.gpu_s, Rounding.HALF_EVEN))
        micros = min(max(missing.amount_micros, 0), part.micros)
        if missing.amount_micros > 0 and micros == part.micros:
            return part
        return Part(-(-part.gpu_s * micros // part.micros) if micros else 0, micros)

    def _needs_hours(self, slot: Slot, part: Part) -> Part:
        """The same of capacity that was not there: hours, at the price they would have had."""
        missing = self._short(slot)
        gpu_s, rate = missing.gpu_s, missing.rate_micros_per_gpu_h
        if gpu_s == NONE:
            short_micros = max(missing.amount_micros, 0)
            gpu_s = -(-short_micros * SECONDS_PER_HOUR // rate) if rate else 0
        return Part(min(gpu_s, part.gpu_s), 0)

    def _short(self, slot: Slot) -> Short:
        kind = slot.pledge.clause.kind
        assert kind.short is not None, f"{kind.name} has a floor and cannot say what is missing"
        found: Short = kind.short(slot.pledge.clause.terms, slot.due, self._of(slot))
        return found

    def _of(self, slot: Slot) -> Taken:
        return self.taken[slot.pledge.position][slot.due.start_s, slot.due.end_s]

    def _put(self, slot: Slot, taken: Taken) -> None:
        self.taken[slot.pledge.position][slot.due.start_s, slot.due.end_s] = taken


def _pledge(position: int, clause: BoundClause) -> Pledge:
    kind = clause.kind
    assert kind.floor is not None
    assert kind.about is not None, f"{kind.name} has a floor and does not say what it is about"
    supplier, dues = kind.floor(clause.terms)
    return Pledge(position, clause, supplier, kind.about(clause.terms), dues)


def _wanted(levels: list[Level], whole: Part, needs: Needs) -> Part:
    """What the floors of an agreement need of a use: as much as the length that needs most."""
    most = Part(0, 0)
    for level in levels:
        left = whole
        for slot in level:
            left = left.less(needs(slot, left))
        given = whole.less(left)
        most = Part(max(most.gpu_s, given.gpu_s), max(most.micros, given.micros))
    return most


def _nested(billed: Slot, other: Slot) -> bool:
    """Whether a shortfall billed for one floor counts towards another, billed later."""
    one, two = billed.pledge, other.pledge
    if one.clause.agreement != two.clause.agreement or one.supplier != two.supplier:
        return False
    if billed.due.months == other.due.months:
        return False
    if not other.due.start_s < billed.due.end_s <= other.due.end_s:
        return False
    inner, outer = (one, two) if billed.length < other.length else (two, one)
    return contains(outer.scope, inner.scope)
