"""Where a desk writes to: addresses of each supplier, and of the buyer's own people.

Who may manage contacts adds them for any party or for the buyer; a supplier its own.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import CONTACTS
from offtake.cli.desk import list_flags, listed, told_once
from offtake.cli.part import Part
from offtake.cli.profile import profile_flags


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("contacts"), CONTACTS, title="contacts")


def _add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("address", metavar="ADDRESS", help="where to write to")
    parser.add_argument(
        "--party", metavar="PARTY", help="whose; the buyer's, or your own if absent"
    )
    parser.add_argument("--language", choices=("en", "fr"), default="en", help="that it reads; en")
    profile_flags(parser)


def _add(given: argparse.Namespace) -> int:
    body = {word: getattr(given, word) for word in ("address", "party", "language")}
    return told_once(given, Sent("POST", path_of("contacts"), body))


def _remove_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as `offtake contact list -o json` says it")
    profile_flags(parser)


def _remove(given: argparse.Namespace) -> int:
    return told_once(given, Sent("DELETE", path_of("contacts", given.id), {}))


PARTS = {
    "list": Part(
        "the addresses that are written to",
        list_flags,
        _list,
        ("offtake contact list", "offtake contact list -o ndjson"),
    ),
    "add": Part(
        "write to an address; one that is there already reads the language that is said now",
        _add_flags,
        _add,
        (
            "offtake contact add capacity@lab.example",
            "offtake contact add ventes@alpha.example --party alpha --language fr",
        ),
    ),
    "remove": Part(
        "write to an address no more",
        _remove_flags,
        _remove,
        ("offtake contact remove con_3f2a",),
    ),
}
