"""A webhook is signed, goes to an address that was judged, and tells what came of it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks.webhooks
from standardwebhooks import Webhook, WebhookVerificationError

from desk.outbox.receivers import LOOPBACK, NEAR, Authority, Receiver, Request, fine
from offtake.desk.message import payload
from offtake.desk.seal import Secret
from offtake.desk.store.outbox import Message
from offtake.desk.transport.outcome import Failed, Gone, Outcome, Refused, Sent
from offtake.desk.transport.reach import Reach
from offtake.desk.transport.webhook import ADDRESSES_MAX, Signed, Webhooks

NOW_S = 1_750_000_000
ONE, TWO = (Secret("whsec_" + text * 8) for text in ("b25l", "dHdv"))
BODY = payload("notice.given", NOW_S - 60, {"requirement": "r", "note": "für alle"})
MESSAGE = Message("msg_1", NOW_S, "notice.given", "webhook", "whk_a", BODY)


def finder(url: str, secrets: tuple[Secret, ...] = (ONE,)) -> Callable[..., Any]:
    async def find(name: str, now_s: int) -> Signed | None:
        assert (name, now_s) == ("whk_a", NOW_S)
        return Signed(url, secrets)

    return find


def to(*addresses: str) -> Callable[..., Any]:
    """A resolver that knows one answer."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


async def post(receiver: Receiver, url: str = "", **how) -> Outcome:
    async with receiver.open():
        find = finder(url or receiver.url(), how.pop("secrets", (ONE,)))
        return await Webhooks(find, **{"reach": NEAR, **how}).send(MESSAGE, NOW_S)


def answered(status: int, **headers: str) -> Outcome:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return asyncio.run(post(Receiver(lambda request: (status, named))))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the clock by which receivers verify."""

    def set_to(now_s: int) -> None:
        class Frozen(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.fromtimestamp(now_s, tz)

        monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Frozen)

    set_to(NOW_S)
    return set_to


def verified(secret: Secret, request: Request) -> Any:
    return Webhook(secret.reveal()).verify(request.body, request.headers)


def test_what_arrives_is_what_was_put_and_its_signature_is_verified(at) -> None:
    receiver = Receiver()
    assert asyncio.run(post(receiver)) == Sent()
    (request,) = receiver.received
    assert request.path == "/in"
    assert request.body == BODY
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == "msg_1"
    assert verified(ONE, request) == {
        "type": "notice.given",
        "timestamp": "2025-06-15T15:05:40Z",
        "data": {"requirement": "r", "note": "für alle"},
    }
    with pytest.raises(WebhookVerificationError):
        verified(TWO, request)
    with pytest.raises(WebhookVerificationError):
        verified(ONE, request._replace(body=BODY.replace(b'"r"', b'"s"')))


def test_a_receiver_may_turn_an_old_request_away(at) -> None:
    receiver = Receiver()
    asyncio.run(post(receiver))
    at(NOW_S + 301)
    with pytest.raises(WebhookVerificationError, match="too old"):
        verified(ONE, receiver.received[0])


def test_while_a_secret_is_replaced_either_verifies(at) -> None:
    receiver = Receiver()
    asyncio.run(post(receiver, secrets=(TWO, ONE)))
    (request,) = receiver.received
    assert verified(ONE, request) == verified(TWO, request)
    assert len(request.headers["webhook-signature"].split()) == 2


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_two_hundred_is_success(status: int) -> None:
    assert answered(status) == Sent()


@pytest.mark.parametrize("status", [400, 401, 404, 408, 429, 500, 503])
def test_what_is_not_taken_is_tried_again(status: int) -> None:
    assert answered(status) == Failed(f"status {status}")


def test_gone_is_gone() -> None:
    assert answered(410) == Gone("status 410")


@pytest.mark.parametrize(
    ("headers", "after_s"),
    [
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": " 7 "}, 7),
        (
            {
                "Date": "Sun, 15 Jun 2025 15:06:40 GMT",
                "Retry_After": "Sun, 15 Jun 2025 15:16:40 GMT",
            },
            600,
        ),
        (
            {
                "Date": "Sun, 15 Jun 2025 15:06:40 GMT",
                "Retry_After": "Sun, 15 Jun 2025 15:00:00 GMT",
            },
            0,
        ),
        ({"Retry_After": "soon"}, 0),
        ({"Retry_After": "-5"}, 0),
        ({"Retry_After": "Sun, 99 Jun 99999 15:00:00 GMT", "Date": "now"}, 0),
        ({"Retry_After": "9" * 400}, 999_999_999),
    ],
)
def test_a_receiver_says_how_long_it_wants_to_be_left_alone(headers: dict, after_s: int) -> None:
    assert answered(429, **headers) == Failed("status 429", after_s)


def test_a_redirect_is_not_followed() -> None:
    receiver = Receiver(lambda request: (307, {"Location": "/elsewhere"}))
    assert asyncio.run(post(receiver)) == Failed("status 307")
    assert [request.path for request in receiver.received] == ["/in"]


def test_nobody_is_asked_to_pass_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert asyncio.run(post(Receiver())) == Sent()


def test_a_disabled_endpoint_is_sent_nothing() -> None:
    async def nothing(name: str, now_s: int) -> None:
        return None

    outcome = asyncio.run(Webhooks(nothing, NEAR).send(MESSAGE, NOW_S))
    assert outcome == Refused("the endpoint is disabled or no longer there")


def test_plain_http_is_refused_unless_it_is_allowed() -> None:
    receiver = Receiver()
    outcome = asyncio.run(post(receiver, reach=Reach(networks=(LOOPBACK,))))
    assert outcome == Refused("http: only https is allowed")
    assert receiver.received == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1"])
def test_the_desk_does_not_knock_at_its_own_machine(host: str) -> None:
    receiver = Receiver()

    async def knock() -> Outcome:
        async with receiver.open():
            find = finder(receiver.url(host=host))
            return await Webhooks(find, Reach(("http",))).send(MESSAGE, NOW_S)

    outcome = asyncio.run(knock())
    assert isinstance(outcome, Failed)
    assert "no public address" in outcome.says
    assert receiver.connections == 0


def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    """A name that means something else the next time it is asked leads nowhere (rebinding)."""
    receiver, asked = Receiver(), []

    async def changing(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    async def knock() -> Outcome:
        async with receiver.open():
            find = finder(receiver.url(host="hooks.example"))
            return await Webhooks(find, NEAR, by=changing).send(MESSAGE, NOW_S)

    assert asyncio.run(knock()) == Sent()
    assert asked == ["hooks.example"]
    assert receiver.received[0].headers["host"] == f"hooks.example:{receiver.port}"


def test_addresses_that_may_not_be_reached_are_passed_over() -> None:
    receiver = Receiver()

    async def knock() -> Outcome:
        async with receiver.open():
            find = finder(receiver.url(host="hooks.example"))
            by = to("10.0.0.1", "::1", "127.0.0.1")
            return await Webhooks(find, NEAR, by=by).send(MESSAGE, NOW_S)

    assert asyncio.run(knock()) == Sent()


def test_an_address_that_takes_no_connection_is_followed_by_the_next() -> None:
    async def knock(*addresses: str) -> Outcome:
        receiver = Receiver()
        async with receiver.open():
            find = finder(receiver.url(host="hooks.example"))
            return await Webhooks(find, NEAR, by=to(*addresses)).send(MESSAGE, NOW_S)

    assert asyncio.run(knock("127.0.0.2", "127.0.0.1")) == Sent()
    far = [f"127.0.0.{number}" for number in range(2, 2 + ADDRESSES_MAX)]
    failed = asyncio.run(knock(*far, "127.0.0.1"))
    assert isinstance(failed, Failed)
    assert failed.says.startswith("ConnectError")


def test_a_name_that_leads_nowhere_is_tried_again() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    outcome = asyncio.run(Webhooks(finder("https://a.example"), by=unknown).send(MESSAGE, NOW_S))
    assert outcome == Failed("its name cannot be resolved")


def test_an_answer_that_is_no_http_is_a_failure() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 post.example ESMTP\r\n")
        writer.close()

    async def knock() -> Outcome:
        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            return await Webhooks(finder(f"http://127.0.0.1:{port}/"), NEAR).send(MESSAGE, NOW_S)

    outcome = asyncio.run(knock())
    assert isinstance(outcome, Failed)
    assert outcome.says.startswith("RemoteProtocolError")


SECURE = Reach(networks=(LOOPBACK,))


def secured(tmp_path: Path, certified: str, host: str = "hooks.example") -> tuple[Outcome, int]:
    """What comes of sending to a host whose server is certified as another; what it received."""
    authority, receiver = Authority(tmp_path), Receiver()

    async def knock() -> Outcome:
        async with receiver.open(authority.serves(certified)):
            find = finder(receiver.url(host=host, scheme="https"))
            sender = Webhooks(find, SECURE, by=to("127.0.0.1"), trust=authority.trust())
            return await sender.send(MESSAGE, NOW_S)

    return asyncio.run(knock()), len(receiver.received)


def test_the_certificate_must_be_the_names_not_the_addresss(tmp_path: Path) -> None:
    assert secured(tmp_path, "hooks.example") == (Sent(), 1)


def test_another_names_certificate_is_not_believed(tmp_path: Path) -> None:
    outcome, received = secured(tmp_path, "other.example")
    assert isinstance(outcome, Failed)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.says
    assert received == 0


def test_an_authority_that_nobody_knows_is_not_believed(tmp_path: Path) -> None:
    authority, receiver = Authority(tmp_path), Receiver()

    async def knock() -> Outcome:
        async with receiver.open(authority.serves("hooks.example")):
            find = finder(receiver.url(host="hooks.example", scheme="https"))
            return await Webhooks(find, SECURE, by=to("127.0.0.1")).send(MESSAGE, NOW_S)

    outcome = asyncio.run(knock())
    assert isinstance(outcome, Failed)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.says


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = Receiver()

    async def both() -> None:
        async with receiver.open():
            find = finder(receiver.url("/in?token=t0k3n"), (ONE, TWO))
            for answers in (fine, lambda request: (500, {})):
                receiver.answers = answers
                await Webhooks(find, NEAR).send(MESSAGE, NOW_S)

    asyncio.run(both())
    assert receiver.received[0].path == "/in?token=t0k3n"
    everything = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "connect_tcp" in everything  # The libraries below do log.
    for secret in ("t0k3n", ONE.reveal(), TWO.reveal(), ONE.reveal()[6:], "für alle"):
        assert secret not in everything


def test_the_time_of_a_request_is_the_clocks() -> None:
    receiver = Receiver()
    asyncio.run(post(receiver))
    sent_at = datetime.fromtimestamp(int(receiver.received[0].headers["webhook-timestamp"]), UTC)
    assert sent_at == datetime.fromtimestamp(NOW_S, UTC)
