"""Messages are delivered in order, tried again when they must be, and never lost."""

import asyncio
import logging
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from standardwebhooks import Webhook

from desk.outbox.post import NOW_S, Post, message, name
from desk.outbox.receivers import NEAR, Postbox, Receiver
from offtake.desk.message import Letter, posted
from offtake.desk.outbox import DELAYS_S, Deliverer, Policy
from offtake.desk.seal import Secret
from offtake.desk.store import outbox, webhook
from offtake.desk.store.engine import reader
from offtake.desk.store.outbox import Message
from offtake.desk.transport.mail import Mail, Server, Tls
from offtake.desk.transport.outcome import Outcome, Refused, Sent
from offtake.desk.transport.webhook import Webhooks

AT = datetime.fromtimestamp(NOW_S, UTC)


def refusing(status: int = 500, **headers: str) -> Receiver:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Receiver(lambda request: (status, named))


def test_messages_arrive_in_their_order_with_a_signature_that_is_verified(engine: Engine) -> None:
    post, receiver = Post(engine), Receiver()
    assert post.once(receiver, range(10)) == 10
    assert [request.id for request in receiver.received] == [name(number) for number in range(10)]
    assert post.states() == ["sent"] * 10
    assert {row.sent_at_s for row in post.kept()} == {NOW_S}
    assert receiver.at_once_most == 1
    (secret,) = post.secrets.values()
    for request in receiver.received:
        signed = Webhook(secret.reveal())
        again = signed.sign(request.id, AT, request.body.decode())
        assert request.headers["webhook-signature"] == again
    assert post.tally.seen == {"sent": 10}


def test_the_back_off_is_the_recommended_one_and_then_a_message_is_dead(engine: Engine) -> None:
    post, receiver = Post(engine), refusing()
    assert post.once(receiver, [1]) == 1
    tried_at_s = [NOW_S]
    while post.states() == ["waiting"]:
        (row,) = post.kept()
        post.clock.at_s = row.next_at_s - 1
        assert post.once(receiver) == 0
        post.clock.at_s = row.next_at_s
        assert post.once(receiver) == 1
        tried_at_s.append(row.next_at_s)
    minutes, hours = 60, 3_600
    assert [later - sooner for sooner, later in pairwise(tried_at_s)] == [
        *(5, 5 * minutes, 30 * minutes),
        *(2 * hours, 5 * hours, 10 * hours, 14 * hours, 20 * hours, 24 * hours),
    ]
    (row,) = post.kept()
    assert (row.state, row.attempts, row.last_error) == ("dead", 10, "status 500")
    assert {request.id for request in receiver.received} == {name(1)}
    assert post.tally.seen == {"failed": 10, "dead": 1}


def test_each_attempt_is_signed_at_its_own_time(engine: Engine) -> None:
    post, receiver = Post(engine), refusing()
    post.once(receiver, [1])
    post.clock.at_s += 5
    post.once(receiver)
    stamps = [int(request.headers["webhook-timestamp"]) for request in receiver.received]
    assert stamps == [NOW_S, NOW_S + 5]
    first, second = (request.headers["webhook-signature"] for request in receiver.received)
    assert first != second


def test_a_dead_letter_is_sent_when_somebody_revives_it(engine: Engine) -> None:
    post, receiver = Post(engine, delays_s=()), refusing()
    post.once(receiver, [1])
    assert post.states() == ["dead"]
    receiver.answers = Receiver().answers
    assert post.once(receiver) == 0
    with engine.begin() as tx:
        assert outbox.revive(tx, name(1), NOW_S)
    assert post.once(receiver) == 1
    assert post.states() == ["sent"]
    assert [request.id for request in receiver.received] == [name(1)] * 2


def test_jitter_lengthens_a_delay_by_no_more_than_a_fourth_or_a_second() -> None:
    nearly = Policy(jitter=lambda: 0.999999999)
    never = Policy(jitter=lambda: 0.0)
    for number, delay_s in enumerate(DELAYS_S, start=1):
        assert never.next_at_s(number, NOW_S) == NOW_S + delay_s
        latest = nearly.next_at_s(number, NOW_S)
        assert latest == NOW_S + delay_s + max(1, delay_s // 4)
    assert never.next_at_s(len(DELAYS_S) + 1, NOW_S) is None


def test_who_asks_for_more_time_gets_it_up_to_a_day(engine: Engine) -> None:
    post, receiver = Post(engine), refusing(429, Retry_After="90")
    post.once(receiver, [1])
    assert post.kept()[0].next_at_s == NOW_S + 90
    post.clock.at_s = NOW_S + 90
    receiver.answers = refusing(503, Retry_After="2").answers
    post.once(receiver)
    assert post.kept()[0].next_at_s == NOW_S + 90 + 300  # No sooner than the schedule.
    assert Policy().next_at_s(1, NOW_S, retry_after_s=10**8) == NOW_S + 86_400


def test_an_endpoint_that_is_gone_is_disabled_and_sent_nothing_more(engine: Engine) -> None:
    post, receiver = Post(engine), refusing(410)
    assert post.once(receiver, [1, 2]) == 2
    assert [request.id for request in receiver.received] == [name(1)]
    assert post.states() == ["dead", "dead"]
    assert post.kept()[1].last_error == "the endpoint is disabled or no longer there"
    with reader(engine).connect() as tx:
        (endpoint,) = webhook.listed(tx)
    assert (endpoint.disabled_at_s, endpoint.disabled_why) == (NOW_S, "status 410")
    assert post.tally.seen == {"failed": 2, "dead": 2, "disabled": 1}


def test_nothing_overtakes_a_message_that_is_tried_again_soon(engine: Engine) -> None:
    post, receiver = Post(engine), Receiver()
    failures = [500, 500]
    receiver.answers = lambda request: (failures.pop(), {}) if failures else (204, {})
    for later_s in (0, 5, 305):
        post.clock.at_s = NOW_S + later_s
        post.once(receiver, [1, 2, 3])
    assert [request.id for request in receiver.received] == [
        name(number) for number in (1, 1, 1, 2, 3)
    ]


def test_a_message_that_its_target_cannot_take_holds_the_others_up_for_minutes(
    engine: Engine,
) -> None:
    post, receiver = Post(engine), Receiver()
    receiver.answers = lambda request: (500 if request.id == name(1) else 204, {})
    for later_s in (0, 5, 305):
        post.clock.at_s = NOW_S + later_s
        post.once(receiver, [1, 2, 3])
    assert post.states() == ["waiting", "sent", "sent"]
    assert [row.attempts for row in post.kept()] == [3, 1, 1]


def test_one_target_that_fails_holds_up_no_other(engine: Engine) -> None:
    post, receiver = Post(engine), Receiver()
    receiver.answers = lambda request: (500 if request.path == "/a" else 204, {})

    async def deliver() -> None:
        async with receiver.open():
            for number, path in enumerate(("/a", "/b", "/c")):
                post.put(post.endpoint(receiver.url(path)), number)
            await post.deliverer().once()

    asyncio.run(deliver())
    assert post.states() == ["waiting", "sent", "sent"]


def test_no_more_is_sent_at_once_than_allowed(engine: Engine) -> None:
    post, receiver = Post(engine, sends_max=4), Receiver()

    async def deliver() -> None:
        async with receiver.open():
            receiver.held = asyncio.Event()
            for number in range(12):
                post.put(post.endpoint(receiver.url()), number)
            sending = asyncio.create_task(post.deliverer().once())
            while receiver.holding < 4:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            receiver.held.set()
            await sending

    asyncio.run(deliver())
    assert receiver.at_once_most == 4
    assert post.states() == ["sent"] * 12


def test_who_does_not_answer_in_time_is_tried_again(engine: Engine) -> None:
    post, receiver = Post(engine, timeout_s=1), Receiver()
    receiver.held = asyncio.Event()
    assert post.once(receiver, [1]) == 1
    (row,) = post.kept()
    assert (row.state, row.last_error) == ("waiting", "no answer within 1 s")


def test_a_channel_that_is_not_set_up_waits(engine: Engine) -> None:
    post = Post(engine)
    post.put("ada@alpha.example", 1, channel="email")
    assert asyncio.run(post.deliverer().once()) == 0
    assert post.states() == ["waiting"]


class Died(BaseException):
    """The desk is no more."""


class Dying:
    """Sends, and dies before anybody can write that down."""

    def __init__(self, below: Webhooks) -> None:
        self._below = below

    async def send(self, message: Message, now_s: int) -> Outcome:
        await self._below.send(message, now_s)
        raise Died


def test_a_desk_that_dies_between_sending_and_marking_sends_again_under_the_same_id(
    engine: Engine,
) -> None:
    post, receiver = Post(engine), Receiver()

    async def die_and_go_on() -> None:
        async with receiver.open():
            target = post.endpoint(receiver.url())
            post.put(target, 1, 2)
            dying = Dying(Webhooks(post.endpoints.find, NEAR))
            with pytest.raises(Died):
                await post.deliverer({"webhook": dying}).once()
            assert post.states() == ["claimed", "waiting"]
            assert await post.deliverer().once() == 0  # Its claim still stands.
            post.clock.at_s += post.policy.lease_s
            assert await post.deliverer().once() == 2

    asyncio.run(die_and_go_on())
    assert [request.id for request in receiver.received] == [name(1), name(1), name(2)]
    assert receiver.received[0].body == receiver.received[1].body
    assert post.states() == ["sent", "sent"]


def test_a_message_at_which_every_desk_dies_is_dead_at_last(engine: Engine) -> None:
    post, receiver = Post(engine, delays_s=(5,)), Receiver()

    async def die() -> None:
        async with receiver.open():
            post.put(post.endpoint(receiver.url()), 1)
            dying = Dying(Webhooks(post.endpoints.find, NEAR))
            for _ in range(2):
                with pytest.raises(Died):
                    await post.deliverer({"webhook": dying}).once()
                post.clock.at_s += post.policy.lease_s
            await post.deliverer({"webhook": dying}).once()

    asyncio.run(die())
    (row,) = post.kept()
    assert (row.state, row.last_error) == ("dead", "desks went down at every attempt to send it")
    assert len(receiver.received) == 2


class Breaking:
    """Has a mistake in it."""

    async def send(self, message: Message, now_s: int) -> Outcome:
        if message.id == name(1):
            raise KeyError("s3cret")
        return Sent()


def test_a_mistake_of_ours_is_one_messages_and_what_it_says_is_not_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    post = Post(engine)
    post.put("whk_a", 1)
    post.put("whk_b", 2)
    asyncio.run(post.deliverer({"webhook": Breaking()}).once())
    assert post.states() == ["waiting", "sent"]
    assert post.kept()[0].last_error == "KeyError in the transport: a mistake of offtake"
    assert "msg_0001 breaks its transport: KeyError" in caplog.text
    assert "s3cret" not in caplog.text
    assert post.tally.seen == {"sent": 1, "failed": 1, "broken": 1}


def test_what_cannot_be_marked_is_sent_again_when_its_claim_runs_out(engine: Engine) -> None:
    post, receiver = Post(engine), Receiver()

    class Tearing(Webhooks):
        async def send(self, message: Message, now_s: int) -> Outcome:
            outcome = await super().send(message, now_s)
            with engine.begin() as tx:
                tx.execute(text("ALTER TABLE outbox RENAME TO away"))
            return outcome

    async def tear() -> None:
        async with receiver.open():
            post.put(post.endpoint(receiver.url()), 1)
            tearing = {"webhook": Tearing(post.endpoints.find, NEAR)}
            with pytest.raises(SQLAlchemyError, match="outbox"):
                await post.deliverer(tearing).once()
            with engine.begin() as tx:
                tx.execute(text("ALTER TABLE away RENAME TO outbox"))
            post.clock.at_s += post.policy.lease_s
            await post.deliverer().once()

    asyncio.run(tear())
    assert [request.id for request in receiver.received] == [name(1)] * 2
    assert post.tally.seen == {"unmarked": 1, "sent": 1}


async def until(happens) -> None:
    """Wait for something for five seconds at most."""
    async with asyncio.timeout(5):
        while not happens():
            await asyncio.sleep(0.01)


def test_a_running_deliverer_is_woken_by_what_is_put_and_stops_when_told(engine: Engine) -> None:
    post, receiver = Post(engine, poll_ms=60_000), Receiver()

    async def live() -> None:
        async with receiver.open():
            target = post.endpoint(receiver.url())
            deliverer: Deliverer = post.deliverer()
            running = asyncio.create_task(deliverer.run())
            await asyncio.sleep(0.05)
            for number in range(3):
                await asyncio.to_thread(post.put, target, number)
                await asyncio.to_thread(deliverer.wake)
                await until(lambda number=number: len(receiver.received) == number + 1)
            deliverer.stop()
            await asyncio.wait_for(running, 5)
            post.put(target, 9)
            deliverer.wake()
            await asyncio.sleep(0.05)

    asyncio.run(live())
    assert post.states() == ["sent"] * 3 + ["waiting"]


def test_a_running_deliverer_sees_what_another_desk_has_put(engine: Engine) -> None:
    post, receiver = Post(engine, poll_ms=20), Receiver()

    async def live() -> None:
        async with receiver.open():
            target = post.endpoint(receiver.url())
            deliverer = post.deliverer()
            running = asyncio.create_task(deliverer.run())
            await asyncio.sleep(0.05)
            await asyncio.to_thread(post.put, target, 1)
            await until(lambda: receiver.received)
            deliverer.stop()
            await running

    asyncio.run(live())
    assert post.states() == ["sent"]


def test_what_is_on_its_way_arrives_before_a_deliverer_stops(engine: Engine) -> None:
    post, receiver = Post(engine), Receiver()

    async def live() -> None:
        async with receiver.open():
            receiver.held = asyncio.Event()
            post.put(post.endpoint(receiver.url()), 1, 2)
            deliverer = post.deliverer()
            running = asyncio.create_task(deliverer.run())
            await until(lambda: receiver.received)
            deliverer.stop()
            await asyncio.sleep(0.05)
            assert not running.done()
            receiver.held.set()
            await running

    asyncio.run(live())
    assert post.states() == ["sent", "waiting"]


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_what_has_not_arrived_by_then_is_given_back_at_once(engine: Engine, how: str) -> None:
    post, receiver = Post(engine, grace_s=0), Receiver()

    async def live() -> None:
        async with receiver.open():
            receiver.held = asyncio.Event()
            post.put(post.endpoint(receiver.url()), 1)
            deliverer = post.deliverer()
            running = asyncio.create_task(deliverer.run())
            await until(lambda: receiver.received)
            if how == "stop":
                deliverer.stop()
                await running
            else:
                running.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await running
            assert [(row.state, row.attempts) for row in post.kept()] == [("waiting", 0)]
            receiver.held = None
            await post.deliverer().once()

    asyncio.run(live())
    assert [request.id for request in receiver.received] == [name(1)] * 2
    assert post.states() == ["sent"]


def test_a_database_that_is_away_is_waited_for(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    post, receiver = Post(engine, poll_ms=20), Receiver()

    async def live() -> None:
        async with receiver.open():
            post.put(post.endpoint(receiver.url()), 1)
            with engine.begin() as tx:
                tx.execute(text("ALTER TABLE outbox RENAME TO away"))
            deliverer = post.deliverer()
            running = asyncio.create_task(deliverer.run())
            await until(lambda: "the outbox cannot be read" in caplog.text)
            with engine.begin() as tx:
                tx.execute(text("ALTER TABLE away RENAME TO outbox"))
            await until(lambda: receiver.received)
            deliverer.stop()
            await running

    asyncio.run(live())
    assert post.states() == ["sent"]


def test_letters_and_webhooks_leave_by_one_deliverer_and_no_secret_is_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    post, receiver, postbox = Post(engine), refusing(), Postbox()
    password = Secret("p4ssw0rd!")
    letter = posted(Letter(text="64 H100.\n"))

    async def deliver() -> None:
        async with receiver.open(), postbox.open():
            plain = Server("127.0.0.1", "desk@lab.example", port=postbox.port, tls=Tls.NONE)
            secure = Server("127.0.0.1", "desk@lab.example", port=postbox.port, password=password)
            hooks = Webhooks(post.endpoints.find, NEAR)
            post.put(post.endpoint(receiver.url()), 1)
            letters = [message(n, f"ada{n}@alpha.example", channel="email") for n in (2, 3)]
            with engine.begin() as tx:
                outbox.put(tx, [row._replace(body=letter, subject="Notice") for row in letters[:1]])
            await post.deliverer({"webhook": hooks, "email": Mail(plain)}).once()
            with engine.begin() as tx:
                outbox.put(tx, [row._replace(body=letter, subject="Notice") for row in letters[1:]])
            await post.deliverer({"webhook": hooks, "email": Mail(secure)}).once()

    asyncio.run(deliver())
    assert post.states() == ["waiting", "sent", "waiting"]
    assert postbox.taken[0].mail["message-id"] == f"<{name(2)}@lab.example>"
    secrets = [password.reveal(), *(one.reveal()[6:] for one in post.secrets.values())]
    everything = "\n".join(f"{row.getMessage()} {row.__dict__}" for row in caplog.records)
    assert not any(secret in everything for secret in secrets)


def test_a_letter_refused_for_good_is_dead_at_once_and_disables_no_endpoint(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing:
        async def send(self, message: Message, now_s: int) -> Outcome:
            return Refused("the server refuses the recipient: 550 nobody")

    post = Post(engine)
    post.put("nobody@alpha.example", 1, channel="email")
    asyncio.run(post.deliverer({"email": Refusing()}).once())
    assert post.states() == ["dead"]
    assert "msg_0001 (notice.given by email) is dead after 1 attempts" in caplog.text
    assert "nobody@" not in caplog.text
