"""Statements: what is due under an agreement with a party for a period, line by line (M2).

Use of the same thing at the same terms within a month is one line; the rows behind it are named.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from offtake.core.names import Names, name_of
from offtake.core.scope import Summed
from offtake.core.vocabulary import NONE, BoundClause
from offtake.demand.columns import Column
from offtake.settle.booked import Books, Entry
from offtake.units.money import SECONDS_PER_HOUR, Rounding, divide

CORRECTION = "correction"
"""The kind of a line that corrects an earlier statement."""
PLACES_SHOWN = 3
"""Rows of use that a line names; it says how many more there are."""


class Line(NamedTuple):
    """One line: an amount, its rule, and what it is for. Positive: the buyer owes it."""

    agreement: str
    party: str  # On the other side, by id.
    clause: str
    rule: str
    kind: str
    start_s: int
    end_s: int
    gpu_s: int
    amount_micros: int
    accelerator: str = ""  # Empty: not of one, or left open.
    region: str = ""
    purpose: str = ""
    pool: str = ""
    rows: int = 0  # How many rows of use are behind it: charged, or counted in a true-up,
    places: tuple[str, ...] = ()  # and where the first of them stand.
    because: tuple[str, ...] = ()  # What else is behind it: "reports[3]".
    due_s: int = NONE  # When it falls due, if neither as its stretch begins nor as it ends.

    @property
    def key(self) -> tuple[object, ...]:
        """What it is for: two lines with one key say different amounts of the same.

        The kind is not part of it: a correction is for what it corrects.
        """
        return (*self[:4], *self[5:7], *self[9:13])

    @property
    def rate_micros_per_gpu_h(self) -> int:
        """What a GPU-hour cost on average, in micro-units; 0 where none is counted."""
        if not self.gpu_s:
            return 0
        return divide(abs(self.amount_micros) * SECONDS_PER_HOUR, self.gpu_s, Rounding.HALF_EVEN)


class Statement(NamedTuple):
    """What is due between the buyer and a party under one agreement for a period.

    Shares that flow both ways stand there gross; ``net_micros`` is what is paid (RS3).
    """

    agreement: str
    party: str
    period: tuple[int, int]
    lines: tuple[Line, ...]

    @property
    def payable_micros(self) -> int:
        """What the buyer owes."""
        return sum(max(line.amount_micros, 0) for line in self.lines)

    @property
    def receivable_micros(self) -> int:
        """What the other party owes."""
        return sum(max(-line.amount_micros, 0) for line in self.lines)

    @property
    def net_micros(self) -> int:
        """What the buyer pays; negative where it is paid."""
        return self.payable_micros - self.receivable_micros

    @property
    def id(self) -> str:
        """A name for files: ``MSFT-1-microsoft``."""
        return f"{self.agreement}-{self.party}".replace(" ", "-").replace("/", "-")


def lines_of(books: Books, names: Names, period: tuple[int, int]) -> list[Line]:
    """The lines of a period, in order of agreement, party, time."""
    found: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    for entry in books.entries:
        if belongs(entry, period):
            found[_alike(entry, books.edges)].append(entry)
    lines = [_line(entries, books, names) for entries in found.values()]
    lines.sort(key=lambda line: (line.agreement, line.party, line.start_s, line.clause))
    return lines


def belongs(entry: Entry, period: tuple[int, int]) -> bool:
    """Whether an amount is of a period: use where it began, a true-up where its period ended.

    What is paid ahead is due as its period begins.
    """
    if entry.rows or entry.at_s == entry.start_s:
        return period[0] <= entry.at_s < period[1]
    return period[0] < entry.at_s <= period[1]


def _alike(entry: Entry, edges: Sequence[int]) -> tuple[object, ...]:
    """What is shown as one line: the same thing under the same terms in the same month."""
    at_s = NONE if entry.rows else entry.at_s
    return (*entry[:5], *_stretch(entry, edges), *entry[10:14], at_s)


def _stretch(entry: Entry, edges: Sequence[int]) -> tuple[int, int]:
    """The period a line is for: that of a true-up, or for use that between two edges."""
    if not entry.rows:
        return entry.start_s, entry.end_s
    number = bisect_right(edges, entry.at_s)
    return edges[number - 1], edges[number]


def _line(entries: Sequence[Entry], books: Books, names: Names) -> Line:
    first = entries[0]
    counted = [] if first.rows else [_counted(entry, books) for entry in entries]
    rows = [row for entry in entries for row in entry.rows]
    rows += [row for found in counted for row in found.tolist()[:PLACES_SHOWN]]
    rows.sort()  # In the order of the file, whoever booked them.
    pools = books.used.pools
    starts, ends = _stretch(first, books.edges)

    def word(known: tuple[str, ...], index: int) -> str:
        return name_of(known, index) if 0 <= index < len(known) else ""

    return Line(
        agreement=first.agreement,
        party=word(names.parties, first.other),
        clause=first.clause_id,
        rule=first.rule,
        kind=first.kind,
        start_s=starts,
        end_s=ends,
        gpu_s=sum(entry.gpu_s for entry in entries),
        amount_micros=sum(entry.signed_micros for entry in entries),
        accelerator=word(names.accelerators, first.accelerator),
        region=word(names.regions, first.region),
        purpose=word(names.purposes, first.purpose),
        pool=word(pools, first.pool),
        rows=sum(entry.behind for entry in entries) + sum(map(len, counted)),
        places=tuple(dict.fromkeys(books.used.place(row) for row in rows[:PLACES_SHOWN])),
        because=tuple(dict.fromkeys(place for entry in entries for place in entry.because)),
        due_s=NONE if first.at_s in (first.start_s, first.end_s) else first.at_s,
    )


def _counted(entry: Entry, books: Books) -> Column:
    """The rows of use that a true-up or a credit looked at, by number: those in its scope.

    None behind what is paid ahead, and behind what does not look at use.
    """
    used = books.used
    asked = next((a for c in books.clauses if (a := _asked(c, entry)) is not None), None)
    if asked is None or entry.at_s == entry.start_s:
        return np.zeros(0, np.int64)
    inside = (used.supplier == asked.supplier) & (used.start_s >= entry.start_s)
    inside &= used.start_s < entry.end_s
    for bits, column in (
        (asked.scope.purposes, used.purpose),
        (asked.scope.accelerators, used.accelerator),
        (asked.scope.regions, used.region),
    ):
        inside &= np.right_shift(np.int64(bits), column) & 1 == 1
    return np.flatnonzero(inside)


def _asked(clause: BoundClause, entry: Entry) -> Summed | None:
    """Of whom and of what the use is that an entry's clause looks at, if it is this version."""
    if clause.clause_id != entry.clause_id or not clause.from_s <= entry.start_s < clause.until_s:
        return None
    if clause.kind.floor is not None and clause.kind.about is not None:
        supplier, _ = clause.kind.floor(clause.terms)
        return Summed(supplier, clause.kind.about(clause.terms), ())
    found: Summed | None = None if clause.kind.sums is None else clause.kind.sums(clause.terms)
    return found


def statements(lines: Iterable[Line], period: tuple[int, int]) -> list[Statement]:
    """The statements of a period: one for each agreement and party that has a line."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.agreement, line.party].append(line)
    return [Statement(*key, period, tuple(rows)) for key, rows in sorted(found.items())]
