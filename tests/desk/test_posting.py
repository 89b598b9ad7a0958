"""A desk tells a program of what happens, signed; what cannot be sent is shown and sent again."""

import base64
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from litestar.testing import TestClient
from standardwebhooks import Webhook

from desk.served import ORIGIN, SUBMIT, Desk
from desk.stories import PORTFOLIO, Clock
from offtake.desk.start import adopt, assembled, parts, posting
from offtake.desk.transport.reach import Reach

KEY = base64.b64encode(bytes(range(32))).decode()
LOOPBACK = Reach(("http", "https"), (ip_network("127.0.0.0/8"),))


class Program(HTTPServer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.told: list[tuple[dict[str, str], bytes]] = []
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Told(BaseHTTPRequestHandler):
    server: Program

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(({key.lower(): self.headers[key] for key in self.headers}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program()
    yield made
    made.shutdown()
    made.server_close()


def desk_with(url: str, keys: str) -> tuple[Any, Clock, Any]:
    clock = Clock()
    clock.at_s = int(time.time())  # Signatures are dated, and checked against the time.
    made = parts(url, ORIGIN, clock)
    adopt(made.writer, PORTFOLIO, "first")
    return made, clock, assembled(made, clock, post=posting(made, clock, keys, LOOPBACK))


def test_a_program_is_told_of_what_happens_and_never_of_an_offer(
    tmp_path: Path, program: Program
) -> None:
    made, clock, app = desk_with(f"sqlite:///{tmp_path / 'desk.db'}", KEY)
    with TestClient(app) as client:
        desk = Desk(made, clock, client)
        hook = desk.done("buyer", "/v1/webhooks", {"url": program.url})
        desk.done("buyer", "/v1/requirements", SUBMIT)
        for _ in range(100):
            if program.told:
                break
            time.sleep(0.05)
        ((headers, body),) = program.told
        told = Webhook(hook["secret"]).verify(body, headers)
        assert told["type"] == "requirement.submitted"
        assert json.loads(body)["data"]["requirement"] == "r"
        rows = desk("buyer", "GET", "/v1/outbox").json()["items"]
        assert [(row["kind"], row["channel"]) for row in rows] == [
            ("requirement.submitted", "webhook")
        ]
        listed = desk("auditor", "GET", "/v1/webhooks")
        assert hook["secret"] not in listed.text
        assert desk("engineer", "POST", "/v1/webhooks", {"url": program.url}).status_code == 403
        assert desk("buyer", "DELETE", f"/v1/webhooks/{hook['webhook']}").status_code == 200
        assert desk("buyer", "DELETE", f"/v1/webhooks/{hook['webhook']}").status_code == 404
        assert desk("buyer", "POST", "/v1/outbox/msg_none/retry").status_code == 404
        wrong = desk("buyer", "POST", "/v1/webhooks", {"url": "ftp://x", "topics": ["nothing"]})
        assert {row["field"] for row in wrong.json()["errors"]} == {"url", "topics"}
    made.engine.dispose()


def test_a_supplier_tells_its_program_of_its_own_matters(tmp_path: Path, program: Program) -> None:
    made, clock, app = desk_with(f"sqlite:///{tmp_path / 'desk.db'}", KEY)
    with TestClient(app) as client:
        desk = Desk(made, clock, client)
        own = desk.done("buyer", "/v1/webhooks", {"url": "https://lab.example/s3cret"})
        hook = desk.done("alpha", "/v1/webhooks", {"url": program.url})
        assert [row["webhook"] for row in items(desk, "alpha")] == [hook["webhook"]]
        assert items(desk, "alpha")[0]["party"] == "alpha"
        assert items(desk, "beta") == []
        assert desk("beta", "DELETE", f"/v1/webhooks/{hook['webhook']}").status_code == 404
        assert desk("alpha", "DELETE", f"/v1/webhooks/{own['webhook']}").status_code == 404
        seen = {row["webhook"]: row for row in items(desk, "buyer")}
        assert seen[own["webhook"]]["url"] == "https://lab.example/s3cret"
        assert seen[hook["webhook"]]["party"] == "alpha"
        assert seen[hook["webhook"]]["url"] == program.url.removesuffix("hook")
        desk.done("buyer", "/v1/requirements", SUBMIT)
        desk.done("buyer", "/v1/requirements/r/notices", {})
        for _ in range(100):
            if program.told:
                break
            time.sleep(0.05)
        ((headers, body),) = program.told
        told = Webhook(hook["secret"]).verify(body, headers)
        assert (told["type"], told["data"]["notice"]) == ("notice.given", "r.1")
        assert "of" not in told["data"]
        for _ in range(19):
            desk.done("alpha", "/v1/webhooks", {"url": program.url})
        full = desk("alpha", "POST", "/v1/webhooks", {"url": program.url})
        assert (full.status_code, "20 endpoints" in full.text) == (409, True)
        assert desk("buyer", "DELETE", f"/v1/webhooks/{hook['webhook']}").status_code == 200
    made.engine.dispose()


def items(desk: Desk, who: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = desk(who, "GET", "/v1/webhooks").json()["items"]
    return rows


def test_addresses_are_kept_by_whoever_they_concern(tmp_path: Path) -> None:
    made, clock, app = desk_with(f"sqlite:///{tmp_path / 'desk.db'}", "")
    with TestClient(app) as client:
        desk = Desk(made, clock, client)
        french = {"address": "luc@alpha.example", "language": "fr"}
        own = desk.done("alpha", "/v1/contacts", french)["contact"]
        desk.done("buyer", "/v1/contacts", {"address": "ada@lab.example"})
        desk.done("buyer", "/v1/contacts", {"address": "bo@beta.example", "party": "beta"})
        (row,) = desk("alpha", "GET", "/v1/contacts").json()["items"]
        assert (row["address"], row["language"], row["party"]) == (*french.values(), "alpha")
        assert len(desk("buyer", "GET", "/v1/contacts").json()["items"]) == 3
        wrong = {"address": "a@b\nBcc: c@d", "party": "nobody", "language": "tlh"}
        answer = desk("buyer", "POST", "/v1/contacts", wrong)
        assert {row["field"] for row in answer.json()["errors"]} == set(wrong)
        other = {"address": "a@b.example", "party": "beta"}
        assert desk("alpha", "POST", "/v1/contacts", other).status_code == 422
        assert desk("engineer", "POST", "/v1/contacts", french).status_code == 403
        assert desk("beta", "DELETE", f"/v1/contacts/{own}").status_code == 404
        assert desk("alpha", "DELETE", f"/v1/contacts/{own}").status_code == 200
        did = [(row.did, row.more) for row in made.register.trail(20)]
        assert did[0] == ("contact.removed", "alpha")
        assert ("contact.added", "") in did
        assert "luc" not in str(made.register.trail(20))
    made.engine.dispose()


def test_without_a_key_there_are_no_endpoints(tmp_path: Path, program: Program) -> None:
    made, clock, app = desk_with(f"sqlite:///{tmp_path / 'desk.db'}", "")
    with TestClient(app) as client:
        desk = Desk(made, clock, client)
        answer = desk("buyer", "POST", "/v1/webhooks", {"url": program.url})
        assert answer.status_code == 409
        assert "OFFTAKE_DESK_KEYS" in answer.json()["detail"]
    made.engine.dispose()
