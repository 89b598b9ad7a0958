"""Whom a desk writes to, and which programs it tells, from the command line."""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.exceptions import LitestarDeprecationWarning

from desk.listening import listening
from desk.stories import PORTFOLIO, Clock
from desk.test_posting import KEY, LOOPBACK
from offtake.cli.main import main
from offtake.cli.output import Invalid
from offtake.cli.serve import _reach
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.start import adopt, assembled, parts, posting
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted
from offtake.units.time import DAY_S

Run = Callable[..., Any]
ROLES = {
    "ada": (Role.BUYER, ""),
    "fin": (Role.FINANCE, ""),
    "root": (Role.ADMINISTRATOR, ""),
    "alpha": (Role.SUPPLIER, "alpha"),
    "beta": (Role.SUPPLIER, "beta"),
}


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A desk that seals secrets, and a token file for each person."""
    clock = Clock()
    made = parts(f"sqlite:///{tmp_path / 'desk.db'}", Origin("http://127.0.0.1:8000"), clock)
    adopt(made.writer, PORTFOLIO, "the first")
    for name, (role, party) in ROLES.items():
        person = made.register.add(Person("", name, frozenset({role}), party), by="test")
        wanted = Wanted(person.id, "all", ("*",), clock.at_s + 300 * DAY_S)
        (tmp_path / name).write_text(made.register.make_token(wanted, by="test").text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("OFFTAKE_DESK_TOKEN", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = assembled(made, clock, post=posting(made, clock, KEY, LOOPBACK))
    with listening(app) as found:
        monkeypatch.setenv("OFFTAKE_DESK_URL", found)
        yield found
    made.engine.dispose()


@pytest.fixture
def run(address: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as somebody; its JSON, once its exit code is the one expected."""

    def runs(who: str, *words: str, code: int = 0) -> Any:
        got = main([*words, "--token-file", who, "-o", "json"])
        shown = capsys.readouterr()
        assert got == code, shown.err
        return json.loads(shown.err)["problems"][0] if code else json.loads(shown.out)

    return runs


def test_contacts_are_added_listed_and_removed(run: Run, capsys: Any) -> None:
    added = run("ada", "contact", "add", "capacity@lab.example")
    own = run("alpha", "contact", "add", "ventes@alpha.example", "--language", "fr")
    seen = {row["address"]: row for row in run("root", "contact", "list")}
    assert seen["capacity@lab.example"]["contact"] == added["contact"]
    assert (seen["ventes@alpha.example"]["party"], seen["ventes@alpha.example"]["language"]) == (
        "alpha",
        "fr",
    )
    assert [row["contact"] for row in run("alpha", "contact", "list")] == [own["contact"]]
    assert run("beta", "contact", "list") == []
    assert run("alpha", "contact", "remove", added["contact"], code=3)["code"] == "not-found"
    assert run("ada", "contact", "remove", added["contact"]) == added
    assert run("ada", "contact", "remove", added["contact"], code=3)["code"] == "not-found"
    assert main(["contact", "add", "x@lab.example", "--token-file", "ada"]) == 0
    assert capsys.readouterr().out.startswith("contact: ")


def test_an_address_that_is_there_keeps_its_id_and_takes_the_new_language(run: Run) -> None:
    first = run("ada", "contact", "add", "capacity@lab.example")
    assert run("ada", "contact", "add", "capacity@lab.example", "--language", "fr") == first
    (row,) = run("ada", "contact", "list")
    assert (row["contact"], row["language"]) == (first["contact"], "fr")


def test_what_is_wrong_with_a_contact_is_said_at_its_flag(run: Run) -> None:
    assert run("ada", "contact", "add", "nonsense", code=3)["place"] == "--address"
    wrong = ("contact", "add", "a@lab.example", "--party", "omega")
    assert run("ada", *wrong, code=3)["place"] == "--party"
    assert run("fin", "contact", "add", "a@lab.example", code=2)["code"] == "forbidden"


def test_webhooks_are_added_with_their_secret_listed_without_and_removed(run: Run) -> None:
    url = "http://127.0.0.1:9/hook/path"
    made = run("ada", "webhook", "add", url, "--topics", "notice.given, award.made")
    assert made["secret"].startswith("whsec_")
    run("alpha", "webhook", "add", "http://127.0.0.1:9/alpha/path")
    seen = {row["party"]: row for row in run("ada", "webhook", "list")}
    assert (seen[None]["url"], seen[None]["topics"]) == (url, ["award.made", "notice.given"])
    assert (seen["alpha"]["url"], seen["alpha"]["topics"]) == ("http://127.0.0.1:9/", ["*"])
    assert "whsec_" not in json.dumps(run("ada", "webhook", "list"))
    assert run("alpha", "webhook", "remove", made["webhook"], code=3)["code"] == "not-found"
    assert run("ada", "webhook", "remove", made["webhook"]) == {"webhook": made["webhook"]}
    assert run("ada", "webhook", "add", "ftp://lab.example", code=3)["place"] == "--url"
    assert run("fin", "webhook", "add", url, code=2)["code"] == "forbidden"


def test_what_has_no_key_is_sent_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second webhook would be told as well, and nobody would have the secret of the first."""
    sent: list[httpx.Request] = []

    def lost(_: httpx.Client, request: httpx.Request, **__: Any) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadTimeout("no answer", request=request)

    monkeypatch.setattr(httpx.Client, "send", lost)
    (tmp_path / "ada").write_text("token")
    where = ("--desk", "http://127.0.0.1:9", "--token-file", str(tmp_path / "ada"))
    assert main(["webhook", "add", "https://lab.example/", *where]) == 1
    assert len(sent) == 1
    assert "no-answer" in capsys.readouterr().err


def test_the_type_of_a_text_says_its_characters_once(address: str) -> None:
    """Twice said, Prometheus reads nothing (RFC 9110, section 5.6.6)."""
    for who, path, kind in (
        ("root", "/metrics", "text/plain; version=0.0.4; charset=utf-8"),
        ("ada", "/v1/deadlines.ics", "text/calendar; charset=utf-8"),
    ):
        headers = {"authorization": f"Bearer {Path(who).read_text()}"}
        answer = httpx.get(f"{address}{path}", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


def test_a_desk_is_told_which_networks_of_its_own_webhooks_may_lead_to() -> None:
    usual = _reach(argparse.Namespace(reach=[], plain_http=False))
    assert usual.schemes == ("https",)
    assert not usual.permits("10.2.3.4")
    wider = _reach(argparse.Namespace(reach=["10.2.0.0/16", "::1"], plain_http=True))
    assert wider.schemes == ("https", "http")
    assert wider.networks == (ip_network("10.2.0.0/16"), ip_network("::1"))
    assert wider.permits("10.2.3.4")
    assert not wider.permits("10.3.3.4")
    with pytest.raises(Invalid, match="has host bits set"):
        _reach(argparse.Namespace(reach=["10.2.0.1/16"], plain_http=False))
