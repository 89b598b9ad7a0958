"""Commands about permits: read from words, decided by the pure core, written and read by name."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import nearest
from offtake.core.explain import data
from offtake.core.names import UNSTATED, name_of
from offtake.core.text import Value
from offtake.core.vocabulary import NONE
from offtake.desk import command as say
from offtake.desk.act import Stale, Unknown
from offtake.desk.pools import pool, pools
from offtake.desk.reading import Reader
from offtake.desk.state import Given, State
from offtake.sourcing.journal import BadEntry
from offtake.sourcing.permit import Draw, Happened, Permit, Stamp, Told, draw_of, evolve
from offtake.sourcing.permitting import Command, GiveBack, Issue, Place, Revoke, Take, decide
from offtake.sourcing.permitting import State as Known
from offtake.units.time import FOREVER_S, instant_text, parse_instant

PREFIX = "p-"
HOUR_S = 3_600


def permit_id(number: int) -> str:
    """The id of a permit: ``p-7``."""
    return f"{PREFIX}{number}"


def number_of(text: str) -> int | None:
    """The number of a permit's id; None where it is none."""
    digits = text.removeprefix(PREFIX)
    fits = text.startswith(PREFIX) and digits.isascii() and digits.isdecimal() and len(digits) < 10
    return int(digits) if fits and str(int(digits)) == digits else None


def known(state: State, text: str) -> Permit:
    """The permit of an id.

    Raises:
        Unknown: There is none.
    """
    number = number_of(text)
    found = None if number is None else state.permits.rows.get(number)
    if found is None:
        raise Unknown(f"there is no permit {text}")
    return found


def decided(state: State, command: say.OfPermit, given: Given) -> Told:
    """What happens on a command about a permit.

    Raises:
        Refused: It does not fit the state, or is not permitted.
        Invalid: Its words cannot be read.
    """
    version = state.in_force
    meant = _read(state, command, given)
    return decide(version.rules, Known(state.sourcing, state.permits), meant, given.at_s)


def after(state: State, given: Given, told: Told) -> State:
    """The state after what happened to a permit; ``state`` is that of its entry already."""
    return state._replace(permits=evolve(state.permits, told, Stamp(state.seq, given.by.name)))


class Repeated(NamedTuple):
    """A draw that an engine asks for once more, and the permit that it is of."""

    permit: Permit
    draw: Draw


def repeated(state: State, given: Given) -> Repeated | None:
    """The draw that was made when the same engine asked for the same under the same key before.

    What it left out stands for what it was then, so only what it says must be the same.
    """
    command = given.command
    if not isinstance(command, say.DrawPermit):
        return None
    number = number_of(command.permit)
    key = command.engine, command.key
    found = None if number is None else draw_of(state.permits, number, key)
    if number is None or found is None or found.asked.gpus != command.gpus:
        return None
    reader = Reader(state.in_force.portfolio)
    told_s = [reader.value("at", text, Value.INSTANT) for text in (command.start, command.end)]
    same = (found.asked.start_s, found.asked.end_s)
    differs = any(each_s not in (None, at_s) for each_s, at_s in zip(told_s, same, strict=True))
    if differs or reader.wrong:
        return None
    return Repeated(state.permits.rows[number], found)


def _read(state: State, command: say.OfPermit, given: Given) -> Command:
    match command:
        case say.IssuePermit():
            return _issue(state, command, given.at_s)
        case say.DrawPermit():
            return _take(state, command, given.at_s)
        case say.ReturnDraw():
            reader = Reader(state.in_force.portfolio)
            from_s = reader.value("start", command.start, Value.INSTANT)
            reader.done()
            permit = known(state, command.permit).number
            from_s = given.at_s if from_s is None else from_s
            return GiveBack(permit, command.engine, command.key, command.gpus or 0, from_s)
        case say.RevokePermit():
            permit_ = known(state, command.permit)
            if command.version not in (None, permit_.version):
                raise Stale(f"permit {command.permit} has changed: look at it again")
            return Revoke(permit_.number, command.why)


def _issue(state: State, command: say.IssuePermit, at_s: int) -> Issue:
    reader = Reader(state.in_force.portfolio)
    place = pool(state, command.pool)
    if place is None:
        names = [each.pool for each in pools(state)]
        says = f"`{command.pool}` is no pool"
        reader.refuse("pool", says=says, remedy=nearest(command.pool, names))
    start_s = reader.value("start", command.start, Value.INSTANT)
    start_s = at_s if start_s is None else start_s
    end_s = reader.value("end", command.end, Value.INSTANT)
    end_s = start_s + HOUR_S if end_s is None else end_s
    if start_s >= end_s:
        reader.refuse("end", says="is not after the start", remedy="Give a later end.")
    expires_s = reader.value("expires", command.expires, Value.INSTANT)
    purpose = reader.name("purpose", command.purpose, "purposes")
    kinds = () if place is None else (name_of(reader.names.accelerators, place.accelerator),)
    gpus = reader.gpus("gpus", command.gpus, kinds)
    reader.done()
    assert place is not None
    return Issue(
        place=place,
        purpose=purpose,
        gpus=gpus,
        start_s=start_s,
        end_s=end_s,
        expires_at_s=FOREVER_S if expires_s is None else expires_s,
        holder=command.holder or "",
    )


def _take(state: State, command: say.DrawPermit, at_s: int) -> Take:
    permit = known(state, command.permit)
    reader = Reader(state.in_force.portfolio)
    start_s = reader.value("start", command.start, Value.INSTANT)
    end_s = reader.value("end", command.end, Value.INSTANT)
    reader.done()
    return Take(
        permit=permit.number,
        place=place_of(state, permit.pool),
        engine=command.engine,
        key=command.key,
        gpus=command.gpus,
        start_s=max(at_s, permit.start_s) if start_s is None else start_s,
        end_s=permit.end_s if end_s is None else end_s,
    )


def place_of(state: State, name: str) -> Place:
    """The pool of a permit, which a portfolio cannot leave out."""
    place = pool(state, name)
    assert place is not None, name
    return place


INSTANTS = {"start": "start_s", "end": "end_s", "expires": "expires_at_s"}
WORDS = ("holder", "engine", "key", "why")


def line_of(told: Told, portfolio: Portfolio) -> dict[str, Any]:
    """What happened to a permit as a line of the journal, by name."""
    names = portfolio.names
    line: dict[str, Any] = {
        "at": instant_text(told.at_s),
        "event": told.kind.value,
        "permit": permit_id(told.permit),
    }
    if told.pool:
        line["pool"] = told.pool
    if told.purpose != UNSTATED:
        line["purpose"] = name_of(names.purposes, told.purpose)
    if told.gpus:
        line["gpus"] = told.gpus
    for key, field in INSTANTS.items():
        if getattr(told, field) not in (NONE, FOREVER_S):
            line[key] = instant_text(getattr(told, field))
    line |= {key: getattr(told, key) for key in WORDS if getattr(told, key)}
    if told.decisions:
        rows = ((made, data(made, names)) for made in told.decisions)
        line["decisions"] = [
            {"supplier": name_of(names.parties, made.ask.supplier), **row} for made, row in rows
        ]
    return line


def told_of(line: Mapping[str, Any], state: State) -> Told:
    """What happened to a permit, from a line of the journal.

    Raises:
        BadEntry: It names what the portfolio in force does not know.
    """
    fields: dict[str, Any] = {key: str(line[key]) for key in WORDS if key in line}
    fields |= {
        field: parse_instant(str(line[key])) for key, field in INSTANTS.items() if key in line
    }
    number = number_of(str(line["permit"]))
    if number is None:
        raise BadEntry("permit", f"`{line['permit']}` is no permit", "Write `p-7`.")
    if "pool" in line:
        fields["pool"] = str(line["pool"])
        if pool(state, fields["pool"]) is None:
            _named(fields["pool"], "pool", tuple(each.pool for each in pools(state)))
    if "purpose" in line:
        purposes = state.in_force.portfolio.names.purposes
        fields["purpose"] = purposes.index(_named(str(line["purpose"]), "purpose", purposes))
    return Told(
        kind=Happened(line["event"]),
        at_s=parse_instant(str(line["at"])),
        permit=number,
        gpus=int(line.get("gpus", 0)),
        **fields,
    )


def _named(text: str, key: str, known_: tuple[str, ...]) -> str:
    if text not in known_:
        raise BadEntry(key, f"`{text}` is not in the portfolio", nearest(text, known_))
    return text


def is_of_permit(line: Mapping[str, Any]) -> bool:
    """Whether a line of the journal tells of a permit."""
    return line.get("event") in set(Happened)


def rows(state: State) -> Iterator[Permit]:
    """All permits, the latest first."""
    return (state.permits.rows[number] for number in range(len(state.permits.rows), 0, -1))
