"""Notices of first refusals at a desk: give them, answer them, wait for an answer.

A notice goes by its requirement and its number: texas-2.1 is the first notice of texas-2. A buyer
gives it, its holder answers; a buyer may enter what a holder answered by letter.
"""

import argparse

from offtake.cli.client import Client, Sent, path_of
from offtake.cli.columns import NOTICES
from offtake.cli.desk import (
    act_flags,
    client_of,
    done,
    get_flags,
    got,
    list_flags,
    listed,
    show_one,
    whole,
)
from offtake.cli.part import Part
from offtake.cli.waiting import Wait, wait_flags, waited

ENDS = ("refused", "lapsed", "fallen", "ordered", "dropped")
"""Outcomes that no other follows."""
OUTCOMES = ("open", "accepted", *ENDS)
ANSWERED = "answered"
"""Any outcome but open."""


def _list_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outcome", choices=OUTCOMES, help="open: those that wait for an answer")
    list_flags(parser)


def _list(given: argparse.Namespace) -> int:
    return listed(given, path_of("notices"), NOTICES, title="notices", outcome=given.outcome)


def _get(given: argparse.Namespace) -> int:
    return show_one(given, got(given, path_of("notices", given.id)))


def _give_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("requirement", metavar="REQUIREMENT", help="of which the notice is due")
    act_flags(parser)


def _give(given: argparse.Namespace) -> int:
    return done(given, Sent("POST", path_of("requirements", given.requirement, "notices"), {}))


def _answer_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the notice")
    parser.add_argument("--gpus", required=True, metavar="N", help="GPUs accepted; 0 to refuse")
    parser.add_argument("--signed", required=True, metavar="NAME", help="who answers for it")
    act_flags(parser)


def _answer(given: argparse.Namespace) -> int:
    body = {"gpus": whole(given.gpus, "--gpus"), "signed": given.signed}
    return done(given, Sent("POST", path_of("notices", given.id, "answer"), body))


def _wait_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the notice")
    parser.add_argument(
        "--until",
        choices=(ANSWERED, *OUTCOMES[1:]),
        default=ANSWERED,
        help="what is waited for; answered (any answer, or silence until it was due) if absent",
    )
    wait_flags(parser)


def _wait(given: argparse.Namespace) -> int:
    wanted = frozenset(OUTCOMES[1:] if given.until == ANSWERED else (given.until,))
    with client_of(given) as client:
        return show_one(given, waited(_waiting(client, given.id, wanted), given))


def _waiting(client: Client, name: str, wanted: frozenset[str]) -> Wait:
    return Wait(
        f"notice {name}",
        lambda: client.get(path_of("notices", name)),
        lambda found: str(found["outcome"]),
        wanted,
        frozenset(ENDS),
    )


PARTS = {
    "list": Part(
        "the notices, the latest first",
        _list_flags,
        _list,
        ("offtake notice list --outcome open", "offtake notice list -o ndjson"),
    ),
    "get": Part(
        "one notice: what was offered, when the answer is due, and what it was",
        get_flags,
        _get,
        ("offtake notice get texas-2.1",),
    ),
    "give": Part(
        "give the notice that is due; its clock starts at once",
        _give_flags,
        _give,
        ("offtake notice give texas-2", "offtake notice give texas-2 --dry-run"),
    ),
    "answer": Part(
        "answer a notice before it is due: GPUs accepted, 0 to refuse",
        _answer_flags,
        _answer,
        (
            "offtake notice answer texas-2.1 --gpus 2,000 --signed 'A. Holder'",
            "offtake notice answer texas-2.1 --gpus 0 --signed 'A. Holder'",
        ),
    ),
    "wait": Part(
        "wait for an answer; exit code 1 if it does not come in time",
        _wait_flags,
        _wait,
        ("offtake notice wait texas-2.1 --until answered --timeout 10m",),
    ),
}
