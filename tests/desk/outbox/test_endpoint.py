"""Endpoints are taken in with a secret that is shown once, and found again to be sent to."""

import asyncio
import itertools

import pytest
from sqlalchemy import Engine, text

from offtake.desk.endpoint import OVERLAP_S, Endpoints, Registered, Wish, wrong_with
from offtake.desk.reading import Invalid
from offtake.desk.seal import Seal, Unsealed
from offtake.desk.store import webhook
from offtake.desk.store.engine import reader
from offtake.desk.store.webhook import TooMany
from offtake.desk.transport.reach import Reach
from offtake.desk.transport.webhook import Signed

KEY, NOW_S, URL = bytes(32), 1_750_000_000, "https://hooks.example.org/in?token=t0k3n"
REACH = Reach()


def draws():
    """Bytes that are never the same twice, and always the same in each test."""
    numbers = itertools.count(1)
    return lambda length: next(numbers).to_bytes(length, "big")


def endpoints(engine: Engine, key: bytes = KEY) -> Endpoints:
    return Endpoints(engine, Seal([key], draws()), draws())


def register(engine: Engine, known: Endpoints, **wish) -> Registered:
    with engine.begin() as tx:
        return known.register(tx, Wish(**{"url": URL, **wish}), REACH, NOW_S)


def found(known: Endpoints, name: str, now_s: int = NOW_S) -> Signed | None:
    return asyncio.run(known.find(name, now_s))


def test_an_endpoint_is_found_with_the_secret_that_was_shown(engine: Engine) -> None:
    known = endpoints(engine)
    new = register(engine, known)
    signed = found(known, new.endpoint.id)
    assert signed is not None
    assert signed.url == URL
    assert [secret.reveal() for secret in signed.secrets] == [new.secret.reveal()]
    assert new.secret.reveal().startswith("whsec_")
    assert found(known, "whk_none") is None


def test_the_database_never_holds_a_secret_in_the_clear(engine: Engine) -> None:
    known = endpoints(engine)
    new = register(engine, known)
    with engine.begin() as tx:
        again = known.rotate(tx, new.endpoint.id, NOW_S)
        rows = tx.execute(text("SELECT * FROM webhooks")).all()
    kept = b"".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
        for row in rows
        for value in row
    )
    for secret in (new.secret, again):
        assert secret.reveal().removeprefix("whsec_").encode() not in kept
    assert "whsec" not in repr(new)


def test_another_key_opens_nothing(engine: Engine) -> None:
    new = register(engine, endpoints(engine))
    with pytest.raises(Unsealed, match=new.endpoint.id):
        found(endpoints(engine, bytes(31) + b"\x01"), new.endpoint.id)


def test_a_replaced_secret_signs_beside_the_new_one_for_a_day(engine: Engine) -> None:
    known = endpoints(engine)
    new = register(engine, known)
    with engine.begin() as tx:
        later = known.rotate(tx, new.endpoint.id, NOW_S)
        assert known.rotate(tx, "whk_none", NOW_S) is None

    def secrets(at_s: int) -> list[str]:
        return [secret.reveal() for secret in found(known, new.endpoint.id, at_s).secrets]

    assert secrets(NOW_S + OVERLAP_S - 1) == [later.reveal(), new.secret.reveal()]
    assert secrets(NOW_S + OVERLAP_S) == [later.reveal()]


def test_a_disabled_endpoint_is_not_found_until_it_is_enabled(engine: Engine) -> None:
    known = endpoints(engine)
    name = register(engine, known).endpoint.id
    with engine.begin() as tx:
        assert webhook.disable(tx, name, NOW_S, "status 410")
        assert not webhook.disable(tx, name, NOW_S + 1, "again")
        (listed,) = webhook.listed(tx)
        assert webhook.subscribed(tx, "notice.given", None) == []
    assert (listed.disabled_at_s, listed.disabled_why) == (NOW_S, "status 410")
    assert found(known, name) is None
    with engine.begin() as tx:
        assert webhook.enable(tx, name)
        assert not webhook.enable(tx, name)
    assert found(known, name) is not None
    with engine.begin() as tx:
        assert webhook.remove(tx, name)
        assert webhook.listed(tx) == []


def test_only_endpoints_of_that_party_are_told_of_what_they_asked_for(engine: Engine) -> None:
    known = endpoints(engine)
    own = register(engine, known).endpoint.id
    alpha = register(engine, known, party="alpha").endpoint.id
    some = register(engine, known, party="alpha", topics=("order.signed", "notice.given"))
    register(engine, known, party="beta")
    with reader(engine).connect() as tx:
        assert webhook.subscribed(tx, "notice.given", None) == [own]
        assert set(webhook.subscribed(tx, "notice.given", "alpha")) == {alpha, some.endpoint.id}
        assert webhook.subscribed(tx, "tender.opened", "alpha") == [alpha]
        assert webhook.subscribed(tx, "tender.opened", "gamma") == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://hooks.example.org/", "goes where the desk does not send"),
        ("ftp://hooks.example.org/", "goes where the desk does not send"),
        ("hooks.example.org", "goes where the desk does not send"),
        ("https:///path", "goes where the desk does not send"),
        ("https://ada:secret@hooks.example.org/", "holds a name, a password"),
        ("https://hooks.example.org/#top", "a fragment"),
        ("https://hooks.example.org/\r\nX: y", "cannot be read"),
        ("https://hooks.example.org/" + "a" * 2_000, "2000 plain letters at most"),
        ("https://hooks.example.org:port/", "cannot be read"),
        ("https://hooks.example.org/é", "plain letters"),
    ],
)
def test_a_url_that_cannot_be_sent_to_is_refused_with_the_way_out(url: str, says: str) -> None:
    wrong = wrong_with(Wish(url), REACH)
    assert any(says in row.says for row in wrong), wrong
    assert all(row.field == "url" and row.remedy for row in wrong)
    assert not any("secret" in row.says + row.remedy for row in wrong)


def test_everything_wrong_is_said_at_once_and_nothing_is_kept(engine: Engine) -> None:
    with pytest.raises(Invalid) as wrong:
        register(
            engine, endpoints(engine), url="http://a.example", topics=("notice", "notice.given")
        )
    assert [row.field for row in wrong.value.wrong] == ["url", "topics"]
    assert wrong_with(Wish(URL, ()), REACH)[0].says == "is empty"
    with reader(engine).connect() as tx:
        assert webhook.listed(tx) == []


def test_there_is_a_limit_of_endpoints(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "LIMIT_ENDPOINTS", 2)
    known = endpoints(engine)
    register(engine, known)
    register(engine, known)
    with pytest.raises(TooMany, match="there are 2 endpoints"):
        register(engine, known)
