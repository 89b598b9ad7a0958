"""Where commitments stand: floor, taken, what the period's end will bring (TP1 to TP5).

Everything is charged as statements charge it; only the use to come is a forecast.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import NONE, BoundClause
from offtake.settle.booked import Books
from offtake.settle.charges import Commitment
from offtake.settle.columns import book_columns
from offtake.settle.counting import Counting
from offtake.settle.forecast import gathered, going_on, joined
from offtake.settle.used import Used, within
from offtake.units.time import DAY_S

ALERTS_PERCENT = (80, 100, 120)
STEPS_MAX = 60
"""Points of a curve of what was taken."""


class Reached(NamedTuple):
    """A share of the floor, and when it was or will be taken; NONE: not before the end."""

    percent: int
    at_s: int
    expected: bool  # By the forecast, not yet.


class Standing(NamedTuple):
    """One commitment's period that has begun and not ended. Money, or GPU-seconds."""

    clause: BoundClause
    supplier: int
    start_s: int
    end_s: int
    in_time: bool  # The floor is in GPU-seconds, not in money.
    floor: int
    taken: int
    known: bool  # Whether all use since the period began is known; else no shortfall is.
    undelivered_gpu_s: int  # Ordered and not there so far: lowers the floor (TP5).
    forecast: int  # Taken at the end, if use goes on as of late.
    planned: int  # Taken at the end, as planned; NONE without a plan.
    shortfall_micros: int  # At the end, if use goes on as of late,
    planned_shortfall_micros: int  # and as planned; NONE without a plan.
    alerts: tuple[Reached, ...] = ()
    course: tuple[tuple[int, int], ...] = ()  # Taken by instant, to the end of the forecast.

    @property
    def expected_micros(self) -> int:
        """The shortfall to expect: by the plan where there is one."""
        planned = self.planned_shortfall_micros
        return self.shortfall_micros if planned == NONE else planned

    @property
    def left(self) -> int:
        """What is still to be taken."""
        return max(self.floor - self.taken, 0)


class Outlook(NamedTuple):
    """Commitments' standing, with the books it is read from."""

    at_s: int
    standings: tuple[Standing, ...]
    used: Used  # What is known and what is forecast, gathered.
    edges: tuple[int, ...]  # Between which it is gathered.
    cost_micros: int  # Of all of it, to the last end of the periods.


def outlook(
    portfolio: Portfolio,
    clauses: Sequence[BoundClause],
    used: Used,
    at_s: int,
    plan: Used | None = None,
) -> Outlook:
    """The standing of every commitment at an instant.

    Use after ``at_s`` does not count, unless ``plan`` says what is to come.
    """
    dues = list(_open(clauses, at_s))
    until_s = max((due.end_s for _, due in dues), default=at_s)
    edges = _edges(dues, at_s, until_s)
    known = gathered(within(used, used.from_s, at_s), edges)
    # A period that begins at this very instant has begun: books until then would not know it.
    to_date = book_columns(portfolio, clauses, _until(known, at_s + 1), edges)
    ahead = gathered(going_on(used, at_s, until_s), edges)
    at_rate = book_columns(portfolio, clauses, _until(joined(known, ahead), until_s), edges)
    by_plan = None
    if plan is not None:
        ahead = gathered(within(plan, at_s, until_s), edges)
        by_plan = book_columns(portfolio, clauses, _until(joined(known, ahead), until_s), edges)
    best = by_plan or at_rate
    curves = _curves(clauses, best, edges)
    standings = []
    for position, due in dues:
        clause, key = clauses[position], (due.start_s, due.end_s)
        made = [_row(books, clause, key) for books in (to_date, at_rate, by_plan)]
        row = _standing(clause, made, at_s, curves.get((position, *key), ()))
        standings.append(row._replace(known=used.from_s <= due.start_s))
    whole = _until(joined(known, ahead), until_s)
    return Outlook(at_s, tuple(standings), whole, edges, cost_micros(best))


def cost_micros(books: Books) -> int:
    """What everything in some books costs the buyer."""
    return sum(entry.signed_micros for entry in books.entries)


def _until(used: Used, until_s: int) -> Used:
    """The same use, known or forecast until an instant."""
    return replace(used, until_s=until_s)


def _open(clauses: Sequence[BoundClause], at_s: int) -> Iterator[tuple[int, Any]]:
    """The floors whose period has begun and not ended, with the places of their clauses."""
    for position, clause in enumerate(clauses):
        if clause.kind.floor is None:
            continue
        for due in clause.kind.floor(clause.terms)[1]:
            if due.start_s <= at_s < due.end_s:
                yield position, due


def _edges(dues: list[tuple[int, Any]], at_s: int, until_s: int) -> tuple[int, ...]:
    """Instants between which use is gathered: steps of a curve for each period, and now."""
    edges = {at_s, until_s}
    for _, due in dues:
        step_s = max((due.end_s - due.start_s) // STEPS_MAX // DAY_S * DAY_S, DAY_S)
        edges |= set(range(due.start_s, due.end_s, step_s))
    return tuple(sorted(edges))


def _row(books: Books | None, clause: BoundClause, key: tuple[int, int]) -> Commitment | None:
    """Where a floor stands in some books."""
    if books is None:
        return None
    for row in books.commitments:
        if row.clause_id == clause.clause_id and (row.start_s, row.end_s) == key:
            return row
    return None


def _standing(
    clause: BoundClause,
    made: list[Commitment | None],
    at_s: int,
    curve: tuple[tuple[int, int], ...],
) -> Standing:
    """One row, from what the books say to date, at the present rate and by the plan."""
    now, at_rate, by_plan = made
    assert now is not None
    assert at_rate is not None
    in_time = now.floor_micros == NONE
    floor = now.floor_gpu_s if in_time else now.floor_micros

    def taken(row: Commitment) -> int:
        return row.taken.gpu_s if in_time else row.taken.amount_micros

    return Standing(
        clause=clause,
        supplier=now.supplier,
        start_s=now.start_s,
        end_s=now.end_s,
        in_time=in_time,
        floor=floor,
        taken=taken(now),
        known=True,
        undelivered_gpu_s=now.taken.undelivered_gpu_s,
        forecast=taken(at_rate),
        planned=NONE if by_plan is None else taken(by_plan),
        shortfall_micros=at_rate.shortfall_micros,
        planned_shortfall_micros=NONE if by_plan is None else by_plan.shortfall_micros,
        alerts=tuple(_reached(floor, curve, at_s)),
        course=curve,
    )


def _reached(floor: int, curve: tuple[tuple[int, int], ...], at_s: int) -> Iterator[Reached]:
    """When each alert's share of the floor is taken, to the step of the curve."""
    for percent in ALERTS_PERCENT:
        wanted = floor * percent
        when = next((at for at, taken in curve if taken * 100 >= wanted), NONE)
        if floor > 0:
            yield Reached(percent, when, when == NONE or when > at_s)


def _curves(
    clauses: Sequence[BoundClause], books: Books, edges: tuple[int, ...]
) -> dict[tuple[int, int, int], tuple[tuple[int, int], ...]]:
    """What was taken of each floor by each edge, by clause and period; without what is missing."""
    counting = Counting(clauses)
    points: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    entries = [entry for entry in books.entries if entry.rows]
    place = 0
    for edge in edges:
        while place < len(entries) and entries[place].at_s < edge:
            entry = entries[place]
            use = books.used.use(entry.rows[0])._replace(gpu_s=entry.gpu_s)
            counting.take(use, entry.amount_micros)
            place += 1
        for position, counted in counting.taken.items():
            for (start_s, end_s), taken in counted.items():
                if start_s <= edge <= end_s:
                    due = _due(clauses[position], start_s)
                    amount = taken.gpu_s if due.gpu_s != NONE else taken.amount_micros
                    points.setdefault((position, start_s, end_s), []).append((edge, amount))
    return {key: tuple(found) for key, found in points.items()}


def _due(clause: BoundClause, start_s: int) -> Any:
    assert clause.kind.floor is not None
    return next(due for due in clause.kind.floor(clause.terms)[1] if due.start_s == start_s)
