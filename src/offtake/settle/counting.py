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
from offtake.core.scope import Scope, Summed, concerns, contains
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
    """Fills the floors of all commitments, part by part, and adds up what else charges need."""

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
        self._asked: dict[int, Summed] = {
            position: clause.kind.sums(clause.terms)
            for position, clause in enumerate(clauses)
            if clause.kind.sums is not None
        }
        self.sums: dict[int, Counted] = {position: {} for position in self._asked}

    def use(self, use: Use, micros: int) -> None:
        """Count a use with what it cost."""
        self.add_up(use, Part(use.gpu_s, micros))
        self.take(use, micros)

    def add_up(self, use: Use, part: Part) -> None:
        """Add a use to the sums of the clauses that asked for it."""
        for position, asked in self._asked.items():
            if asked.supplier != use.supplier or not concerns(asked.scope, use):
                continue
            number = bisect_right(asked.periods, use.start_s, key=lambda period: period[0]) - 1
            if number >= 0 and use.start_s < asked.periods[number][1]:
                counted = self.sums[position]
                before = counted.get(asked.periods[number], Taken())
                counted[asked.periods[number]] = _more(before, part)

    def take(self, use: Use, micros: int) -> None:
        """Count a use with what it cost against floors."""

        def add(taken: Taken, part: Part) -> Taken:
            return _more(taken, part)

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

    def shortfalls(self, known_from_s: int = 0) -> None:
        """Count what is billed for one length of period towards the others of its agreement.

        In order of time; of floors that fall due together the longest is billed first. What
        earlier periods bring (TP3, TP4) is known then, if all use since they began is.
        """
        slots = [Slot(pledge, due) for pledge in self._pledges for due in pledge.dues]
        slots.sort(key=lambda slot: (slot.due.end_s, -slot.length))
        for number, slot in enumerate(slots):
            self._carry(slot, [one for one in slots[:number] if one.due.start_s >= known_from_s])
            missing, made_up = self._short(slot), self._of(slot)
            levels: dict[int, Level] = defaultdict(list)
            for other in slots[number + 1 :]:
                if _nested(slot, other):
                    levels[other.due.months].append(other)
            for level in levels.values():
                if missing.amount_micros > 0:
                    self._pay(level, Part(max(missing.gpu_s, 0), missing.amount_micros))
                self._pay_back(level, Part(made_up.made_up_gpu_s, made_up.made_up_micros))

    def _carry(self, slot: Slot, earlier: list[Slot]) -> None:
        """Count what earlier periods of the same clause, in any version, bring to a floor."""
        clause = slot.pledge.clause
        if clause.kind.carried is None:
            return
        before = [
            (one.pledge.clause.terms, one.due, self._of(one))
            for one in earlier
            if one.pledge.clause.clause == clause.clause and one.due.end_s <= slot.due.start_s
        ]
        self._put(slot, clause.kind.carried(clause.terms, slot.due, self._of(slot), before))

    def _pay_back(self, level: Level, credit: Part) -> None:
        """Count less of the fees that were paid, where one was given back (TP3)."""
        for slot in sorted(level, key=lambda slot: slot.pledge.position):
            missing, taken = self._short(slot), self._of(slot)
            credit = _in_hours(credit, missing)
            if missing.gpu_s == NONE:
                part = _by_micros(credit, taken.paid_micros)
            else:
                part = _by_hours(credit, taken.paid_gpu_s)
            credit = credit.less(part)
            paid_gpu_s, paid_micros = taken.paid_gpu_s - part.gpu_s, taken.paid_micros - part.micros
            self._put(slot, taken._replace(paid_gpu_s=paid_gpu_s, paid_micros=paid_micros))

    def _pay(self, level: Level, fee: Part) -> None:
        for slot in sorted(level, key=lambda slot: slot.pledge.position):
            missing, taken = self._short(slot), self._of(slot)
            fee = _in_hours(fee, missing)
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
            return _by_hours(part, missing.gpu_s)
        if missing.amount_micros >= part.micros and missing.amount_micros > 0:
            return part
        return _by_micros(part, max(missing.amount_micros, 0))

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


def _in_hours(part: Part, missing: Short) -> Part:
    """An amount of money against a floor in hours: as many as it pays for."""
    if missing.gpu_s == NONE or part.gpu_s or not missing.rate_micros_per_gpu_h:
        return part
    return Part(part.micros * SECONDS_PER_HOUR // missing.rate_micros_per_gpu_h, part.micros)


def _by_hours(part: Part, most_gpu_s: int) -> Part:
    """As much of a part as fills some hours; its price in proportion."""
    if part.gpu_s <= most_gpu_s:
        return part
    micros = divide(part.micros * most_gpu_s, part.gpu_s, Rounding.HALF_EVEN)
    return Part(most_gpu_s, micros)


def _by_micros(part: Part, most_micros: int) -> Part:
    """As much of a part as comes to an amount; its hours in proportion, rounded up."""
    micros = min(part.micros, most_micros)
    return Part(-(-part.gpu_s * micros // part.micros) if micros else 0, micros)


def _more(taken: Taken, part: Part) -> Taken:
    gpu_s, amount_micros = taken.gpu_s + part.gpu_s, taken.amount_micros + part.micros
    return taken._replace(gpu_s=gpu_s, amount_micros=amount_micros)


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
