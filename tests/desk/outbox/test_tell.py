"""Whoever wishes to be told is told of every entry, and of none that did not come about."""

import json
import os
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Engine

from desk.outbox.post import Post
from desk.stories import ALPHA, BETA, PORTFOLIO, Story, submit
from offtake.desk import command as say
from offtake.desk.endpoint import Wish
from offtake.desk.entry import Written
from offtake.desk.store import outbox
from offtake.desk.store.engine import reader
from offtake.desk.tell import LIMIT_WORDS, Teller
from offtake.desk.transport.reach import Reach
from offtake.desk.writer import Unavailable
from offtake.units.time import parse_instant

tell = Teller(os.urandom)


def endpoint(engine: Engine, *topics: str, party: str | None = None) -> str:
    wish = Wish("https://hooks.example.org/", topics or ("*",), party)
    with engine.begin() as tx:
        return Post(engine).endpoints.register(tx, wish, Reach(), 0).endpoint.id


def told(engine: Engine) -> list[tuple[str, dict]]:
    """(target, payload) of every message, oldest first."""
    with reader(engine).connect() as tx:
        kept = outbox.listed(tx)[::-1]
        return [(row.target, json.loads(outbox.message(tx, row.id).body)) for row in kept]


def test_an_endpoint_is_told_what_happened_when_and_by_whom(engine: Engine) -> None:
    story = Story(engine, beside=tell)
    own = endpoint(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.clock.set("2025-03-10")
    story.does(say.Answer(requirement="r", gpus=24, signed="A. Alpha"), ALPHA)
    messages = told(engine)
    assert {target for target, _ in messages} == {own}
    assert [payload["type"] for _, payload in messages] == [
        *("requirement.submitted", "notice.given", "notice.accepted"),
    ]
    notice, accepted = messages[1][1], messages[2][1]
    assert notice["timestamp"] == "2025-03-01T00:00:00Z"
    assert notice["data"]["requirement"] == "r"
    assert notice["data"]["clause"] == "A/first"
    assert notice["data"]["due"] == "2025-03-31"
    assert (accepted["data"]["by"], accepted["data"]["gpus"]) == ("Alpha", 24)


def test_a_lapse_is_told_with_the_instant_it_was_due_and_sent_when_it_was_seen(
    engine: Engine,
) -> None:
    story = Story(engine, beside=tell)
    endpoint(engine, "notice.lapsed")
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.clock.set("2025-04-07")
    story.writer.write([])
    ((_, payload),) = told(engine)
    assert (payload["type"], payload["timestamp"]) == ("notice.lapsed", "2025-03-31T00:00:00Z")
    with reader(engine).connect() as tx:
        (row,) = outbox.listed(tx)
    assert row.created_at_s == parse_instant("2025-04-07")


def test_a_portfolio_is_told_of_without_its_text(engine: Engine) -> None:
    story = Story(engine, portfolio="", beside=tell)
    endpoint(engine)
    story.does(say.Adopt(portfolio=PORTFOLIO, note="the first"))
    ((_, payload),) = told(engine)
    assert payload["type"] == "portfolio.adopted"
    assert payload["data"] == {"by": "Ada", "note": "the first"}


def test_long_words_and_decisions_stay_in_the_journal(engine: Engine) -> None:
    story = Story(engine, beside=tell)
    endpoint(engine)
    story.does(say.Propose(portfolio=PORTFOLIO, note="x" * 1_000_000))
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.does(say.Answer(requirement="r", gpus=0, signed="A. Alpha"), ALPHA)
    story.does(say.Tender(requirement="r"))
    proposed, *others = (payload["data"] for _, payload in told(engine))
    assert proposed["note"] == "x" * LIMIT_WORDS
    assert [data["event"] for data in others][-1] == "tender_opened"
    assert not any("decisions" in data for data in others)


def test_nobody_is_told_that_a_sealed_offer_came(engine: Engine) -> None:
    story = Story(engine, beside=tell)
    endpoint(engine)

    def tendered(name: str, bids: int) -> list[tuple[str, list[str]]]:
        """The topics, and what is said under each, of a tender with so many bids."""
        story.does(submit(requirement=name))
        story.does(say.Notice(requirement=name))
        story.does(say.Answer(requirement=name, gpus=0, signed="A. Alpha"), ALPHA)
        story.does(say.Tender(requirement=name, open_for="2d"))
        for number in range(bids):
            story.does(say.Bid(requirement=name, gpus=64, price=f"${3 - number}"), BETA)
        story.clock.at_s += 2 * 86_400
        story.writer.write([])
        payloads = [payload for _, payload in told(engine)]
        return [(row["type"], sorted(row["data"])) for row in payloads if name in str(row)]

    none, two = tendered("without", 0), tendered("having", 2)
    assert [topic for topic, _ in none][-2:] == ["tender.opened", "tender.closed"]
    assert two == none
    assert not any("beta" in str(payload) for _, payload in told(engine))


def test_parties_are_not_told_what_is_the_buyers_alone(engine: Engine) -> None:
    story = Story(engine, beside=tell)
    endpoint(engine, party="alpha")
    story.does(submit())
    assert told(engine) == []


def test_of_an_entry_that_did_not_come_about_nobody_is_told(engine: Engine) -> None:
    class Died(Exception):
        """The desk is no more."""

    def dies(point: str) -> None:
        if point == "appended" and endpoints:
            raise Died

    endpoints: list[str] = []
    story = Story(engine, beside=tell, at=dies)
    endpoints.append(endpoint(engine))
    with pytest.raises(Died):
        story.does(submit())
    assert told(engine) == []


def test_an_entry_does_not_come_about_when_nobody_can_be_told(engine: Engine) -> None:
    def broken(tx: Connection, entries: Sequence[Written]) -> None:
        tell(tx, entries)
        tx.exec_driver_sql("SELECT * FROM nowhere")

    Story(engine)
    endpoint(engine)
    story = Story(engine, beside=broken)
    assert isinstance(story.ask(submit()), Unavailable)
    assert told(engine) == []
    assert Story(engine, beside=tell).does(submit()) == ("requirement_submitted",)
    assert len(told(engine)) == 1
