"""A supplier's program is told of its own matters, with what the supplier may see, and no more."""

import json
import os
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Engine

from desk.access.worlds import AFTER, BEFORE, BUYER, BY, Step, bid, raised
from desk.outbox.post import Post
from desk.stories import ALPHA, BETA, GAMMA, Story, submit
from offtake.desk import command as say
from offtake.desk.endpoint import Wish
from offtake.desk.store import outbox
from offtake.desk.store.engine import reader
from offtake.desk.tell import Teller
from offtake.desk.transport.reach import Reach

tell = Teller(os.urandom)
PARTIES = ("alpha", "beta", "gamma", "delta")


def endpoints(engine: Engine) -> dict[str, str]:
    """One endpoint of each party, that wishes to be told of all; parties by endpoint."""
    post = Post(engine)
    with engine.begin() as tx:
        return {
            post.endpoints.register(
                tx, Wish(f"https://{of}.example/", ("*",), of), Reach(), 0
            ).endpoint.id: of
            for of in PARTIES
        }


def told(engine: Engine, known: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What each party was sent, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {party: [] for party in known.values()}
    with reader(engine).connect() as tx:
        for row in outbox.listed(tx, limit=10_000)[::-1]:
            body = outbox.message(tx, row.id).body
            found[known[row.target]].append(json.loads(body))
    return found


def topics(messages: Iterable[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def told_of(engine: Engine, steps: Iterable[Step]) -> dict[str, list[dict[str, Any]]]:
    """What each party is sent of a story of `worlds`."""
    known = endpoints(engine)
    story = Story(engine, portfolio="", beside=tell)
    for step in sorted(steps, key=lambda step: step.at):
        story.clock.set(step.at)
        story.does(step.command, step.by)
    return told(engine, known)


GAMMAS = (bid("gamma", "2.83", "2025-03-08"), bid("gamma", "2.82", "2025-03-09"))


def test_each_party_is_told_of_its_own_matters(engine: Engine) -> None:
    sent = told_of(engine, (*BEFORE, *GAMMAS, *AFTER))
    assert topics(sent["alpha"]) == ["notice.given", "notice.refused"]
    assert topics(sent["beta"]) == ["tender.opened", "tender.closed", "award.made", "order.signed"]
    assert topics(sent["gamma"]) == ["tender.opened", "tender.closed", "offer.declined"]
    assert sent["delta"] == []
    notice, refused = (message["data"] for message in sent["alpha"])
    assert (notice["notice"], notice["gpus"], notice["due"]) == ("texas.1", 64, "2025-04-01")
    assert (refused["outcome"], refused["accepted_gpus"]) == ("refused", 0)
    assert sent["alpha"][1]["timestamp"] == "2025-03-05T00:00:00Z"
    assert sent["beta"][3]["data"]["name"] == "texas.beta.1"
    assert sent["beta"][3]["data"]["price"] == "2.71 USD"


def test_a_loser_learns_nothing_of_the_winner_nor_of_the_buyers_mind(engine: Engine) -> None:
    sent = json.dumps(told_of(engine, (*BEFORE, *GAMMAS, *AFTER))["gamma"])
    for secret in ("beta", "2.71", "WHY-SAID", "Ada", "3.17", "TITLE", "rank", "cost", "invited"):
        assert secret not in sent
    assert "2.82 USD" in sent


PAIRS = {
    "how dear the winner is": (
        (*BEFORE, *GAMMAS, *AFTER),
        (
            *BEFORE[:-1],
            bid("beta", "2.79", "2025-03-07"),
            *GAMMAS,
            AFTER[0]._replace(command=say.Award(requirement="texas", takes={"beta": 64}, why="x")),
            AFTER[1],
        ),
        ("alpha", "gamma", "delta"),
    ),
    "that another offers": ((*BEFORE,), (*BEFORE, *GAMMAS), ("alpha", "beta", "delta")),
    "other requirements": (
        (*BEFORE,),
        (
            *BEFORE,
            raised("nordics", "2025-03-01T00:00:01Z"),
            Step("2025-03-01T00:00:02Z", BUYER, say.Notice(requirement="nordics")),
        ),
        ("beta", "gamma", "delta"),
    ),
    "what another answers": (
        BEFORE[:3],
        (
            *BEFORE[:3],
            Step("2025-03-05", BY["alpha"], say.Answer(requirement="texas", gpus=8, signed="A")),
        ),
        ("beta", "gamma", "delta"),
    ),
}


@pytest.mark.parametrize("secret", PAIRS)
def test_nobody_is_sent_anything_by_which_two_worlds_differ(secret: str, tmp_path: Any) -> None:
    from offtake.desk.store.engine import open_engine
    from offtake.desk.store.migrate import migrate

    one, other, parties = PAIRS[secret]
    sent = []
    for number, steps in enumerate((one, other)):
        engine = open_engine(f"sqlite:///{tmp_path / str(number)}.db")
        migrate(engine)
        sent.append(told_of(engine, steps))
        engine.dispose()
    assert {party: sent[0][party] for party in parties} == {
        party: sent[1][party] for party in parties
    }


def test_a_change_drops_a_notice_and_a_tender_and_each_is_told_once(engine: Engine) -> None:
    known = endpoints(engine)
    story = Story(engine, beside=tell)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    for gpus in (48, 40):
        change = submit(gpus=gpus)
        story.does(say.Change(**{name: getattr(change, name) for name in CHANGED}))
    assert topics(told(engine, known)["alpha"]) == ["notice.given", "notice.dropped"]
    story.does(say.Notice(requirement="r"))
    story.does(say.Answer(requirement="r", gpus=0, signed="A"), ALPHA)
    story.does(say.Tender(requirement="r", invite=("beta",)))
    story.does(say.Bid(requirement="r", gpus=40, price="$2"), BETA)
    story.does(say.Withdraw(requirement="r", why="no longer"))
    sent = told(engine, known)
    assert topics(sent["alpha"])[2:] == ["notice.given", "notice.refused"]
    assert topics(sent["beta"]) == ["tender.opened", "tender.dropped"]
    assert "no longer" not in json.dumps(sent)


CHANGED = (*("requirement", "purpose", "gpus", "start", "end", "accelerators", "price_limit"),)


def test_a_late_tranche_and_its_delivery_are_told_to_whoever_supplies_it(engine: Engine) -> None:
    known = endpoints(engine)
    story = Story(engine, beside=tell)
    story.does(submit())
    story.does(say.Notice(requirement="r"))
    story.does(say.Answer(requirement="r", gpus=0, signed="A"), ALPHA)
    story.does(say.Tender(requirement="r", open_for="2d"))
    story.does(say.Bid(requirement="r", gpus=64, price="$2"), BETA)
    story.does(say.Bid(requirement="r", gpus=64, price="$2.5"), GAMMA)
    story.clock.at_s += 2 * 86_400
    story.does(say.Award(requirement="r", takes={"beta": 64}))
    story.does(say.Sign(requirement="r", supplier="beta"))
    story.clock.set("2025-09-10")
    story.writer.write([])
    story.does(say.Deliver(order=0, tranche=0))
    sent = told(engine, known)
    assert topics(sent["beta"])[-2:] == ["tranche.late", "tranche.delivered"]
    late = sent["beta"][-2]
    assert late["timestamp"].startswith("2025-09-01")
    assert (late["data"]["status"], late["data"]["gpus"]) == ("late", 64)
    assert "order" not in late["data"]
    assert "tranche.late" not in topics(sent["gamma"])


def test_entries_of_one_batch_are_each_told_as_they_stood(engine: Engine) -> None:
    from offtake.desk.writer import Asked

    known = endpoints(engine)
    story = Story(engine, beside=tell)
    batch = [
        Asked(submit(), ALPHA._replace(party="")),
        Asked(say.Notice(requirement="r"), ALPHA._replace(party="")),
        Asked(say.Answer(requirement="r", gpus=16, signed="A"), ALPHA),
    ]
    story.writer.write(batch)
    sent = told(engine, known)["alpha"]
    assert [(message["type"], message["data"]["outcome"]) for message in sent] == [
        ("notice.given", "open"),
        ("notice.accepted", "accepted"),
    ]
