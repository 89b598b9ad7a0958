"""Requirements at a desk: raise them, change them, see why they wait and what has happened.

Each has an id that people know it by. Answers are those of the desk: what is not yours to see is
left out. What changes something is sent under a key, so that a retry changes nothing (S8).
"""

import argparse
from typing import Any

from offtake.cli.client import Client, Sent, path_of
from offtake.cli.columns import ENTRIES, FINDINGS, REQUIREMENTS
from offtake.cli.desk import (
    act_flags,
    client_of,
    done,
    get_flags,
    got,
    limit_of,
    list_flags,
    listed,
    names_in,
    show_one,
    show_rows,
)
from offtake.cli.output import Invalid, parsed
from offtake.cli.part import Part
from offtake.cli.waiting import Wait, wait_flags, waited

BEYOND_ORDERED = ("late", "delivered", "ended")
"""Where only what was ordered can be."""
STATUSES = (
    *("submitted", "noticed", "accepted", "tendered", "closed", "awarded", "ordered"),
    *(*BEYOND_ORDERED, "unserved", "withdrawn"),
)
NONE = "none"
"""Takes back what a requirement said before, where a flag may be left out."""
WANTED = {
    "purpose": ("PURPOSE", "what the compute is for"),
    "gpus": ("N", "how many GPUs, or megawatts such as `50 MW`"),
    "start": ("DATE", "when it starts, such as 2026-09-01"),
    "end": ("DATE", "when it ends"),
    "accelerators": ("A,B", "kinds that will do; any if absent"),
    "regions": ("A,B", "regions that will do; any if absent"),
    "price_limit": ("MONEY", "the most per GPU-hour, such as $3"),
    "latest_start": ("DATE", "how late a start still helps; 180 days after it if absent"),
    "smallest_lot": ("N", "the fewest GPUs that help"),
    "title": ("WORDS", "what people call it"),
}
NEEDED = ("purpose", "gpus", "start", "end")
LISTS = ("accelerators", "regions")


def _wanted_flags(parser: argparse.ArgumentParser, *, needed: bool) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the requirement")
    for word, (metavar, says) in WANTED.items():
        flag = f"--{word.replace('_', '-')}"
        parser.add_argument(flag, metavar=metavar, required=needed and word in NEEDED, help=says)


def _submit_flags(parser: argparse.ArgumentParser) -> None:
    _wanted_flags(parser, needed=True)
    parser.add_argument("--own", action="store_const", const=True, help="for a cluster of its own")
    act_flags(parser)


def _change_flags(parser: argparse.ArgumentParser) -> None:
    _wanted_flags(parser, needed=False)
    parser.add_argument("--own", choices=("yes", "no"), help="for a cluster of its own, or not")
    parser.add_argument("--version", metavar="N", help="the version you saw; the newest if absent")
    act_flags(parser)


def _said(given: argparse.Namespace) -> dict[str, Any]:
    """What the flags say, by field; what was left out is not there."""
    words = {word: getattr(given, word) for word in WANTED}
    said: dict[str, Any] = {key: value for key, value in words.items() if value is not None}
    for word in set(LISTS) & set(said):
        said[word] = names_in(said[word])
    return said


def _submit(given: argparse.Namespace) -> int:
    body = {"requirement": given.id, **_said(given), "own": given.own}
    return done(given, Sent("POST", path_of("requirements"), body))


def _change(given: argparse.Namespace) -> int:
    """What is not said stays as it is; what stays is what was seen, or nothing changes."""
    said = _said(given)
    if given.own is not None:
        said["own"] = given.own == "yes"
    if not said:
        says, remedy = "nothing would change", "Say what is to be otherwise."
        raise Invalid("usage", "offtake requirement change", says, remedy)
    was = got(given, path_of("requirements", given.id))
    kept = {word: was.get(word) for word in (*WANTED, "own") if word != "title"}
    if "start" in said:
        kept["latest_start"] = None  # It follows from the start, unless it is said.
    body = {key: None if value == NONE else value for key, value in {**kept, **said}.items()}
    body["version"] = was.get("version") if given.version is None else _number(given.version)
    return done(given, Sent("PUT", path_of("requirements", given.id), body))


def _number(text: str) -> int:
    from offtake.contract.value import parse_count

    number: int = parsed(parse_count, text, "--version")
    return number


def _why_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the requirement")
    parser.add_argument("--why", required=True, help="the reason, for whoever looks back")
    act_flags(parser)


def _withdraw(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.id, "withdrawal")
    return done(given, Sent("POST", path, {"why": given.why}))


def _id_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the requirement")
    act_flags(parser)


def _give_up(given: argparse.Namespace) -> int:
    return done(given, Sent("POST", path_of("requirements", given.id, "unserved"), {}))


def _list_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=STATUSES, help="only those that stand there")
    list_flags(parser)


def _list(given: argparse.Namespace) -> int:
    path = path_of("requirements")
    return listed(given, path, REQUIREMENTS, title="requirements", status=given.status)


def _get(given: argparse.Namespace) -> int:
    return show_one(given, got(given, path_of("requirements", given.id)))


def _why(given: argparse.Namespace) -> int:
    """The decisions of each supplier; for people each finding is a row."""
    found = got(given, path_of("requirements", given.id, "why"))
    if given.output != "table":
        return show_one(given, found)
    rows = [
        {"supplier": row.get("supplier"), "verdict": row["verdict"], **finding}
        for row in found.pop("decisions")
        for finding in row["findings"] or [{}]
    ]
    show_one(given, {**found, "next": _step(found.get("next"))})
    print()
    return show_rows(given, rows, FINDINGS, title="suppliers")


def _step(step: dict[str, Any] | None) -> str | None:
    """What is next, in a line."""
    if step is None:
        return None
    takes = ", ".join(f"{name}={gpus}" for name, gpus in (step.get("takes") or {}).items())
    said = (step["step"].replace("_", " "), step.get("why"), step.get("clause"), takes)
    return ", ".join(part for part in said if part)


def _timeline(given: argparse.Namespace) -> int:
    path, limit = path_of("requirements", given.id, "timeline"), limit_of(given)
    if given.output != "table":
        return listed(given, path, ENTRIES, title=given.id)
    with client_of(given) as client:
        rows = list(client.rows(path, limit))
    told = [
        {
            **row,
            "what": row["command"]["do"].replace("_", " "),
            "happened": [event["event"].replace("_", " ") for event in row.get("events", ())],
        }
        for row in rows
    ]
    return show_rows(given, told, ENTRIES, title=given.id)


def _timeline_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the requirement")
    list_flags(parser)


def _wait_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the requirement")
    parser.add_argument(
        "--status",
        required=True,
        metavar="A,B",
        help=f"where it is to stand: {', '.join(STATUSES)}",
    )
    wait_flags(parser)


def _wait(given: argparse.Namespace) -> int:
    wanted = frozenset(names_in(given.status) or ())
    unknown = sorted(wanted.difference(STATUSES))
    if unknown or not wanted:
        says = f"`{', '.join(unknown)}` is no status"
        raise Invalid("bad-value", "--status", says, f"Write {', '.join(STATUSES)}.")
    if "ordered" in wanted:
        wanted |= frozenset(BEYOND_ORDERED)
    with client_of(given) as client:
        return show_one(given, waited(_waiting(client, given.id, wanted), given))


def _waiting(client: Client, name: str, wanted: frozenset[str]) -> Wait:
    return Wait(
        f"requirement {name}",
        lambda: client.get(path_of("requirements", name)),
        lambda found: str(found["status"]),
        wanted,
        frozenset({"withdrawn", "ended"}),
    )


PARTS = {
    "list": Part(
        "the requirements, the latest first",
        _list_flags,
        _list,
        ("offtake requirement list --status tendered", "offtake requirement list -o ndjson"),
    ),
    "get": Part(
        "one requirement, with its notices, tenders, awards, orders and deadlines",
        get_flags,
        _get,
        ("offtake requirement get texas-2", "offtake requirement get texas-2 -o json"),
    ),
    "submit": Part(
        "raise a requirement; nobody is asked yet",
        _submit_flags,
        _submit,
        (
            "offtake requirement submit texas-2 --purpose training --gpus 2,000 \\",
            "    --start 2026-09-01 --end 2027-09-01 --accelerators H100,H200 --price-limit '$3'",
            "offtake requirement submit texas-2 ... --dry-run     # say what would be sent",
            "offtake requirement submit texas-2 ... --key order-4711     # a retry changes nothing",
        ),
    ),
    "change": Part(
        "ask for something else under the same id; what is not said stays as it is, and an open "
        "notice or tender falls",
        _change_flags,
        _change,
        (
            "offtake requirement change texas-2 --gpus 1,500",
            "offtake requirement change texas-2 --price-limit none",
        ),
    ),
    "withdraw": Part(
        "give a requirement up; what is ordered stays ordered",
        _why_flags,
        _withdraw,
        ("offtake requirement withdraw texas-2 --why 'the model is late'",),
    ),
    "give-up": Part(
        "record that nobody can supply what is left, with the binding reason",
        _id_flags,
        _give_up,
        ("offtake requirement give-up texas-2",),
    ),
    "why": Part(
        "every blocker with its evidence, for each supplier, and what is next",
        get_flags,
        _why,
        ("offtake requirement why texas-2", "offtake requirement why texas-2 -o json"),
    ),
    "timeline": Part(
        "what has happened, the oldest first",
        _timeline_flags,
        _timeline,
        ("offtake requirement timeline texas-2",),
    ),
    "wait": Part(
        "wait until it stands where it should; exit code 1 if it does not in time",
        _wait_flags,
        _wait,
        (
            "offtake requirement wait texas-2 --status ordered --timeout 2h",
            "offtake requirement wait texas-2 --status closed,unserved",
        ),
    ),
}
