"""The page of messages: dead letters are revived, programs and addresses kept, by whom they are."""

import base64
import re
import time
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from desk.outbox.receivers import Postbox
from desk.outbox.test_mail_server import postbox
from desk.served import ORIGIN
from desk.stories import PORTFOLIO, Clock, submit
from offtake.desk import command as say
from offtake.desk.access.role import Role
from offtake.desk.access.secret import csrf_of
from offtake.desk.start import Parts, Ways, adopt, assembled, parts, posting
from offtake.desk.state import By
from offtake.desk.store.person import Person
from offtake.desk.tell import ByMail
from offtake.desk.transport.mail import Server, Tls
from offtake.desk.transport.reach import Reach
from offtake.desk.writer import Asked

KEY = base64.b64encode(bytes(range(32))).decode()
BUYER = By("p1", "Ada")


class Browser:
    """Somebody at the pages."""

    def __init__(self, made: Parts, client: TestClient[Any], role: Role, party: str = "") -> None:
        self.client = client
        person = made.register.add(Person("", "Them", frozenset({role}), party), by="test")
        cookie = made.register.redeem(made.register.code_for(person.id, by="test"))
        assert cookie is not None
        self.cookie = cookie

    def get(self, path: str = "/outbox", **headers: str) -> Any:
        return self.client.get(path, headers={"Cookie": f"offtake={self.cookie}", **headers})

    def post(self, path: str, **form: Any) -> Any:
        headers = {
            "Cookie": f"offtake={self.cookie}",
            "X-CSRF-Token": csrf_of(self.cookie),
            "Origin": ORIGIN.text,
            "Accept": "text/html",
        }
        return self.client.post(path, data=form, headers=headers)


def desk(tmp_path: Path, box: Postbox | None = None) -> tuple[Parts, Clock, Any]:
    clock = Clock()
    made = parts(
        f"sqlite:///{tmp_path / 'desk.db'}",
        ORIGIN,
        clock,
        ways=Ways(by_mail=ByMail(ORIGIN.url(""))),
    )
    adopt(made.writer, PORTFOLIO, "first")
    server = None
    if box is not None:
        server = Server("127.0.0.1", "desk@lab.example", box.port, Tls.NONE)
    post = posting(made, clock, KEY, Reach(), mail=server)
    return made, clock, assembled(made, clock, post=post)


def until(done: Any) -> None:
    for _ in range(200):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def test_a_dead_letter_is_revived_at_the_page_and_arrives(tmp_path: Path) -> None:
    with postbox(**{"ann@alpha.example": "550 No such user"}) as box:
        made, _, app = desk(tmp_path, box)
        with TestClient(app, base_url=ORIGIN.text) as client:
            buyer = Browser(made, client, Role.BUYER)
            form = {"address": "ann@alpha.example", "party": "alpha", "language": "en"}
            assert "ann@alpha.example" in buyer.post("/outbox/contacts", **form).text
            made.writer.write([Asked(submit(), BUYER), Asked(say.Notice(requirement="r"), BUYER)])
            until(lambda: "550 No such user" in buyer.get().text)
            shown = buyer.get().text
            (path,) = re.findall(r'action="(/outbox/msg_\w+/retry)"', shown)
            auditor = Browser(made, client, Role.AUDITOR)
            assert "550 No such user" in auditor.get().text
            assert "/retry" not in auditor.get().text
            assert auditor.post(path).status_code == 403
            box.says.clear()
            assert "It is sent again." in buyer.post(path).text
            until(lambda: box.taken)
            assert box.taken[0].recipients == ("ann@alpha.example",)
            assert buyer.post(path).status_code == 404
            admin = Browser(made, client, Role.ADMINISTRATOR)
            counts = admin.get("/metrics").text
            assert 'offtake_deliveries_total{channel="email",outcome="dead"} 1.0' in counts
            until(lambda: 'outcome="sent"} 1.0' in admin.get("/metrics").text)
    made.engine.dispose()


def test_a_desk_that_serves_reminds_by_itself(tmp_path: Path) -> None:
    with postbox() as box:
        made, clock, app = desk(tmp_path, box)
        with TestClient(app, base_url=ORIGIN.text) as client:
            alpha = Browser(made, client, Role.SUPPLIER, "alpha")
            alpha.post("/outbox/contacts", address="luc@alpha.example", language="fr")
            made.writer.write([Asked(submit(), BUYER), Asked(say.Notice(requirement="r"), BUYER)])
            until(lambda: len(box.taken) == 1)
            clock.set("2025-03-16")
            until(lambda: len(box.taken) == 2)
            assert box.taken[1].mail["subject"].startswith("Rappel")
    made.engine.dispose()


def test_what_was_typed_stays_where_a_form_is_wrong(tmp_path: Path) -> None:
    made, _, app = desk(tmp_path)
    with TestClient(app, base_url=ORIGIN.text) as client:
        buyer = Browser(made, client, Role.BUYER)

        address = buyer.post("/outbox/contacts", address="no mail", party="alpha", language="fr")
        program = buyer.post("/outbox/webhooks", url="ftp://a.example/x", topics=["order.signed"])

        assert (address.status_code, program.status_code) == (422, 422)
        assert 'value="no mail"' in address.text
        assert 'value="alpha"' in address.text
        assert "<option selected>fr</option>" in address.text
        assert 'value="ftp://a.example/x"' in program.text
        assert "<option selected>order.signed</option>" in program.text
        assert program.text.count("<option selected>") == 1  # That topic and no other.
    made.engine.dispose()


def test_a_supplier_sees_and_keeps_its_own_alone(tmp_path: Path) -> None:
    made, _, app = desk(tmp_path)
    with TestClient(app, base_url=ORIGIN.text) as client:
        buyer = Browser(made, client, Role.BUYER)
        alpha, beta = (Browser(made, client, Role.SUPPLIER, of) for of in ("alpha", "beta"))
        url = "https://hooks.alpha.example/s3cret"
        made_text = alpha.post("/outbox/webhooks", url=url, topics=["notice.given"]).text
        assert re.search(r"whsec_[\w+/=]{40}", made_text)
        assert "whsec_" not in alpha.get().text
        assert url in alpha.get().text
        assert "s3cret" not in buyer.get().text
        assert "hooks.alpha.example" in buyer.get().text
        assert "alpha.example" not in beta.get().text
        alpha.post("/outbox/contacts", address="luc@alpha.example", language="fr")
        assert "luc@alpha.example" not in beta.get().text
        (end,) = re.findall(r'action="(/outbox/contacts/\w+/end)"', alpha.get().text)
        assert beta.post(end).status_code == 404
        assert "luc@" not in alpha.post(end).text
        (end,) = re.findall(r'action="(/outbox/webhooks/\w+/end)"', alpha.get().text)
        assert beta.post(end).status_code == 404
        assert url not in alpha.post(end).text
        assert "Dead" not in alpha.get().text
        assert "Where letters go" in alpha.get().text
        assert "Où vont les courriels" in alpha.get(**{"Accept-Language": "fr"}).text
    made.engine.dispose()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/outbox/contacts", {"address": "a@b\r\nBcc: c@d", "language": "en"}),
        ("/outbox/contacts", {"address": "a@b.example", "party": "nobody", "language": "en"}),
        ("/outbox/contacts", {"address": "a@b.example", "language": "tlh"}),
        ("/outbox/webhooks", {"url": "http://127.0.0.1/"}),
        ("/outbox/webhooks", {"url": "https://x.example/", "topics": "nothing"}),
    ],
)
def test_what_cannot_be_is_said_so_on_the_page(
    path: str, form: dict[str, str], tmp_path: Path
) -> None:
    made, _, app = desk(tmp_path)
    with TestClient(app, base_url=ORIGIN.text) as client:
        buyer = Browser(made, client, Role.BUYER)
        answer = buyer.post(path, **form)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert made.register.contacts() == []
    made.engine.dispose()
