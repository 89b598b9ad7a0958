"""Secrets never reach logs: neither those of the desk, nor of the server, nor of the clients."""

import io
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from uvicorn.logging import AccessFormatter

from desk import provider as real
from desk.access.doors import House, bearer
from desk.access.registers import Desk
from desk.access.test_oidc import ADA, settings
from offtake.desk.access.discreet import GONE, Discreet, Rows, discreet, hush
from offtake.desk.access.oidc import Provider
from offtake.desk.access.role import Role
from offtake.desk.access.secret import csrf_of
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate

SECRET = "A" * 42 + "_"


@pytest.mark.parametrize(
    "text",
    [
        "token oft_0123456789abcdef_{secret} of ada",
        "Authorization: Bearer {secret}",
        "authorization: basic {secret}",
        "{{'authorization': 'Bearer {secret}', 'accept': '*/*'}}",
        "(b'authorization', b'Bearer {secret}')",
        "Cookie: a=b; offtake={secret}; c=d",
        "set-cookie: __Host-offtake={secret}; HttpOnly",
        "__Host-offtake-sign-on={secret}",
        'GET /sign-in?code={secret} HTTP/1.1" 200',
        "GET /sign-on/back?state={secret}&iss=x&code={secret}",
        "{{'id_token': '{secret}', 'access_token': '{secret}'}}",
        "client_secret={secret}&grant_type=authorization_code&code_verifier={secret}",
        "X-CSRF-Token: {secret}",
        "_csrf={secret}",
        "https://idp.example/authorize?nonce={secret}&state={secret}",
    ],
)
def test_a_line_keeps_what_happened_and_loses_what_opens(text: str) -> None:
    said = discreet(text.format(secret=SECRET))

    assert SECRET not in said
    assert "A" * 20 not in said
    assert GONE in said


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/tenders?cursor=12 200",
        "requirement r is noticed: nothing is due",
        "exit code 2; the state is open",
        "sign-on refused: the sign-on took too long, or came back twice",
        "token oft_0123456789abcdef was revoked",
    ],
)
def test_a_line_without_secrets_stays_as_it_is(text: str) -> None:
    assert discreet(text) == text


def test_every_handler_is_hushed_whatever_its_formatter_does_with_arguments() -> None:
    out = io.StringIO()
    logger = logging.getLogger("a server of a test")
    handler = logging.StreamHandler(out)
    line = '%(client_addr)s - "%(request_line)s" %(status_code)s'
    handler.setFormatter(AccessFormatter(line, use_colors=False))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    hush(logger)
    hush(logger)
    said = ("127.0.0.1:5", "GET", f"/sign-in?code={SECRET}", "1.1", 200)
    logger.info('%s - "%s %s HTTP/%s" %d', *said)

    assert out.getvalue() == f'127.0.0.1:5 - "GET /sign-in?code={GONE} HTTP/1.1" 200 OK\n'


def test_a_traceback_is_hushed_too() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Discreet())
    logger = logging.getLogger("a desk of a test")
    logger.addHandler(handler)
    try:
        {}[f"oft_0123456789abcdef_{SECRET}"]
    except KeyError:
        logger.exception("unexpected")

    assert "KeyError: 'oft_0123456789abcdef_" in out.getvalue()
    assert SECRET not in out.getvalue()


def test_a_log_for_programs_has_an_object_a_line_without_secrets() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Rows())
    logger = logging.getLogger("a desk of another test")
    logger.addHandler(handler)
    logger.warning('%s\nsays "no"', f"oft_0123456789abcdef_{SECRET}")
    try:
        {}[f"oft_0123456789abcdef_{SECRET}"]
    except KeyError:
        logger.exception("unexpected")

    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("warning", "a desk of another test")
    assert first["says"] == f'oft_0123456789abcdef_{GONE}\nsays "no"'
    assert first["at"].endswith("Z") or len(first["at"]) == 10
    assert "KeyError" in second["error"]
    assert SECRET not in out.getvalue()


class Everything:
    """All that is logged anywhere, at every level, as the desk writes it."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.handler = logging.StreamHandler(self.out)
        self.handler.setFormatter(Discreet(logging.Formatter("%(name)s %(message)s")))
        self.plain = io.StringIO()
        self.own = logging.StreamHandler(self.plain)  # Our own lines, before anything is removed.


@contextmanager
def everything() -> Iterator[Everything]:
    found, root, own = Everything(), logging.getLogger(), logging.getLogger("offtake")
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(found.handler)
    own.addHandler(found.own)
    yield found
    root.setLevel(level)
    root.removeHandler(found.handler)
    own.removeHandler(found.own)


@contextmanager
def served(app: Any, origin: str) -> Iterator[None]:
    """The application behind a real server that logs all it can."""
    port = int(origin.rpartition(":")[2])
    config = uvicorn.Config(app, port=port, log_config=None, log_level="trace", access_log=True)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join(timeout=10)


def test_nothing_that_opens_the_desk_is_logged_by_anybody(tmp_path: Path) -> None:
    with everything() as logs:
        engine = open_engine(f"sqlite:///{tmp_path / 'desk.db'}")
        migrate(engine)
        desk = Desk(engine)
        desk.clock.at_s = int(time.time())
        with real.running() as idp:
            secrets = _visits(desk, idp)
        engine.dispose()
    said, own = logs.out.getvalue(), logs.plain.getvalue()

    assert "GET /sign-in?code=" in said
    assert "HTTP Request: POST" in said
    assert "sign-on refused" in own
    for what, secret in secrets.items():
        assert len(secret) >= 20, what
        assert secret not in said, what
        assert secret not in own, what


def _visits(desk: Desk, idp: real.Running) -> dict[str, str]:
    """Every way in, used well and badly; the secrets that were used."""
    idp.control(claims=ADA)
    with httpx.Client() as browser, real.free_port() as port:
        origin = f"http://127.0.0.1:{port}"
        asked = httpx.AsyncClient(timeout=5)

        @asynccontextmanager
        async def opened(_: Litestar) -> AsyncIterator[None]:
            yield
            await asked.aclose()

        given = settings(idp, redirect_uri=f"{origin}/sign-on/back")
        provider = Provider(given, asked, desk.clock)
        house = House(desk, origin, provider, lifespan=[opened])
        token, code = desk.token(), desk.register.code_for(desk.people[Role.BUYER].id, by="x")
        with served(house.app, origin):
            here = {"Origin": origin}
            browser.get(f"{origin}/v1/notices", headers=bearer(token))
            browser.get(f"{origin}/v1/notices", headers=bearer(token[:-1] + "x"))
            browser.get(f"{origin}/sign-in", params={"code": code})
            browser.post(f"{origin}/sign-in", data={"code": code}, headers=here)
            first = browser.cookies["offtake"]
            csrf = {**here, "X-CSRF-Token": csrf_of(first)}
            browser.post(f"{origin}/v1/notices", headers=csrf)
            browser.get(f"{origin}/v1/notices/broken")
            away = browser.get(f"{origin}/sign-on").headers["location"]
            state = browser.cookies["offtake-sign-on"]
            back = browser.get(away).headers["location"]
            browser.get(back)
            browser.get(back)
            return {
                "token": token,
                "secret of the token": token.rpartition("_")[2] or token[-20:],
                "code": code,
                "session": first,
                "session after signing on": browser.cookies["offtake"],
                "csrf": csrf_of(first),
                "state": state,
                "answer of the provider": back.rpartition("?")[2],
                "client secret and its padding": real.SECRET + " " * 20,
            }
