"""Public list prices of accelerators, looked up in price books; what GPU-hours are in GW and FLOP.

examples:
  offtake prices --at 2026-01-15
  offtake prices --accelerator H100 --supplier aws --at 2024-06-13
  offtake prices --book aws_vms.csv.gz@2024-06-13 --book ours.csv --accelerator H100:8
  offtake prices --accelerator H100 --market spot --book changes.csv --at 2024-01-10
  offtake prices --accelerator GB200 --convert "1.2 GW" --pue 1.2
  offtake prices --accelerator H100 --convert "3.8e25 FLOP" --mfu 40%

The most specific price counts, of these the most recent; it is named by book, row and source.
The built-in book is always there; --book adds yours, of SkyPilot's catalogs (with their date),
histories of changes, or a plain table (docs/reference/prices.md).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, parsed, print_json

if TYPE_CHECKING:
    from offtake.report.figures import Table
    from offtake.supply.accelerator import Assumed, Converted
    from offtake.supply.prices import Asked, Book, Entry, Found

MARKETS = ("on_demand", "spot", "reserved")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument(
        "--book",
        action="append",
        default=[],
        metavar="FILE",
        help="a price book besides the built-in one; FILE@DATE for a catalog; can be repeated",
    )
    parser.add_argument("--accelerator", metavar="NAME", help="of this kind: H100, or H100:8")
    parser.add_argument("--supplier", metavar="NAME", help="of this supplier: aws, oci, lambda")
    parser.add_argument("--region", metavar="NAME", help="in this region")
    parser.add_argument("--market", choices=MARKETS, default="on_demand")
    parser.add_argument("--at", metavar="DATE", help="on this day; now if absent")
    parser.add_argument(
        "--convert", metavar="QUANTITY", help="'1.2 GW', '3e25 FLOP' or '5000 GPU-h'"
    )
    parser.add_argument("--mfu", metavar="SHARE", help="of the peak rate that work reaches; 40%%")
    parser.add_argument("--pue", metavar="RATIO", help="site power over that of servers; 1.2")


def run(given: argparse.Namespace) -> int:
    """Look up prices, or convert a quantity."""
    if given.convert is not None:
        return _convert(given)
    if given.mfu or given.pue:
        raise Invalid("usage", "--mfu, --pue", "go with --convert only", "Give --convert.")
    from offtake.supply.prices import standing

    asked, books = _asked(given), _books(given.book)
    found = standing(books, asked)
    if not found:
        raise Invalid("no-price", *_nothing(asked, books))
    if given.output == "json":
        print_json(_data(asked, found, books))
        return 0
    from offtake.report.tables import show

    show(_table(asked, found, books))
    return 0


def _asked(given: argparse.Namespace) -> "Asked":
    """What the flags ask for."""
    from datetime import UTC, datetime

    from offtake.supply.prices import Asked
    from offtake.units.capacity import parse_accelerator
    from offtake.units.time import parse_instant

    now_s = int(datetime.now(UTC).timestamp())
    at_s = now_s if given.at is None else parsed(parse_instant, given.at, "--at")
    name = ""
    if given.accelerator is not None:
        name = parsed(parse_accelerator, given.accelerator, "--accelerator").name
    return Asked(at_s, name, given.supplier or "", given.region or "", given.market)


def _books(words: list[str]) -> "list[Book]":
    """The built-in book and those that flags name."""
    from offtake.contract.problem import Unreadable
    from offtake.supply.price_files import built_in, read_book
    from offtake.units.time import NEVER, parse_instant

    books = [built_in()]
    for word in words:
        name, _, day = word.rpartition("@") if "@" in word else (word, "", "")
        dated_s = parsed(parse_instant, day, "--book") if day else NEVER
        try:
            books.append(read_book(Path(name), dated_s))
        except Unreadable as unreadable:
            raise Invalid.of(unreadable.problems) from unreadable
    return books


def _nothing(asked: "Asked", books: "list[Book]") -> tuple[str, str, str]:
    """Where, what and the way out when no price fits."""
    from offtake.contract.problem import nearest
    from offtake.supply.prices import suppliers_of
    from offtake.units.time import instant_text

    parts = [asked.accelerator, asked.supplier, asked.region, asked.market.replace("_", "-")]
    says = f"no price of {', '.join(part for part in parts if part)} at {instant_text(asked.at_s)}"
    remedy = "Ask for another day, region or market, or add a --book."
    suppliers = suppliers_of(books)
    if asked.supplier and asked.supplier.lower() not in suppliers:
        remedy = nearest(asked.supplier, suppliers)
    return "offtake prices", says, remedy


def _data(asked: "Asked", found: "list[Found]", books: "list[Book]") -> dict[str, Any]:
    """The prices in the documented JSON form (docs/reference/json.md)."""
    from offtake.units.time import instant_text

    return {
        "at": instant_text(asked.at_s),
        "books": [{"book": book.name, "choices": list(book.choices)} for book in books],
        "prices": [
            _entry(one.entry, books) | {"closeness": one.closeness, "others": len(one.others)}
            for one in found
        ],
    }


def _entry(entry: "Entry", books: "list[Book]") -> dict[str, Any]:
    from offtake.units.money import plain
    from offtake.units.time import FOREVER_S, instant_text

    return {
        "supplier": entry.supplier,
        "accelerator": entry.accelerator,
        "region": entry.region,
        "market": entry.market,
        "machine": entry.machine,
        "gpus": entry.gpus,
        "price_per_gpu_h": plain(entry.micros_per_gpu_h),
        "currency": entry.currency,
        "from": instant_text(entry.from_s),
        "until": None if entry.until_s == FOREVER_S else instant_text(entry.until_s),
        "book": _book_of(entry, books),
        "place": entry.place,
        "source": entry.source,
        "note": entry.note,
    }


def _book_of(entry: "Entry", books: "list[Book]") -> str:
    """The book that holds an entry."""
    return next(book.name for book in books if any(entry is own for own in book.entries))


def _said_by(entry: "Entry", books: "list[Book]") -> str:
    """The book and row that say a price, for people."""
    book = _book_of(entry, books)
    return entry.place if entry.place.startswith(book) else f"{book}, {entry.place}"


def _table(asked: "Asked", found: "list[Found]", books: "list[Book]") -> "Table":
    from offtake.report.figures import Table
    from offtake.units.money import plain
    from offtake.units.time import instant_text

    rows = []
    for one in found:
        entry = one.entry
        rows.append(
            (
                entry.accelerator,
                entry.supplier,
                plain(entry.micros_per_gpu_h),
                entry.currency,
                entry.region or "any",
                f"{entry.machine}:{entry.gpus}" if entry.machine else "",
                instant_text(entry.from_s),
                _said_by(entry, books),
                str(len(one.others)),
            )
        )
    heads = ("accelerator", "supplier", "per GPU-hour", "", "region", "machine", "from", "says")
    title = f"{asked.market.replace('_', '-')} list prices at {instant_text(asked.at_s)}"
    note = found[0].entry.source if len(found) == 1 else ""
    return Table(title, (*heads, "others"), tuple(rows), (2, 8), note)


def _convert(given: argparse.Namespace) -> int:
    """A quantity of power, work or time of an accelerator in the other measures."""
    from offtake.contract.problem import nearest
    from offtake.supply.accelerator import Unknown, accelerators

    if given.accelerator is None:
        raise Invalid("usage", "--convert", "needs --accelerator", "Name one, such as H100.")
    names = accelerators()
    kind = names.get(given.accelerator.lower())
    if kind is None:
        says = f"nothing is known of `{given.accelerator}`"
        known = sorted({one.name for one in names.values()})
        raise Invalid("unknown-name", "--accelerator", says, nearest(given.accelerator, known))
    try:
        found = _converted(given.convert, kind, _assumed(given))
    except Unknown as unknown:
        raise Invalid("no-fact", "--accelerator", str(unknown), "Name another.") from unknown
    facts = kind._asdict() | {"watts": kind.watts}
    if given.output == "json":
        print_json({"accelerator": facts, "converted": found._asdict()})
        return 0
    print(found.says)
    rate = f"{kind.bf16_tflops:,} TFLOP/s dense BF16" if kind.bf16_tflops else "no BF16 rate"
    print(f"{kind.name}: {kind.memory_gb} GB, {rate}, {kind.watts:,} W; {kind.source}")
    return 0


def _assumed(given: argparse.Namespace) -> "Assumed":
    """The stated assumptions, the others as usual."""
    from offtake.supply.accelerator import Assumed
    from offtake.units.capacity import parse_share

    assumed = Assumed()
    if given.mfu is not None:
        assumed = assumed._replace(mfu_ppm=parsed(parse_share, given.mfu, "--mfu"))
    if given.pue is not None:
        assumed = assumed._replace(pue_milli=parsed(_milli, given.pue, "--pue"))
    if assumed.mfu_ppm < 1:
        raise Invalid("bad-value", "--mfu", "must be above 0%", "Write a share, such as 40%.")
    return assumed


def _milli(text: str) -> int:
    """A ratio of 1 to 10 in thousandths."""
    value = round(float(text) * 1_000)
    if not 1_000 <= value <= 10_000:
        raise ValueError(f"`{text}` is no ratio from 1 to 10")
    return value


def _converted(text: str, kind: Any, assumed: "Assumed") -> "Converted":
    """A quantity as it was written, in the other measures."""
    from decimal import Decimal, InvalidOperation

    from offtake.supply.accelerator import of_flop, of_gpu_h, of_power
    from offtake.units.capacity import parse_power

    number, _, unit = text.strip().rpartition(" ")
    if unit in ("W", "kW", "MW", "GW"):
        return of_power(kind, parsed(parse_power, text, "--convert"), assumed)
    try:
        count = int(Decimal(number.replace(",", "").replace("_", "")))
    except (InvalidOperation, OverflowError, ValueError):
        count = 0
    if unit not in ("FLOP", "GPU-h") or not 0 < count <= 10**32:
        says = f"`{text}` is no power, no FLOP and no GPU-h up to 1e32"
        remedy = "Write it as '1.2 GW', '3.8e25 FLOP' or '5,000 GPU-h'."
        raise Invalid("bad-value", "--convert", says, remedy)
    return (of_flop if unit == "FLOP" else of_gpu_h)(kind, count, assumed)
