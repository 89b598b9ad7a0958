"""Sessions, sign-ons and one-time codes, on every database."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from desk.access.registers import Desk
from offtake.desk.access.role import Role
from offtake.desk.access.secret import csrf_of, hashed
from offtake.desk.store import session as store
from offtake.desk.store.access import Disabled, Unknown, Vouched
from offtake.desk.store.person import Misfit, Person
from offtake.desk.store.session import SignOn


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_session_is_somebody_until_it_is_signed_off(desk: Desk) -> None:
    cookie = desk.cookie()
    who = desk.register.by_session(cookie)
    assert who is not None
    assert (who.name, who.token_id) == ("Ada", "")
    desk.register.sign_off(cookie)

    assert desk.register.by_session(cookie) is None


def test_a_session_ends_when_idle_and_after_half_a_day_whatever_is_done(desk: Desk) -> None:
    idle, busy = desk.cookie(Role.BUYER), desk.cookie(Role.FINANCE)
    for _ in range(12):
        assert desk.register.by_session(busy) is not None
        desk.clock.at_s += 3_599
    assert desk.register.by_session(idle) is None
    assert desk.register.by_session(busy) is not None
    desk.clock.at_s += 12

    assert desk.register.by_session(busy) is None


def test_nothing_in_the_database_opens_a_session(desk: Desk) -> None:
    cookie = desk.cookie()
    code = desk.register.code_for(desk.people[Role.BUYER].id, by="root")
    desk.register.begin(SignOn("the state", "n", "v"))
    rows = desk.rows()

    for secret in (cookie, code, csrf_of(cookie), "the state"):
        assert secret not in rows
    assert desk.register.by_session(hashed(cookie).hex()) is None


def test_who_is_disabled_is_signed_off_everywhere(desk: Desk) -> None:
    cookies = [desk.cookie(), desk.cookie()]
    ada = desk.people[Role.BUYER]
    desk.register.change(ada._replace(disabled_at_s=desk.clock.at_s), by="root")
    desk.register.change(ada, by="root")

    assert [desk.register.by_session(cookie) for cookie in cookies] == [None, None]


def test_roles_that_are_taken_away_are_gone_at_once(desk: Desk) -> None:
    cookie = desk.cookie()
    ada = desk.people[Role.BUYER]
    desk.register.change(ada._replace(roles=frozenset({Role.ENGINEER})), by="root")
    who = desk.register.by_session(cookie)

    assert who is not None
    assert who.roles == {Role.ENGINEER}


def test_the_oldest_session_ends_when_there_are_too_many(desk: Desk) -> None:
    cookies = []
    for _ in range(store.LIMIT_SESSIONS + 1):
        cookies.append(desk.cookie())
        desk.clock.at_s += 1
    open_now = [desk.register.by_session(cookie) is not None for cookie in cookies]

    assert open_now == [False] + [True] * store.LIMIT_SESSIONS


def test_a_csrf_token_is_of_one_session_and_not_of_another(desk: Desk) -> None:
    one, other = desk.cookie(), desk.cookie()

    assert csrf_of(one) == csrf_of(one)
    assert csrf_of(one) != csrf_of(other)
    assert one not in csrf_of(one)


def test_a_sign_on_comes_back_once(desk: Desk) -> None:
    begun = SignOn("state", "nonce", "verifier", "/tenders")
    desk.register.begin(begun)

    assert desk.register.back("another") is None
    assert desk.register.back("state") == begun
    assert desk.register.back("state") is None


def test_a_sign_on_that_took_too_long_is_none(desk: Desk) -> None:
    desk.register.begin(SignOn("state", "nonce", "verifier"))
    desk.clock.at_s += store.SIGN_ON_S

    assert desk.register.back("state") is None


def test_sign_ons_that_never_come_back_fill_no_database(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LIMIT_SIGN_ONS", 3)
    for number in range(3):
        desk.register.begin(SignOn(f"state {number}", "n", "v"))
    with pytest.raises(store.Busy):
        desk.register.begin(SignOn("one more", "n", "v"))
    desk.clock.at_s += store.SIGN_ON_S

    desk.register.begin(SignOn("one more", "n", "v"))


def test_two_who_come_at_once_with_one_code_are_not_both_signed_on(desk: Desk) -> None:
    code = desk.register.code_for(desk.people[Role.BUYER].id, by="root")
    with ThreadPoolExecutor(4) as threads:
        cookies = list(threads.map(desk.register.redeem, [code] * 4))

    assert len([cookie for cookie in cookies if cookie]) == 1


def test_a_code_is_good_for_a_quarter_of_an_hour_and_only_the_last_one(desk: Desk) -> None:
    ada = desk.people[Role.BUYER].id
    first = desk.register.code_for(ada, by="root")
    second = desk.register.code_for(ada, by="root")
    assert desk.register.redeem(first) is None
    desk.clock.at_s += store.CODE_S

    assert desk.register.redeem(second) is None
    with pytest.raises(Unknown):
        desk.register.code_for("nobody", by="root")


def test_the_first_administrator_gets_a_code_until_one_has_signed_on(desk: Desk) -> None:
    root = desk.people[Role.ADMINISTRATOR]
    lost = desk.register.first_code("Somebody", ())
    code = desk.register.first_code("Somebody", ())
    assert lost is not None
    assert code is not None
    assert desk.register.redeem(lost) is None
    cookie = desk.register.redeem(code)
    assert cookie is not None
    who = desk.register.by_session(cookie)

    assert who is not None
    assert who.id == root.id
    assert desk.register.first_code("Somebody", ()) is None


def test_a_desk_without_an_administrator_makes_its_first_one(desk: Desk) -> None:
    for person in desk.register.people():
        desk.register.change(person._replace(disabled_at_s=1), by="root")
    code = desk.register.first_code("Grace", {Role.BUYER, Role.APPROVER})
    assert code is not None
    cookie = desk.register.redeem(code)
    assert cookie is not None
    who = desk.register.by_session(cookie)

    assert who is not None
    assert who.name == "Grace"
    assert who.roles == {Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER}


def test_whom_a_provider_vouches_for_is_as_it_says_each_time(desk: Desk) -> None:
    ada = Vouched("idp ada", "Ada", "ada@lab.example", frozenset({Role.BUYER}))
    first = desk.register.sign_on(ada)
    again = Vouched("idp ada", "Ada L.", "ada@lab.example", frozenset({Role.FINANCE}))
    second = desk.register.sign_on(again)
    who, before = desk.register.by_session(second), desk.register.by_session(first)

    assert who is not None
    assert before is not None
    assert (who.name, who.roles) == ("Ada L.", {Role.FINANCE})
    assert who.id == before.id
    assert before.roles == {Role.FINANCE}


def test_whom_the_desk_has_disabled_no_provider_signs_on(desk: Desk) -> None:
    vouched = Vouched("idp eve", "Eve", "", frozenset({Role.BUYER}))
    cookie = desk.register.sign_on(vouched)
    eve = next(person for person in desk.register.people() if person.subject == "idp eve")
    desk.register.change(eve._replace(disabled_at_s=desk.clock.at_s), by="root")

    with pytest.raises(Disabled):
        desk.register.sign_on(vouched)
    assert desk.register.by_session(cookie) is None


def test_nobody_is_given_roles_that_do_not_fit(desk: Desk) -> None:
    both = frozenset({Role.SUPPLIER, Role.BUYER})
    with pytest.raises(Misfit):
        desk.register.sign_on(Vouched("idp x", "X", "", both, "alpha"))
    with pytest.raises(Misfit):
        desk.register.add(Person("", "X", frozenset({Role.SUPPLIER})), by="root")
    with pytest.raises(Misfit):
        desk.register.change(desk.people[Role.BUYER]._replace(party="alpha"), by="root")
    with pytest.raises(Unknown):
        desk.register.change(Person("nobody", "X", frozenset({Role.BUYER})), by="root")

    assert [person.name for person in desk.register.people()].count("X") == 0


def test_what_is_over_is_dropped_and_the_rest_stays(desk: Desk) -> None:
    desk.cookie()
    desk.register.begin(SignOn("state", "n", "v"))
    desk.register.code_for(desk.people[Role.FINANCE].id, by="root")
    desk.clock.at_s += store.CODE_S
    kept = desk.cookie(Role.ENGINEER)

    assert desk.register.forget() == 2
    desk.clock.at_s += store.IDLE_S - store.CODE_S
    assert desk.register.forget() == 1
    assert desk.register.by_session(kept) is not None
