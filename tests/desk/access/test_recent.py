"""Who came a moment ago is let in without the database, and whoever is shut out is out in time."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import Engine, event

from desk.access.doors import House, bearer
from desk.access.registers import Desk
from offtake.desk.access.limit import KNOWN, rates_of
from offtake.desk.access.recent import AGING_MS, LIMIT_RECENT, RECHECK_MS, Found, Recent
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who
from offtake.desk.store.access import Register
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.store.session import IDLE_S


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Engine]:
    """One database is enough here: what the register does on each is tested by itself."""
    opened = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def house(small: Engine) -> House:
    return House(Desk(small))


@pytest.fixture
def client(house: House) -> Iterator[TestClient[Any]]:
    with house.browser() as opened:
        yield opened


def elsewhere(house: House) -> Register:
    """The register of another process on the same database."""
    return Register(house.desk.engine, house.desk.clock, Random(9).randbytes)


def passes(house: House, ms: int) -> None:
    house.ticks.ms += ms
    house.desk.clock.at_s += ms // 1_000


def status(client: TestClient[Any], text: str) -> int:
    return client.get("/v1/notices", headers=bearer(text)).status_code


def token_id(house: House, text: str) -> str:
    who = house.desk.register.by_token(text)
    assert who is not None
    return who.token_id


def test_who_came_a_moment_ago_costs_no_look_into_the_database(
    house: House, client: TestClient[Any]
) -> None:
    text, asked = house.desk.token(), []
    assert status(client, text) == 200
    event.listen(house.desk.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    assert [status(client, text) for _ in range(5)] == [200] * 5
    assert asked == []
    passes(house, RECHECK_MS)
    assert status(client, text) == 200
    assert any("tokens" in statement for statement in asked)


def test_a_token_that_is_revoked_here_is_refused_at_once(
    house: House, client: TestClient[Any]
) -> None:
    text = house.desk.token()
    assert status(client, text) == 200
    house.desk.register.revoke_token(token_id(house, text), by="root")

    assert status(client, text) == 401


def test_a_token_that_is_revoked_at_another_desk_is_refused_within_two_seconds(
    house: House, client: TestClient[Any]
) -> None:
    text = house.desk.token()
    assert status(client, text) == 200
    elsewhere(house).revoke_token(token_id(house, text), by="root")

    passes(house, RECHECK_MS - 1)
    assert status(client, text) == 200  # Believed for so long, and
    house.ticks.ms += 1
    assert status(client, text) == 401  # no longer.
    assert RECHECK_MS == 2_000


def test_what_is_remembered_does_not_outlast_it_when_one_of_two_clocks_stands(
    house: House, client: TestClient[Any]
) -> None:
    text = house.desk.token()
    assert status(client, text) == 200
    elsewhere(house).revoke_token(token_id(house, text), by="root")
    house.desk.clock.at_s += RECHECK_MS // 1_000

    assert status(client, text) == 401


def test_a_token_ends_at_its_instant_though_it_came_a_moment_ago(
    house: House, client: TestClient[Any]
) -> None:
    text = house.desk.token(days=1)
    house.desk.clock.at_s += 86_400 - 1
    assert status(client, text) == 200
    house.desk.clock.at_s += 1

    assert status(client, text) == 401


def seen(client: TestClient[Any], cookie: str) -> int:
    headers = {"Cookie": f"offtake={cookie}"}
    return client.get("/v1/notices", headers=headers).status_code


def test_who_is_disabled_here_is_out_at_once_by_token_and_by_session(
    house: House, client: TestClient[Any]
) -> None:
    text, cookie = house.desk.token(), house.desk.cookie()
    assert status(client, text) == seen(client, cookie) == 200
    ada = house.desk.people[Role.BUYER]
    house.desk.register.change(ada._replace(disabled_at_s=1), by="root")

    assert status(client, text) == seen(client, cookie) == 401


def test_a_session_that_is_signed_off_or_idle_opens_nothing(
    house: House, client: TestClient[Any]
) -> None:
    gone, idle = house.desk.cookie(), house.desk.cookie()
    assert seen(client, gone) == seen(client, idle) == 200
    house.desk.register.sign_off(gone)
    assert seen(client, gone) == 401
    assert seen(client, idle) == 200
    house.desk.clock.at_s += IDLE_S
    assert seen(client, idle) == 401


def test_a_token_that_came_a_moment_ago_is_no_cookie(house: House, client: TestClient[Any]) -> None:
    text = house.desk.token()
    assert status(client, text) == 200
    assert seen(client, text) == 401


WHO = Who("p", "Ada", frozenset({Role.BUYER}))


def test_what_was_changed_while_somebody_was_looked_up_has_the_last_word() -> None:
    changes = [0]
    recent = Recent(lambda: changes[0], lambda: 0)
    changes[0] += 1  # Between the look-up and its answer.
    recent.keep("token", Found(WHO, 100, 10), 0, 0)
    assert recent.who("token", 10) is None

    recent.keep("token", Found(WHO, 100, 10), 0, 1)
    assert recent.who("token", 10) == WHO


def test_a_clock_that_goes_back_makes_nothing_remembered_last_longer() -> None:
    recent = Recent(lambda: 0, lambda: 0)
    recent.keep("token", Found(WHO, 100, 10), 0, 0)

    assert recent.who("token", 9) is None


def test_no_more_are_remembered_than_are_bounded_and_no_secret_is() -> None:
    recent = Recent(lambda: 0, lambda: 0)
    for number in range(LIMIT_RECENT + 5):
        recent.keep(f"token {number}", Found(WHO, 100, 10), 0, 0)

    assert recent.who("token 4", 10) is None
    assert recent.who("token 5", 10) == WHO
    assert len(recent._kept) == LIMIT_RECENT
    assert not any(b"token" in name for name in recent._kept)


def test_a_desk_grants_as_many_requests_a_minute_as_it_is_told() -> None:
    assert rates_of(600).known == KNOWN
    assert rates_of(2).known == (2, 1)


def test_an_answer_that_ages_is_asked_for_again_once() -> None:
    ticks = [0]
    recent = Recent(lambda: 0, lambda: ticks[0])
    found = Found(Who("p1", "Ada", frozenset({Role.BUYER}), token_id="t"), 10**9, 0)
    recent.keep("token a", found, 0, 0)

    def ages(secret: str) -> bool:
        who, is_old = recent.who_ages(secret, 0)
        assert who == recent.who(secret, 0)
        return is_old

    assert not ages("token a")
    ticks[0] = AGING_MS
    assert not ages("token b")
    assert [ages("token a") for _ in range(3)] == [True, False, False]
    recent.keep("token a", found, AGING_MS, 0)
    assert not ages("token a")
    ticks[0] = 2 * AGING_MS
    assert ages("token a")
    ticks[0] = AGING_MS + RECHECK_MS
    assert recent.who_ages("token a", 0) == (None, False)
