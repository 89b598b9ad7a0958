"""The desk's answer to any ask is the core's, and quick (D6)."""

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from desk.served import ORIGIN, PEOPLE
from desk.stories import Clock
from offtake.contract.portfolio import Portfolio
from offtake.contract.question import ask_of
from offtake.contract.write import write
from offtake.core.decide import decide
from offtake.core.explain import data
from offtake.desk.access.who import Who
from offtake.desk.clock import Clock as Anything
from offtake.desk.desk import Desk
from offtake.desk.routes.questions import ask
from offtake.desk.service import Service
from offtake.desk.start import adopt, parts
from offtake.desk.store.engine import reader
from offtake.desk.wire import AskBody
from offtake.units.time import parse_instant

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/openai-2019-2030/portfolio.yaml"
BUYER = Who("p", "P", frozenset(PEOPLE["buyer"]), token_id="t")
DAYS = ("2020-01-01", "2023-06-01", "2024-07-01", "2025-06-02", "2025-11-01", "2028-01-01")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    clock: Anything = Clock("2025-06-02")
    made = parts(f"sqlite:///{tmp_path_factory.mktemp('asks') / 'desk.db'}", ORIGIN, clock)
    adopt(made.writer, write(Portfolio.load(str(EXAMPLE)).document), "the example")
    yield Desk(Service(made.writer), reader(made.engine), clock)
    made.engine.dispose()


def every_ask(desk: Desk) -> Iterator[dict[str, object]]:
    document, names = desk.state.in_force.portfolio.document, desk.state.in_force.portfolio.names
    for at in DAYS:
        for purpose in names.purposes:
            for supplier in names.parties:
                yield {"ask": "supply", "supplier": supplier, "purpose": purpose, "at": at}
            for pool in document.pools:
                yield {"ask": "run", "pool": pool.id, "purpose": purpose, "gpus": 8, "at": at}
        for asset in names.assets:
            for channel in (*names.products, *names.parties):
                yield {"ask": "use", "asset": asset, "channel": channel, "at": at}


def test_every_ask_is_answered_as_the_core_decides_it(desk: Desk) -> None:
    portfolio, facts = desk.state.in_force.portfolio, desk.state.sourcing.facts
    verdicts = set()

    async def answered() -> None:
        for words in every_ask(desk):
            told = await ask.fn(desk, BUYER, msgspec.convert(words, AskBody))
            at_s = parse_instant(str(words["at"]))
            said = {key: value for key, value in words.items() if key not in ("ask", "at")}
            meant = ask_of(str(words["ask"]), said, portfolio.document, portfolio.names, at_s)
            made = decide(portfolio.clauses, facts, meant, at_s)
            assert told["verdict"] == made.verdict.name.lower(), words
            whole = data(made, portfolio.names)
            assert [row["says"] for row in told["findings"]] == [
                row["says"] for row in whole["findings"]
            ]
            verdicts.add(told["verdict"])

    asyncio.run(answered())
    assert verdicts == {"permit", "hold", "deny"}


def test_an_ask_is_decided_in_under_a_millisecond(desk: Desk) -> None:
    words = {"supplier": "google", "purpose": "training", "gpus": 1_000}
    body = msgspec.convert({"ask": "supply", **words}, AskBody)
    took_s = []

    async def timed() -> None:
        for _ in range(200):
            began = time.perf_counter()
            await ask.fn(desk, BUYER, body)
            took_s.append(time.perf_counter() - began)

    asyncio.run(timed())
    assert statistics.median(took_s) < 0.001
