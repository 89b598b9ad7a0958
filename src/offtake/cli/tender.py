"""Tenders at a desk: invite suppliers, see what they offered, award it.

A tender goes by its requirement and its number: texas-2.1 is the first tender of texas-2. Offers
are sealed until it closes; suppliers offer with `offtake offer make`.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import TENDERS
from offtake.cli.desk import (
    act_flags,
    done,
    get_flags,
    got,
    list_flags,
    listed,
    names_in,
    show_one,
    whole,
)
from offtake.cli.output import Invalid
from offtake.cli.part import Part


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("tenders"), TENDERS, title="tenders")


def _get(given: argparse.Namespace) -> int:
    return show_one(given, got(given, path_of("tenders", given.id)))


def _open_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="what is sought")
    parser.add_argument(
        "--invite", metavar="A,B", help="the suppliers; all whom no clause denies if absent"
    )
    parser.add_argument(
        "--open-for", metavar="LENGTH", help="until when, from now; as in the portfolio if absent"
    )
    act_flags(parser)


def _open(given: argparse.Namespace) -> int:
    body = {"invite": names_in(given.invite), "open_for": given.open_for}
    return done(given, Sent("POST", path_of("requirements", given.requirement, "tenders"), body))


def _award_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="whose tender has closed")
    parser.add_argument(
        "--take",
        action="append",
        required=True,
        metavar="SUPPLIER=N",
        help="GPUs of a supplier's offer; once for each supplier",
    )
    parser.add_argument("--why", help="the reason; needed for another choice than the proposal")
    act_flags(parser)


def _award(given: argparse.Namespace) -> int:
    takes: dict[str, int] = {}
    for word in given.take:
        supplier, equals, gpus = word.partition("=")
        if not equals or not supplier:
            says = f"`{word}` says not whose and how many"
            raise Invalid("bad-value", "--take", says, "Write `--take beta=40`.")
        if supplier in takes:
            says = f"{supplier} is named twice, and only one can count"
            raise Invalid("usage", "--take", says, "Name each supplier once.")
        takes[supplier] = whole(gpus, "--take")
    body = {"takes": takes, "why": given.why}
    return done(given, Sent("POST", path_of("requirements", given.requirement, "awards"), body))


def _unaward_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="whose awards are taken back")
    parser.add_argument("--why", required=True, help="the reason, for whoever looks back")
    act_flags(parser)


def _unaward(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.requirement, "awards", "withdrawal")
    return done(given, Sent("POST", path, {"why": given.why}))


PARTS = {
    "list": Part(
        "the tenders, the latest first",
        list_flags,
        _list,
        ("offtake tender list", "offtake tender list -o ndjson"),
    ),
    "get": Part(
        "one tender, with its offers once it has closed",
        get_flags,
        _get,
        ("offtake tender get texas-2.1",),
    ),
    "open": Part(
        "invite suppliers to offer for what is open of a requirement",
        _open_flags,
        _open,
        (
            "offtake tender open texas-2 --open-for 14d",
            "offtake tender open texas-2 --invite beta,gamma --open-for 14d",
        ),
    ),
    "award": Part(
        "confirm who gets how many GPUs; `offtake requirement why` says what is proposed",
        _award_flags,
        _award,
        ("offtake tender award texas-2 --take beta=40 --take gamma=24 --why 'two sites'",),
    ),
    "unaward": Part(
        "take awards back that are not signed; the offers stand again",
        _unaward_flags,
        _unaward,
        ("offtake tender unaward texas-2 --why 'beta withdrew'",),
    ),
}
