"""What the verbs at a desk share: their flags, and answers for people and for programs."""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from offtake.cli.client import LIMIT_ROWS, Client, Sent
from offtake.cli.columns import INSIDE, TITLES, Column
from offtake.cli.output import Invalid, parsed, print_json
from offtake.cli.profile import profile, profile_flags

Data = Mapping[str, Any]
SHOWN = 50
"""Rows of a list, where nothing else is said."""
ABOUT = ("requirement", "permit", "waiver")
"""What an act may be about."""


def list_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of a list."""
    parser.add_argument(
        "--limit",
        metavar="N",
        help=f"how many at most; {SHOWN} if absent, and with -o ndjson all there are",
    )
    profile_flags(parser)


def get_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of one thing by its id."""
    parser.add_argument("id", metavar="ID", help="its id")
    profile_flags(parser)


def act_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of what changes something."""
    act = parser.add_argument_group("once")
    act.add_argument("--key", metavar="KEY", help="makes a retry harmless; a random one if absent")
    act.add_argument("--dry-run", action="store_true", help="say what would be sent; send nothing")
    profile_flags(parser)


def client_of(given: argparse.Namespace) -> Client:
    """The desk that a command is for."""
    return Client(profile(given))


def got(given: argparse.Namespace, path: str) -> Any:
    """What the desk answers to a question."""
    with client_of(given) as client:
        return client.get(path)


def done(given: argparse.Namespace, sent: Sent) -> int:
    """Do something at the desk, or only say what would be sent."""
    if given.dry_run:
        return _would(given, sent)
    key = given.key or uuid4().hex
    if not key.isascii() or not key.isprintable() or len(key) > 200:
        raise Invalid("bad-value", "--key", "is no key", "Write up to 200 plain characters.")
    with client_of(given) as client:
        answer = client.send(sent, key)
    if given.output == "table":
        print(_told(answer))
    else:
        print_data(given, answer)
    return 0


def told_once(given: argparse.Namespace, sent: Sent) -> int:
    """Do something that the desk keeps beside its journal, and show its answer."""
    with client_of(given) as client:
        answer = client.once(sent)
    if given.output == "table":
        for word, value in answer.items():
            print(f"{word}: {value}")
    else:
        print_data(given, answer)
    return 0


def _would(given: argparse.Namespace, sent: Sent) -> int:
    url = f"{profile(given).url}{sent.path}"
    if given.output != "table":
        data = {"method": sent.method, "url": url, "key": given.key, "body": sent.words}
        print_data(given, data)
        return 0
    body = json.dumps(sent.words, indent=2, ensure_ascii=False)
    print(f"{sent.method} {url}\nIdempotency-Key: {given.key or '(a random one)'}\n\n{body}")
    return 0


def _told(receipt: Data) -> str:
    """What came of an act, for people."""
    from offtake.core.explain import one_line

    happened = ", ".join(word.replace("_", " ") for word in receipt["happened"]) or "recorded"
    named = next((receipt[key] for key in ABOUT if receipt.get(key)), None)
    about = f"{named}: " if named else ""
    orders = "".join(f"; order {number}" for number in receipt.get("orders") or ())
    return one_line(f"{receipt['at']} {about}{happened}{orders}")


def print_data(given: argparse.Namespace, data: Any) -> None:
    """Print an answer for programs; on one line where lines are asked for."""
    if given.output == "ndjson":
        print(json.dumps(data, ensure_ascii=False))
    else:
        print_json(data)


def show_rows(
    given: argparse.Namespace, rows: Iterable[Data], columns: Sequence[Column], *, title: str = ""
) -> int:
    """Show a list; as lines of JSON each row as soon as it is there."""
    if given.output == "ndjson":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False), flush=True)
    elif given.output == "json":
        print_json(list(rows))
    else:
        _table(list(rows), columns, title)
    return 0


def listed(
    given: argparse.Namespace, path: str, columns: Sequence[Column], *, title: str, **asked: Any
) -> int:
    """Show what the desk lists, as much of it as is wanted; lines as they come in one answer."""
    limit = limit_of(given)
    with client_of(given) as client:
        if given.output == "ndjson":
            rows = client.lines(path, None if given.limit is None else limit, **asked)
        else:
            rows = client.rows(path, limit, **asked)
        return show_rows(given, rows, columns, title=title)


def _table(rows: Sequence[Data], columns: Sequence[Column], title: str) -> None:
    from offtake.report.figures import Table
    from offtake.report.tables import show

    if not rows:
        print(f"{title or 'rows'}: none")
        return
    cells = tuple(tuple(_cell(row.get(field)) for _, field in columns) for row in rows)
    right = tuple(
        number
        for number, (_, field) in enumerate(columns)
        if all(isinstance(row.get(field), int | None) for row in rows)
    )
    show(Table(title, tuple(heading for heading, _ in columns), cells, right=right))


def _cell(value: Any) -> str:
    """A value as people read it; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_cell(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_cell(each) for each in value)
    return str(value)


def show_one(given: argparse.Namespace, data: Data) -> int:
    """Show one thing: what it says of itself, then a table of each of its lists."""
    if given.output != "table":
        print_data(given, data)
        return 0
    from offtake.core.explain import one_line

    lists = {key: value for key, value in data.items() if key in INSIDE and value}
    own = {key: _cell(value) for key, value in data.items() if key not in INSIDE}
    width = max((len(key) for key, value in own.items() if value), default=0)
    for key, value in own.items():
        if value:
            print(f"{key.replace('_', ' '):<{width}}  {one_line(value)}")
    for key, rows in lists.items():
        print()
        _table(rows, _filled(rows, INSIDE[key]), TITLES.get(key, key))
    return 0


def _filled(rows: Sequence[Data], columns: Sequence[Column]) -> list[Column]:
    """The columns in which some row says something."""
    return [column for column in columns if any(row.get(column[1]) is not None for row in rows)]


def whole(text: str, flag: str) -> int:
    """A whole number of a flag, 0 or more."""
    from offtake.contract.value import parse_count

    number: int = parsed(parse_count, text, flag)
    return number


def limit_of(given: argparse.Namespace) -> int:
    """How many rows are wanted."""
    limit = SHOWN if given.limit is None else whole(given.limit, "--limit")
    if not 0 < limit <= LIMIT_ROWS:
        says = f"{limit:,} is not from 1 to {LIMIT_ROWS:,}"
        raise Invalid("bad-value", "--limit", says, "Ask for fewer.")
    return limit


def names_in(text: str | None) -> list[str] | None:
    """Names with commas between them; None where nothing is said."""
    if text is None:
        return None
    return [name.strip() for name in text.split(",") if name.strip()]
