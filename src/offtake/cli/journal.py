"""The journal of a desk: is it as it was written, and do its commands decide the same again?

Each entry is chained to the one before it by a hash, so that an edit, a cut in the middle and a
move show by themselves. Entries cut from the end show against a head that was signed before: keep
signed heads, and the public key, where whoever runs the desk cannot change them.

These commands read a database (--db), or the lines that `export` wrote; they ask no desk, and
change nothing. But `snapshot` writes what a start may go on from; the journal stays the only truth.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offtake.cli.client import FAILURE, Failed
from offtake.cli.desk import print_data, show_rows
from offtake.cli.output import Invalid, problem_row, written_file
from offtake.cli.part import Part
from offtake.cli.private import read_privately, written_privately

if TYPE_CHECKING:
    from offtake.cli.journals import Source
    from offtake.desk.replay import Difference
    from offtake.desk.state import State
    from offtake.desk.verify import Known, Verified


def _source_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="FILE", help="lines that `export` wrote")
    _db_flags(parser)


def _db_flags(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    says = "the desk's database: sqlite:///FILE or postgresql://..."
    parser.add_argument("--db", metavar="URL", required=required, help=says)


def _verify_flags(parser: argparse.ArgumentParser) -> None:
    _source_flags(parser)
    parser.add_argument("--head", metavar="FILE", help="a head that was signed before")
    parser.add_argument("--key", metavar="FILE", help="the public key of whoever signed it")


def _verify(given: argparse.Namespace) -> int:
    from offtake.cli.journals import source_of

    known = _signed_before(given)
    with source_of(given.file, given.db) as source:
        found = source.verified(known)
    if given.output == "table":
        _tell(found, known)
    else:
        print_data(given, _data(found))
    return 0 if found.is_whole else FAILURE


def _signed_before(given: argparse.Namespace) -> "list[Known]":
    """The head that a journal is compared with, if one is given."""
    from offtake.desk.head import NoHead, NoKey, checked, read
    from offtake.desk.verify import Known

    if given.head is None and given.key is None:
        return []
    if given.head is None or given.key is None:
        says = "a signed head and the public key it was signed with go together"
        raise Invalid("usage", "--head", says, "Give both --head and --key.")
    try:
        found = read(_bytes(given.head, "--head"))
        head = checked(found, _bytes(given.key, "--key"))
    except NoHead as error:
        remedy = "Take the head and the key from where they were kept."
        raise Invalid("bad-head", given.head, str(error), remedy) from error
    except NoKey as error:
        remedy = "Name the .pub file that `offtake journal keys` wrote."
        raise Invalid("no-key", given.key, str(error), remedy) from error
    return [Known(head, f"the head signed on {found.at}")]


def _bytes(name: str, flag: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        says = f"`{name}` cannot be read: {error.strerror}"
        raise Invalid("bad-path", flag, says, "Name a file.") from error


def _tell(found: "Verified", known: "list[Known]") -> None:
    from offtake.core.explain import one_line

    head = f"{found.head.seq:,} entries, the last one {found.head.hash.hex()}"
    if found.is_whole:
        print(f"{head}\nno entry was edited, moved or cut out")
    else:
        print(f"{head}\n{found.total:,} faults:")
        for fault in found.faults:
            print(one_line(f"  entry {fault.seq} {fault.says}"))
        if found.total > len(found.faults):
            print(f"  and {found.total - len(found.faults):,} more")
    if not known:
        print("compared with no signed head: entries cut from the end would not show")


def _data(found: "Verified") -> dict[str, Any]:
    return {
        "ok": found.is_whole,
        "seq": found.head.seq,
        "hash": found.head.hash.hex(),
        "faults": [fault._asdict() for fault in found.faults],
        "total": found.total,
    }


def _whole(source: "Source") -> "Verified":
    """What a look at a journal says; a broken one is not gone on with."""
    found = source.verified([])
    if found.is_whole:
        return found
    says = f"entry {found.faults[0].seq} {found.faults[0].says}"
    row = problem_row(
        "broken-journal", source.name, says=says, remedy="See `offtake journal verify`."
    )
    raise Failed(FAILURE, [row])


def _export_flags(parser: argparse.ArgumentParser) -> None:
    _db_flags(parser, required=True)
    parser.add_argument("--out", required=True, metavar="FILE", help="where the lines go")


def _export(given: argparse.Namespace) -> int:
    from offtake.cli.journals import source_of
    from offtake.desk.export import line_of

    file, count = written_file(given.out, "--out"), 0
    with source_of(None, given.db) as source, file.open("w", encoding="ascii") as out:
        for row in source.rows():
            out.write(f"{line_of(row)}\n")
            count += 1
    if given.output == "table":
        print(f"wrote {count:,} entries to {given.out}")
    else:
        print_data(given, {"entries": count, "file": given.out})
    return 0


def _replay(given: argparse.Namespace) -> int:
    """Whether every command is decided again as it was."""
    from offtake.cli.journals import source_of
    from offtake.desk.replay import differences

    with source_of(given.file, given.db) as source:
        found = _whole(source)
        kept, unused = source.snapshots()
        differing = list(differences(source.entries, kept))
    if given.output == "table":
        _differ(given, differing, found.head.seq)
        _kept(kept, unused, differing)
    else:
        data: dict[str, Any] = {"ok": not differing, "entries": found.head.seq}
        data |= {"snapshots": [state.seq for state in kept], "unused": unused}
        print_data(given, {**data, "differences": [each._asdict() for each in differing]})
    return FAILURE if differing else 0


def _differ(given: argparse.Namespace, differing: "list[Difference]", count: int) -> None:
    if not differing:
        print(f"{count:,} entries: every command is decided again as it was")
        return
    rows = [
        {**each._asdict(), **{side: _events(getattr(each, side)) for side in SIDES}}
        for each in differing
    ]
    columns = (("entry", "seq"), ("command", "command"), ("", "says"))
    show_rows(given, rows, (*columns, *((side, side) for side in SIDES)), title="differences")


def _kept(kept: "list[State]", unused: list[str], differing: "list[Difference]") -> None:
    """Whether snapshots hold what the journal says; one that does not is among the differences."""
    others = {each.seq for each in differing}
    for state in kept:
        if state.seq not in others:
            print(f"the snapshot of entry {state.seq:,} holds what the journal says")
    for says in unused:
        print(says)


SIDES = ("recorded", "decided")


def _events(events: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(event.get("event")) for event in events]


def _snapshot_flags(parser: argparse.ArgumentParser) -> None:
    _db_flags(parser, required=True)


def _snapshot(given: argparse.Namespace) -> int:
    """Keep what the journal tells up to now, so that a start need not fold all of it."""
    from secrets import token_hex

    from offtake.cli.journals import database
    from offtake.desk.clock import SystemClock
    from offtake.desk.keeping import CLAIM_S, Busy, Keeping, NoTables

    with database(given.db) as engine:
        try:
            made = Keeping(engine, SystemClock(), token_hex(8)).keep()
        except Busy as error:
            says = "somebody else is making a snapshot of this database"
            remedy = f"Wait for it; one that died is waited for {CLAIM_S // 60} minutes."
            raise Failed(
                FAILURE, [problem_row("busy", "--db", says=says, remedy=remedy)]
            ) from error
        except NoTables as error:
            says = "its tables are of a version that kept no snapshots"
            remedy = "Start `offtake serve` on it once: it brings its tables up to date."
            raise Invalid("older-database", "--db", says, remedy) from error
    if given.output != "table":
        print_data(given, {"snapshot": None if made is None else made.seq})
    elif made is None:
        print("no portfolio has been adopted: there is nothing to keep")
    else:
        print(f"a snapshot of entry {made.seq:,} is kept")
    return 0


def _head_flags(parser: argparse.ArgumentParser) -> None:
    _db_flags(parser, required=True)
    parser.add_argument("--key", required=True, metavar="FILE", help="the private key that signs")
    parser.add_argument("--out", metavar="FILE", help="where it goes; standard output if absent")


def _head(given: argparse.Namespace) -> int:
    import msgspec

    from offtake.cli.journals import source_of
    from offtake.desk.clock import SystemClock
    from offtake.desk.head import NoKey, signed

    file = None if given.out is None else written_file(given.out, "--out")
    private = _private(given.key)
    with source_of(None, given.db) as source:
        found = _whole(source)
        try:
            made = signed(found.head, SystemClock().now_s(), private)
        except NoKey as error:
            remedy = "Make one with `offtake journal keys --out FILE`."
            raise Invalid("no-key", given.key, str(error), remedy) from error
    if file is None:
        print_data(given, msgspec.to_builtins(made))
        return 0
    file.write_bytes(msgspec.json.encode(made) + b"\n")
    print(f"wrote the head of entry {made.seq:,} to {given.out}")
    return 0


def _private(name: str) -> bytes:
    try:
        return read_privately(Path(name)).encode()
    except (OSError, UnicodeDecodeError) as error:
        says = f"`{name}` cannot be read: {error}"
        raise Invalid("bad-path", "--key", says, "Name a file with a private key.") from error


def _keys_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="the private key; the public one is FILE.pub"
    )


def _keys(given: argparse.Namespace) -> int:
    from secrets import token_bytes

    from offtake.desk.head import pair

    private = written_file(given.out, "--out")
    public = private.with_name(f"{private.name}.pub")
    for file in (private, public):
        if file.exists():
            says = f"`{file}` is there already; what it signed could be checked no more"
            raise Invalid("bad-path", "--out", says, "Name a file that is not there.")
    made = pair(token_bytes(32))
    written_privately(private, made.private.decode())
    public.write_bytes(made.public)
    if given.output == "table":
        print(f"wrote {private} (keep it secret) and {public} (give it to whoever checks)")
    else:
        print_data(given, {"private": str(private), "public": str(public)})
    return 0


PARTS = {
    "verify": Part(
        "whether an entry was edited, cut or moved, and which; against a signed head also whether "
        "entries were cut from the end. Exit code 1 if so",
        _verify_flags,
        _verify,
        (
            "offtake journal verify --db sqlite:///offtake.db",
            "offtake journal verify journal.jsonl --head head.json --key desk.key.pub",
        ),
    ),
    "export": Part(
        "write every entry as a line of JSON: its number, its hash, and its bytes verbatim",
        _export_flags,
        _export,
        ("offtake journal export --db sqlite:///offtake.db --out journal.jsonl",),
    ),
    "replay": Part(
        "decide every command again under the portfolio of its day, and say where the recorded "
        "events differ, and what snapshots hold. Exit code 1 if any differs",
        _source_flags,
        _replay,
        (
            "offtake journal replay --db sqlite:///offtake.db",
            "offtake journal replay journal.jsonl -o json",
        ),
    ),
    "snapshot": Part(
        "keep what the journal tells up to now, so that a start need not fold all of it; a desk "
        "that runs does so by itself",
        _snapshot_flags,
        _snapshot,
        ("offtake journal snapshot --db sqlite:///offtake.db",),
    ),
    "head": Part(
        "check the journal, and sign the number and the hash of its last entry",
        _head_flags,
        _head,
        ("offtake journal head --db sqlite:///offtake.db --key desk.key --out head.json",),
    ),
    "keys": Part(
        "make a pair of Ed25519 keys to sign heads with",
        _keys_flags,
        _keys,
        ("offtake journal keys --out desk.key",),
    ),
}
