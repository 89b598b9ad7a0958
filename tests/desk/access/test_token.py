"""The life of a token, on every database: made, shown once, used, ended."""

import pytest
from sqlalchemy import Engine

from desk.access.registers import Desk
from offtake.desk.access.act import Act, NoScope
from offtake.desk.access.may import may
from offtake.desk.access.role import Role
from offtake.desk.access.secret import Token, hashed, token_of
from offtake.desk.store.access import Unknown
from offtake.desk.store.token import LIMIT_TOKENS, TooLong, TooMany, Wanted
from offtake.units.time import DAY_S


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_who_comes_with_a_token_is_its_person_within_its_scopes(desk: Desk) -> None:
    text = desk.token(Role.BUYER, ("notice.*",))
    who = desk.register.by_token(text)

    assert who is not None
    assert (who.name, who.roles) == ("Ada", {Role.BUYER})
    assert may(who, Act.NOTICE_GIVE)
    assert not may(who, Act.REQUIREMENT_SUBMIT)
    assert text.startswith(f"oft_{who.token_id}_")


def test_a_token_is_shown_once_and_its_secret_is_kept_nowhere(desk: Desk) -> None:
    text = desk.token()
    token = token_of(text)
    assert token is not None

    assert token.secret not in desk.rows()
    assert token.secret not in repr(desk.register.tokens())
    assert hashed(token.secret).hex() not in repr(desk.register.tokens())


@pytest.mark.parametrize(
    "spoilt",
    [
        "",
        "oft_",
        "oft__",
        "Bearer",
        "{text}x",
        "{short}",
        "oft_0000000000000000_{secret}",
        "oft_{id}_{other}",
        "xoft_{id}_{secret}",
        "oft_{id}'--_{secret}",
        "oft_{id}\x00_{secret}",
    ],
)
def test_what_is_not_quite_a_token_opens_nothing(desk: Desk, spoilt: str) -> None:
    text, other = desk.token(), token_of(desk.token())
    token = token_of(text)
    assert token is not None
    assert other is not None
    words = {"text": text, "short": text[:-1], "id": token.id, "secret": token.secret}

    assert desk.register.by_token(spoilt.format(**words, other=other.secret)) is None
    assert desk.register.by_token(text) is not None


def test_a_token_ends_at_its_instant(desk: Desk) -> None:
    text = desk.token(days=30)
    desk.clock.at_s += 30 * DAY_S - 1
    assert desk.register.by_token(text) is not None
    desk.clock.at_s += 1

    assert desk.register.by_token(text) is None


def test_a_revoked_token_opens_nothing_from_then_on(desk: Desk) -> None:
    text = desk.token()
    who = desk.register.by_token(text)
    assert who is not None

    assert desk.register.revoke_token(who.token_id, by="root")
    assert not desk.register.revoke_token(who.token_id, by="root")
    assert desk.register.by_token(text) is None


def test_the_tokens_of_who_is_disabled_open_nothing_until_they_are_enabled(desk: Desk) -> None:
    text = desk.token()
    ada = desk.people[Role.BUYER]
    desk.register.change(ada._replace(disabled_at_s=desk.clock.at_s), by="root")
    assert desk.register.by_token(text) is None
    desk.register.change(ada, by="root")

    assert desk.register.by_token(text) is not None


def test_a_token_loses_what_its_person_may_no_longer_do(desk: Desk) -> None:
    text = desk.token(Role.BUYER, ("*",))
    ada = desk.people[Role.BUYER]
    desk.register.change(ada._replace(roles=frozenset({Role.ENGINEER})), by="root")
    who = desk.register.by_token(text)

    assert who is not None
    assert not may(who, Act.NOTICE_GIVE)
    assert may(who, Act.PERMIT_DRAW)


def test_the_last_day_of_use_is_noted_and_no_finer(desk: Desk) -> None:
    text = desk.token()
    desk.register.by_token(text)
    desk.clock.at_s += 3_600
    desk.register.by_token(text)
    (kept,) = desk.register.tokens(desk.people[Role.BUYER].id)

    assert kept.last_used_day == desk.clock.at_s // DAY_S
    desk.clock.at_s += DAY_S
    desk.register.by_token(text)
    (later,) = desk.register.tokens(desk.people[Role.BUYER].id)
    assert later.last_used_day == kept.last_used_day + 1


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_lives_at_least_a_moment_and_at_most_a_year(desk: Desk, days: int) -> None:
    with pytest.raises(TooLong):
        desk.token(days=days)


def test_a_token_of_no_scope_or_for_nobody_is_not_made(desk: Desk) -> None:
    with pytest.raises(NoScope):
        desk.token(scopes=("people.manage",))
    with pytest.raises(Unknown):
        desk.register.make_token(Wanted("nobody", "t", ("*",), desk.clock.at_s + 9), by="root")

    assert desk.register.tokens() == []


def test_nobody_has_more_tokens_than_the_limit_at_a_time(desk: Desk) -> None:
    for _ in range(LIMIT_TOKENS):
        desk.token(days=1)
    with pytest.raises(TooMany):
        desk.token(days=1)
    desk.clock.at_s += DAY_S

    assert desk.token(days=1)


def test_what_is_done_to_tokens_and_people_leaves_a_trace_without_secrets(desk: Desk) -> None:
    text = desk.token()
    token = token_of(text)
    assert isinstance(token, Token)
    desk.register.revoke_token(token.id, by="root")
    trail = desk.register.trail(limit=3)

    assert [(one.by, one.did, one.about) for one in trail[:2]] == [
        ("root", "token.revoked", token.id),
        ("test", "token.made", token.id),
    ]
    assert token.secret not in repr(desk.register.trail(limit=100))
    assert desk.register.trail(limit=1, skip=1) == trail[1:2]
