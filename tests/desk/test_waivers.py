"""A holder waives its right at the desk: standing or once, in a scope, up to a limit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from desk.served import PEOPLE, Desk, desk_on
from desk.stories import ALPHA, BETA, PORTFOLIO, Story, submit
from offtake.desk import command as say
from offtake.desk.act import Unknown
from offtake.desk.entry import read
from offtake.desk.reading import Invalid
from offtake.desk.replay import differences
from offtake.desk.store import journal
from offtake.desk.store.engine import reader
from offtake.desk.writer import Receipt
from offtake.sourcing.command import Refused
from offtake.sourcing.notice import partition


def waive(**words: Any) -> say.Waive:
    given = {"clause": "A/first", "grantee": "beta", "signed": "A. Alpha"}
    return say.Waive(**{**given, **words})


def verdicts(story: Story) -> dict[str, str]:
    state = story.writer.state
    lot = state.lot("r")
    assert lot is not None
    made = partition(state.in_force.rules, state.sourcing.facts, lot, story.clock.now_s())
    parties = state.in_force.portfolio.names.parties
    return {parties[row.ask.supplier]: row.verdict.name.lower() for row in made}


def test_a_holders_waiver_lifts_its_right_for_the_grantee_and_for_nobody_else(
    engine: Engine,
) -> None:
    story = Story(engine)
    story.does(submit())
    assert verdicts(story) == {"alpha": "permit", "beta": "hold", "gamma": "hold"}
    receipt = story.ask(waive(), ALPHA)
    assert isinstance(receipt, Receipt)
    assert (receipt.happened, receipt.waiver) == (("waiver_given",), "A/first-waiver-1")
    assert verdicts(story) == {"alpha": "permit", "beta": "permit", "gamma": "hold"}
    again = story.ask(waive(grantee="gamma", end="2025-04-01"), ALPHA)
    assert isinstance(again, Receipt)
    assert again.waiver == "A/first-waiver-2"
    assert verdicts(story) == {"alpha": "permit", "beta": "permit", "gamma": "permit"}
    story.clock.set("2025-04-01")
    assert verdicts(story)["gamma"] == "hold"
    assert Story(engine).writer.state == story.writer.state
    assert not list(differences(lambda: _entries(engine)))


def _entries(engine: Engine) -> list[Any]:
    with reader(engine).connect() as tx:
        return [read(row.body) for row in journal.since(tx, 0)]


def ordered(story: Story, name: str, gpus: int, price: str = "$2") -> None:
    """A requirement is tendered to beta, awarded and signed, a day each."""
    day = int(story.clock.now_s())
    story.does(submit(requirement=name, gpus=gpus))
    story.does(say.Tender(requirement=name, invite=("beta",), open_for="1d"))
    story.does(say.Bid(requirement=name, gpus=gpus, price=price), BETA)
    story.clock.at_s = day + 86_400
    story.does(say.Award(requirement=name, takes={"beta": gpus}, why="waived"))
    story.does(say.Sign(requirement=name, supplier="beta"))


def test_what_is_ordered_under_a_waiver_counts_against_its_limit(engine: Engine) -> None:
    story = Story(engine)
    story.does(waive(limit=100, purposes=("training",)), ALPHA)
    story.does(waive(grantee="gamma"), ALPHA)
    ordered(story, "a", 64)
    story.does(submit(gpus=64))
    assert verdicts(story)["beta"] == "hold"  # 36 are left (WV2).
    with pytest.raises(Refused):
        ordered(story, "b", 64)
    assert Story(engine).writer.state == story.writer.state


def test_a_waiver_of_one_transaction_falls_once_it_was_signed(engine: Engine) -> None:
    story = Story(engine)
    story.does(waive(transaction=True), ALPHA)
    story.does(waive(grantee="gamma"), ALPHA)
    story.does(submit())
    assert verdicts(story)["beta"] == "permit"
    ordered(story, "a", 8)
    assert verdicts(story)["beta"] == "hold"  # WV3.


def test_a_waiver_is_given_by_its_holder_or_as_its_letter_says_and_by_no_other(
    engine: Engine,
) -> None:
    story = Story(engine)
    for command, by in (
        (waive(), BETA),
        (waive(clause="A/none"), ALPHA),
        (waive(clause="A/grace"), ALPHA),  # Nobody holds it.
    ):
        assert isinstance(story.ask(command, by), Unknown)
    assert isinstance(story.ask(waive()), Receipt)  # A letter, entered by the buyer's people.
    assert (
        story.ask(waive(), BETA).args[0].replace("first", "none")
        == (story.ask(waive(clause="A/none"), BETA).args[0])
    )


def test_all_that_is_wrong_with_a_waiver_is_said_at_once(engine: Engine) -> None:
    story = Story(engine)
    no = story.ask(
        waive(grantee="betta", purposes=("trainin",), limit="0", price="2 EUR", end="2025-01-01")
    )
    assert isinstance(no, Invalid)
    assert {row.field for row in no.wrong} == {"grantee", "purposes", "limit", "price", "end"}
    for words in ({"start": "2025-02-01"}, {"start": "2031-01-01"}, {"grantee": "alpha"}):
        assert isinstance(story.ask(waive(**words)), Invalid), words
    assert story.writer.state.seq == 1


def test_a_retry_of_a_waiver_gets_the_first_answer(engine: Engine) -> None:
    story = Story(engine)
    first = story.ask(waive(), ALPHA, key="k")
    assert story.ask(waive(), ALPHA, key="k") == first
    assert Story(engine).ask(waive(), ALPHA, key="k") == first


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


BODY = {"clause": "A/first", "grantee": "beta", "signed": "A. Alpha", "limit": 100}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_gives_and_sees_waivers_as_is_its_own(desk: Desk, who: str) -> None:
    desk.done("alpha", "/v1/waivers", {**BODY, "price": "$2.57"})
    answer = desk(who, "POST", "/v1/waivers", BODY)
    expected = {"approver": 201, "alpha": 201, "beta": 404, "gamma": 404}
    assert answer.status_code == expected.get(who, 403), answer.text
    seen = desk(who, "GET", "/v1/waivers")
    assert seen.status_code == (403 if who == "administrator" else 200)
    rows = seen.json().get("items", [])
    assert bool(rows) == (who not in ("beta", "gamma", "administrator"))
    if rows:
        assert ("price" in rows[0]) == (who != "engineer")
        assert ("used_gpus" in rows[0]) == (who != "alpha")
        assert (rows[0]["grantee"], rows[0]["limit_gpus"], rows[0]["standing"]) == (
            "beta",
            100,
            True,
        )


def test_the_portfolio_in_force_has_the_waiver_and_proposals_start_from_it(desk: Desk) -> None:
    desk.done("alpha", "/v1/waivers", BODY)
    text = desk("buyer", "GET", "/v1/portfolio").json()["text"]
    assert "first-waiver-1" in text
    assert "of: A/first" in text
    without = desk("approver", "POST", "/v1/portfolio/proposals", {"portfolio": PORTFOLIO})
    assert without.status_code == 201
    desk.done("approver", "/v1/portfolio/proposals/1/adoption")
    assert desk("alpha", "GET", "/v1/waivers").json() == {"items": []}
