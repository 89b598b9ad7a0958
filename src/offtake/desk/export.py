"""A journal as lines of JSON: an entry each, its bytes verbatim, so that others can check it."""

import json
from typing import Any

import msgspec

from offtake.desk.entry import read
from offtake.desk.store.journal import Row


class NoEntry(ValueError):
    """A line that is no entry of a journal."""


def line_of(row: Row) -> str:
    """The line of an entry: its number, its hash, and its bytes as text, whatever they hold."""
    body = row.body.decode("utf-8", "surrogateescape")
    return json.dumps({"seq": row.seq, "hash": row.hash.hex(), "body": body})


def row_of(line: str) -> Row:
    """The entry of a line; what its body says stands for the columns of a database.

    Raises:
        NoEntry: It is none.
    """
    try:
        found: Any = json.loads(line)
        seq, digest, text = found["seq"], bytes.fromhex(found["hash"]), found["body"]
        body = text.encode("utf-8", "surrogateescape")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NoEntry("is no entry: seq, hash and body are expected") from error
    if type(seq) is not int:
        raise NoEntry("is no entry: seq is no number")
    try:
        entry = read(body)
        kind = str(type(entry.command).__struct_config__.tag)
        return Row(seq, entry.at_s, kind, entry.requirement, body, digest)
    except (msgspec.MsgspecError, ValueError):
        return Row(seq, 0, "", "", body, digest)  # `verify` says so, with its number.
