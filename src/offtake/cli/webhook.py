"""Programs that a desk tells what happens, by signed webhooks.

The buyer's are told of everything, those of a supplier of its own matters. The secret that signs is
in the answer to `add`, and never again.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import WEBHOOKS
from offtake.cli.desk import list_flags, listed, names_in, told_once
from offtake.cli.part import Part
from offtake.cli.profile import profile_flags


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("webhooks"), WEBHOOKS, title="webhooks")


def _add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where to tell it")
    parser.add_argument("--topics", metavar="A,B", help="of what; of all if absent")
    profile_flags(parser)


def _add(given: argparse.Namespace) -> int:
    body = {"url": given.url, "topics": names_in(given.topics) or None}
    return told_once(given, Sent("POST", path_of("webhooks"), body))


def _remove_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="as `offtake webhook list -o json` says it")
    profile_flags(parser)


def _remove(given: argparse.Namespace) -> int:
    return told_once(given, Sent("DELETE", path_of("webhooks", given.id), {}))


PARTS = {
    "list": Part(
        "the programs that are told",
        list_flags,
        _list,
        ("offtake webhook list", "offtake webhook list -o ndjson"),
    ),
    "add": Part(
        "tell a program; its secret is shown once",
        _add_flags,
        _add,
        (
            "offtake webhook add https://hooks.lab.example/offtake",
            "offtake webhook add https://hooks.lab.example/ --topics notice.given,award.made",
        ),
    ),
    "remove": Part(
        "tell a program no more; what waits for it is dead",
        _remove_flags,
        _remove,
        ("offtake webhook remove we_3f2a",),
    ),
}
