"""Books of many rows of use: the same as the plain path, priced in columns.

Rows that agree in what prices look at, between the same two instants, have one price: it is
asked for once and multiplied. Volume tiers (RC2) depend on what came before; where a card has
them, its uses are priced one by one, as the plain path prices all.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from offtake.contract.portfolio import Portfolio
from offtake.core.account import Charge, Use
from offtake.core.names import BUYER
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.columns import Column
from offtake.settle.booked import Books, Entry, entry_of, prepared
from offtake.settle.charges import Line, Terms, Usage, Volumes, concluded, price_one
from offtake.settle.filling import Filling, Uses
from offtake.settle.period import month_of
from offtake.settle.statement import PLACES_SHOWN
from offtake.settle.used import Kind, Used
from offtake.units.money import SECONDS_PER_HOUR, Rounding, price_of

ALIKE = ("kind", "supplier", "accelerator", "region", "purpose", "pool", "rate")
IN_ORDER = ("pool", "purpose", "region", "accelerator", "supplier", "start_s")
"""The order of time that uses are counted and tiers are filled in; the last counts first."""
TIERED = "RC2"


class Priced(NamedTuple):
    """Rows with their prices; columns of shape (rows,). ``clause`` indexes ``clauses``, or NONE."""

    micros: Column
    clause: Column
    clauses: tuple[tuple[str, str], ...]  # Clause and rule.


class Groups(NamedTuple):
    """Rows that agree in ``ALIKE`` between two edges: which, and one use of each."""

    group: Column
    uses: list[Use]
    usage: list[Usage]


def book_columns(
    portfolio: Portfolio, clauses: Sequence[BoundClause], used: Used, also_at: Sequence[int] = ()
) -> Books:
    """Charge use as ``book`` does; entries are those of its rows, added up as lines show them."""
    pieces, terms, edges = prepared(portfolio, clauses, used, also_at)
    missing = pieces.undelivered()
    rows = _in_order(pieces)
    groups = _groups(pieces.take(rows), edges)
    priced = _priced(terms, pieces.take(rows), groups)
    there = priced.clause != NONE
    counting = Filling(terms.clauses)
    counting.uses(
        Uses(pieces.gpu_s[rows][there], priced.micros[there], groups.group[there], groups.uses)
    )
    gaps = [pieces.use(int(row)) for row in rows[~there]]
    period = used.from_s, used.until_s
    settled = concluded(terms, ([], gaps), counting, missing, period)
    entries = _entries(pieces, rows, groups, priced)
    entries += [entry_of(line, rows, pieces) for line in settled.lines]
    entries.sort(key=lambda entry: entry.at_s)
    return Books(
        tuple(entries), tuple(gaps), settled.commitments, pieces, tuple(edges), terms.clauses
    )


def priced_rows(
    portfolio: Portfolio, clauses: Sequence[BoundClause], used: Used
) -> tuple[Used, Priced]:
    """The pieces of use in order of time, each with its price; floors are not looked at."""
    pieces, terms, edges = prepared(portfolio, clauses, used, ())
    pieces = pieces.take(_in_order(pieces))
    return pieces, _priced(terms, pieces, _groups(pieces, edges))


def _in_order(used: Used) -> Column:
    """The rows that are priced, in the order in which they are counted."""
    rows = np.flatnonzero(used.kind != Kind.UNDELIVERED)
    return rows[np.lexsort([getattr(used, name)[rows] for name in IN_ORDER])]


def _groups(used: Used, edges: Sequence[int]) -> Groups:
    """Number the rows by what prices look at and the piece of time they lie in."""
    piece = np.searchsorted(np.asarray(edges, np.int64), used.start_s, side="right")
    columns = [*(getattr(used, name) for name in ALIKE), piece]
    group = np.zeros(len(used), np.int64)
    for column in columns:
        _, inside = np.unique(column, return_inverse=True)
        group = group * (int(inside.max(initial=0)) + 1) + inside
        _, group = np.unique(group, return_inverse=True)
    _, first = np.unique(group, return_index=True)
    uses = [used.use(int(row)) for row in first]
    kinds, rates = used.kind[first].tolist(), used.rate[first].tolist()
    usage = [
        Usage(use, rate, int(kind == Kind.ORDERED))
        for use, rate, kind in zip(uses, rates, kinds, strict=True)
    ]
    return Groups(group, uses, usage)


def _priced(terms: Terms, used: Used, groups: Groups) -> Priced:
    """Price all rows: groups at once, those with tiers one by one."""
    known: dict[tuple[str, str], int] = {}
    rates, clause, tiered = [], [], []
    for item in groups.usage:
        hour = item._replace(use=item.use._replace(gpu_s=SECONDS_PER_HOUR))
        found = price_one(terms, hour, defaultdict(lambda: defaultdict(int)))
        rates.append(0 if found is None else found[2])
        clause.append(NONE if found is None else known.setdefault(found[:2], len(known)))
        tiered.append(found is not None and found[1] == TIERED)
    of_group = np.array(clause or [NONE], np.int64)
    micros = _amounts(used.gpu_s, np.array(rates or [0], np.int64)[groups.group])
    slow = np.flatnonzero(np.array(tiered or [False])[groups.group])
    _price_tiers(terms, used, groups, (slow, micros))
    return Priced(micros, of_group[groups.group], tuple(known))


def _price_tiers(terms: Terms, used: Used, groups: Groups, rows: tuple[Column, Column]) -> None:
    """Put the amounts of rows whose price depends on the volume before them, in order of time."""
    volumes: Volumes = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    slow, micros = rows
    month = [month_of(use.start_s)[0] for use in groups.uses]  # No row lies across the edge of one.
    of, gpu_s = groups.group[slow].tolist(), used.gpu_s[slow].tolist()
    for row, group, quantity in zip(slow.tolist(), of, gpu_s, strict=True):
        item = groups.usage[group]
        item = item._replace(use=item.use._replace(gpu_s=quantity))
        found = price_one(terms, item, volumes[month[group]])
        assert found is not None
        micros[row] = found[2]


def _amounts(gpu_s: Column, rate: Column) -> Column:
    """GPU-seconds times a rate per hour, each rounded half to even, exactly.

    The whole hours and the rest are multiplied apart, so that products stay small; where one
    could still leave 64 bits, all are computed in Python's integers.
    """
    hours, rest_s = np.divmod(gpu_s, SECONDS_PER_HOUR)
    if int(hours.max(initial=0)) * int(rate.max(initial=0)) >= 2**62:
        pairs = zip(gpu_s.tolist(), rate.tolist(), strict=True)
        return np.array([price_of(*pair, Rounding.HALF_EVEN) for pair in pairs], np.int64)
    part, left = np.divmod(rest_s * rate, SECONDS_PER_HOUR)
    whole = hours * rate + part
    up = (2 * left > SECONDS_PER_HOUR) | ((2 * left == SECONDS_PER_HOUR) & (whole % 2 == 1))
    return np.asarray(whole + up, np.int64)


def _entries(used: Used, rows: Column, groups: Groups, priced: Priced) -> list[Entry]:
    """An entry for each group that has a price, with the first rows behind it."""
    size = len(groups.uses)
    gpu_s, micros = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(gpu_s, groups.group, used.gpu_s[rows])
    np.add.at(micros, groups.group, priced.micros)
    counts = np.bincount(groups.group, minlength=size)
    by_group = np.lexsort((rows, groups.group))  # Within a group in the order of the file.
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    end_s = np.zeros(size, np.int64)
    np.maximum.at(end_s, groups.group, used.end_s[rows])
    found = []
    for number, use in enumerate(groups.uses):
        shown = min(int(counts[number]), PLACES_SHOWN)
        place = by_group[first[number] : first[number] + shown]
        clause = int(priced.clause[place[0]])
        if clause == NONE:
            continue
        name, rule = priced.clauses[clause]
        amounts = int(micros[number]), use.start_s, int(end_s[number]), int(gpu_s[number])
        charge = Charge(rule, BUYER, use.supplier, *amounts)
        line = Line(name, charge, tuple(place.tolist()))
        found.append(entry_of(line, rows, used)._replace(behind=int(counts[number])))
    return found
