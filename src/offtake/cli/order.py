"""Orders at a desk: sign them, and say what came, what is late and what has ended.

An order has a number at the desk; its tranches are counted from 0. The contracts are asked again
at the signature: nothing is signed while one of them holds or denies.
"""

import argparse

from offtake.cli.client import Sent, path_of
from offtake.cli.columns import ORDERS
from offtake.cli.desk import (
    act_flags,
    done,
    got,
    list_flags,
    listed,
    show_one,
    whole,
)
from offtake.cli.part import Part
from offtake.cli.profile import profile_flags
from offtake.cli.terms import terms_flags, terms_of


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("orders"), ORDERS, title="orders")


def _get_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="N", help="the number of the order")
    profile_flags(parser)


def _get(given: argparse.Namespace) -> int:
    return show_one(given, got(given, path_of("orders", whole(given.order, "N"))))


def _sign_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="whose award is signed")
    parser.add_argument("--supplier", required=True, metavar="PARTY", help="with whom")
    act_flags(parser)


def _sign(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.requirement, "orders")
    return done(given, Sent("POST", path, {"supplier": given.supplier}))


def _accepted_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="what a holder accepted")
    terms_flags(parser)
    act_flags(parser)


def _accepted(given: argparse.Namespace) -> int:
    path = path_of("requirements", given.requirement, "orders", "accepted")
    return done(given, Sent("POST", path, terms_of(given)))


def _tranche_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="N", help="the number of the order")
    parser.add_argument("--tranche", metavar="N", default="0", help="which part; 0 if absent")
    act_flags(parser)


def _tranche(given: argparse.Namespace, what: str, why: str | None = None) -> int:
    path = path_of("orders", whole(given.order, "N"), what)
    body = {"tranche": whole(given.tranche, "--tranche"), "why": why}
    return done(given, Sent("POST", path, body))


def _deliver(given: argparse.Namespace) -> int:
    return _tranche(given, "deliveries")


def _late(given: argparse.Namespace) -> int:
    return _tranche(given, "delays")


def _cancel_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", required=True, help="the reason, for whoever looks back")
    _tranche_flags(parser)


def _cancel(given: argparse.Namespace) -> int:
    return _tranche(given, "cancellations", given.why)


PARTS = {
    "list": Part(
        "the orders, the latest first",
        list_flags,
        _list,
        ("offtake order list", "offtake order list -o ndjson"),
    ),
    "get": Part("one order with its tranches", _get_flags, _get, ("offtake order get 3",)),
    "sign": Part(
        "sign the order of an award",
        _sign_flags,
        _sign,
        ("offtake order sign texas-2 --supplier beta",),
    ),
    "sign-accepted": Part(
        "sign what a holder accepted, on the terms agreed, no worse than it was noticed",
        _accepted_flags,
        _accepted,
        ("offtake order sign-accepted texas-2 --supplier alpha --gpus 24 --price '$2.90'",),
    ),
    "deliver": Part(
        "a tranche has come",
        _tranche_flags,
        _deliver,
        ("offtake order deliver 3", "offtake order deliver 3 --tranche 1"),
    ),
    "late": Part(
        "a tranche is due and has not come",
        _tranche_flags,
        _late,
        ("offtake order late 3 --tranche 1",),
    ),
    "cancel": Part(
        "end a tranche that has not come, by agreement",
        _cancel_flags,
        _cancel,
        ("offtake order cancel 3 --tranche 1 --why 'the hall is not ready'",),
    ),
}
