"""Clients that act on what they see, all at once; each is told what came of what it said.

Everything is sent under a key and sent again, under the same one, until there is an answer.
"""

import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import uuid4

import httpx

from desk.auditor import Told, told
from desk.listening import PEOPLE

PATIENCE_S = 60
PATHS = {
    "submit": "/requirements",
    "notice": "/requirements/{requirement}/notices",
    "answer": "/notices/{notice}/answer",
    "tender": "/requirements/{requirement}/tenders",
    "bid": "/requirements/{requirement}/offers",
    "award": "/requirements/{requirement}/awards",
    "sign": "/requirements/{requirement}/orders",
    "sign_accepted": "/requirements/{requirement}/orders/accepted",
    "deliver": "/orders/{order}/deliveries",
    "withdraw": "/requirements/{requirement}/withdrawal",
}
IN_PATH = {"answer": ("requirement", "notice"), "deliver": ("order",), "submit": ()}
OVER = frozenset({"ordered", "delivered", "unserved", "withdrawn", "late"})


class Matters:
    """A few requirements that everybody is busy with; what is over makes room for the next."""

    def __init__(self, count: int) -> None:
        self._lock, self._next = threading.Lock(), count
        self._open = [f"r{number}" for number in range(count)]

    def any(self, chance: Random) -> str:
        with self._lock:
            return chance.choice(self._open)

    def over(self, name: str) -> None:
        with self._lock:
            if name in self._open:
                self._open[self._open.index(name)] = f"r{self._next}"
                self._next += 1


class Client(threading.Thread):
    """Says what fits what it saw, or did until somebody else was quicker."""

    def __init__(self, url: str, matters: Matters, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.done: list[Told] = []
        self.refused, self.retries = 0, 0
        self.failure: BaseException | None = None
        self._matters, self._chance, self._stopped = matters, Random(seed), stop
        self._http = httpx.Client(base_url=f"{url}/v1", timeout=10)

    def run(self) -> None:
        try:
            with self._http:
                while not self._stopped.is_set():
                    self._step(self._matters.any(self._chance))
        except BaseException as error:
            self.failure = error

    def _step(self, name: str) -> None:
        path = f"/requirements/{name}"
        answer = self._sent(lambda: self._http.get(path, headers=_headers("ada")))
        if answer.status_code == 404:
            self._submit(name)
            return
        assert answer.status_code == 200, answer.text
        seen = answer.json()
        if seen["status"] in OVER:
            self._matters.over(name)
            if seen["orders"] and seen["status"] == "ordered":
                self._say("ada", do="deliver", order=self._chance.choice(seen["orders"])["order"])
        elif self._chance.random() < 0.02:
            self._say("ada", do="withdraw", requirement=name, why="no more")
        else:
            getattr(self, f"_{seen['status']}")(name, seen)

    def _submit(self, name: str) -> None:
        wanted = {"purpose": "training", "gpus": 64, "accelerators": ["H100"], "price_limit": "$3"}
        period = {"start": "2025-09-01", "end": "2026-09-01"}
        self._say("ada", do="submit", requirement=name, **wanted, **period)

    def _submitted(self, name: str, seen: dict[str, Any]) -> None:
        if self._chance.random() < 0.3 or seen["rounds"]:
            self._say("ada", do="tender", requirement=name, open_for="1s")
        else:
            self._say("ada", do="notice", requirement=name)

    def _noticed(self, name: str, seen: dict[str, Any]) -> None:
        notice, gpus = seen["rounds"][-1]["notice"], self._chance.choice((0, 24, 24, 64))
        words = {"requirement": name, "notice": notice, "gpus": gpus, "signed": "A. Alpha"}
        self._say("alpha", do="answer", **words)

    def _accepted(self, name: str, seen: dict[str, Any]) -> None:
        gpus = seen["rounds"][-1]["accepted_gpus"] + (self._chance.random() < 0.2)
        words = {"requirement": name, "gpus": gpus, "price": "$2.90", "supplier": "alpha"}
        self._say("ada", do="sign_accepted", **words)

    def _tendered(self, name: str, seen: dict[str, Any]) -> None:
        gpus, cents = self._chance.randint(8, 64), self._chance.randint(200, 299)
        words = {"requirement": name, "gpus": gpus, "price": f"${cents / 100:.2f}"}
        self._say(self._chance.choice(("beta", "gamma")), do="bid", **words)

    def _closed(self, name: str, seen: dict[str, Any]) -> None:
        left, takes = seen["open_gpus"], {}
        for bid in self._chance.sample(
            seen["tenders"][-1]["bids"], k=len(seen["tenders"][-1]["bids"])
        ):
            takes[bid["supplier"]] = min(bid["gpus"], left) + (self._chance.random() < 0.1)
            left -= min(bid["gpus"], left)
        takes = {supplier: gpus for supplier, gpus in takes.items() if gpus}
        if takes:
            self._say("ada", do="award", requirement=name, takes=takes, why="as I like")
        else:
            self._say("ada", do="withdraw", requirement=name, why="nobody offered")

    def _awarded(self, name: str, seen: dict[str, Any]) -> None:
        supplier = self._chance.choice(seen["awards"])["supplier"]
        self._say("ada", do="sign", requirement=name, supplier=supplier)

    def _say(self, who: str, **command: Any) -> None:
        """Say something until it is answered; now and then once more."""
        do = command["do"]
        hidden = ("do", *IN_PATH.get(do, ("requirement",)))
        body = {key: value for key, value in command.items() if key not in hidden}
        headers = {**_headers(who), "Idempotency-Key": uuid4().hex}
        path = PATHS[do].format(**command)
        answer = self._sent(lambda: self._http.post(path, json=body, headers=headers))
        if answer.status_code in (404, 409):
            self.refused += 1
            return
        assert answer.status_code == 201, (command, answer.text)
        self.done.append(told(PEOPLE[who].id, command))
        if self._chance.random() < 0.2:
            again = self._sent(lambda: self._http.post(path, json=body, headers=headers))
            assert (again.status_code, again.content) == (201, answer.content)

    def _sent(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                answer = send()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code != 503:
                return answer
            self.retries += 1
            time.sleep(0.02 + 0.05 * self._chance.random())
        raise AssertionError("no desk has answered for a minute")


def _headers(who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {who}"}
