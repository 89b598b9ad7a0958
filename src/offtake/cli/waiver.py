"""Waivers of rights at a desk: a holder consents to what its right would forbid or delay.

A waiver is standing, or for one transaction; it has a scope, a limit and a period, and amends the
portfolio in force. A holder gives it; an approver may enter what came by signed letter.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import WAIVERS
from offtake.cli.desk import act_flags, done, list_flags, listed, names_in
from offtake.cli.part import Part


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("waivers"), WAIVERS, title="waivers")


def _give_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clause", metavar="CLAUSE", help="the right, such as MSFT-1/first-refusal")
    parser.add_argument("--grantee", required=True, metavar="PARTY", help="whom it helps")
    parser.add_argument("--signed", required=True, metavar="NAME", help="who answers for it")
    parser.add_argument("--purposes", metavar="A,B", help="for these purposes; all if absent")
    parser.add_argument("--accelerators", metavar="A,B", help="for these kinds; all if absent")
    parser.add_argument("--regions", metavar="A,B", help="in these regions; all if absent")
    parser.add_argument("--limit", metavar="N", help="GPUs at most, or '50 MW'; none if absent")
    parser.add_argument("--price", metavar="PRICE", help="at this price only; any if absent")
    parser.add_argument(
        "--transaction", action="store_true", help="for one purchase; standing if absent"
    )
    parser.add_argument("--start", metavar="DATE", help="from when on; now if absent")
    parser.add_argument("--end", metavar="DATE", help="until when; with the agreement if absent")
    act_flags(parser)


def _give(given: argparse.Namespace) -> int:
    words = ("clause", "grantee", "signed", "limit", "price", "transaction", "start", "end")
    lists = ("purposes", "accelerators", "regions")
    body = {word: getattr(given, word) for word in words}
    body |= {word: names_in(getattr(given, word)) for word in lists}
    return done(given, Sent("POST", path_of("waivers"), body))


PARTS = {
    "list": Part(
        "the waivers in force or to come, with what is used of each",
        list_flags,
        _list,
        ("offtake waiver list", "offtake waiver list -o ndjson"),
    ),
    "give": Part(
        "waive a right for a supplier",
        _give_flags,
        _give,
        (
            "offtake waiver give MSFT-1/first-refusal --grantee oracle --limit 40,000 --signed Mia",
            "offtake waiver give MSFT-1/first-refusal --grantee aws --transaction --signed Mia",
        ),
    ),
}
