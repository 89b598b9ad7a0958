"""Offers at a desk: a supplier's sealed offer in a tender it was invited to.

Nobody sees it before the tender closes; the last offer of a supplier counts. Those that were made
are seen with `offtake tender get`. A buyer may enter what came by letter, with --supplier.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.desk import act_flags, done
from offtake.cli.part import Part
from offtake.cli.terms import terms_flags, terms_of


def _make_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="whose tender is open")
    terms_flags(parser)
    act_flags(parser)


def _make(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.requirement, "offers")
    return done(given, Sent("POST", path, terms_of(given)))


PARTS = {
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
