"""Offers at a desk: a supplier's sealed offer in a tender it was invited to.

Nobody else sees it before the tender closes; the last offer of a supplier counts. It goes by its
tender and its supplier: texas-2.1.beta is what beta offers in the first tender of texas-2. A buyer
may enter what came by letter, with --supplier.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import OFFERS
from offtake.cli.desk import act_flags, done, get_flags, got, list_flags, listed, show_one
from offtake.cli.part import Part
from offtake.cli.terms import terms_flags, terms_of


def _list_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--requirement", metavar="REQUIREMENT", help="only those for this one")
    list_flags(parser)


def _list(given: argparse.Namespace) -> int:
    path = path_of("offers")
    return listed(given, path, OFFERS, title="offers", requirement=given.requirement)


def _get(given: argparse.Namespace) -> int:
    return show_one(given, got(given, path_of("offers", given.id)))


def _make_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="whose tender is open")
    terms_flags(parser)
    act_flags(parser)


def _make(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.requirement, "offers")
    return done(given, Sent("POST", path, terms_of(given)))


PARTS = {
    "list": Part(
        "the offers of tenders that have closed, of the latest requirement first; a supplier's "
        "own before, too",
        _list_flags,
        _list,
        ("offtake offer list --requirement texas-2", "offtake offer list -o ndjson"),
    ),
    "get": Part(
        "one offer: its terms, and what became of it",
        get_flags,
        _get,
        ("offtake offer get texas-2.1.beta",),
    ),
    "make": Part(
        "offer in the open tender of a requirement, sealed until it closes",
        _make_flags,
        _make,
        (
            "offtake offer make texas-2 --gpus 2,000 --price '$2.50'",
            "offtake offer make texas-2 --gpus 600 --price '$2.40' --tranches 3 --spacing 30d \\",
            "    --lead 90d --prepaid 20%",
        ),
    ),
}
