"""Events as journal lines, and journal lines as events: one JSON object each, by name.

The form is documented in docs/reference/journal.md. What was recorded under one portfolio is
read with the names of that portfolio.
"""

from collections.abc import Iterable, Mapping
from itertools import compress
from operator import ne
from typing import Any

from offtake.contract.problem import nearest
from offtake.contract.value import NO, SCALARS, YES, parse_count, parse_flag
from offtake.core.explain import data, finding_data
from offtake.core.names import Names, name_of
from offtake.core.text import Value
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.sourcing.requirement import Recorded
from offtake.units.capacity import parse_gpus, parse_share, share_text
from offtake.units.money import Money, parse, plain
from offtake.units.time import instant_text, parse_instant

USUAL = Event(0, 0)
"""What an event says that says nothing: that is not written."""
NAME_BY_KIND: Mapping[int, str] = {kind: kind.name.lower() for kind in EventKind}
NAMED = {
    "party": "parties",
    "purpose": "purposes",
    "accelerator": "accelerators",
    "region": "regions",
}
INSTANTS = {
    "start": "start_s",
    "end": "end_s",
    "due": "due_at_s",
    "order_due": "order_due_at_s",
    "free_until": "free_until_at_s",
    "fallen_until": "fallen_until_at_s",
    "start_until": "start_until_at_s",
}
COUNTS = ("rank", "order", "tranche", "own", "tranches", "spacing_s", "lead_s")
NEEDED = {
    EventKind.NOTICE_GIVEN: ("clause", "lot", "gpus"),
    EventKind.ACCEPTED: ("clause", "lot"),
    EventKind.REFUSED: ("clause", "lot"),
    EventKind.LAPSED: ("clause", "lot"),
    EventKind.ORDERED: ("party", "gpus"),
    EventKind.DEFAULT_DECLARED: ("party",),
    EventKind.DEFAULT_CURED: ("party",),
    EventKind.USAGE_RECORDED: ("gpus", "start", "end"),
}
"""What an entry must say beside when it happened: without it nobody could tell what it means."""

KIND_BY_NAME: Mapping[str, EventKind] = {kind.name.lower(): kind for kind in EventKind}
KEYS = (
    *("event", "at", "lot", "clause", "gpus", "of", "price", "prepaid"),
    *NAMED,
    *INSTANTS,
    *COUNTS,
    *("requirement", "why", "decisions"),  # Written by runs, and not read.
)
_KNOWN = frozenset(KEYS)


class BadEntry(ValueError):
    """A journal line that cannot be read: which key, and why; of many, which (from 0)."""

    def __init__(self, key: str, says: str, remedy: str, number: int = 0) -> None:
        self.key, self.says, self.remedy, self.number = key, says, remedy, number
        super().__init__(f"`{key}`: {says}")


def entry(recorded: Recorded, names: Names, currency: str, requirement: str = "") -> dict[str, Any]:
    """A journal line: the event by name, its requirement, the reason, the decisions behind it."""
    event = recorded.event
    said = dict(compress(zip(Event._fields, event, strict=True), map(ne, event, USUAL)))
    line: dict[str, Any] = {"at": instant_text(event.at_s), "event": NAME_BY_KIND[event.kind]}
    if event.lot != NONE:
        line["lot"] = str(event.lot)
    if requirement:
        line["requirement"] = requirement
    if event.clause != NONE:
        line["clause"] = names.clauses[event.clause]
    for key, section in NAMED.items():
        if key in said:
            line[key] = name_of(getattr(names, section), said[key])
    if event.gpus:
        line["gpus"] = event.gpus
    if event.of_gpus:
        line["of"] = event.of_gpus
    for key, field in INSTANTS.items():
        if field in said:
            line[key] = instant_text(said[field])
    if event.price_micros_per_gpu_h != NONE:
        line["price"] = f"{plain(event.price_micros_per_gpu_h)} {currency}"
    if event.prepaid_ppm != NONE:
        line["prepaid"] = share_text(event.prepaid_ppm)
    for key in COUNTS:
        if key in said:
            line[key] = said[key]
    if recorded.why:
        line["why"] = recorded.why
    if recorded.decisions:
        line["decisions"] = [
            {
                "supplier": name_of(names.parties, decision.ask.supplier),
                "verdict": decision.verdict.name.lower(),
                "findings": [
                    finding_data(found, decision.ask, names) for found in decision.findings
                ],
                "waived": data(decision, names)["waived"],
            }
            for decision in recorded.decisions
        ]
    return line


def event_of(line: Mapping[str, Any], names: Names, lots: dict[str, int], currency: str) -> Event:
    """The event of a journal line; ``lots`` numbers the lots by their names, and grows.

    Raises:
        BadEntry: A key is missing, unknown to the portfolio, or not of its type.
    """
    kind = _kind(line)
    for key in line:
        if key not in _KNOWN:
            raise BadEntry(key, "is no key of an event", nearest(key, KEYS))
    fields: dict[str, Any] = {"kind": kind, "at_s": _instant(line, "at")}
    if "lot" in line:
        fields["lot"] = lots.setdefault(str(line["lot"]), len(lots) + 1)
    if "clause" in line:
        fields["clause"] = _index(line, "clause", names.clauses)
    for key, section in NAMED.items():
        if key in line:
            fields[key] = _index(line, key, getattr(names, section))
    for key, field in INSTANTS.items():
        if key in line:
            fields[field] = _instant(line, key)
    for key, field in (("gpus", "gpus"), ("of", "of_gpus")):
        if key in line:
            fields[field] = _some(line, key)
    if "price" in line:
        fields["price_micros_per_gpu_h"] = _price(line, currency)
    if "prepaid" in line:
        fields["prepaid_ppm"] = _parsed(line, "prepaid", parse_share, Value.SHARE)
    for key in COUNTS:
        if key in line:
            fields[key] = _parsed(line, key, _count, Value.COUNT)
    for key in NEEDED.get(kind, ()):
        if key not in line:
            says = f"is missing; `{line['event']}` needs it"
            raise BadEntry(key, says, f"Add `{key}:`.")
    return Event(**fields)


def events_of(lines: Iterable[Mapping[str, Any]], names: Names, currency: str) -> list[Event]:
    """The events of a journal, in its order."""
    lots: dict[str, int] = {}
    return [event_of(line, names, lots, currency) for line in lines]


def _kind(line: Mapping[str, Any]) -> EventKind:
    name = str(line.get("event", ""))
    kind = KIND_BY_NAME.get(name)
    if kind is None:
        raise BadEntry("event", f"`{name}` is no event", nearest(name, KIND_BY_NAME))
    return kind


def _instant(line: Mapping[str, Any], key: str) -> int:
    if key not in line:
        raise BadEntry(key, "is missing", f"Add `{key}:` with a date or time.")
    return int(_parsed(line, key, parse_instant, Value.INSTANT))


def _index(line: Mapping[str, Any], key: str, known: tuple[str, ...]) -> int:
    name = str(line[key])
    if name not in known:
        raise BadEntry(key, f"`{name}` is not in the portfolio", nearest(name, known))
    return known.index(name)


def _some(line: Mapping[str, Any], key: str) -> int:
    gpus = int(_parsed(line, key, parse_gpus, Value.GPUS))
    if gpus == 0:
        raise BadEntry(key, "is 0", "Leave it out; who accepts nothing writes `event: refused`.")
    return gpus


def _price(line: Mapping[str, Any], currency: str) -> int:
    money = _parsed(line, "price", parse, Value.MONEY)
    assert isinstance(money, Money)
    if money.currency != currency:
        says = f"is in {money.currency}; the portfolio is in {currency}"
        raise BadEntry("price", says, "Convert it at a stated rate.")
    return money.micros


def _count(text: str) -> int:
    """A whole number; a journal written by hand may say ``own: yes``."""
    return int(parse_flag(text)) if text.lower() in YES + NO else parse_count(text)


def _parsed(line: Mapping[str, Any], key: str, parse_text: Any, kind: Value) -> Any:
    """A value of a line, or BadEntry with the notation of its kind."""
    try:
        return parse_text(str(line[key]))
    except ValueError as error:
        raise BadEntry(key, str(error), SCALARS[kind][1]) from error
