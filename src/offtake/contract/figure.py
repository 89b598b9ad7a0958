"""Figures that cannot be meant: other currencies, capacity without power, floors without end."""

from collections.abc import Iterator
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from offtake.contract.in_force import versions
from offtake.contract.model import Document
from offtake.contract.problem import Place, Problem, nearest
from offtake.contract.read import Reading
from offtake.units.capacity import Size
from offtake.units.money import Money
from offtake.units.time import FOREVER_S, Duration

BY_PERIOD = ("take_or_pay", "prepayment", "service_credit", "most_favored")
"""Kinds whose periods are counted out to the end."""


def check(reading: Reading) -> Iterator[Problem]:
    """What is wrong with the amounts, lengths and calendars of a portfolio."""
    yield from _commitments(reading)
    yield from _money(reading)
    yield from _histories(reading)
    yield from _reports(reading)
    yield from _power(reading)
    yield from _nothings(reading)
    yield from _fixed(reading)
    yield from _deciding(reading)
    yield from _calendars(reading)


def _commitments(reading: Reading) -> Iterator[Problem]:
    """A floor must be stated once and have an end; a large lot needs its window."""
    for version in versions(reading.document):
        text, place = version.clause.text, reading.place(version.origin)
        if version.clause.kind == "take_or_pay":
            if (text.floor is None) is not bool(text.ramp):
                what = "both `floor` and `ramp`" if text.ramp else "neither `floor` nor `ramp`"
                says = f"{version.clause_id} states {what}"
                yield Problem("floor-or-ramp", place, says, "Write one of the two.")
            yield from _beyond_periods(version.clause_id, text, place)
        if version.clause.kind in BY_PERIOD and version.until_s >= FOREVER_S:
            says = f"{version.clause_id} counts by the period and has no end"
            remedy = "Write `until:` at the clause or at its agreement."
            yield Problem("endless-commitment", place, says, remedy)
        large = getattr(text, "large_lot", None), getattr(text, "large_window", None)
        if (large[0] is None) is not (large[1] is None):
            says = f"{version.clause_id} says only one of `large_lot` and `large_window`"
            yield Problem("incomplete-term", place, says, "Write both, or neither.")


def _beyond_periods(clause_id: str, text: Any, place: Place) -> Iterator[Problem]:
    """Make-up and carry-forward need a later period; hours paid ahead need a price."""
    single = text.per == "term" or text.model == "discontinuous"
    for name in ("make_up", "carry_forward"):
        if single and getattr(text, name) is not None:
            says = f"{clause_id} has one period, and its `{name}` a later one"
            yield Problem(
                "term-without-effect", place, says, f"Leave `{name}` out, or write `per`."
            )
    floors = [text.floor, *(step.floor for step in text.ramp)]
    in_time = any(floor is not None and floor.money is None for floor in floors)
    if text.prepaid and in_time and text.rate is None:
        says = f"{clause_id} is paid ahead in GPU-hours, and does not say what one costs"
        yield Problem("prepaid-without-rate", place, says, "Write `rate:`, or a floor in money.")


def _money(reading: Reading) -> Iterator[Problem]:
    """One currency a portfolio: comparing offers needs one."""
    document = reading.document
    for path, money in _amounts(document):
        if money.currency != document.currency:
            place = reading.nearest_place(path)
            says = f"{path} has an amount in {money.currency}; this portfolio is in "
            remedy = "Convert it at a stated rate, or set `currency:`."
            yield Problem("other-currency", place, says + document.currency, remedy)


def _histories(reading: Reading) -> Iterator[Problem]:
    """A list price is stated, or read from a history."""
    for number, item in enumerate(reading.document.prices):
        place = reading.place(f"prices[{number}]")
        if (item.price is None) is not bool(item.price_history):
            what = "both `price` and" if item.price_history else "neither `price` nor"
            says = f"prices[{number}] states {what} `price_history`"
            yield Problem("price-or-history", place, says, "Write one of the two.")
        if not item.step.number:
            says = f"prices[{number}].step must be more than nothing"
            yield Problem("zero-quantity", place, says, "Write a larger figure.")


def _reports(reading: Reading) -> Iterator[Problem]:
    """A report says an amount, or what was measured."""
    for number, item in enumerate(reading.document.reports):
        if item.amount is None and item.measured is None:
            says = f"reports[{number}] states neither `amount` nor `measured`"
            remedy = "Write `amount: $1M`, or `measured: 99.9%`."
            yield Problem("missing-key", reading.place(f"reports[{number}]"), says, remedy)


def _amounts(document: Document) -> Iterator[tuple[str, Money]]:
    for version in versions(document):
        yield from _money_in(version.clause.text, version.origin)
    for section in ("pools", "requirements"):
        for item in getattr(document, section):
            yield from _money_in(item, f"{section}.{item.id}")
    for section in ("prices", "behaviors", "reports"):
        for number, item in enumerate(getattr(document, section)):
            yield from _money_in(item, f"{section}[{number}]")
    yield from _money_in(document.simulation, "simulation")
    yield from _money_in(document.procurement, "procurement")


def _money_in(value: Any, path: str) -> Iterator[tuple[str, Money]]:
    """The amounts anywhere inside a written value."""
    if isinstance(value, Money):
        yield path, value
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _money_in(item, f"{path}[{number}]")
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _money_in(getattr(value, name), f"{path}.{name}")


def _power(reading: Reading) -> Iterator[Problem]:
    """Capacity in MW needs the power of one GPU of every kind it may be."""
    known = {kind.id for kind in reading.document.accelerators}
    for kind in reading.document.accelerators:
        if kind.power.watts <= 0:
            says = f"the power of one {kind.id} must be in watts and more than nothing"
            remedy = "Write `power: 1.4 kW`."
            yield Problem("no-power", reading.place(f"accelerators.{kind.id}"), says, remedy)
    for path, item in _sized(reading.document):
        unknown = [name for name in _kinds_of(item) if name not in known]
        if _in_watts(item) and (unknown or not known):
            what = unknown[0] if unknown else "any accelerator"
            says = f"{path} is in power, and the power of {what} is not stated"
            remedy = f"Add `{unknown[0] if unknown else 'H100'}: {{power: 1.4 kW}}` under "
            remedy += "`accelerators:`, or write GPUs."
            yield Problem("no-power", reading.place(path), says, remedy)


def _sized(document: Document) -> Iterator[tuple[str, Any]]:
    """What may state capacity, with its path."""
    for section in ("pools", "requirements", "services"):
        for item in getattr(document, section):
            yield f"{section}.{item.id}", item
    for number, item in enumerate(document.behaviors):
        yield f"behaviors[{number}]", item
    yield "procurement", document.procurement
    for version in versions(document):
        yield version.origin, version.clause.text


def _kinds_of(item: Any) -> tuple[str, ...]:
    """The kinds of accelerator that what is written names."""
    if hasattr(item, "accelerator"):
        return (item.accelerator,)
    return getattr(item, "accelerators", None) or ()


def _in_watts(value: Any) -> bool:
    """Whether a written value says any capacity in power."""
    if isinstance(value, Size):
        return value.watts >= 0
    if isinstance(value, tuple):
        return any(_in_watts(item) for item in value)
    return any(_in_watts(getattr(value, name)) for name in getattr(value, "__slots__", ()))


def _nothings(reading: Reading) -> Iterator[Problem]:
    """Quantities of nothing, by which something would be divided or never end."""
    document = reading.document
    rows: list[tuple[str, str, Any]] = [
        ("procurement", name, getattr(document.procurement, name))
        for name in ("review", "length", "lot", "window", "season")
    ]
    rows += [(f"jobs.{job.id}", "run", job.run) for job in document.jobs]
    for item in document.requirements:
        rows += [(f"requirements.{item.id}", "size", item.size)]
        rows += [(f"requirements.{item.id}", "smallest_lot", item.smallest_lot)]
    for number, behavior in enumerate(document.behaviors):
        rows.append((f"behaviors[{number}]", "tranches", behavior.tranches))
    for version in versions(document):
        if version.clause.kind in ("build_right", "concentration_cap"):
            rows.append((version.origin, "measured_over", version.clause.text.measured_over))
    for path, name, value in rows:
        amount = value.number if isinstance(value, Duration) else value
        if amount in (0, Size(gpus=0), Size(watts=0)):
            says = f"{path}.{name} must be more than nothing"
            yield Problem("zero-quantity", reading.place(path), says, "Write a larger figure.")


def _fixed(reading: Reading) -> Iterator[Problem]:
    """A policy that asks for what is stated, of which nothing is stated."""
    procurement = reading.document.procurement
    nothing = procurement.quantity is None and not procurement.quantities
    if procurement.policy == "fixed" and nothing:
        says = "procurement.policy is `fixed`, and no quantity is stated"
        remedy = "Add `quantity: 64`, or `quantities: {2025-01-21: 64}`."
        yield Problem("missing-key", reading.place("procurement"), says, remedy)


def _deciding(reading: Reading) -> Iterator[Problem]:
    """A supplier that decides by a figure which is not stated."""
    for number, item in enumerate(reading.document.behaviors):
        stated = {
            "threshold": item.lowest_price is not None or item.shortest is not None,
            "probabilistic": item.chance is not None,
        }
        if not stated.get(item.decides, True):
            lacks = {
                "threshold": "lowest_price: $2` or `shortest: 1y",
                "probabilistic": "chance: 50%",
            }
            says = f"behaviors[{number}] decides by `{item.decides}`, and does not say by which"
            remedy = f"Add `{lacks[item.decides]}`."
            yield Problem("missing-key", reading.place(f"behaviors[{number}]"), says, remedy)


def _calendars(reading: Reading) -> Iterator[Problem]:
    for calendar in reading.document.calendars:
        place = reading.places[f"calendars.{calendar.id}"]
        try:
            ZoneInfo(calendar.zone)
        except (KeyError, ValueError, OSError):
            says = f"there is no time zone `{calendar.zone}`"
            yield Problem("unknown-zone", place, says, "Use one such as `America/New_York`.")
        try:
            right = not calendar.close or time.fromisoformat(calendar.close).tzinfo is None
        except ValueError:
            right = False
        if not right:
            says = f"`{calendar.close}` is not a time of day"
            yield Problem("not-time", place, says, "Write `17:00`; its zone is the calendar's.")
        if calendar.country:
            yield from _country(calendar.country, calendar.subdivision, place)


def _country(country: str, subdivision: str, place: Place) -> Iterator[Problem]:
    from holidays import list_supported_countries

    known = list_supported_countries()
    if country not in known:
        says = f"the holidays of `{country}` are not known"
        yield Problem("unknown-country", place, says, nearest(country, known))
    elif subdivision and subdivision not in known[country]:
        says = f"`{subdivision}` is no part of {country} with holidays of its own"
        yield Problem("unknown-country", place, says, nearest(subdivision, known[country]))
