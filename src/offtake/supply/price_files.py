"""Readers of price books: SkyPilot's catalogs, histories of changes, and a plain table.

Licence: SkyPilot's catalogs state none; no row of them is part of offtake. The built-in book,
``facts/prices.csv``, holds public list prices with the page of each supplier. Choices, each
counted and said: rows of no accelerator or without a price are left out, a price of 0 is none;
a price per GPU-hour is the machine's over its accelerators, to a millionth, halves to even.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from offtake.contract.problem import Place, Problem, Unreadable
from offtake.demand.columns import UnreadableTrace
from offtake.demand.lines import stem_of
from offtake.demand.table import Cell, Field, Table, header_of, read_table
from offtake.supply.machine import FACTS
from offtake.supply.price_history import FIELDS as HISTORY
from offtake.supply.price_history import LIMIT_USD, PRICES
from offtake.supply.prices import BUILT_IN, MARKETS, Book, Entry
from offtake.units.money import MICROS
from offtake.units.time import FOREVER_S, NEVER

LIMIT_ENTRIES = 1_000_000
CATALOG = (
    Field("InstanceType", Cell.WORD, required=False),
    Field("AcceleratorName", Cell.WORD),
    Field("AcceleratorCount"),
    Field("Price"),
    Field("SpotPrice", required=False),
    Field("Region", Cell.WORD),
    Field("AvailabilityZone", Cell.WORD, required=False),
)
PLAIN = (
    Field("accelerator", Cell.WORD),
    Field("price"),
    Field("currency", Cell.WORD),
    Field("from", Cell.TIME),
    Field("until", Cell.TIME, required=False),
    Field("supplier", Cell.WORD, required=False),
    Field("region", Cell.WORD, required=False),
    Field("market", Cell.WORD, required=False),
    Field("machine", Cell.WORD, required=False),
    Field("gpus", required=False),
    Field("source", Cell.WORD, required=False),
    Field("note", Cell.WORD, required=False),
)
SOURCE = "https://github.com/skypilot-org/skypilot-catalog"
ALONE = "accelerators alone; the host is priced apart"


def built_in() -> Book:
    """Public list prices that come with offtake, each with its source and date."""
    book = read_book(FACTS / "prices.csv")
    return book._replace(name=BUILT_IN)


def read_book(path: Path, dated_s: int = NEVER) -> Book:
    """The prices in a file of any format there is; ``dated_s`` is the date of a catalog.

    Raises:
        Unreadable: No such file or format, rows that cannot be prices, or a catalog of no date.
    """
    if not path.is_file():
        raise _refusal(str(path), "no such file", "Give the path of a price book.")
    names = header_of(path)
    try:
        if "commit_time_utc" in names:
            return _book(path, *_history(path))
        if "AcceleratorName" in names:
            return _book(path, *_catalog(path, dated_s))
        return _book(path, *_plain(path))
    except UnreadableTrace as wrong:
        raise _refusal(wrong.place, wrong.says, wrong.remedy) from wrong


def _book(path: Path, entries: Iterator[Entry], table: Table) -> Book:
    found = tuple(entries)
    if not found:
        raise _refusal(str(path), "no price of an accelerator", "Give a book with prices.")
    if len(found) > LIMIT_ENTRIES:
        raise _refusal(str(path), f"more than {LIMIT_ENTRIES:,} prices", "Split the book.")
    left = [f"{row.rows:,} rows left out: {row.reason} ({row.first})" for row in table.dropped]
    return Book(path.name, found, (f"{len(found):,} prices", *left))


def _refusal(place: str, says: str, remedy: str) -> Unreadable:
    return Unreadable([Problem("bad-prices", Place(place), says, remedy)])


def _words(table: Table, name: str) -> Callable[[int], str]:
    """The word of a row in a column; empty where there is none, or no such column."""
    if name not in table.words:
        return lambda _: ""
    codes, known = table.words[name].tolist(), table.known[name]
    return lambda row: known[codes[row]] if codes[row] >= 0 else ""


def _micros(price: float, gpus: float) -> int:
    return int(np.rint(price * MICROS / gpus))


def _sound(table: Table, price: str, count: str) -> Table:
    """The table without whole pods that a catalog counts as one accelerator.

    Raises:
        UnreadableTrace: Too many prices below 0.
    """
    table = table.require(~(table.numbers[price] < 0), "a price below 0")
    dear = table.numbers[price] > LIMIT_USD * table.numbers[count]
    return table.drop(~dear, f"above {LIMIT_USD:,} USD an accelerator, as whole pods are")


def _catalog(path: Path, dated_s: int) -> tuple[Iterator[Entry], Table]:
    """A catalog of SkyPilot, whatever the order of its columns; prices are of the machine."""
    if dated_s == NEVER:
        says = "a catalog does not say of which day it is"
        raise _refusal(str(path), says, "Write it after the name: `FILE@2024-06-13`.")
    table = read_table(path, CATALOG)
    counted = table.numbers["AcceleratorCount"] >= 1
    table = table.drop((table.words["AcceleratorName"] >= 0) & counted, "of no accelerator")
    table = _sound(table, "Price", "AcceleratorCount")
    return _of_catalog(table, stem_of(path).split("_")[0], dated_s), table


def _of_catalog(table: Table, supplier: str, dated_s: int) -> Iterator[Entry]:
    name, region = _words(table, "AcceleratorName"), _words(table, "Region")
    machine = _words(table, "InstanceType")
    seen: set[tuple[object, ...]] = set()
    count = table.numbers["AcceleratorCount"].tolist()
    for market, column in (("on_demand", "Price"), ("spot", "SpotPrice")):
        for row, price in enumerate(_column(table, column)):
            if not price > 0:
                continue
            key = (machine(row), name(row), region(row), market, price, count[row])
            if key in seen:
                continue  # Zones of a region repeat its price.
            seen.add(key)
            yield Entry(
                supplier=supplier,
                accelerator=name(row),
                region=region(row),
                market=market,
                machine=machine(row),
                gpus=int(count[row]),
                micros_per_gpu_h=_micros(price, count[row]),
                currency="USD",
                from_s=dated_s,
                source=SOURCE,
                place=table.place(row),
                note="" if machine(row) else ALONE,
            )


def _column(table: Table, name: str) -> list[float]:
    return table.numbers[name].tolist() if name in table.numbers else []


def _history(path: Path) -> tuple[Iterator[Entry], Table]:
    """A history of changes: a price stands until the next row of its machine in its zone."""
    table = read_table(path, HISTORY)
    counted = table.numbers["accelerator_count"] >= 1
    told = ~np.isnan(table.numbers["commit_time_utc"])
    table = table.require(counted & told, "no change of a price")
    table = _sound(table, PRICES["on_demand"], "accelerator_count")
    return _of_history(table, stem_of(path).split("_")[0]), table


def _of_history(table: Table, supplier: str) -> Iterator[Entry]:
    parts = ("instance_type", "accelerator", "region", "availability_zone")
    machine, name, region, zone = (_words(table, part) for part in parts)
    at_s = table.whole("commit_time_utc")
    count = table.numbers["accelerator_count"].tolist()
    order = np.argsort(at_s, kind="stable").tolist()
    for market, column in PRICES.items():
        prices = table.numbers[column].tolist()
        next_s: dict[tuple[object, ...], int] = {}
        for row in reversed(order):
            key = (machine(row), name(row), region(row), zone(row), count[row])
            until_s = next_s.get(key, FOREVER_S)
            next_s[key] = int(at_s[row])
            if prices[row] > 0 and int(at_s[row]) < until_s:
                yield Entry(
                    supplier=supplier,
                    accelerator=name(row),
                    region=region(row),
                    market=market,
                    machine=machine(row),
                    gpus=int(count[row]),
                    micros_per_gpu_h=_micros(prices[row], count[row]),
                    currency="USD",
                    from_s=int(at_s[row]),
                    until_s=until_s,
                    source=SOURCE,
                    place=table.place(row),
                    note="" if machine(row) else ALONE,
                )


def _plain(path: Path) -> tuple[Iterator[Entry], Table]:
    """A plain table: one row a price of a GPU-hour, or of a machine with ``gpus``."""
    table = read_table(path, PLAIN)
    price, gpus = table.numbers["price"], table.numbers.get("gpus")
    count = np.ones(table.rows) if gpus is None else np.where(np.isnan(gpus), 1, gpus)
    problems = [*_problems(table, count)]
    if table.dropped:
        row = table.dropped[0]
        place, says = Place(row.first), f"{row.rows:,} row(s): {row.reason}"
        problems.append(Problem("bad-prices", place, says, "Mend the row; none is left out."))
    if problems:
        raise Unreadable(problems)
    return _of_plain(table, price.tolist(), count.tolist()), table


def _problems(table: Table, count: np.ndarray) -> Iterator[Problem]:
    """Every row of a plain book that is no price."""
    price, start = table.numbers["price"], table.numbers["from"]
    end = table.numbers.get("until", np.full(table.rows, np.nan))
    market = _words(table, "market")
    known = np.array([market(row) in ("", *MARKETS) for row in range(table.rows)], bool)
    beyond = (price < 0) | (price > LIMIT_USD * np.maximum(count, 1))
    currency = _words(table, "currency")
    coded = [len(currency(row)) == 3 and currency(row).isupper() for row in range(table.rows)]
    rules: Sequence[tuple[np.ndarray, str, str]] = (
        (np.isnan(price) | np.isnan(start), "no price or no date", "Write `price` and `from`."),
        (table.words["accelerator"] < 0, "no accelerator", "Name one, such as H100."),
        (beyond, f"a price below 0 or above {LIMIT_USD:,} per GPU-hour", "Check the figure."),
        (~(count >= 1) | (count % 1 > 0), "no whole number of GPUs", "Write 1 or more."),
        (end <= start, "`until` is not after `from`", "Write a later day."),
        (~np.array(coded, bool), "no currency", "Write three capitals, such as USD."),
        (~known, f"market is none of {', '.join(MARKETS)}", "Write one of them."),
    )
    for wrong, says, remedy in rules:
        for row in np.flatnonzero(wrong)[:20].tolist():
            yield Problem("bad-prices", Place(table.place(row)), says, remedy)


def _of_plain(table: Table, prices: list[float], count: list[float]) -> Iterator[Entry]:
    names = ("supplier", "accelerator", "region", "market", "machine", "currency", "source", "note")
    words = {name: _words(table, name) for name in names}
    start = table.whole("from")
    end = table.whole("until", missing=FOREVER_S) if "until" in table.numbers else None
    for row, price in enumerate(prices):
        yield Entry(
            supplier=words["supplier"](row),
            accelerator=words["accelerator"](row),
            region=words["region"](row),
            market=words["market"](row) or MARKETS[0],
            machine=words["machine"](row),
            gpus=int(count[row]),
            micros_per_gpu_h=_micros(price, count[row]),
            currency=words["currency"](row),
            from_s=int(start[row]),
            until_s=FOREVER_S if end is None else int(end[row]),
            source=words["source"](row),
            place=table.place(row),
            note=words["note"](row),
        )
