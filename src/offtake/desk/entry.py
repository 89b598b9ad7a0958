"""An entry of the journal as bytes: what was asked, by whom, and what came of it; chained.

The hash of an entry is SHA-256 of the hash before it and its own bytes, so that whoever knows the
last hash (the head) knows whether any entry was edited, cut or moved.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from offtake.desk.command import AnyCommand
from offtake.desk.state import By, Given, State
from offtake.units.time import instant_text, parse_instant

START = bytes(32)
"""The hash before the first entry."""


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One command that was carried out.

    ``at`` is its legal instant: a lapse is dated when it was due, though a desk that was down may
    have ``recorded`` it later.
    """

    seq: int
    at: str
    recorded: str
    by: str
    name: str
    party: str = ""
    requirement: str = ""
    command: AnyCommand
    events: list[dict[str, Any]] = []

    @property
    def at_s(self) -> int:
        """The legal instant."""
        return parse_instant(self.at)

    @property
    def given(self) -> Given:
        """The command as it was given."""
        return Given(self.command, By(self.by, self.name, self.party), self.at_s)


class Written(NamedTuple):
    """An entry, and all that the desk knew just before it and just after."""

    entry: Entry
    before: State
    after: State


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Entry)


def entry_of(
    seq: int,
    given: Given,
    events: tuple[Mapping[str, Any], ...],
    *,
    requirement: str,
    recorded_at_s: int,
) -> Entry:
    """The entry of a command that was carried out."""
    return Entry(
        seq=seq,
        at=instant_text(given.at_s),
        recorded=instant_text(recorded_at_s),
        by=given.by.id,
        name=given.by.name,
        party=given.by.party,
        requirement=requirement,
        command=given.command,
        events=[dict(row) for row in events],
    )


def written(entry: Entry) -> bytes:
    """The bytes of an entry: JSON, keys in the order of the fields."""
    return _ENCODER.encode(entry)


def read(body: bytes) -> Entry:
    """The entry of some bytes.

    Raises:
        msgspec.ValidationError: They are none.
    """
    return _DECODER.decode(body)


def chained(before: bytes, body: bytes) -> bytes:
    """The hash of an entry that follows another."""
    return sha256(before + body).digest()
