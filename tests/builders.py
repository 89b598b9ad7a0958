"""Cases as people write them, made into what the core takes.

A case is a mapping of names, dates and texts such as ``30d`` or ``$2.50``, in the notation of
portfolio files and journals; ``tests/golden/README.md`` describes it. Everything happens among
one small cast, so that cases stay short. The oracle reads the same cases by its own means.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from offtake.clauses import KINDS
from offtake.contract.lower import together
from offtake.contract.node import Entry, Node
from offtake.contract.problem import Place
from offtake.contract.record import KEYS, Reader
from offtake.core.account import Report, Thing, Use
from offtake.core.decide import decide
from offtake.core.evolve import fold
from offtake.core.names import Names
from offtake.core.text import terms_of_text
from offtake.core.vocabulary import (
    NONE,
    Act,
    AppliesTo,
    Ask,
    BoundClause,
    Capacity,
    ClauseType,
    Decision,
    Event,
    Period,
)
from offtake.settle import charges
from offtake.sourcing.given import dated
from offtake.sourcing.journal import COUNTS, INSTANTS, NAMED, event_of
from offtake.units.capacity import parse_gpus, parse_share
from offtake.units.money import SECONDS_PER_HOUR, parse
from offtake.units.time import FOREVER_S, Calendar, parse_instant

CAST: dict[str, Any] = {
    "parties": ("buyer", "azure", "oracle", "google"),
    "purposes": ("training", "research", "inference", "api"),
    "parents": {"api": "inference"},
    "accelerators": ("H100", "GB200"),
    "watts_per_gpu": {"H100": 1_000, "GB200": 2_000},
    "regions": ("us", "eu"),
    "assets": ("models", "agents"),
    "products": ("copilot", "search", "hardware"),
    "calendars": {"new-york": Calendar("America/New_York", "US", "NY", "17:00")},
}
"""Who and what every case is about. The buyer is the first party."""
CURRENCY = "USD"
NOWHERE = Place("case")
CLAUSE_KEYS = {"kind", "id", "agreement", "from", "until", "agreed_until", "applies_to", "terms"}
EVENT_KEYS = {"event", "at", "lot", "clause", "gpus", "of", "price", "prepaid", *NAMED, *INSTANTS}
ASKED = {**NAMED, "supplier": "parties", "user": "parties"}
ASKED |= {"asset": "assets", "product": "products"}


class Built(NamedTuple):
    """A case in the core's terms; ``lots`` numbers the lots by their names."""

    names: Names
    clauses: tuple[BoundClause, ...]
    events: tuple[Event, ...]
    lots: dict[str, int]

    def decision(self, ask: Mapping[str, Any], at: Any) -> Decision:
        """What the core decides at an instant, knowing what had happened until then."""
        now_s = instant(at)
        known = [event for event in self.events if event.at_s <= now_s]
        asked = ask_of(ask, self, now_s)
        return decide(self.clauses, fold(self.clauses, known), asked, now_s)


def load(path: Path) -> dict[str, Any]:
    """A golden case as written."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def build(case: Mapping[str, Any]) -> Built:
    """The names, clauses and events of a case."""
    rows = case.get("clause", [])
    ids = tuple(dict.fromkeys(clause_id(row) for row in rows))
    names = Names(**CAST, clauses=ids)
    lots: dict[str, int] = {}
    clauses = together(clause(row, names) for row in rows)
    events = [_event(row, names, lots) for row in case.get("event", [])]
    return Built(names, clauses, tuple(dated(clauses, events, names)), lots)


def clause(row: Mapping[str, Any], names: Names) -> BoundClause:
    """One version of a clause, from its written terms."""
    assert set(row) <= CLAUSE_KEYS, row
    kind = KINDS[row["kind"]]
    from_s = instant(row.get("from", "1970-01-01"))
    until_s = instant(row["until"]) if "until" in row else FOREVER_S
    agreed_until_s = instant(row["agreed_until"]) if "agreed_until" in row else until_s
    text = text_of(kind, row.get("terms", {}))
    return BoundClause(
        clause=names.clauses.index(clause_id(row)),
        clause_id=clause_id(row),
        agreement=row.get("agreement", "A"),
        kind=kind,
        terms=kind.lower(text, names, Period(from_s, until_s, agreed_until_s)),
        from_s=from_s,
        until_s=until_s,
        applies_to=AppliesTo[row.get("applies_to", "signature").upper()],
        text=text,
    )


def clause_id(row: Mapping[str, Any]) -> str:
    """The id by which events and waivers name a clause: ``A/first-refusal``."""
    return f"{row.get('agreement', 'A')}/{row.get('id', row['kind'])}"


def text_of(kind: ClauseType, terms: Mapping[str, Any]) -> Any:
    """The written form of a kind, its terms read as they are in a portfolio."""
    reader = Reader()
    entries = _node(terms).entries or {}
    known = [KEYS.get(name, name) for name in terms_of_text(kind.text)]
    reader.known_keys(entries, known, kind.name)
    values = reader.terms(kind.text, dict(entries), NOWHERE, kind.name)
    assert not reader.problems, [str(problem) for problem in reader.problems]
    return kind.text(**values)


def _node(value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node(NOWHERE, entries={k: Entry(NOWHERE, _node(v)) for k, v in value.items()})
    if isinstance(value, list):
        return Node(NOWHERE, items=tuple(_node(item) for item in value))
    return Node(NOWHERE, scalar=_word(value))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def instant(value: Any) -> int:
    """UTC seconds of a date, a time, or the text of either."""
    return parse_instant(_word(value))


def moment(at_s: int) -> datetime:
    """The time that is so many UTC seconds, for cases made by chance."""
    return datetime.fromtimestamp(at_s, UTC)


def _event(row: Mapping[str, Any], names: Names, lots: dict[str, int]) -> Event:
    assert set(row) <= EVENT_KEYS | set(COUNTS), row
    return event_of({key: _word(row[key]) for key in row}, names, lots, CURRENCY)


def ask_of(row: Mapping[str, Any], built: Built, now_s: int) -> Ask:
    """An ask by name; what it leaves out is left open. Service begins now for one second."""
    given = {key: value for key, value in row.items() if key != "act"}
    values: dict[str, Any] = {"start_s": now_s, "end_s": now_s + 1}
    for key, value in given.items():
        if key in ASKED:
            values[key] = getattr(built.names, ASKED[key]).index(value)
        elif key in ("start", "end"):
            values[f"{key}_s"] = instant(value)
        elif key == "price":
            values["price_micros_per_gpu_h"] = parse(value).micros
        elif key == "prepaid":
            values["prepaid_ppm"] = parse_share(value)
        elif key == "gpus":
            values["gpus"] = parse_gpus(str(value))
        elif key == "capacity":
            values["capacity"] = Capacity[value.upper()]
        elif key == "own":
            values["own"] = int(value)
        else:
            assert key == "lot", key
            values["lot"] = built.lots.setdefault(value, len(built.lots) + 1)
    if values["end_s"] <= values["start_s"]:
        values["end_s"] = values["start_s"] + 1
    return Ask(Act[row["act"].upper()], **values)


class Due(NamedTuple):
    """One amount of a statement, by name, in micros."""

    rule: str
    payer: str
    payee: str
    micros: int


def statement(case: Mapping[str, Any], period: tuple[Any, Any]) -> tuple[list[Due], int]:
    """The lines that settlement writes for a case's uses and reports, and how many gaps."""
    built = build(case)
    parties = built.names.parties
    reports = tuple(_report(row) for row in case.get("report", []))
    terms = charges.Terms(built.clauses, (), reports)
    settled = charges.settle(
        terms,
        [charges.Usage(use) for use in _uses(case.get("use", []), built.names)],
        _uses(case.get("undelivered", []), built.names)
        + [use for row in case.get("tranche", []) for use in _missing(row, built)],
        (instant(period[0]), instant(period[1])),
    )
    lines = [line.charge for line in settled.lines]
    dues = [Due(c.rule, parties[c.payer], parties[c.payee], c.amount_micros) for c in lines]
    return dues, len(settled.gaps)


def _uses(rows: Iterable[Mapping[str, Any]], names: Names) -> list[Use]:
    uses = []
    for row in rows:
        named = {
            key: getattr(names, section).index(row[key]) if key in row else 62
            for key, section in ASKED.items()
            if key in ("supplier", "accelerator", "region", "purpose")
        }
        gpu_s = int(str(row["gpu_h"]).replace(",", "")) * SECONDS_PER_HOUR
        uses.append(Use(**named, gpu_s=gpu_s, start_s=instant(row["from"]), end_s=_end(row)))
    return uses


def thing(row: Mapping[str, Any]) -> Thing:
    """What is ordered, by name; what is not said is left open."""
    sections = {"purpose": "purposes", "accelerator": "accelerators", "region": "regions"}
    return Thing(
        **{key: CAST[part].index(row[key]) for key, part in sections.items() if key in row}
    )


def _missing(row: Mapping[str, Any], built: Built) -> list[Use]:
    """What was not there of a tranche: until it came, or to its end if it was ended (DL2)."""
    supplier, due_s = built.names.parties.index(row["supplier"]), instant(row["due"])
    until_s = instant(row.get("comes", row["end"]))
    for clause in built.clauses:
        if clause.kind.remedy is not None:
            ends = clause.kind.remedy(
                clause.terms, supplier, due_at_s=due_s, tranche=row["tranche"], thing=thing(row)
            )
            if ends is not None and ends.from_at_s < until_s:
                until_s = instant(row["end"])
    pieces = pairwise(charges.cuts(built.clauses, due_s, until_s))
    what = thing(row)
    return [
        Use(
            supplier,
            what.accelerator,
            what.region,
            what.purpose,
            row["gpus"] * (end_s - from_s),
            from_s,
            end_s,
        )
        for from_s, end_s in pieces
    ]


def _report(row: Mapping[str, Any]) -> Report:
    return Report(
        row["base"],
        instant(row["from"]),
        _end(row),
        parse(row["amount"]).micros if "amount" in row else 0,
        measured_ppm=parse_share(row["measured"]) if "measured" in row else NONE,
        gpu_s=row.get("gpu_h", 0) * SECONDS_PER_HOUR,
        claimed_at_s=instant(row["claimed"]) if "claimed" in row else NONE,
    )


def _end(row: Mapping[str, Any]) -> int:
    return instant(row["until"])
