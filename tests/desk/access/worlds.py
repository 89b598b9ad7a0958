"""Whole desks at one story, told with or without what somebody must not notice."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from litestar import Litestar
from litestar.testing import TestClient

from desk.stories import Clock, submit
from offtake.desk import command as say
from offtake.desk.access.http import Door
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.access.secret import csrf_of
from offtake.desk.metrics import Metrics
from offtake.desk.start import Parts, assembled
from offtake.desk.state import By
from offtake.desk.store.access import Register
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.store.person import Person
from offtake.desk.writer import Asked, Receipt, Writer

ORIGIN = "http://127.0.0.1:8000"
PORTFOLIO = """
currency: USD
parties:
  lab: {roles: [buyer]}
  alpha: {}
  beta: {}
  gamma: {}
  delta: {}
accelerators: {H100: {power: 1.3 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, window: 30d, partial: yes, minimum_lot: 8}
      take: {kind: take_or_pay, supplier: beta, floor: "$987,654.32", per: month}
"""
BUYER = By("b", "Ada")
BY = {name: By(f"s-{name}", name.title(), name) for name in ("alpha", "beta", "gamma", "delta")}
LIMIT, BETAS, GAMMAS = "3.17", "2.71", "2.83"
"""Prices that stand nowhere but where they were said."""


class Step(NamedTuple):
    """Something that is said at an instant."""

    at: str
    by: By
    command: say.AnyCommand


def bid(of: str, price: str, at: str, requirement: str = "texas") -> Step:
    return Step(at, BY[of], say.Bid(requirement=requirement, gpus=64, price=f"${price}"))


def raised(requirement: str, at: str, limit: str = LIMIT, **words: Any) -> Step:
    made = submit(requirement=requirement, price_limit=f"${limit}", **words)
    return Step(at, BUYER, made)


USED = {"start": "2025-02-01", "end": "2025-02-02"}
"""A period that is over."""


BEFORE = (
    Step("2025-03-01", BUYER, say.Adopt(portfolio=PORTFOLIO, note="NOTE-SAID")),
    raised("texas", "2025-03-01", title="TITLE-SAID"),
    Step("2025-03-02", BUYER, say.Notice(requirement="texas")),
    Step(
        "2025-03-05",
        BY["alpha"],
        say.Answer(requirement="texas", gpus=0, signed="SIGNED-BY-ALPHA"),
    ),
    Step(
        "2025-03-06",
        BUYER,
        say.Tender(requirement="texas", invite=("beta", "gamma"), open_for="14d"),
    ),
    bid("beta", BETAS, "2025-03-07"),
)
"""A tender that is open, with an offer of beta."""
AFTER = (
    Step(
        "2025-03-21",
        BUYER,
        say.Award(requirement="texas", takes={"beta": 64}, why="WHY-SAID"),
    ),
    Step("2025-03-22", BUYER, say.Sign(requirement="texas", supplier="beta")),
)
"""It was closed; beta was chosen, and is to deliver."""


class World:
    """A desk, and whoever looks at it."""

    def __init__(self, client: TestClient[Litestar], register: Register, clock: Clock) -> None:
        self.client, self.register, self.clock = client, register, clock
        self.cookies: dict[str, str] = {}
        for name in (*Role, *BY):
            role = Role.SUPPLIER if name in BY else Role(name)
            party = name if name in BY else ("delta" if role is Role.SUPPLIER else "")
            made = register.add(Person("", f"the {name}", frozenset({role}), party), by="test")
            cookie = register.redeem(register.code_for(made.id, by="test"))
            assert cookie is not None
            self.cookies[name] = cookie

    def get(self, who: str, path: str, accept: str = "application/json") -> Any:
        cookie = {"Cookie": f"offtake={self.cookies[who]}", "Accept": accept}
        return self.client.get(path, headers=cookie)

    def post(self, who: str, path: str, body: Any) -> Any:
        """What is answered to a program, or, where pages send forms, to a browser."""
        cookie = self.cookies[who]
        headers = {"Cookie": f"offtake={cookie}", "X-CSRF-Token": csrf_of(cookie), "Origin": ORIGIN}
        if path.startswith("/v1/"):
            return self.client.post(path, json=body, headers=headers)
        return self.client.post(path, data=body, headers={**headers, "Accept": "text/html"})


@contextmanager
def world(folder: Path, steps: Iterable[Step], now: str) -> Iterator[World]:
    """A desk at which these steps were taken, in their order, as it stands at an instant."""
    engine = open_engine(f"sqlite:///{folder / 'desk.db'}")
    migrate(engine)
    clock, ticks = Clock(), iter(range(10**9, 10**15, 10**6))
    metrics = Metrics()
    writer = Writer(engine, clock, told=metrics.told)
    writer.open()
    for step in sorted(steps, key=lambda step: step.at):
        clock.set(step.at)
        (answer,) = writer.write([Asked(step.command, step.by)])
        assert isinstance(answer, Receipt), (step, answer)
    clock.set(now)
    writer.write([])
    register = Register(engine, clock, Random(3).randbytes)
    door = Door(register, Origin(ORIGIN), lambda: next(ticks))
    app = assembled(Parts(engine, writer, register, door, metrics), clock)
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield World(client, register, clock)
    engine.dispose()
