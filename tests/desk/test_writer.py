"""Commands become durable, once; time passes also while a desk is down."""

from typing import Any

import pytest
from sqlalchemy import Engine, text

from desk.stories import ALPHA, BETA, BUYER, DAY, GAMMA, PORTFOLIO, Clock, Story, submit
from offtake.desk import command as say
from offtake.desk.reading import Invalid
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.writer import Asked, KeyUsed, Receipt, Unavailable, Writer
from offtake.sourcing.command import Refused
from offtake.sourcing.requirement import Status
from offtake.units.time import parse_instant


def sourced(story: Story) -> None:
    """A requirement is noticed, partly accepted, the rest tendered, awarded and ordered."""
    assert story.does(submit()) == ("requirement_submitted",)
    assert story.does(say.Notice(requirement="r")) == ("notice_given",)
    story.clock.set("2025-03-10")
    assert story.does(say.Answer(requirement="r", gpus=24, signed="A. Alpha"), ALPHA) == (
        "accepted",
    )
    accepted = say.SignAccepted(requirement="r", gpus=24, price="$2.90", supplier="alpha")
    assert story.does(accepted) == ("ordered",)
    assert story.does(say.Tender(requirement="r", open_for="7d")) == ("tender_opened",)
    story.clock.set("2025-03-12")
    story.does(say.Bid(requirement="r", gpus=64, price="$2.50"), BETA)
    story.does(say.Bid(requirement="r", gpus=20, price="$2.40", lead="30d"), GAMMA)
    story.clock.set("2025-03-17")
    award = say.Award(requirement="r", takes={"gamma": 20, "beta": 20})
    assert story.does(award) == ("awarded", "awarded")
    assert story.does(say.Sign(requirement="r", supplier="gamma")) == ("ordered",)
    assert story.does(say.Sign(requirement="r", supplier="beta")) == ("ordered",)


def test_a_requirement_is_sourced_to_its_orders_and_a_new_desk_knows_it(engine: Engine) -> None:
    story = Story(engine)
    sourced(story)
    assert story.lot().status == Status.ORDERED
    assert story.does(say.Deliver(order=0)) == ("delivered",)

    again = Story(engine)
    assert again.writer.state == story.writer.state


def test_a_window_that_ran_out_while_the_desk_was_down_lapses_when_it_was_due(
    engine: Engine,
) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))

    later = Story(engine)  # A week after the window has run out, somebody answers.
    later.clock.set("2025-04-07")
    with pytest.raises(Refused, match="no open notice"):
        later.does(say.Answer(requirement="r", gpus=64, signed="late"), ALPHA)
    with reader(engine).connect() as tx:
        last = journal.latest(tx, None, 1)[0]
    assert (last.kind, last.at_s) == ("due", parse_instant("2025-03-31"))
    assert b"2025-04-07" in last.body  # It was recorded when the desk was up again.


def test_a_tender_closes_at_its_instant_and_a_late_bid_does_not_count(engine: Engine) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.does(say.Answer(requirement="r", gpus=0, signed="A. Alpha"), ALPHA)
    story.does(say.Tender(requirement="r", invite=("beta",), open_for="2d"))
    with pytest.raises(Refused, match="no open tender"):
        story.does(say.Bid(requirement="r", gpus=64, price="$2"), GAMMA)
    story.clock.set("2025-03-03")
    with pytest.raises(Refused, match="no open tender"):
        story.does(say.Bid(requirement="r", gpus=64, price="$2"), BETA)
    assert story.lot().status == Status.CLOSED


def test_a_late_tranche_is_seen_and_ended_when_its_grace_is_over(engine: Engine) -> None:
    story = Story(engine)
    sourced(story)
    story.clock.set("2025-10-02")
    assert story.writer.is_due()
    assert story.writer.write([]) == []
    orders = {order.offer.supplier: order for order in story.writer.state.sourcing.orders.values()}
    late = {party: order.late for party, order in orders.items()}
    assert late == {1: (0,), 2: (0,), 3: (0,)}
    assert [order.ended for order in orders.values()].count((0,)) == 1
    assert orders[3].ended == (0,)
    assert not story.writer.is_due()


def test_a_retry_gets_the_first_answer_and_another_command_under_its_key_none(
    engine: Engine,
) -> None:
    story = Story(engine)
    first = story.ask(submit(), key="k")
    assert isinstance(first, Receipt)
    assert story.ask(submit(), key="k") == first
    assert Story(engine).ask(submit(), key="k") == first
    assert isinstance(story.ask(submit(gpus=65), key="k"), KeyUsed)
    assert isinstance(story.ask(submit(), by=ALPHA, key="k"), Refused)  # Somebody else's key.
    both = story.writer.write([Asked(submit(requirement="s"), BUYER, "l")] * 2)
    assert both[0] == both[1]
    assert story.writer.state.seq == first.entry + 1


def test_what_is_refused_leaves_no_trace_and_harms_nobody_beside_it(engine: Engine) -> None:
    story = Story(engine)
    seq = story.writer.state.seq
    wrong = submit(requirement="x", purpose="trainin", price_limit="3 EUR", end="2024-01-01")
    no, yes = story.writer.write([Asked(wrong, BUYER), Asked(submit(), BUYER)])
    assert isinstance(no, Invalid)
    assert {row.field for row in no.wrong} == {"purpose", "price_limit", "end"}
    assert isinstance(yes, Receipt)
    assert story.writer.state.seq == seq + 1


class Died(Exception):
    """The desk is no more."""


@pytest.mark.parametrize("point", ["before", "decided", "appended", "committed"])
def test_a_desk_that_dies_at_any_point_loses_nothing_acknowledged_and_doubles_nothing(
    engine: Engine, point: str
) -> None:
    armed = [False]

    def dies(at: str) -> None:
        if armed[0] and at == point:
            raise Died

    story = Story(engine, at=dies)
    story.does(submit(), key="one")
    armed[0] = True
    with pytest.raises(Died):
        story.ask(say.Notice(requirement="r"), key="two")

    again = Story(engine)
    assert again.lot().status == (Status.NOTICED if point == "committed" else Status.SUBMITTED)
    assert isinstance(again.ask(say.Notice(requirement="r"), key="two"), Receipt)
    assert len(again.writer.state.standing[1].rounds) == 1


def test_two_desks_on_one_journal_see_each_other_and_sell_nothing_twice(engine: Engine) -> None:
    one, two = Story(engine), Story(engine)
    one.does(submit())
    assert two.does(say.Notice(requirement="r")) == ("notice_given",)
    with pytest.raises(Refused, match="nothing is due"):
        one.does(say.Notice(requirement="r"))
    assert one.writer.state == two.writer.state
    two.clock.set("2025-04-02")
    one.clock.set("2025-04-02")
    two.writer.write([])
    one.writer.write([])
    with reader(engine).connect() as tx:
        kinds = [row.kind for row in journal.since(tx, 0)]
    assert kinds.count("due") == 1


def test_a_clock_that_goes_back_does_not_turn_the_journal_around(engine: Engine) -> None:
    story = Story(engine)
    story.clock.set("2025-03-05")
    story.does(submit())
    story.clock.set(DAY)
    receipt = story.ask(say.Notice(requirement="r"))
    assert receipt.at == "2025-03-05"


def test_an_amendment_is_adopted_and_ends_a_right_at_once(engine: Engine) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    amended = PORTFOLIO + "    amendments:\n      A1: {from: 2025-03-05, remove: [first]}\n"
    story.does(say.Propose(portfolio=amended, note="alpha lets go"))
    story.clock.set("2025-03-05")
    story.does(say.Adopt(portfolio=amended, proposal=1))
    assert story.lot().status == Status.SUBMITTED
    assert story.does(say.Tender(requirement="r")) == ("tender_opened",)
    assert story.writer.state.proposals[1].adopted == 5
    assert Story(engine).writer.state == story.writer.state


def test_a_portfolio_that_forgets_what_happened_is_not_adopted(engine: Engine) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    seq = story.writer.state.seq
    without = PORTFOLIO.replace("first:", "second:")
    with pytest.raises(Invalid, match="A/first"):
        story.does(say.Adopt(portfolio=without))
    with pytest.raises(Invalid, match=r"portfolio\.yaml:"):
        story.does(say.Adopt(portfolio="parties: 7"))
    assert story.writer.state.seq == seq


def test_a_portfolio_without_the_right_at_a_notice_that_stands_is_not_adopted(
    engine: Engine,
) -> None:
    story = Story(engine)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.clock.set("2025-03-10")
    before = f"{PORTFOLIO}    amendments:\n      A1: {{from: 2025-02-01, remove: [first]}}\n"
    right = "{kind: first_refusal, holder: alpha, window: 30d, partial: yes, minimum_lot: 8}"
    another = PORTFOLIO.replace(right, "{kind: exclusivity, holder: alpha, purposes: [research]}")
    for made in (before, another):
        with pytest.raises(Invalid, match="r was noticed under A/first on 2025-03-01"):
            story.does(say.Adopt(portfolio=made))
    story.clock.set("2025-04-02")  # A window that nobody could tell would stop the desk here.
    assert isinstance(story.ask(submit(requirement="s")), Receipt)
    story.does(say.Adopt(portfolio=before))  # Nobody waits for an answer any more.
    assert story.lot().status == Status.SUBMITTED


def test_a_database_that_cannot_be_written_says_so_and_the_desk_goes_on_after(
    engine: Engine,
) -> None:
    story = Story(engine)
    with engine.begin() as tx:
        tx.execute(text("ALTER TABLE answers RENAME TO away"))
    assert isinstance(story.ask(submit(), key="k"), Unavailable)
    with engine.begin() as tx:
        tx.execute(text("ALTER TABLE away RENAME TO answers"))
    assert isinstance(story.ask(submit(), key="k"), Receipt)


def test_a_commit_that_nobody_heard_of_is_found_by_who_asks_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(engine)
    commit, lost = engine.dialect.do_commit, engine.dialect.dbapi.OperationalError

    def unheard(connection: Any) -> None:
        commit(connection)
        raise lost("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(engine.dialect, "do_commit", unheard)
        assert isinstance(story.ask(submit(), key="k"), Unavailable)
    receipt = story.ask(submit(), key="k")
    assert isinstance(receipt, Receipt)
    with reader(engine).connect() as tx:
        assert [row.kind for row in journal.since(tx, 0)] == ["adopt", "submit"]
    assert (story.writer.state.seq, receipt.entry) == (2, 2)


def test_a_desk_without_a_portfolio_does_nothing(engine: Engine) -> None:
    writer = Writer(engine, Clock())
    writer.open()
    (answer,) = writer.write([Asked(submit(), BUYER)])
    assert isinstance(answer, Refused)
