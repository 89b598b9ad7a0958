"""From the words of a command to what sourcing decides on; all that is wrong, at once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import nearest
from offtake.contract.value import SCALARS
from offtake.core.names import UNSTATED
from offtake.core.text import Value
from offtake.core.vocabulary import NONE
from offtake.desk import command as say
from offtake.sourcing.command import Use
from offtake.sourcing.needed import SLACK_S
from offtake.sourcing.requirement import Lot, Need, Offer
from offtake.units.capacity import Size
from offtake.units.money import Money
from offtake.units.time import Duration


class Wrong(NamedTuple):
    """A word of a command that cannot be used: which, why, and the way out."""

    field: str
    says: str
    remedy: str


class Invalid(ValueError):
    """A command that cannot be understood; carries every word that is wrong."""

    def __init__(self, wrong: list[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("; ".join(f"{row.field}: {row.says}" for row in wrong))


LIMIT_KNOWN = 40
"""Letters of a figure that is remembered: the same few dates and prices come over and over."""


def figure(text: str, kind: Value) -> Any:
    """A figure in the notation of portfolio files.

    Raises:
        ValueError: It is none of its kind.
    """
    return (_figure if len(text) <= LIMIT_KNOWN else _figure.__wrapped__)(text, kind)


@lru_cache(8_192)
def _figure(text: str, kind: Value) -> Any:
    return SCALARS[kind][0](text)


class Reader:
    """Reads the words of one command against a portfolio; what is wrong gathers."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.names, self.document = portfolio.names, portfolio.document
        self.wrong: list[Wrong] = []

    def done(self) -> None:
        """Go on only if nothing is wrong.

        Raises:
            Invalid: Something is.
        """
        if self.wrong:
            raise Invalid(list(dict.fromkeys(self.wrong)))

    def refuse(self, field: str, *, says: str, remedy: str) -> None:
        """Note what is wrong with a word."""
        self.wrong.append(Wrong(field, says, remedy))

    def value(self, field: str, text: object, kind: Value) -> Any:
        """A figure in the notation of portfolio files; None where none is given or it is wrong."""
        if text is None:
            return None
        try:
            return figure(str(text), kind)
        except ValueError as error:
            self.refuse(field, says=str(error), remedy=SCALARS[kind][1])
            return None

    def name(self, field: str, text: str | None, section: str) -> int:
        """The index of a name of the portfolio; UNSTATED where none is given or it is wrong."""
        if text is None:
            return UNSTATED
        known: tuple[str, ...] = getattr(self.names, section)
        if text not in known:
            self.refuse(
                field, says=f"`{text}` is not in the portfolio", remedy=nearest(text, known)
            )
            return UNSTATED
        return known.index(text)

    def price(self, field: str, text: str | None) -> Money | None:
        """An amount in the portfolio's currency."""
        money: Money | None = self.value(field, text, Value.MONEY)
        currency = self.document.currency
        if money is not None and money.currency != currency:
            says = f"is in {money.currency}; the portfolio is in {currency}"
            self.refuse(field, says=says, remedy="Convert it at a stated rate.")
            return None
        return money

    def gpus(self, field: str, text: object, kinds: tuple[str, ...]) -> int:
        """A number of GPUs, or power that becomes GPUs of the first of these kinds."""
        size: Size | None = self.value(field, text, Value.SIZE)
        if size is None:
            return 1
        gpus = self.of_size(size, kinds)
        if gpus == 0:
            self.refuse(field, says="0 GPUs are none", remedy="Write a positive number.")
        return max(gpus, 1)

    def of_size(self, size: Size, kinds: tuple[str, ...]) -> int:
        """A size in GPUs; power feeds those of the first of these kinds."""
        return size.gpus if size.watts < 0 else size.in_gpus(self.names.watts_of(kinds[:1]))

    def period(self, start: str, end: str) -> tuple[int, int]:
        """A half-open period that is not empty."""
        start_s = self.value("start", start, Value.INSTANT)
        end_s = self.value("end", end, Value.INSTANT)
        if start_s is not None and end_s is not None and start_s >= end_s:
            self.refuse("end", says="is not after the start", remedy="Give a later end.")
        return start_s or 0, end_s or 1


def need(wanted: say.Wanted, portfolio: Portfolio) -> Need:
    """What a requirement asks for, in numbers (as ``sourcing.needed`` reads one of a file).

    Raises:
        Invalid: Some words are wrong; all of them are listed.
    """
    reader, kinds = Reader(portfolio), wanted.accelerators
    purpose = reader.name("purpose", wanted.purpose, "purposes")
    accelerators = tuple([reader.name("accelerators", kind, "accelerators") for kind in kinds])
    regions = tuple([reader.name("regions", region, "regions") for region in wanted.regions])
    start_s, end_s = reader.period(wanted.start, wanted.end)
    gpus = reader.gpus("gpus", wanted.gpus, kinds)
    least: Size | None = reader.value("smallest_lot", wanted.smallest_lot, Value.SIZE)
    latest_s = reader.value("latest_start", wanted.latest_start, Value.INSTANT)
    limit = reader.price("price_limit", wanted.price_limit)
    reader.done()
    return Need(
        requirement=wanted.requirement,
        purpose=purpose,
        gpus=gpus,
        start_s=start_s,
        end_s=end_s,
        latest_start_s=start_s + SLACK_S if latest_s is None else latest_s,
        accelerators=accelerators,
        regions=regions,
        price_limit_micros_per_gpu_h=NONE if limit is None else limit.micros,
        smallest_lot_gpus=1 if least is None else max(reader.of_size(least, kinds), 1),
        own=int(wanted.own),
    )


def offer(terms: say.Terms, lot: Lot, supplier: int, portfolio: Portfolio) -> Offer:
    """What a supplier offers for a lot, in numbers; what it leaves out is the requirement's.

    Raises:
        Invalid: Some words are wrong; all of them are listed.
    """
    reader, wanted = Reader(portfolio), lot.need
    start_s = reader.value("start", terms.start, Value.INSTANT)
    end_s = reader.value("end", terms.end, Value.INSTANT)
    start_s, end_s = _else(start_s, wanted.start_s), _else(end_s, wanted.end_s)
    if start_s >= end_s:
        reader.refuse("end", says="is not after the start", remedy="Give a later end.")
    price = reader.price("price", terms.price)
    spacing = reader.value("spacing", terms.spacing, Value.DURATION)
    lead = reader.value("lead", terms.lead, Value.DURATION)
    made = Offer(
        supplier=supplier,
        gpus=reader.gpus("gpus", terms.gpus, (terms.accelerator,) if terms.accelerator else ()),
        price_micros_per_gpu_h=NONE if price is None else price.micros,
        start_s=start_s,
        end_s=end_s,
        accelerator=_wanted(reader, "accelerator", terms.accelerator, wanted.accelerators),
        region=_wanted(reader, "region", terms.region, wanted.regions),
        prepaid_ppm=reader.value("prepaid", terms.prepaid, Value.SHARE) or 0,
        tranches=terms.tranches,
        spacing_s=_length_s(spacing),
        lead_s=_length_s(lead),
    )
    if made.gpus < made.tranches:
        reader.refuse(
            "tranches", says=f"{made.gpus} GPUs cannot come in so many", remedy="Give fewer."
        )
    reader.done()
    return made


def _else(value: int | None, instead: int) -> int:
    return instead if value is None else value


def _wanted(reader: Reader, field: str, text: str | None, wanted: tuple[int, ...]) -> int:
    """The name that is offered; the one that is wanted, where there is one."""
    if text is None and len(wanted) == 1:
        return wanted[0]
    return reader.name(field, text, f"{field}s")


def _length_s(length: Duration | None) -> int:
    return 0 if length is None else length.longest_s


def used(words: say.Use, portfolio: Portfolio) -> Use:
    """What was run, in numbers.

    Raises:
        Invalid: Some words are wrong; all of them are listed.
    """
    reader = Reader(portfolio)
    start_s, end_s = reader.period(words.start, words.end)
    told = Use(
        supplier=reader.name("supplier", words.supplier, "parties"),
        purpose=reader.name("purpose", words.purpose, "purposes"),
        gpus=reader.gpus("gpus", words.gpus, (words.accelerator,) if words.accelerator else ()),
        start_s=start_s,
        end_s=end_s,
        accelerator=reader.name("accelerator", words.accelerator, "accelerators"),
        region=reader.name("region", words.region, "regions"),
        own=int(words.own),
    )
    reader.done()
    return told


def takes(given: Mapping[str, int], portfolio: Portfolio) -> tuple[tuple[int, int], ...]:
    """Who gets how many GPUs, in numbers.

    Raises:
        Invalid: A supplier is not in the portfolio.
    """
    reader = Reader(portfolio)
    chosen = tuple((reader.name("takes", name, "parties"), gpus) for name, gpus in given.items())
    reader.done()
    return chosen


def party(field: str, name: str, portfolio: Portfolio) -> int:
    """The index of a party.

    Raises:
        Invalid: It is not in the portfolio.
    """
    reader = Reader(portfolio)
    index = reader.name(field, name, "parties")
    reader.done()
    return index
