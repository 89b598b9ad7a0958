"""Prices that change in time, from a file of changes: spot and on-demand rates of a run.

Source: the layout in which the history of the SkyPilot catalogue was extracted, one row a change:
``commit_time_utc, instance_type, accelerator, accelerator_count, region, availability_zone,
price_usd_hour, spot_price_usd_hour`` (others are left alone), instants with their offset, prices
of the whole machine. Licence: none is stated by the catalogue; no row of it is part of offtake.
Citation: SkyPilot catalogue, github.com/skypilot-org/skypilot-catalog.

Choices, each counted and written beside the result:

- An offer is a machine of a type in a zone. Its price stands until its next row; a row without
  a price ends the offer; of two rows at one instant the later counts. Rows may be in any order.
- A price per GPU-hour is the machine's over its accelerators, to a millionth, halves to even.
- Within a step, counted from midnight UTC of the first day, the price is the mean over offers
  and time: each offer weighs as long as it stands. Steps in which none stands have no price.
- Where regions are asked for, each has its own mean; else all count together.
- The price of the last step stands on.

So a history becomes list prices, each from a day on: clauses and runs need not know of files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

from offtake.contract.lower import list_prices
from offtake.contract.model import Document, ListPrice, Note
from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Place, Problem, Unreadable
from offtake.core.names import Names
from offtake.demand.columns import Column, Dropped, UnreadableTrace
from offtake.demand.table import Cell, Field, Table, read_table
from offtake.units.money import MICROS, Money, Rounding, divide
from offtake.units.time import DAY_S, Duration, after, instant_text

CURRENCY = "USD"
PRICES = {"on_demand": "price_usd_hour", "spot": "spot_price_usd_hour"}
LIMIT_USD = 1_000
"""Per GPU-hour. With so little, sums over a step and 3,000 offers stay below 2**63."""
LIMIT_STEPS = 20_000
GONE = -1
FIELDS = (
    Field("commit_time_utc", Cell.TIME),
    Field("instance_type", Cell.WORD),
    Field("accelerator", Cell.WORD),
    Field("accelerator_count"),
    Field("region", Cell.WORD),
    Field("availability_zone", Cell.WORD),
    Field(PRICES["on_demand"]),
    Field(PRICES["spot"]),
)


class Changes(NamedTuple):
    """Changes of prices by offer and time; columns of shape (changes,)."""

    at_s: Column
    offer: Column
    accelerator: Column  # An index into ``accelerators``, as the portfolio names them.
    region: Column  # An index into ``regions``.
    micros_per_gpu_h: Column  # GONE where the offer ends.
    accelerators: tuple[str, ...]
    regions: tuple[str, ...]
    dropped: tuple[Dropped, ...]


class Series(NamedTuple):
    """The price of an accelerator in a region (or everywhere: ``""``) from instants on."""

    accelerator: str
    region: str
    steps: tuple[tuple[int, int], ...]  # (from second, micros per GPU-hour); GONE: none.


def with_histories(portfolio: Portfolio, folder: Path) -> Portfolio:
    """A portfolio with what its histories say as list prices; their paths count from a folder.

    Raises:
        Unreadable: A file cannot be used; the place, what and the way out are said.
    """
    document, hashes = portfolio.document, dict(portfolio.hashes)
    prices, notes = list(document.prices), list(document.notes)
    for number, item in enumerate(document.prices):
        if not item.price_history:
            continue
        path = folder / item.price_history
        try:
            found, choices = lines_of(path, item, portfolio.names)
        except UnreadableTrace as wrong:
            problem = Problem("bad-prices", Place(wrong.place), wrong.says, wrong.remedy)
            raise Unreadable([problem]) from wrong
        _same_currency(document, path)
        prices += [replace(line, origin=f"prices[{number}]") for line in found]
        notes += [Note(f"prices[{number}].price_history", "assumed", text) for text in choices]
        hashes[path.name] = sha256(path.read_bytes()).hexdigest()
    document = replace(document, prices=tuple(prices), notes=tuple(notes))
    lowered = list_prices(document, portfolio.names)
    return replace(portfolio, document=document, prices=lowered, hashes=hashes)


def _same_currency(document: Document, path: Path) -> None:
    if document.currency != CURRENCY:
        says = f"its prices are in {CURRENCY}; this portfolio is in {document.currency}"
        remedy = "Convert the file at a stated rate, or set `currency:`."
        raise Unreadable([Problem("other-currency", Place(str(path)), says, remedy)])


def lines_of(path: Path, item: ListPrice, names: Names) -> tuple[list[ListPrice], tuple[str, ...]]:
    """The list prices of a history, in order of accelerator, region and time; and the choices.

    Raises:
        UnreadableTrace: The file cannot be used, or has no price of what is asked for.
    """
    wanted = names.accelerators if item.accelerators is None else item.accelerators
    changes = read_changes(path, item.market, (wanted, item.regions))
    found = series(changes, item.step, apart=item.regions is not None)
    lines = [line for one in found for line in _lines(one, item)]
    if not lines:
        says = f"no {item.market.replace('_', '-')} price of {', '.join(wanted) or 'anything'}"
        says += f" in {', '.join(item.regions)}" if item.regions else ""
        remedy = "Check `accelerators`, `regions`, `market`, `from` and `until` against the file."
        raise UnreadableTrace(str(path), says, remedy)
    span = f"{instant_text(int(changes.at_s.min()))} to {instant_text(int(changes.at_s.max()))}"
    offers = len(np.unique(changes.offer))
    choices = [
        f"{len(changes.at_s):,} changes of {offers:,} offers, {span}, {item.market} prices",
        f"means over offers and time of each {item.step}, per GPU; the last stands on",
        *(f"{row.rows:,} rows left out: {row.reason} ({row.first})" for row in changes.dropped),
    ]
    return lines, tuple(choices)


def read_changes(
    path: Path, market: str, wanted: tuple[Sequence[str], Sequence[str] | None]
) -> Changes:
    """The changes of a file that are about some accelerators and regions (None: any).

    Raises:
        UnreadableTrace: It cannot be used, or too many of its rows cannot.
    """
    if not path.is_file():
        raise UnreadableTrace(str(path), "no such file", "Paths count from the portfolio's folder.")
    table = read_table(path, FIELDS)
    accelerators, regions = wanted
    own = {name.lower(): number for number, name in enumerate(accelerators)}
    known = [own.get(word.lower(), -1) for word in table.known["accelerator"]]
    table = table.drop(_codes(table, "accelerator", known) >= 0, "of no accelerator asked for")
    if regions is not None:
        inside = [0 if word in regions else -1 for word in table.known["region"]]
        table = table.drop(_codes(table, "region", inside) >= 0, "of no region asked for")
    table = _sound(table, PRICES[market])
    price = table.numbers[PRICES[market]] * MICROS / table.numbers["accelerator_count"]
    return Changes(
        at_s=table.whole("commit_time_utc"),
        offer=_offers(table),
        accelerator=_codes(table, "accelerator", known),
        region=np.asarray(table.words["region"], np.int64),
        micros_per_gpu_h=np.where(np.isnan(price), GONE, np.rint(price)).astype(np.int64),
        accelerators=tuple(accelerators),
        regions=table.known["region"],
        dropped=table.dropped,
    )


def _sound(table: Table, market: str) -> Table:
    """The rows that say an instant, a count and a price that can be, or that there is none."""
    count, price = table.numbers["accelerator_count"], table.numbers[market]
    counted = count >= 1  # False where nothing is written.
    priced = np.isnan(price) | ((price >= 0) & (price <= LIMIT_USD * np.where(counted, count, 1)))
    told = ~np.isnan(table.numbers["commit_time_utc"])
    return table.require(counted & priced & told, "no change of a price")


def _codes(table: Table, name: str, numbers: Sequence[int]) -> Column:
    """A column of words as the numbers given to them, -1 where nothing is written."""
    return np.array([*numbers, -1], np.int64)[np.asarray(table.words[name], np.int64)]


def _offers(table: Table) -> Column:
    """A number for each machine of a type in a zone."""
    names = ("instance_type", "accelerator", "region", "availability_zone")
    columns = [np.asarray(table.words[name], np.int64) for name in names]
    columns.append(table.whole("accelerator_count"))
    _, offer = np.unique(np.stack(columns), axis=1, return_inverse=True)
    return offer.reshape(-1).astype(np.int64)


def series(changes: Changes, step: Duration, *, apart: bool) -> list[Series]:
    """The mean price of each accelerator, and region where they are told apart, by step.

    Raises:
        UnreadableTrace: More steps than the limit.
    """
    if not len(changes.at_s):
        return []
    edges = _edges(int(changes.at_s.min()), int(changes.at_s.max()), step)
    places = max(len(changes.regions), 1) if apart else 1
    group = changes.accelerator * places + (changes.region if apart else 0)
    total, shown_s = _sums(changes, group, edges)
    found = []
    for number in np.unique(group).tolist():
        rows = zip(total[number].tolist(), shown_s[number].tolist(), strict=True)
        means = [divide(sum_, time, Rounding.HALF_EVEN) if time else GONE for sum_, time in rows]
        name, place = divmod(number, places)
        region = changes.regions[place] if apart else ""
        steps = zip(edges[:-1].tolist(), means, strict=True)
        found.append(Series(changes.accelerators[name], region, tuple(steps)))
    return found


def _edges(first_s: int, last_s: int, step: Duration) -> Column:
    """The ends of steps, from midnight of the first day to beyond the last instant."""
    edges = [first_s // DAY_S * DAY_S]
    while edges[-1] <= last_s:
        if len(edges) > LIMIT_STEPS:
            says = f"more than {LIMIT_STEPS:,} steps of {step}"
            raise UnreadableTrace("step", says, "Write a longer `step`.")
        edges.append(after(edges[-1], step))
    return np.array(edges, np.int64)


def _sums(changes: Changes, group: Column, edges: Column) -> tuple[Column, Column]:
    """Price times seconds, and seconds, of all offers; shape (groups, steps)."""
    order = np.lexsort((changes.at_s, changes.offer))  # Stable: the later row of an instant last.
    at_s, offer = changes.at_s[order], changes.offer[order]
    until_s = np.append(at_s[1:], 0)
    until_s[np.append(offer[1:] != offer[:-1], True)] = edges[-1]
    stands = (changes.micros_per_gpu_h[order] != GONE) & (until_s > at_s)
    at_s, until_s, order = at_s[stands], until_s[stands], order[stands]
    first = np.searchsorted(edges, at_s, side="right") - 1
    last = np.searchsorted(edges, until_s, side="left") - 1
    counts = last - first + 1
    row = np.repeat(np.arange(len(at_s)), counts)
    step = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + first[row]
    inside_s = np.minimum(until_s[row], edges[step + 1]) - np.maximum(at_s[row], edges[step])
    shape = (int(group.max()) + 1, len(edges) - 1)
    total, shown_s = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    place = (group[order][row], step)
    np.add.at(total, place, changes.micros_per_gpu_h[order][row] * inside_s)
    np.add.at(shown_s, place, inside_s)
    return total, shown_s


def _lines(one: Series, item: ListPrice) -> Iterator[ListPrice]:
    """A series as list prices within the period of its line; equal neighbors are one."""
    changes = [
        (at_s, micros)
        for number, (at_s, micros) in enumerate(one.steps)
        if number == 0 or micros != one.steps[number - 1][1]
    ]
    ends = [*(at_s for at_s, _ in changes[1:]), item.ends]
    for (at_s, micros), until_s in zip(changes, ends, strict=True):
        starts, ends_s = max(at_s, item.starts), min(until_s, item.ends)
        if micros != GONE and starts < ends_s:
            yield replace(
                item,
                accelerators=(one.accelerator,),
                regions=(one.region,) if one.region else None,
                price=Money(micros, CURRENCY),
                starts=starts,
                ends=ends_s,
                price_history="",
            )
