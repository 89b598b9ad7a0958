"""A requirement is sourced from the command line, by each of those whom it concerns."""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.exceptions import LitestarDeprecationWarning

from desk.listening import PEOPLE, Served, listening, served
from desk.stories import PORTFOLIO, Clock, Story
from offtake.cli.main import main
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.start import adopt, assembled, parts
from offtake.desk.store.engine import open_engine
from offtake.desk.store.migrate import migrate
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted
from offtake.units.time import DAY_S

SUBMIT = (
    *("requirement", "submit", "r", "--purpose", "training", "--gpus", "64", "--price-limit", "$3"),
    *("--start", "2025-09-01", "--end", "2026-09-01", "--accelerators", "H100"),
)
Run = Callable[..., Any]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A desk with a portfolio, and a token file for each person."""
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    engine = open_engine(url)
    migrate(engine)
    Story(engine)
    engine.dispose()
    for name in (*PEOPLE, "nobody"):
        (tmp_path / name).write_text(f"{name}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("OFFTAKE_DESK_URL", raising=False)
    monkeypatch.delenv("OFFTAKE_DESK_TOKEN", raising=False)
    with served(url) as found:
        monkeypatch.setenv("OFFTAKE_DESK_URL", found.url)
        yield found


@pytest.fixture
def run(desk: Served, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as somebody; its JSON, once its exit code is the one expected."""

    def runs(who: str, *words: str, code: int = 0) -> Any:
        got = main([*words, "--token-file", who, "-o", "json"])
        shown = capsys.readouterr()
        assert got == code, shown.err
        if code:
            assert shown.out == ""
            return json.loads(shown.err)["problems"]
        return json.loads(shown.out)

    return runs


def test_a_requirement_is_sourced_to_its_orders(run: Run, desk: Served) -> None:
    assert run("ada", *SUBMIT)["happened"] == ["requirement_submitted"]
    assert run("ada", "requirement", "why", "r")["next"]["step"] == "notice"
    assert run("ada", "notice", "give", "r")["happened"] == ["notice_given"]
    assert [row["notice"] for row in run("alpha", "notice", "list", "--outcome", "open")] == ["r.1"]
    run("alpha", "notice", "answer", "r.1", "--gpus", "24", "--signed", "A. Alpha")
    assert run("ada", "notice", "wait", "r.1", "--timeout", "1m")["accepted_gpus"] == 24
    accepted = ("--supplier", "alpha", "--gpus", "24", "--price", "$2.90")
    assert run("ada", "order", "sign-accepted", "r", *accepted)["orders"] == [0]
    run("ada", "tender", "open", "r", "--invite", "beta,gamma", "--open-for", "7d")
    run("beta", "offer", "make", "r", "--gpus", "64", "--price", "$2.50")
    run("gamma", "offer", "make", "r", "--gpus", "20", "--price", "$2.40", "--tranches", "2")
    assert len(run("beta", "tender", "get", "r.1")["bids"]) == 1
    assert [row["offer"] for row in run("beta", "offer", "list")] == ["r.1.beta"]
    assert run("ada", "offer", "list", "--requirement", "r") == []
    assert run("ada", "offer", "get", "r.1.beta", code=3)[0]["code"] == "not-found"
    desk.clock.set("2025-03-08")
    run("ada", "requirement", "wait", "r", "--status", "closed", "--timeout", "1m")
    offers = [row["offer"] for row in run("ada", "offer", "list", "--requirement", "r")]
    assert offers == ["r.1.beta", "r.1.gamma"]
    assert run("ada", "offer", "get", "r.1.gamma")["tranches"] == 2
    run("ada", "tender", "award", "r", "--take", "gamma=20", "--take", "beta=20")
    run("ada", "tender", "unaward", "r", "--why", "too early")
    run("ada", "tender", "award", "r", "--take", "gamma=20", "--take", "beta=20")
    run("ada", "order", "sign", "r", "--supplier", "gamma")
    run("ada", "order", "sign", "r", "--supplier", "beta")
    found = run("ada", "requirement", "wait", "r", "--status", "ordered", "--timeout", "1m")
    assert sum(order["gpus"] for order in found["orders"]) == 64
    run("ada", "order", "deliver", "1", "--tranche", "1")
    desk.clock.set("2025-09-01")  # The desk sees by itself what has not come.
    run("ada", "requirement", "wait", "r", "--status", "late", "--timeout", "1m")
    run("ada", "order", "cancel", "1", "--why", "by agreement")
    stands = [row["status"] for row in run("ada", "order", "get", "1")["tranches"]]
    assert stands == ["ended", "delivered"]
    assert len(run("ada", "order", "list", "--limit", "2")) == 2
    assert run("ada", "requirement", "timeline", "r")[0]["command"]["do"] == "submit"


def test_a_change_keeps_what_is_not_said_and_a_withdrawal_ends_a_wait(run: Run) -> None:
    run("ada", *SUBMIT, "--title", "Texas")
    run("ada", "requirement", "change", "r", "--gpus", "48", "--price-limit", "none")
    found = run("ada", "requirement", "get", "r")
    assert (found["gpus"], found["price_limit"], found["title"]) == (48, None, "Texas")
    assert (found["accelerators"], found["latest_start"]) == (["H100"], "2026-02-28")
    run("ada", "requirement", "change", "r", "--start", "2025-10-01")
    assert run("ada", "requirement", "get", "r")["latest_start"] == "2026-03-30"
    (row,) = run("ada", "requirement", "change", "r", "--gpus", "9", "--version", "2", code=4)
    assert row["code"] == "stale"
    run("ada", "requirement", "change", "r", code=3)
    run("ada", "requirement", "withdraw", "r", "--why", "no more")
    (row,) = run("ada", "requirement", "wait", "r", "--status", "ordered", code=1)
    assert row["code"] == "in-vain"


def test_exit_codes_say_why_nothing_happened(run: Run) -> None:
    run("ada", *SUBMIT)
    assert run("nobody", "requirement", "list", code=2)[0]["code"] == "not-signed-on"
    assert run("eve", "notice", "give", "r", code=2)[0]["code"] == "forbidden"
    assert run("beta", "requirement", "get", "r", code=2)[0]["code"] == "forbidden"
    assert run("ada", "requirement", "get", "none", code=3)[0]["code"] == "not-found"
    assert run("ada", "tender", "open", "r", code=4)[0]["code"] == "refused"
    words = ("--purpose", "trainin", "--gpus", "0", "--start", "2025-09-01", "--end", "2024-01-01")
    wrong = run("ada", "requirement", "submit", "x", *words, code=3)
    assert [row["place"] for row in wrong] == ["--purpose", "--end", "--gpus"]
    assert run("ada", "requirement", "wait", "r", "--status", "done", code=3)[0]["says"]
    assert run("ada", "order", "get", "x", code=3)[0]["place"] == "N"
    assert run("ada", "tender", "award", "r", "--take", "beta", code=3)[0]["place"] == "--take"
    assert run("ada", "requirement", "list", "--limit", "0", code=3)[0]["place"] == "--limit"


def test_a_stated_key_makes_a_retry_harmless_and_belongs_to_one_command(run: Run) -> None:
    first = run("ada", *SUBMIT, "--key", "k")
    assert run("ada", *SUBMIT, "--key", "k") == first
    assert run("ada", *SUBMIT, "--title", "other", "--key", "k", code=3)[0]["code"] == (
        "idempotency-key-conflict"
    )


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(run: Run, desk: Served) -> None:
    would = run("ada", *SUBMIT, "--dry-run", "--key", "k")
    assert would["method"] == "POST"
    assert would["url"] == f"{desk.url}/v1/requirements"
    assert would["body"]["gpus"] == "64"
    assert run("ada", "requirement", "list") == []


def test_people_sign_on_look_and_sign_off(
    desk: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OFFTAKE_DESK_URL")
    assert main(["whoami"]) == 3
    assert main(["login", desk.url, "--token-file", "nobody"]) == 2
    assert main(["whoami"]) == 3  # Nothing was kept.
    assert main(["login", desk.url, "--token-file", "ada"]) == 0
    assert main([*SUBMIT]) == 0
    assert main(["notice", "give", "r"]) == 0
    capsys.readouterr()
    for words, said in (
        (["whoami"], "approver, buyer"),
        (["requirement", "list"], "noticed"),
        (["requirement", "get", "r"], "2025-03-31"),
        (["requirement", "why", "r"], "WindowOpen"),
        (["requirement", "timeline", "r"], "notice given"),
        (["notice", "get", "r.1"], "A/first"),
        (["tender", "list"], "tenders: none"),
        (["notice", "give", "r", "--dry-run"], "(a random one)"),
        (["requirement", "list", "-o", "ndjson"], '"status": "noticed"'),
    ):
        assert main(words) == 0
        assert said in capsys.readouterr().out
    assert main(["login", "--out"]) == 0
    assert desk.url in capsys.readouterr().out
    assert main(["whoami"]) == 3


def test_lines_hold_all_there_is_unless_a_limit_says_otherwise(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(52):
        run("ada", "requirement", "submit", f"r{number}", *SUBMIT[3:])
    assert len(run("ada", "requirement", "list")) == 50
    for words, count in (([], 52), (["--limit", "3"], 3), (["--status", "ordered"], 0)):
        lines = ["--token-file", "ada", "-o", "ndjson", *words]
        assert main(["requirement", "list", *lines]) == 0
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [row["requirement"] for row in rows] == [f"r{51 - n}" for n in range(count)]
    assert main(["contact", "list", "--token-file", "ada", "-o", "ndjson"]) == 3  # None here.
    assert "not-found" in capsys.readouterr().err
    assert main(["requirement", "list", "--token-file", "beta", "-o", "ndjson"]) == 2
    assert "forbidden" in capsys.readouterr().err


def test_a_token_comes_from_standard_input_and_stays_out_of_sight(desk: Served) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "OFFTAKE_DESK_TOKEN"}
    done = subprocess.run(
        [sys.executable, "-m", "offtake.cli.main", "login", desk.url, "-o", "json"],
        input="eve\n",
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["name"] == "Eve"
    assert json.loads(done.stdout)["roles"] == ["engineer"]


def test_a_real_token_does_what_its_scopes_allow_until_it_is_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    clock = Clock()
    made = parts(f"sqlite:///{tmp_path / 'desk.db'}", Origin("http://127.0.0.1:8000"), clock)
    adopt(made.writer, PORTFOLIO, "the first")
    ada = made.register.add(Person("", "Ada", frozenset({Role.BUYER})), by="test")
    wanted = Wanted(ada.id, "reads", ("requirement.*", "*.read"), clock.at_s + DAY_S)
    token = made.register.make_token(wanted, by="test")
    monkeypatch.setenv("OFFTAKE_DESK_TOKEN", token.text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = assembled(made, clock)
    with listening(app) as address:
        monkeypatch.setenv("OFFTAKE_DESK_URL", address)
        assert main(["whoami", "-o", "json"]) == 0
        me = json.loads(capsys.readouterr().out)
        assert (me["name"], me["roles"], me["by"]) == ("Ada", ["buyer"], "token")
        assert "requirement.submit" in me["may"]
        assert "notice.give" not in me["may"]
        assert main([*SUBMIT]) == 0
        assert main(["notice", "give", "r"]) == 2
        token_file = tmp_path / "token"
        token_file.write_text("unknown")
        assert main(["whoami", "--token-file", str(token_file)]) == 2
        assert main(["login", address, "--token-file", str(token_file)]) == 2
        token_file.write_text(token.text)
        assert main(["login", address, "--token-file", str(token_file)]) == 0
        assert made.register.revoke_token(token.id, by="test")
        assert main(["requirement", "list"]) == 2
        assert "not-signed-on" in capsys.readouterr().err
    made.engine.dispose()


@pytest.mark.parametrize(
    "noun",
    [
        *("requirement", "notice", "tender", "offer", "order", "permit", "waiver", "journal"),
        *("contact", "webhook"),
    ],
)
def test_each_verb_of_a_noun_explains_itself(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    from importlib import import_module

    assert main([noun]) == 3
    assert main([noun, "--help"]) == 0
    shown = capsys.readouterr().out
    for name in import_module(f"offtake.cli.{noun}").PARTS:
        assert name in shown
        assert main([noun, name, "--help"]) == 0
        assert f"offtake {noun} {name}" in capsys.readouterr().out.partition("examples:")[2]
    assert main([noun, "nonsense"]) == 3


def test_a_holder_waives_its_right_and_the_grantee_may_be_contracted(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ada", *SUBMIT)
    give = ("waiver", "give", "A/first", "--grantee", "beta", "--limit", "100", "--signed", "A.")
    assert run("alpha", *give)["waiver"] == "A/first-waiver-1"
    assert run("ada", *give, "--transaction", "--purposes", "training,api")["happened"] == [
        "waiver_given"
    ]
    why = run("ada", "requirement", "why", "r")["decisions"]
    assert {row["supplier"]: row["verdict"] for row in why}["beta"] == "permit"
    assert run("beta", *give, code=3)[0]["code"] == "not-found"
    assert run("alpha", *give, "--end", "2025-01-01", code=3)[0]["place"] == "--end"
    assert [row["standing"] for row in run("aud", "waiver", "list")] == [True, False]
    assert main(["waiver", "list", "--token-file", "alpha"]) == 0
    assert "A/first-waiver-1" in capsys.readouterr().out
