"""A whole desk behind its door, without a network: people with tokens, and what they send."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar.testing import TestClient

from desk.stories import PORTFOLIO, Clock
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.deadline import all_of
from offtake.desk.start import Parts, adopt, assembled, parts
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted

PEOPLE = {
    "buyer": (Role.BUYER,),
    "approver": (Role.APPROVER,),
    "engineer": (Role.ENGINEER,),
    "finance": (Role.FINANCE,),
    "auditor": (Role.AUDITOR,),
    "administrator": (Role.ADMINISTRATOR,),
    "alpha": (Role.SUPPLIER,),
    "beta": (Role.SUPPLIER,),
    "gamma": (Role.SUPPLIER,),
}
SUPPLIERS = ("alpha", "beta", "gamma")
ORIGIN = Origin("http://127.0.0.1:8000")


class Desk:
    """People send requests with their tokens; ``clock`` stands until it is set."""

    def __init__(self, made: Parts, clock: Clock, client: TestClient[Any]) -> None:
        self.parts, self.clock, self.client = made, clock, client
        self.tokens = {name: self._token(name) for name in PEOPLE}

    def _token(self, name: str) -> str:
        party = name if name in SUPPLIERS else ""
        person = Person("", name.title(), frozenset(PEOPLE[name]), party)
        made = self.parts.register.add(person, by="system")
        until_s = self.clock.now_s() + 300 * 86_400
        wanted = Wanted(who=made.id, name="test", scopes=("*",), expires_at_s=until_s)
        return self.parts.register.make_token(wanted, by="system").text

    def __call__(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"authorization": f"Bearer {self.tokens[who]}"} if who else {}
        return self.client.request(method, path, json=body, headers={**sent, **headers})

    def passes(self, at: str) -> None:
        """Let it be another day, and wait until the desk has looked at its clock."""
        self.clock.set(at)
        due = [deadline.at_s for deadline in all_of(self.parts.writer.state)]
        for _ in range(100):
            if not [at_s for at_s in due if at_s <= self.clock.now_s()]:
                return
            time.sleep(0.05)
            due = [
                deadline.at_s
                for deadline in all_of(self.parts.writer.state)
                if deadline.kind != "remedy"
            ]
        raise AssertionError("the desk has not looked at its clock")

    def done(self, who: str, path: str, body: Any = None) -> Any:
        answer = self(who, "POST", path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@contextmanager
def desk_on(url: str) -> Iterator[Desk]:
    clock = Clock()
    made = parts(url, ORIGIN, clock)
    if made.is_new:
        adopt(made.writer, PORTFOLIO, "first")
    with TestClient(assembled(made, clock), raise_server_exceptions=False) as client:
        yield Desk(made, clock, client)
    made.engine.dispose()


SUBMIT = {
    "requirement": "r",
    "purpose": "training",
    "gpus": 64,
    "start": "2025-09-01",
    "end": "2026-09-01",
    "accelerators": ["H100"],
    "price_limit": "$3",
}


def sourced(desk: Desk, secret: str = "$2.51") -> None:
    """A story with something secret in every place: prices, reasons, sealed and opened offers."""
    desk.done("buyer", "/v1/requirements", SUBMIT)
    desk.done("buyer", "/v1/requirements/r/notices")
    desk.clock.set("2025-03-10")
    desk.done("alpha", "/v1/notices/r.1/answer", {"gpus": 24, "signed": "A. Alpha"})
    accepted = {"gpus": 24, "price": "$2.90", "supplier": "alpha"}
    desk.done("approver", "/v1/requirements/r/orders/accepted", accepted)
    desk.done("buyer", "/v1/requirements/r/tenders", {"open_for": "7d"})
    desk.done("beta", "/v1/requirements/r/offers", {"gpus": 40, "price": secret})
    desk.done("gamma", "/v1/requirements/r/offers", {"gpus": 20, "price": "$2.43"})
