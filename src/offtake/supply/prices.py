"""Price books: what suppliers ask in public for a GPU-hour, each price with source and date.

Of the prices that fit a question, the most specific counts, of these the most recent, and the
answer names its entry: book, row, source. Books are read by ``supply.price_files``.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from offtake.supply.accelerator import known_as
from offtake.units.time import FOREVER_S

MARKETS = ("on_demand", "spot", "reserved")
BUILT_IN = "built-in"


class Entry(NamedTuple):
    """One price in its period ``[from_s, until_s)``, in micro-units per GPU-hour.

    An empty ``region`` or ``machine`` is any. ``gpus`` are those of the machine that the source
    prices; ``place`` is the row of the book.
    """

    supplier: str
    accelerator: str
    region: str
    market: str
    machine: str
    gpus: int
    micros_per_gpu_h: int
    currency: str
    from_s: int
    until_s: int = FOREVER_S
    source: str = ""
    place: str = ""
    note: str = ""


class Book(NamedTuple):
    """The prices of one source, and what its reader decided."""

    name: str
    entries: tuple[Entry, ...]
    choices: tuple[str, ...] = ()


class Asked(NamedTuple):
    """What a price is wanted of, at an instant; what is empty is open."""

    at_s: int
    accelerator: str = ""
    supplier: str = ""
    region: str = ""
    market: str = "on_demand"
    machine: str = ""


class Found(NamedTuple):
    """The entry that counts, how specific it is, and the others that fit, in order."""

    entry: Entry
    closeness: int
    others: tuple[Entry, ...] = ()


def fits(entry: Entry, asked: Asked) -> bool:
    """Whether an entry stands at the instant and contradicts nothing that was asked."""
    if not entry.from_s <= asked.at_s < entry.until_s or entry.market != asked.market:
        return False
    pairs = (
        (known_as(entry.accelerator), known_as(asked.accelerator)),
        (entry.supplier, asked.supplier),
        (entry.region, asked.region),
        (entry.machine, asked.machine),
    )
    return all(not a or not b or a.casefold() == b.casefold() for a, b in pairs)


def closeness(entry: Entry, asked: Asked) -> int:
    """How specific an entry that fits is: supplier over region over machine, where both name it."""
    return (
        4 * bool(entry.supplier and asked.supplier)
        + 2 * bool(entry.region and asked.region)
        + bool(entry.machine and asked.machine)
    )


class _Rank(NamedTuple):
    """What decides between entries that fit; the greatest counts."""

    closeness: int
    from_s: int
    book: int
    saving: int
    place: str


def look_up(books: Sequence[Book], asked: Asked) -> Found | None:
    """The price that counts; None where no entry fits.

    Most specific, then most recent, then of the later book, then the lowest, then by place: one
    answer, whatever order the rows are in.
    """
    return _best(_fitting(books, asked))


def standing(books: Sequence[Book], asked: Asked) -> list[Found]:
    """The price that counts of each supplier and accelerator, cheapest of an accelerator first."""
    groups: dict[tuple[str, str], list[tuple[_Rank, Entry]]] = {}
    for rank, entry in _fitting(books, asked):
        group = entry.supplier.casefold(), known_as(entry.accelerator).casefold()
        groups.setdefault(group, []).append((rank, entry))
    found = (_best(rows) for rows in groups.values())
    return sorted((one for one in found if one is not None), key=_in_order)


def _fitting(books: Sequence[Book], asked: Asked) -> list[tuple[_Rank, Entry]]:
    return [
        (_rank(entry, asked, number), entry)
        for number, book in enumerate(books)
        for entry in book.entries
        if fits(entry, asked)
    ]


def _rank(entry: Entry, asked: Asked, book: int) -> _Rank:
    specific = closeness(entry, asked)
    return _Rank(specific, entry.from_s, book, -entry.micros_per_gpu_h, entry.place)


def _best(rows: list[tuple[_Rank, Entry]]) -> Found | None:
    if not rows:
        return None
    rows.sort(key=lambda row: row[0], reverse=True)
    return Found(rows[0][1], rows[0][0].closeness, tuple(entry for _, entry in rows[1:]))


def _in_order(found: Found) -> tuple[str, int, str]:
    entry = found.entry
    return known_as(entry.accelerator), entry.micros_per_gpu_h, entry.supplier


def suppliers_of(books: Iterable[Book]) -> list[str]:
    """All suppliers that books price."""
    return sorted({entry.supplier for book in books for entry in book.entries if entry.supplier})
