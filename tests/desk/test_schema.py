"""Whatever is sent to the interface, it answers as it says, and never with a mistake of ours.

A dozen requests of chance to each address, beside those at the edges of what is described; as many
as OFFTAKE_SCHEMA_EXAMPLES says otherwise. Every second one names what is there, and is said by
somebody who does much.
"""

import os
from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from desk.listening import listening
from desk.served import ORIGIN, PEOPLE, SUBMIT, Desk, sourced
from desk.stories import PORTFOLIO, Clock
from offtake.desk.access.http import Door
from offtake.desk.start import Parts, adopt, assembled, parts
from offtake.desk.store.access import Register
from offtake.desk.store.engine import open_engine
from offtake.desk.writer import Writer

EXAMPLES = int(os.environ.get("OFFTAKE_SCHEMA_EXAMPLES", "12"))
WHO = (*PEOPLE, "", "nobody")
"""Everybody, a stranger, and somebody with a token that opens nothing."""
DOERS = ("buyer", "approver", "buyer", "alpha", "approver", "administrator", "beta")
REAL: dict[str, Any] = {
    **SUBMIT,
    "name": "r",
    "order": 0,
    "number": 1,
    "tranche": 0,
    "supplier": "beta",
    "party": "alpha",
    "invite": ["beta", "gamma"],
    "open_for": "2d",
    "price": "$2.50",
    "takes": {"beta": 8},
    "portfolio": PORTFOLIO,
    "ask": "supply",
    "at": "2025-04-01",
    "accelerator": "H100",
    "signed": "A. Alpha",
    "why": "it is so",
    "url": "https://hooks.example/",
    "topics": ["tender"],
}
SEEN = {200, 201, 400, 401, 403, 404, 409, 415, 422}
"""What chance comes to, or it would try too little."""
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


class Crowd:
    """Everybody at a desk, in turn; what they were answered is counted."""

    def __init__(self, desk: Desk, address: str) -> None:
        load_all_checks()
        self.address, self._checks = address, CHECKS.get_by_names(CHECKED)
        self.tokens = {**desk.tokens, "nobody": "oft_0000000000000000_no"}
        self._turn, self._doers = cycle(WHO), cycle(DOERS)
        self._real, self._names = cycle((True, False)), _names()
        self.answers: set[tuple[str, int]] = set()

    def asks(self, case: schemathesis.Case) -> None:
        real = next(self._real)
        who = next(self._doers if real else self._turn)
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
        if real:
            self._say_what_is_there(case)
        answer = case.call_and_validate(
            base_url=self.address, headers=headers, checks=self._checks, timeout=20
        )
        self.answers.add((case.operation.label, answer.status_code))

    def _say_what_is_there(self, case: schemathesis.Case) -> None:
        name = next(self._names)
        real = {**REAL, "requirement": name, "name": name}
        if case.path.startswith(("/v1/notices/", "/v1/tenders/")):
            real["name"] = f"{name}.1"
        if case.path.startswith("/v1/offers/"):
            real["name"] = f"{name}.1.beta"
        case.path_parameters.update(_known(case.path_parameters, real))
        case.query = _known(case.query, real)
        if isinstance(case.body, dict):
            case.body = _known(case.body, real)


def _names() -> Iterator[str]:
    """Requirements that are there, and every fourth time one that is not yet."""
    for number in count():
        yield from ("r", "s", "t", f"u{number}")


def _known(told: Any, real: dict[str, Any]) -> dict[str, Any]:
    """What was said of what is there, as it is."""
    return {key: real[key] for key in told or () if key in real}


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    folder, clock, ticks = tmp_path_factory.mktemp("schema"), Clock(), count(10**9, 10**6)
    made = parts(f"sqlite:///{folder / 'desk.db'}", ORIGIN, clock)
    adopt(made.writer, PORTFOLIO, "first")
    door = Door(made.register, ORIGIN, lambda: next(ticks))  # However often they ask.
    made = Parts(made.engine, made.writer, made.register, door, made.metrics)
    with listening(assembled(made, clock)) as address, httpx.Client(base_url=address) as client:
        desk = Desk(made, clock, client)
        sourced(desk)
        for name in ("s", "t"):
            desk.done("buyer", "/v1/requirements", {**SUBMIT, "requirement": name})
        desk.done("buyer", "/v1/requirements/s/notices")
        crowd = Crowd(desk, address)
        yield crowd
        asked = {label for label, _ in crowd.answers}
        if len(asked) > 40:  # Not where others had a part of them.
            assert {status for _, status in crowd.answers} >= SEEN
    made.engine.dispose()


def _interface() -> Any:
    """What the desk says of itself, and how much of it is tried: the same each time."""
    how = {
        "seed": 20_250_301,
        "generation": {"deterministic": True, "max-examples": EXAMPLES},
        "phases": {"coverage": {"unexpected-methods": []}},
    }
    engine, clock = open_engine("sqlite://"), Clock()  # Nobody connects to it.
    register = Register(engine, clock, bytes)
    made = Parts(engine, Writer(engine, clock), register, Door(register, ORIGIN, clock.now_s))
    described = assembled(made, clock).openapi_schema.to_schema()
    return schemathesis.openapi.from_dict(described, config=SchemathesisConfig.from_dict(how))


@_interface().parametrize()
def test_every_address_answers_as_it_says(case: schemathesis.Case, crowd: Crowd) -> None:
    crowd.asks(case)
