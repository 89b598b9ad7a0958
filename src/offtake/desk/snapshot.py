"""What a desk knows as bytes, and back, so that a start need not fold a long journal whole.

The state is written without the portfolio in force: the journal holds that, in the entry that
adopted it. What stands in a snapshot are indices of its names, so it is read with that portfolio
alone. A snapshot is only ever a short cut: one that cannot be read is made anew from the journal.
"""

import zlib
from functools import cache
from hashlib import sha256
from typing import Any, get_type_hints

import msgspec

from offtake import __version__
from offtake.core.rows import packed
from offtake.desk.state import State, Version
from offtake.sourcing import snapshot as sourcing
from offtake.sourcing.snapshot import BadSnapshot, check_keys, parts_of, shapes_of

VERSION = 1
"""Of the layout below; the shapes of what is in it are written down with it."""
LEVEL = 1
"""Of compression: a sixth of the size already, at the price of a look."""
LIMIT_BYTES = 8 * 2**30
"""Of a state that is unpacked: a desk that holds more does not fit its machine anyway."""
APART = ("version", "sourcing")
"""What is not plain rows: the portfolio is in the journal, and sourcing has words of its own."""


@cache
def parts() -> dict[str, Any]:
    """Everything else that a state holds, with its shape."""
    return {name: hint for name, hint in get_type_hints(State).items() if name not in APART}


@cache
def layout() -> str:
    """What tells snapshots that this version reads from those of another.

    Another version of offtake may fold the same journal otherwise, so it reads none of this one.
    """
    looks = (__version__, VERSION, shapes_of(parts()), sourcing.layout())
    return sha256(msgspec.json.encode(looks)).hexdigest()[:32]


def written(state: State) -> bytes:
    """A state as bytes; the same state gives the same ones."""
    data = {
        "version": VERSION,
        "portfolio": state.in_force.number,
        "shapes": shapes_of(parts()),
        **{name: packed(getattr(state, name)) for name in parts()},
        "sourcing": sourcing.packed_data_of(state.sourcing),
    }
    return zlib.compress(packed(data), LEVEL)


def read(body: bytes, version: Version) -> State:
    """The state that the bytes were made of; equal to it in every part.

    Args:
        body: As ``written`` gave it.
        version: The portfolio that was in force, as its entry of the journal adopted it.

    Raises:
        BadSnapshot: They are of another version, shape or portfolio, or broken.
    """
    data = _unpacked(body)
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise BadSnapshot("version", f"is not {VERSION}, which is what can be read")
    check_keys(data, ("version", "portfolio", "shapes", *parts(), "sourcing"), "snapshot")
    if data["portfolio"] != version.number:
        says = f"that of entry {data['adopted']}, and entry {version.number} is in force"
        raise BadSnapshot("portfolio", says)
    found = parts_of(data, parts(), "")
    return State(
        version=version, sourcing=sourcing.state_of(data["sourcing"], version.clauses), **found
    )


def _unpacked(body: bytes) -> Any:
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(body, LIMIT_BYTES)
        if not unpacking.eof:
            raise BadSnapshot("bytes", "end before their end, or are too many")
        return msgspec.msgpack.decode(plain)
    except (zlib.error, msgspec.DecodeError) as error:
        raise BadSnapshot("bytes", f"cannot be unpacked ({error})") from error
