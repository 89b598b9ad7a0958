"""An entry of the journal as data, and whether the bids it tells of have been opened."""

from typing import Any

import msgspec

from offtake.desk.access.visible import About
from offtake.desk.command import Bid
from offtake.desk.entry import Entry
from offtake.desk.state import State


def entry_data(entry: Entry, digest: bytes = b"") -> dict[str, Any]:
    """An entry with its number and its hash."""
    data: dict[str, Any] = msgspec.to_builtins(entry)
    return {**data, "hash": digest.hex() or None}


def about_entry(state: State, entry: Entry) -> About:
    """Whether a bid that an entry tells of has been opened: its tender closed at its time."""
    if not isinstance(entry.command, Bid):
        return About(opened=True)
    number = state.numbers.get(entry.command.requirement)
    if number is None:
        return About()
    tenders = state.standing[number].tenders
    own = [row for row in tenders if row.opened_at_s <= entry.at_s < row.closes_at_s]
    return About(opened=bool(own) and own[-1].is_opened)
