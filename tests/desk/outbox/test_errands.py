"""Reminders: at half and four fifths of the time, once each, and none that is of no use."""

import json
import os
import threading
from typing import Any

import pytest
from sqlalchemy import Engine

from desk.outbox.post import Post
from desk.stories import ALPHA, Clock, Story, submit
from desk.stories import PORTFOLIO as PORTFOLIO_OF_STORIES
from offtake.desk import command as say
from offtake.desk import errands as module
from offtake.desk.endpoint import Wish
from offtake.desk.errands import KEEP_SENT_S, Errands, plan
from offtake.desk.start import in_turn
from offtake.desk.store import outbox
from offtake.desk.store.contact import Contact, add_contact
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.outbox import Lease
from offtake.desk.tell import ByMail, Teller
from offtake.desk.transport.reach import Reach
from offtake.units.time import parse_instant

TELLER = Teller(os.urandom, ByMail("https://desk.example"))
HALF, FOUR_FIFTHS = "2025-03-16", "2025-03-25"
"""Of thirty days from the first of March."""


def endpoints(engine: Engine, *parties: str | None) -> list[str]:
    """An endpoint of each that wishes to be reminded."""
    post = Post(engine)
    wishes = (Wish("https://hooks.example/", ("notice.reminder",), of) for of in parties)
    with engine.begin() as tx:
        return [post.endpoints.register(tx, wish, Reach(), 0).endpoint.id for wish in wishes]


class House:
    """A desk with endpoints and addresses of both sides, at which a notice was given."""

    def __init__(self, engine: Engine, **how: Any) -> None:
        self.engine = engine
        self.story = Story(engine, beside=in_turn(TELLER, plan), **how)
        self.own, self.alphas, _ = endpoints(engine, None, "alpha", "beta")
        with engine.begin() as tx:
            add_contact(tx, Contact("a", "alpha", "luc@alpha.example", "fr", 0))
            add_contact(tx, Contact("b", "", "ada@lab.example", "en", 0))
            add_contact(tx, Contact("c", "beta", "bo@beta.example", "en", 0))
        self.story.does(submit())
        self.story.does(say.Notice(requirement="r"))
        self.errands = self.desk()

    def desk(self, engine: Engine | None = None, clock: Clock | None = None) -> Errands:
        given = clock or self.story.clock
        return Errands(engine or self.engine, given, TELLER, lambda: self.story.writer.state)

    def at(self, instant: str) -> int:
        """How many are reminded of at an instant."""
        self.story.clock.set(instant)
        return self.errands.remind()

    def reminded(self) -> list[tuple[str, str, str]]:
        """Of each reminder: by which channel, to whom, and its share or subject."""
        found = []
        with reader(self.engine).connect() as tx:
            for row in outbox.listed(tx)[::-1]:
                if row.topic != "notice.reminder":
                    continue
                body = json.loads(outbox.message(tx, row.id).body)
                said = row.subject.replace("\xa0", " ") or body["data"]["share"]
                found.append((row.channel, row.target, said))
        return found

    def both(self, share: str) -> list[tuple[str, str, str]]:
        """What is put for one reminder."""
        return [
            ("webhook", self.alphas, share),
            ("email", "luc@alpha.example", "Rappel : la notification r.1 attend une réponse"),
            ("webhook", self.own, share),
            ("email", "ada@lab.example", "Reminder: notice r.1 waits for an answer"),
        ]


def test_the_holder_and_the_buyer_are_reminded_at_half_and_at_four_fifths(engine: Engine) -> None:
    house = House(engine)
    assert house.at("2025-03-15T23:59:59Z") == 0
    assert house.at(HALF) == 1
    assert house.reminded() == house.both("50%")
    assert house.at("2025-03-24T23:59:59Z") == 0
    assert house.at(FOUR_FIFTHS) == 1
    assert house.at("2025-03-30") == 0
    assert house.reminded() == [*house.both("50%"), *house.both("80%")]


def test_a_reminder_says_what_is_due_when_and_no_more_than_each_may_see(engine: Engine) -> None:
    house = House(engine)
    house.at(HALF)
    with reader(engine).connect() as tx:
        bodies = {
            row.target: json.loads(outbox.message(tx, row.id).body)
            for row in outbox.listed(tx)
            if row.topic == "notice.reminder"
        }
    holder, buyer = bodies[house.alphas], bodies[house.own]
    assert holder["timestamp"] == buyer["timestamp"] == "2025-03-16T00:00:00Z"
    assert (holder["data"]["notice"], holder["data"]["due"]) == ("r.1", "2025-03-31")
    assert "free_until" in buyer["data"]
    assert "free_until" not in holder["data"]
    assert "https://desk.example/notices/r.1" in bodies["ada@lab.example"]["text"]
    assert "alpha has not answered yet." in bodies["ada@lab.example"]["text"]


def test_an_answer_disarms_what_was_planned(engine: Engine) -> None:
    house = House(engine)
    house.story.clock.set("2025-03-10")
    house.story.does(say.Answer(requirement="r", gpus=0, signed="A"), ALPHA)
    assert house.at(HALF) == house.at(FOUR_FIFTHS) == 0
    assert house.reminded() == []


def test_a_change_disarms_and_the_next_notice_has_its_own(engine: Engine) -> None:
    house = House(engine)
    house.story.clock.set("2025-03-10")
    change = submit(gpus=48)
    names = ("requirement", "purpose", "gpus", "start", "end", "accelerators", "price_limit")
    house.story.does(say.Change(**{name: getattr(change, name) for name in names}))
    house.story.does(say.Notice(requirement="r"))
    assert house.at(HALF) == 0
    assert house.at("2025-03-25") == 1
    assert {row[2] for row in house.reminded()} == {
        "50%",
        "Rappel : la notification r.2 attend une réponse",
        "Reminder: notice r.2 waits for an answer",
    }


def test_a_withdrawal_and_a_lapse_leave_nothing_to_remind_of(engine: Engine) -> None:
    house = House(engine)
    assert house.at("2025-04-01") == 0  # Due, and not yet recorded as lapsed.
    house.story.does(submit(requirement="s"))
    house.story.does(say.Notice(requirement="s"))
    house.story.does(say.Withdraw(requirement="s", why="x"))
    assert house.at("2025-04-20") == 0
    assert house.reminded() == []


def test_who_was_down_at_both_instants_sends_the_later_alone(engine: Engine) -> None:
    house = House(engine)
    assert house.at("2025-03-26") == 1
    assert house.reminded() == house.both("80%")
    assert house.at("2025-03-27") == 0


def test_a_desk_that_starts_again_reminds_of_nothing_twice(engine: Engine) -> None:
    house = House(engine)
    house.at(HALF)
    again = Story(engine, beside=in_turn(TELLER, plan))
    again.clock.set("2025-03-17")
    other = Errands(engine, again.clock, TELLER, lambda: again.writer.state)
    assert other.seed() == 2
    assert other.remind() == 0
    again.clock.set(FOUR_FIFTHS)
    assert other.remind() == 1
    assert house.at(FOUR_FIFTHS) == 0
    assert house.reminded() == [*house.both("50%"), *house.both("80%")]


def test_notices_of_before_there_were_reminders_are_reminded_of_too(engine: Engine) -> None:
    house = House(engine)
    with engine.begin() as tx:
        tx.exec_driver_sql("DELETE FROM reminders")
    assert house.at(HALF) == 0
    assert house.errands.seed() == 2
    assert house.errands.remind() == 1


def test_a_desk_that_has_not_heard_of_the_answer_does_not_remind(engine: Engine) -> None:
    house = House(engine)
    behind = house.story.writer.state
    other = Story(engine, beside=in_turn(TELLER, plan))
    other.clock.set("2025-03-16")
    other.does(say.Answer(requirement="r", gpus=0, signed="A"), ALPHA)
    house.story.clock.set(HALF)
    stale = Errands(engine, house.story.clock, TELLER, lambda: behind)
    assert stale.remind() == 0
    assert house.reminded() == []


def test_a_desk_that_is_behind_catches_up_and_reminds(engine: Engine) -> None:
    house = House(engine)
    behind = house.story.writer.state
    house.story.does(submit(requirement="s"))
    house.story.clock.set(HALF)
    stale = Errands(engine, house.story.clock, TELLER, lambda: behind)
    assert stale.remind() == 1
    assert house.reminded() == house.both("50%")
    house.story.does(say.Adopt(portfolio=PORTFOLIO_OF_STORIES))
    house.story.clock.set(FOUR_FIFTHS)
    assert stale.remind() == 0
    assert house.errands.remind() == 1


def test_two_desks_remind_once(engine: Engine, url: str) -> None:
    house = House(engine)
    house.story.clock.set(HALF)
    engines = [open_engine(url) for _ in range(4)]
    desks = [house.desk(one) for one in engines]
    counts: list[int] = []
    begin = threading.Barrier(len(desks))

    def run(desk: Errands) -> None:
        begin.wait()
        counts.append(desk.remind())

    threads = [threading.Thread(target=run, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in engines:
        one.dispose()
    assert sorted(counts) == [0, 0, 0, 1]
    assert house.reminded() == house.both("50%")


def test_a_desk_that_dies_while_it_reminds_has_not_reminded(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(engine)

    class Died(BaseException):
        """The desk is no more."""

    def dies(*_: Any) -> None:
        raise Died

    house.story.clock.set(HALF)
    with monkeypatch.context() as patched:
        patched.setattr(module.reminder, "done", dies)
        with pytest.raises(Died):
            house.errands.remind()
    assert house.reminded() == []
    assert house.errands.remind() == 1
    assert house.reminded() == house.both("50%")


def test_days_that_do_not_count_move_a_reminder(engine: Engine) -> None:
    portfolio = PORTFOLIO
    house = House(engine, portfolio=portfolio)  # From Saturday on: Monday is the first day.
    assert house.at("2025-03-05T23:59:59Z") == 0
    assert house.at("2025-03-08") == 1


PORTFOLIO = """
currency: USD
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}}
accelerators: {H100: {power: 1.3 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first: {kind: first_refusal, holder: alpha, window: 10 business days}
"""


def test_what_was_sent_long_ago_and_the_oldest_dead_letters_are_dropped(engine: Engine) -> None:
    house = House(engine)
    house.at(HALF)
    now_s = parse_instant(HALF)
    with engine.begin() as tx:
        lease = Lease("x", now_s + 60, ("webhook", "email"))
        claims = outbox.claim(tx, now_s, lease, limit=100)
        outbox.sent(tx, claims[0], now_s)
        for claim in claims[1:]:
            outbox.failed(tx, claim, error="x", next_at_s=None)
        assert len(claims) > 3
        assert outbox.trim(tx, keep=2) == len(claims) - 3
        newest = [row.seq for row in outbox.listed(tx, "dead")]
    assert newest == sorted((claim.seq for claim in claims[1:]), reverse=True)[:2]
    assert house.errands.tidy() == 0
    house.story.clock.at_s = now_s + KEEP_SENT_S + 1
    assert house.errands.tidy() == 1
    assert house.errands.tidy() == 0
