"""The outbox keeps messages in their order, gives each to one desk, and forgets none unsent."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from offtake.desk.store import outbox
from offtake.desk.store.engine import open_engine, reader
from offtake.desk.store.outbox import Claim, Lease, Message, TooLarge

NOW_S = 1_750_000_000
CHANNELS = ("webhook", "email")


def message(number: int, target: str = "whk_a", **more) -> Message:
    given = {"channel": "webhook", "created_at_s": NOW_S, "body": b"{}", **more}
    return Message(id=f"msg_{number:04}", topic="notice.given", target=target, **given)


def put(engine: Engine, *messages: Message) -> None:
    with engine.begin() as tx:
        outbox.put(tx, messages)


def claim(engine: Engine, now_s: int = NOW_S, limit: int = 100, by: str = "one") -> list[Claim]:
    with engine.begin() as tx:
        return outbox.claim(tx, now_s, Lease(by, now_s + 60, CHANNELS), limit=limit)


def ids(claims: list[Claim]) -> list[str]:
    return [row.message.id for row in claims]


def fail(engine: Engine, claim: Claim, next_at_s: int | None) -> bool:
    with engine.begin() as tx:
        return outbox.failed(tx, claim, error="status 500", next_at_s=next_at_s)


def send(engine: Engine, claim: Claim, at_s: int = NOW_S) -> bool:
    with engine.begin() as tx:
        return outbox.sent(tx, claim, at_s)


def states(engine: Engine) -> dict[str, str]:
    with reader(engine).connect() as tx:
        return {row.id: row.state for row in outbox.listed(tx)}


def test_a_message_comes_out_as_it_was_put(engine: Engine) -> None:
    letter = message(1, "a@b.org", channel="email", subject="Notice, für alle", body=b"\x00\xff")
    put(engine, letter)
    (only,) = claim(engine)
    assert only.message == letter
    with reader(engine).connect() as tx:
        assert outbox.message(tx, letter.id) == letter
        assert outbox.message(tx, "msg_none") is None


def test_a_letter_that_a_database_cannot_keep_harms_nobody(engine: Engine) -> None:
    put(engine, message(1, subject="No\0tice"))
    assert claim(engine)[0].message.subject == "No tice"


def test_a_message_that_is_put_again_is_still_one(engine: Engine) -> None:
    put(engine, message(1), message(2))
    put(engine, message(2, "whk_b"), message(3))
    assert states(engine) == dict.fromkeys(("msg_0003", "msg_0002", "msg_0001"), "waiting")
    assert {row.message.target for row in claim(engine)} == {"whk_a"}


def test_what_is_taken_back_was_never_put(engine: Engine) -> None:
    with engine.connect() as tx:
        outbox.put(tx, [message(1)])
        tx.rollback()
    assert states(engine) == {}


def test_a_body_beyond_the_limit_keeps_everything_beside_it_out(engine: Engine) -> None:
    large = message(2, body=bytes(outbox.LIMIT_BODY_BYTES + 1))
    with pytest.raises(TooLarge, match="msg_0002: 10485761 bytes"):
        put(engine, message(1), large)
    assert states(engine) == {}


def test_what_is_claimed_by_one_desk_is_not_claimed_by_another(engine: Engine) -> None:
    put(engine, message(1, "whk_a"), message(2, "whk_b"), message(3, "whk_c"))
    assert ids(claim(engine, limit=2)) == ["msg_0001", "msg_0002"]
    assert ids(claim(engine, by="two")) == ["msg_0003"]
    assert claim(engine, by="two") == []


def test_nothing_is_claimed_before_it_is_due_or_by_a_channel_that_is_not_there(
    engine: Engine,
) -> None:
    put(engine, message(1), message(2, "a@b.org", channel="email"))
    assert claim(engine, NOW_S - 1) == []
    with engine.begin() as tx:
        assert outbox.due(tx, NOW_S, ("email",), limit=9) == [2]
        assert outbox.due(tx, NOW_S, (), limit=9) == []
        only = outbox.claim(tx, NOW_S, Lease("one", NOW_S + 60, ("email",)), limit=9)
        assert ids(only) == ["msg_0002"]
        assert outbox.due(tx, NOW_S, ("email",), limit=9) == []


def test_a_claim_that_ran_out_is_anothers_and_its_attempt_counts(engine: Engine) -> None:
    put(engine, message(1))
    (dead_desk,) = claim(engine)
    assert claim(engine, NOW_S + 59, by="two") == []
    (taken,) = claim(engine, NOW_S + 60, by="two")
    assert (dead_desk.attempts, taken.attempts) == (1, 2)
    assert not fail(engine, dead_desk, None)  # It wakes up and knows nothing of the other.
    assert states(engine) == {"msg_0001": "claimed"}
    assert fail(engine, taken, NOW_S + 100)
    assert ids(claim(engine, NOW_S + 100)) == ["msg_0001"]


def test_two_desks_that_have_seen_the_same_do_not_both_take_it(engine: Engine) -> None:
    put(engine, message(1, "whk_a"), message(2, "whk_b"))
    with reader(engine).connect() as tx:
        seen = outbox.due(tx, NOW_S, CHANNELS, limit=9)
    with engine.begin() as tx:
        first = outbox.take(tx, seen[:1], NOW_S, Lease("one", NOW_S + 60, CHANNELS))
    with engine.begin() as tx:
        second = outbox.take(tx, seen, NOW_S, Lease("two", NOW_S + 60, CHANNELS))
        assert outbox.take(tx, [], NOW_S, Lease("two", NOW_S + 60, CHANNELS)) == []
    assert (ids(first), ids(second)) == (["msg_0001"], ["msg_0002"])


def test_what_was_sent_is_sent_also_when_the_claim_had_run_out(engine: Engine) -> None:
    put(engine, message(1))
    (slow,) = claim(engine)
    (other,) = claim(engine, NOW_S + 60, by="two")
    assert send(engine, slow)
    assert not fail(engine, other, None)
    assert not send(engine, other)
    assert states(engine) == {"msg_0001": "sent"}


def test_messages_to_one_target_wait_for_those_before_them(engine: Engine) -> None:
    put(engine, message(1), message(2), message(3, "whk_b"))
    first, third = claim(engine)
    assert ids([first, third]) == ["msg_0001", "msg_0003"]
    fail(engine, first, NOW_S + 5)
    assert claim(engine, NOW_S + 4) == []
    (again,) = claim(engine, NOW_S + 5)
    assert again.message.id == "msg_0001"
    assert send(engine, again)
    assert ids(claim(engine, NOW_S + 5)) == ["msg_0002"]


def test_the_same_address_by_another_channel_does_not_wait(engine: Engine) -> None:
    put(engine, message(1), message(2, channel="email"))
    assert len(claim(engine)) == 2


def test_a_message_that_failed_three_times_stands_aside(engine: Engine) -> None:
    put(engine, message(1), message(2))
    now_s = NOW_S
    for _ in range(outbox.TRIES_IN_ORDER):
        (head,) = claim(engine, now_s)
        assert head.message.id == "msg_0001"
        now_s += 5
        fail(engine, head, now_s)
    fail_later = claim(engine, now_s)
    assert ids(fail_later) == ["msg_0001", "msg_0002"]


def test_a_dead_message_holds_nobody_up_and_lives_again_by_hand(engine: Engine) -> None:
    put(engine, message(1), message(2))
    (head,) = claim(engine)
    fail(engine, head, None)
    assert states(engine)["msg_0001"] == "dead"
    (second,) = claim(engine)
    assert second.message.id == "msg_0002"
    with engine.begin() as tx:
        assert outbox.revive(tx, "msg_0001", NOW_S + 9)
        assert not outbox.revive(tx, "msg_0001", NOW_S + 9)
        assert not outbox.revive(tx, "msg_0002", NOW_S + 9)
    (revived,) = claim(engine, NOW_S + 9)
    assert (revived.message.id, revived.attempts) == ("msg_0001", 1)


def test_a_claim_given_back_leaves_no_trace(engine: Engine) -> None:
    put(engine, message(1))
    (taken,) = claim(engine)
    with engine.begin() as tx:
        assert outbox.release(tx, taken)
        assert not outbox.release(tx, taken)
    (again,) = claim(engine)
    assert again == taken


def test_messages_are_listed_page_by_page_newest_first(engine: Engine) -> None:
    put(engine, *(message(number) for number in range(5)))
    (head,) = claim(engine)
    fail(engine, head, None)
    with reader(engine).connect() as tx:
        page = outbox.listed(tx, limit=3)
        rest = outbox.listed(tx, before=page[-1].seq, limit=3)
        dead = outbox.listed(tx, "dead")
    assert [row.id for row in page + rest] == [f"msg_{number:04}" for number in (4, 3, 2, 1, 0)]
    assert [(row.id, row.attempts, row.last_error) for row in dead] == [
        ("msg_0000", 1, "status 500")
    ]
    assert all(row.last_error is None for row in page)


def test_counts_tell_how_many_and_since_when(engine: Engine) -> None:
    put(engine, message(1), message(2, created_at_s=NOW_S - 50))
    put(engine, message(3, "a@b.org", channel="email"))
    assert send(engine, claim(engine)[0])
    with reader(engine).connect() as tx:
        found = {row[:2]: row[2:] for row in outbox.counts(tx)}
    assert found == {
        ("email", "claimed"): (1, NOW_S),
        ("webhook", "sent"): (1, NOW_S),
        ("webhook", "waiting"): (1, NOW_S - 50),
    }


def test_only_what_was_sent_long_ago_is_forgotten(engine: Engine) -> None:
    put(engine, *(message(number, f"whk_{number}") for number in range(4)))
    old, new, dead, _claimed = claim(engine)
    send(engine, old, NOW_S)
    send(engine, new, NOW_S + 10)
    fail(engine, dead, None)
    with engine.begin() as tx:
        assert outbox.forget(tx, NOW_S + 10) == 1
    assert set(states(engine)) == {"msg_0001", "msg_0002", "msg_0003"}
    put(engine, message(9))
    with reader(engine).connect() as tx:
        assert outbox.listed(tx, limit=1)[0].seq == 5  # Numbers go on.


def test_an_error_is_kept_no_longer_than_the_limit(engine: Engine) -> None:
    put(engine, message(1))
    with engine.begin() as tx:
        (taken,) = outbox.claim(tx, NOW_S, Lease("one", NOW_S + 60, CHANNELS), limit=1)
        outbox.failed(tx, taken, error="x" * 1_000, next_at_s=None)
        assert len(outbox.listed(tx)[0].last_error) == outbox.LIMIT_ERROR


def test_desks_that_claim_at_the_same_time_share_what_there_is(engine: Engine, url: str) -> None:
    targets, per_target = 40, 3
    put(
        engine,
        *(message(number, f"whk_{number % targets}") for number in range(targets * per_target)),
    )
    together = Barrier(4)
    taken: list[list[Claim]] = [[], [], [], []]

    def desk(number: int) -> None:
        own = open_engine(url)
        together.wait()
        while claims := claim(own, limit=3, by=f"desk {number}"):
            taken[number] += claims
            for row in claims:
                send(own, row)
        own.dispose()

    desks = [Thread(target=desk, args=(number,)) for number in range(4)]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    left = 0
    while claims := claim(engine):  # What was held up when a desk saw nothing more.
        left += len(claims)
        for row in claims:
            send(engine, row)
    every = [row.message.id for part in taken for row in part]
    assert len(every) == len(set(every))
    assert len(every) + left == targets * per_target
    assert set(states(engine).values()) == {"sent"}
