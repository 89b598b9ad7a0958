"""At the door: tokens, cookies, changes that were meant, headers, limits, refusals."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar, get
from sqlalchemy import Engine

from desk.access.doors import LOCAL, SECURE, House, bearer, health, notices
from desk.access.registers import Desk
from offtake.desk.access.act import Act
from offtake.desk.access.http import guarded, unguarded
from offtake.desk.access.limit import FAILED, KNOWN, LIMIT_KEYS, STRANGER, Buckets, Rate, network_of
from offtake.desk.access.origin import NoOrigin, Origin, inside
from offtake.desk.access.role import Role
from offtake.desk.access.secret import csrf_of
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.store.session import IDLE_S

HERE = {"Origin": LOCAL}


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


def test_who_sends_a_token_is_known_and_needs_no_csrf_token(house: House) -> None:
    text = house.desk.token(Role.BUYER)
    with house.browser() as client:
        assert client.get("/v1/notices", headers=bearer(text)).json()["who"] == "Ada"
        assert client.post("/v1/notices", headers=bearer(text)).status_code == 200


def test_who_sends_nothing_is_asked_to_sign_on_and_public_routes_are_public(house: House) -> None:
    with house.browser() as client:
        refused = client.get("/v1/notices")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == 'Bearer realm="offtake"'
        assert refused.headers["content-type"] == "application/problem+json"
        assert client.get("/health").json() == {"known": False}


def test_whoever_may_not_is_refused_whether_or_not_there_is_something(house: House) -> None:
    with house.browser() as client:
        root = bearer(house.desk.token(Role.ADMINISTRATOR))
        answers = [client.get(f"/v1/notices{rest}", headers=root) for rest in ("", "/r.1", "/none")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert len({answer.text for answer in answers}) == 1


def test_every_token_that_opens_nothing_is_refused_alike(house: House) -> None:
    desk = house.desk
    over, revoked, disabled = (
        desk.token(role) for role in (Role.BUYER, Role.ENGINEER, Role.FINANCE)
    )
    who = desk.register.by_token(revoked)
    assert who is not None
    desk.register.revoke_token(who.token_id, by="root")
    finance = desk.people[Role.FINANCE]
    desk.register.change(finance._replace(disabled_at_s=1), by="root")
    desk.clock.at_s += 31 * 86_400
    with house.browser() as client:
        answers = [
            client.get("/v1/notices", headers=bearer(text))
            for text in (over, revoked, disabled, over[:-1] + "x", "oft_x", "nonsense")
        ]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_errors_say_nothing_of_what_they_are_about(house: House) -> None:
    buyer = bearer(house.desk.token(Role.BUYER))
    with house.browser() as client:
        missing = client.get("/v1/notices/r.1", headers=buyer)
        nowhere = client.get("/v1/nowhere", headers=buyer)
        broken = client.get("/v1/notices/broken", headers=buyer)

    assert (missing.status_code, broken.status_code) == (404, 500)
    assert missing.text == nowhere.text
    assert "SECRET" not in missing.text + broken.text
    assert missing.json()["title"] == "There is no such thing"


# Cookies, and changes that a browser sends.


def test_a_session_reads_with_its_cookie_alone(house: House) -> None:
    cookie = house.desk.cookie()
    with house.browser(cookie) as client:
        told = client.get("/v1/notices").json()

    assert told == {"who": "Ada", "came": "session", "csrf": csrf_of(cookie)}


@pytest.mark.parametrize(
    ("headers", "with_token", "status"),
    [
        ({"Origin": LOCAL}, True, 200),
        ({"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}, True, 200),
        ({"Sec-Fetch-Site": "same-origin"}, True, 200),
        ({"Origin": LOCAL}, False, 403),
        ({"Sec-Fetch-Site": "same-origin"}, False, 403),
        ({}, True, 403),
        ({"Origin": "null"}, True, 403),
        ({"Origin": "http://127.0.0.1:8001"}, True, 403),
        ({"Origin": "https://127.0.0.1:8000"}, True, 403),
        ({"Origin": "http://127.0.0.1:8000.evil.example"}, True, 403),
        ({"Origin": LOCAL, "Sec-Fetch-Site": "cross-site"}, True, 403),
        ({"Origin": LOCAL, "Sec-Fetch-Site": "same-site"}, True, 403),
        ({"Origin": LOCAL, "Sec-Fetch-Site": "none"}, True, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, True, 403),
    ],
)
def test_a_change_must_come_from_a_page_of_the_desk_with_its_sessions_token(
    house: House, headers: dict[str, str], with_token: bool, status: int
) -> None:
    cookie = house.desk.cookie()
    told = {**headers, "X-CSRF-Token": csrf_of(cookie)} if with_token else headers
    with house.browser(cookie) as client:
        assert client.post("/v1/notices", headers=told).status_code == status


@pytest.mark.parametrize("wrong", ["", "x", "{other}", "{cookie}"])
def test_the_csrf_token_of_another_session_is_none(house: House, wrong: str) -> None:
    cookie, other = house.desk.cookie(), house.desk.cookie(Role.FINANCE)
    told = wrong.format(other=csrf_of(other), cookie=cookie)
    with house.browser(cookie) as client:
        refused = client.post("/v1/notices", headers={**HERE, "X-CSRF-Token": told})

    assert refused.status_code == 403


def test_a_form_may_carry_the_csrf_token_and_still_be_read(house: House) -> None:
    cookie = house.desk.cookie()
    form = {"_csrf": csrf_of(cookie), "requirement": "r"}
    with house.browser(cookie) as client:
        sent = client.post("/v1/notices", headers=HERE, data=form)
        parts = client.post("/v1/notices", headers=HERE, data=form, files={"f": b"x"})
        wrong = client.post("/v1/notices", headers=HERE, data={**form, "_csrf": "x"})

    assert sent.json()["form"] == form
    assert parts.json()["form"].items() >= form.items()
    assert parts.json()["bytes"] > sent.json()["bytes"] > 0
    assert wrong.status_code == 403


def test_a_bad_token_is_not_saved_by_a_good_cookie(house: House) -> None:
    with house.browser(house.desk.cookie()) as client:
        assert client.get("/v1/notices", headers=bearer("oft_x")).status_code == 401


def test_a_cookie_of_another_name_or_time_is_none(house: House) -> None:
    cookie = house.desk.cookie()
    with house.browser() as client:
        client.cookies.set("__Host-offtake", cookie)
        assert client.get("/v1/notices").status_code == 401
    house.desk.clock.at_s += IDLE_S
    with house.browser(cookie) as client:
        assert client.get("/v1/notices").status_code == 401


def test_a_one_time_code_becomes_a_session_when_somebody_means_it(house: House) -> None:
    code = house.desk.register.code_for(house.desk.people[Role.BUYER].id, by="root")
    with house.browser() as client:
        page = client.get("/sign-in", params={"code": code})
        assert f'value="{code}"' in page.text
        assert "<script" not in page.text
        assert "style.css" in page.text
        french = client.get("/sign-in", params={"code": code, "lang": "fr"})
        assert "Se connecter" in french.text
        assert client.post("/sign-in", data={"code": code}).status_code == 403
        signed = client.post("/sign-in", data={"code": code}, headers=HERE)
        assert (signed.status_code, signed.headers["location"]) == (303, "/")
        assert client.get("/v1/notices").json()["who"] == "Ada"
        again = client.post("/sign-in", data={"code": code}, headers=HERE)

    assert again.status_code in (401, 403)


def test_a_code_cannot_write_into_the_page(house: House) -> None:
    with house.browser() as client:
        page = client.get("/sign-in", params={"code": '"><script>alert(1)</script>'})

    assert "<script" not in page.text


def test_signing_off_ends_the_session_also_for_a_copy_of_its_cookie(house: House) -> None:
    cookie = house.desk.cookie()
    with house.browser(cookie) as client:
        told = {**HERE, "X-CSRF-Token": csrf_of(cookie)}
        assert client.post("/sign-off", headers=HERE).status_code == 403
        off = client.post("/sign-off", headers=told)
        assert off.status_code == 303
        assert "Max-Age=0" in off.headers["set-cookie"]

    assert house.desk.register.by_session(cookie) is None


@pytest.mark.parametrize(
    ("origin", "name", "ends"),
    [
        (LOCAL, "offtake", "HttpOnly; Max-Age=43200; Path=/; SameSite=lax"),
        (SECURE, "__Host-offtake", "HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure"),
    ],
)
def test_the_cookie_of_a_session_is_safe_by_default(
    small: Engine, origin: str, name: str, ends: str
) -> None:
    house = House(Desk(small), origin)
    code = house.desk.register.code_for(house.desk.people[Role.BUYER].id, by="root")
    with house.browser() as client:
        told = client.post("/sign-in", data={"code": code}, headers={"Origin": origin})
        cookies = told.headers.get_list("set-cookie")
    said, _, attributes = next(c for c in cookies if c.startswith(f"{name}=")).partition("; ")

    assert len(said) == len(name) + 1 + 43
    assert attributes == ends


# Headers.


@pytest.mark.parametrize("path", ["/health", "/v1/notices", "/nowhere", "/v1/notices/broken"])
def test_every_answer_has_the_headers_that_keep_a_browser_safe(small: Engine, path: str) -> None:
    house = House(Desk(small), SECURE)
    with house.browser() as client:
        headers = client.get(path, headers=bearer(house.desk.token())).headers

    assert headers["content-security-policy"] == (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert len(headers.get_list("content-security-policy")) == 1


def test_a_desk_without_https_promises_none(house: House) -> None:
    with house.browser() as client:
        assert "strict-transport-security" not in client.get("/health").headers


# Limits.


def test_a_token_that_asks_too_often_waits_and_another_does_not(house: House) -> None:
    one, other = bearer(house.desk.token()), bearer(house.desk.token())
    with house.browser() as client:
        codes = [client.get("/v1/notices", headers=one).status_code for _ in range(KNOWN.burst)]
        refused = client.get("/v1/notices", headers=one)
        assert client.get("/v1/notices", headers=other).status_code == 200
        house.ticks.ms += 1_000 * int(refused.headers["retry-after"])
        assert client.get("/v1/notices", headers=one).status_code == 200

    assert set(codes) == {200}
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["title"] == "Too many requests"


def test_who_tries_tokens_waits_and_whoever_has_one_comes_in_from_the_same_address(
    house: House,
) -> None:
    good = house.desk.token()
    with house.browser() as client:
        codes = [
            client.get("/v1/notices", headers=bearer("oft_x")).status_code
            for _ in range(FAILED.burst + 2)
        ]
        assert client.get("/v1/notices", headers=bearer(good)).status_code == 200

    assert codes == [401] * FAILED.burst + [429, 429]


def test_strangers_are_limited_by_address(house: House) -> None:
    with house.browser() as client:
        codes = [client.get("/health").status_code for _ in range(STRANGER.burst + 1)]

    assert codes == [200] * STRANGER.burst + [429]


def test_a_bucket_fills_at_its_rate_and_no_higher_than_its_burst() -> None:
    now = [0]
    buckets = Buckets(Rate(per_minute=60, burst=3), lambda: now[0])
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]
    now[0] = 999
    assert buckets.take("a") == 1
    now[0] = 1_000
    assert [buckets.take("a"), buckets.take("a")] == [0, 1]
    now[0] = 10**9

    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 1]


@pytest.mark.parametrize("rate", [Rate(7, 2), Rate(600, 120), Rate(1, 1)])
def test_whoever_waits_as_long_as_it_is_told_is_granted_the_next_one(rate: Rate) -> None:
    now = [0]
    buckets = Buckets(rate, lambda: now[0])
    granted = 0
    while now[0] < 600_000:
        wait_s = buckets.take("a")
        granted += wait_s == 0
        if wait_s:
            now[0] += 1_000 * wait_s
            assert buckets.take("a") == 0
            granted += 1

    assert granted <= rate.burst + rate.per_minute * now[0] // 60_000


def test_no_more_than_so_many_askers_are_remembered() -> None:
    buckets = Buckets(Rate(1, 1), lambda: 0)
    for number in range(LIMIT_KEYS):
        buckets.take(str(number))
    assert buckets.take(str(LIMIT_KEYS - 1)) > 0
    buckets.take("one more")

    assert buckets.take("0") == 0
    assert buckets.take("2") > 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_address_counts_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


# Routes.


def test_a_route_that_nobody_thought_of_is_found(house: House) -> None:
    @get("/naked")
    async def naked() -> None:
        return None

    app = Litestar([notices, health, naked], openapi_config=None, logging_config=None)

    assert unguarded(house.app) == []
    assert [row.path for row in unguarded(app)] == ["/naked"]
    acts = {(row.method, row.path): row.act for row in guarded(house.app) if row.act}
    assert acts["GET", "/v1/notices"] == Act.NOTICE_READ
    assert acts["POST", "/v1/notices"] == Act.NOTICE_GIVE


@pytest.mark.parametrize(
    "text",
    ["", "desk.example", "https://", "https://desk.example/path", "http://desk.example", "ftp://x"],
)
def test_an_origin_is_https_or_this_machine_and_nothing_else(text: str) -> None:
    with pytest.raises(NoOrigin):
        Origin(text)


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "x", "", "/a\r\nb", "/\\/x"],
)
def test_nobody_is_sent_away_from_the_desk(path: str) -> None:
    assert inside(path) == "/"
    assert inside("/tenders?open=yes#x") == "/tenders?open=yes#x"
