"""Signing on at a real provider, a process of its own; what is wrong in any way is refused."""

import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine

from desk import provider as real
from desk.access.doors import LOCAL, House, Ticks
from desk.access.registers import Desk
from desk.stories import PORTFOLIO
from offtake.desk.access.claim import Mapped, NotVouched, vouched
from offtake.desk.access.http import Door
from offtake.desk.access.oidc import AGAIN_S, KEYS_S, NoIssuer, Provider, Settings
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.clock import SystemClock
from offtake.desk.start import Parts, adopt, assembled
from offtake.desk.store.access import Register
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.store.session import SIGN_ON_S
from offtake.desk.writer import Writer

MAPPED = Mapped(
    claim="groups",
    roles={"buyers": Role.BUYER, "approvers": Role.APPROVER, "audit": Role.AUDITOR},
    suppliers={"alpha-sales": "alpha", "beta-sales": "beta"},
)
ADA = {"sub": "ada", "name": "Ada", "email": "ada@lab.example", "groups": ["buyers"]}


@pytest.fixture(scope="module")
def process() -> Iterator[real.Running]:
    with real.running() as found:
        yield found


@pytest.fixture
def idp(process: real.Running) -> real.Running:
    process.control(fault="", claims=ADA, way="client_secret_basic")
    return process


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
    migrate(opened)
    yield opened
    opened.dispose()


def settings(idp: real.Running, **more: Any) -> Settings:
    given = Settings(
        issuer=idp.issuer,
        client_id=real.CLIENT,
        client_secret=real.SECRET,
        redirect_uri=f"{LOCAL}/sign-on/back",
        mapped=MAPPED,
    )
    return replace(given, **more)


class Browser:
    """A browser that follows the desk to the provider and back, one step at a time."""

    def __init__(self, client: TestClient[Litestar], house: House) -> None:
        self.client, self.house = client, house

    def leaves(self, back: str = "/tenders") -> str:
        """Where the desk sends it."""
        away = self.client.get("/sign-on", params={"back": back})
        assert away.status_code == 303, away.text
        return away.headers["location"]

    def is_sent_back(self, url: str) -> str:
        """What the provider answers with: a path of the desk."""
        location = httpx.get(url).headers["location"]
        assert location.startswith(f"{LOCAL}/sign-on/back?")
        return location.removeprefix(LOCAL)

    def comes(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def signs_on(self) -> httpx.Response:
        return self.comes(self.is_sent_back(self.leaves()))

    def is_known_as(self) -> str:
        answer = self.client.get("/v1/notices")
        return answer.json()["who"] if answer.status_code == 200 else ""


@contextmanager
def at_desk(engine: Engine, given: Settings) -> Iterator[Browser]:
    """A desk that trusts this provider, and a browser at it."""
    desk = Desk(engine)
    desk.clock.at_s = int(time.time())
    client = httpx.AsyncClient(timeout=5)

    @asynccontextmanager
    async def opened(_: Litestar) -> Any:
        yield
        await client.aclose()

    house = House(desk, LOCAL, Provider(given, client, desk.clock), lifespan=[opened])
    with house.browser() as browser:
        yield Browser(browser, house)


@pytest.fixture
def browser(small: Engine, idp: real.Running) -> Iterator[Browser]:
    with at_desk(small, settings(idp)) as found:
        yield found


def test_who_signs_on_at_the_provider_is_known_with_the_roles_of_its_groups(
    browser: Browser, idp: real.Running
) -> None:
    back = browser.signs_on()

    assert (back.status_code, back.headers["location"]) == (303, "/tenders")
    assert browser.is_known_as() == "Ada"
    (ada,) = [p for p in browser.house.desk.register.people() if p.subject]
    assert (ada.subject, ada.email) == (f"{idp.issuer} ada", "ada@lab.example")
    assert ada.roles == {Role.BUYER}


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
@pytest.mark.parametrize(("secret", "status"), [(real.SECRET, 303), ("wrong", 401)])
def test_the_desk_proves_itself_with_its_secret_the_way_the_provider_wants(
    small: Engine, idp: real.Running, way: str, secret: str, status: int
) -> None:
    idp.control(way=way)
    with at_desk(small, settings(idp, client_secret=secret)) as browser:
        assert browser.signs_on().status_code == status


def test_the_desk_asks_with_a_new_state_nonce_and_challenge_each_time(browser: Browser) -> None:
    asked = [parse_qs(urlsplit(browser.leaves()).query) for _ in range(2)]

    for key in ("state", "nonce", "code_challenge"):
        assert asked[0][key] != asked[1][key]
        assert len(asked[0][key][0]) == 43
    assert asked[0]["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize("fault", real.EVERY_FAULT)
def test_an_answer_that_is_wrong_in_any_way_signs_nobody_on(
    browser: Browser, idp: real.Running, fault: str
) -> None:
    if fault in ("other_discovery", "plain_token_url"):
        idp.control(fault=fault)
        assert browser.client.get("/sign-on").status_code == 503
        return
    away = browser.leaves()
    idp.control(fault=fault)
    answer = browser.comes(browser.is_sent_back(away))

    assert answer.status_code == 401
    assert answer.json()["title"] == "Sign on, or send a token"
    assert answer.json().get("detail", "") == ""
    assert browser.is_known_as() == ""
    assert not any(person.subject for person in browser.house.desk.register.people())


def test_keys_that_the_provider_rotates_are_looked_up_anew(
    browser: Browser, idp: real.Running
) -> None:
    assert browser.signs_on().status_code == 303
    idp.control(rotate=True)
    assert browser.signs_on().status_code == 401  # Just looked: not again so soon.
    browser.house.desk.clock.at_s += AGAIN_S
    assert browser.signs_on().status_code == 303
    asked = idp.control()

    assert asked.count("/jwks") == 1


def test_keys_are_kept_for_an_hour_and_discovery_for_a_day(
    browser: Browser, idp: real.Running
) -> None:
    browser.signs_on()
    idp.control()
    browser.signs_on()
    assert idp.control() == ["/authorize", "/token"]
    browser.house.desk.clock.at_s += KEYS_S
    browser.comes(browser.is_sent_back(browser.leaves()))

    assert idp.control() == ["/authorize", "/token", "/jwks"]


def test_an_answer_is_taken_once_and_from_the_browser_that_went(browser: Browser) -> None:
    path = browser.is_sent_back(browser.leaves())
    other = browser.house.browser()  # Not entered: the desk stays open when it leaves.
    assert other.get(path).status_code == 401
    assert browser.comes(path).status_code == 303
    browser.client.cookies.set("offtake-sign-on", parse_qs(urlsplit(path).query)["state"][0])

    assert browser.comes(path).status_code == 401


def test_an_answer_with_another_browsers_code_is_refused_by_its_verifier(browser: Browser) -> None:
    mine, theirs = browser.is_sent_back(browser.leaves()), browser.leaves()
    code = parse_qs(urlsplit(mine).query)["code"][0]
    state = parse_qs(urlsplit(theirs).query)["state"][0]

    assert browser.comes(f"/sign-on/back?state={state}&code={code}").status_code == 401


def test_an_answer_that_took_too_long_is_refused(browser: Browser) -> None:
    path = browser.is_sent_back(browser.leaves())
    browser.house.desk.clock.at_s += SIGN_ON_S

    assert browser.comes(path).status_code == 401


def test_signing_on_again_ends_the_session_from_before(browser: Browser) -> None:
    browser.signs_on()
    before = browser.client.cookies["offtake"]
    browser.signs_on()

    assert browser.client.cookies["offtake"] != before
    assert browser.house.desk.register.by_session(before) is None
    assert browser.is_known_as() == "Ada"


def test_whom_the_desk_has_disabled_is_refused_like_a_stranger(browser: Browser) -> None:
    browser.signs_on()
    register = browser.house.desk.register
    (ada,) = [person for person in register.people() if person.subject]
    register.change(ada._replace(disabled_at_s=1), by="root")

    assert browser.is_known_as() == ""
    assert browser.signs_on().status_code == 401


@pytest.mark.parametrize("groups", [[], None, ["nobody"], {"buyers": True}, ["audit", "buyers"]])
def test_groups_without_roles_that_fit_let_nobody_in(
    browser: Browser, idp: real.Running, groups: Any
) -> None:
    idp.control(claims={**ADA, "groups": groups})

    assert browser.signs_on().status_code == 401


def test_a_suppliers_people_are_bound_to_their_party(browser: Browser, idp: real.Running) -> None:
    idp.control(claims={"sub": "sam", "groups": "alpha-sales"})
    browser.signs_on()
    (sam,) = [person for person in browser.house.desk.register.people() if person.subject]

    assert (sam.name, sam.roles, sam.party) == ("sam", {Role.SUPPLIER}, "alpha")


def test_a_stranger_at_a_page_is_shown_to_the_provider_and_comes_back_to_it(
    small: Engine, idp: real.Running
) -> None:
    clock = SystemClock()
    writer = Writer(small, clock)
    writer.open()
    adopt(writer, PORTFOLIO, "the first")
    register = Register(small, clock, Random(5).randbytes)
    made = Parts(small, writer, register, Door(register, Origin(LOCAL), Ticks()))
    app = assembled(made, clock, signing=settings(idp))
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        stranger = client.get("/requirements", headers={"Accept": "text/html"})
        assert stranger.status_code == 401
        assert 'href="/sign-on?back=%2Frequirements"' in stranger.text
        away = client.get("/sign-on?back=%2Frequirements")
        back = httpx.get(away.headers["location"]).headers["location"]
        signed = client.get(back.removeprefix(LOCAL))
        assert (signed.status_code, signed.headers["location"]) == (303, "/requirements")
        assert client.get("/requirements").status_code == 200


def test_a_provider_that_is_away_signs_nobody_on_and_breaks_nothing(small: Engine) -> None:
    gone = real.Running("http://127.0.0.1:9")
    with at_desk(small, settings(gone)) as browser:
        answer = browser.client.get("/sign-on")
        assert answer.status_code == 503
        assert "127.0.0.1:9" not in answer.text
        assert browser.client.get("/health").status_code == 200


@pytest.mark.parametrize("issuer", ["http://idp.example", "idp.example", "", "ftp://idp.example"])
def test_a_provider_without_https_is_none(idp: real.Running, issuer: str) -> None:
    with pytest.raises(NoIssuer):
        settings(idp, issuer=issuer)


def test_a_secret_is_not_in_what_settings_look_like(idp: real.Running) -> None:
    assert real.SECRET not in repr(settings(idp))


def test_claims_may_stand_inside_others_and_names_stay_on_their_line() -> None:
    mapped = replace(MAPPED, claim="realm_access.roles")
    claims = {"sub": "x", "name": "A\nB\x1b[2J", "realm_access": {"roles": ["buyers", "approvers"]}}
    found = vouched("https://idp.example", claims, mapped)

    assert found.roles == {Role.BUYER, Role.APPROVER}
    assert found.name == "A B\\x1b[2J"
    with pytest.raises(NotVouched):
        vouched("https://idp.example", {"sub": "x", "realm_access": ["buyers"]}, mapped)


@pytest.mark.parametrize(
    "groups", [["alpha-sales", "buyers"], ["alpha-sales", "beta-sales"], ["audit", "approvers"]]
)
def test_nobody_is_of_two_sides(groups: list[str]) -> None:
    with pytest.raises(NotVouched):
        vouched("https://idp.example", {"sub": "x", "groups": groups}, MAPPED)
