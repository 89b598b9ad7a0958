"""Permits from the command line: issued, drawn on, and checked where no desk is."""

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.exceptions import LitestarDeprecationWarning

from desk.listening import listening
from desk.permitting import KEYS, PORTFOLIO
from desk.stories import Clock
from offtake.cli.main import main
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.start import adopt, assembled, parts, signing_permits
from offtake.desk.store.person import Person
from offtake.desk.store.token import Wanted
from offtake.units.time import DAY_S

Run = Callable[..., Any]
ISSUE = ("permit", "issue", "west", "--purpose", "training", "--gpus", "60")
UNTIL = ("--end", "2025-03-12")
DRAW = ("permit", "draw", "p-1", "--engine", "slurm", "--draw", "job-1", "--gpus", "40")
ROLES = {"ada": (Role.BUYER, Role.ENGINEER), "aud": (Role.AUDITOR,)}


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of a desk that answers, and a token file for each person."""
    clock = Clock()
    made = parts(f"sqlite:///{tmp_path / 'desk.db'}", Origin("http://127.0.0.1:8000"), clock)
    adopt(made.writer, PORTFOLIO, "the first")
    for name, roles in ROLES.items():
        person = made.register.add(Person("", name, frozenset(roles)), by="test")
        token = made.register.make_token(
            Wanted(person.id, "all", ("*",), clock.at_s + 300 * DAY_S), by="test"
        )
        (tmp_path / name).write_text(token.text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("OFFTAKE_DESK_TOKEN", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LitestarDeprecationWarning)
        app = assembled(signing_permits(made, KEYS.private), clock)
    with listening(app) as address:
        monkeypatch.setenv("OFFTAKE_DESK_URL", address)
        yield clock
    made.engine.dispose()


@pytest.fixture
def run(clock: Clock, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as somebody; its JSON, once its exit code is the one expected."""

    def runs(who: str, *words: str, code: int = 0) -> Any:
        as_who = () if not who else ("--token-file", who)
        got = main([*words, *as_who, "-o", "json"])
        shown = capsys.readouterr()
        assert got == code, shown.err
        return json.loads(shown.err)["problems"][0]["code"] if code else json.loads(shown.out)

    return runs


def test_a_permit_is_issued_drawn_on_and_checked_without_a_desk(run: Run, clock: Clock) -> None:
    assert run("ada", *ISSUE, *UNTIL)["permit"] == "p-1"
    assert run("ada", *DRAW) == run("ada", *DRAW)
    run("ada", "permit", "get", "p-1", "--out", "p-1.jws")
    run("ada", "permit", "keys", "--out", "keys.json")
    Path("key.pub").write_bytes(KEYS.public)
    verify = ("permit", "verify", "p-1.jws", "--at", "2025-03-05", "--keys")
    assert run("", *verify, "keys.json")["gpus"] == 60
    assert run("", *verify, "key.pub", "--issuer", "http://127.0.0.1:8000/")["ok"]
    clock.set("2025-03-06")
    run("ada", "permit", "return", "p-1", "--engine", "slurm", "--draw", "job-1", "--gpus", "10")
    run("ada", "permit", "return", "p-1", "--engine", "slurm", "--draw", "job-1")
    run("ada", "permit", "revoke", "p-1", "--why", "moved", "--version", "4")
    run("ada", "permit", "revocations", "--out", "revoked.jws")
    revoked = (*verify, "keys.json", "--revocations", "revoked.jws")
    assert run("", *revoked, code=2) == "permit-revoked"
    assert run("aud", "permit", "list", "--status", "revoked")[0]["permit"] == "p-1"
    assert run("ada", *DRAW[:-3], "job-2", *DRAW[-2:], code=4) == "permit-revoked"


def test_exit_codes_of_a_check_say_why(run: Run) -> None:
    run("ada", *ISSUE, "--start", "2025-03-02", *UNTIL, "--holder", "slurm")
    run("ada", "permit", "get", "p-1", "--out", "p-1.jws")
    Path("key.pub").write_bytes(KEYS.public)
    verify = ("permit", "verify", "p-1.jws", "--keys", "key.pub", "--at")
    assert run("", *verify, "2025-03-01", code=4) == "not-yet"
    assert run("", *verify, "2025-03-12", code=2) == "permit-expired"
    assert run("", *verify[:-1], code=2) == "permit-expired"  # By the clock of this machine.
    assert run("", *verify, "2025-03-05", "--engine", "k8s", code=2) == "other-engine"
    assert run("", *verify, "2025-03-05", "--issuer", "https://x.example", code=2) == "other-desk"
    forged = Path("p-1.jws").read_text()
    Path("p-1.jws").write_text(forged.replace(".", ".e", 1))
    assert run("", *verify, "2025-03-05", code=2) == "forged"
    Path("p-1.jws").write_text("nothing")
    assert run("", *verify, "2025-03-05", code=3) == "no-permit"
    Path("key.pub").write_text("nothing")
    assert run("", *verify, "2025-03-05", code=3) == "no-key"
    assert run("", "permit", "verify", "none", "--keys", "key.pub", code=3) == "bad-path"


def test_what_is_not_permitted_is_refused_with_its_own_code(run: Run) -> None:
    assert run("aud", *ISSUE, *UNTIL, code=2) == "forbidden"
    assert run("ada", "permit", "get", "p-9", code=3) == "not-found"
    assert run("ada", *ISSUE[:-1], "101", *UNTIL, code=4) == "more-than-pool"
    api = ("permit", "issue", "east", "--purpose", "api", "--gpus", "1")
    assert run("ada", *api, *UNTIL, code=2) == "not-permitted"


def test_people_read_permits_as_tables(
    run: Run, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ada", *ISSUE, *UNTIL)
    run("ada", *DRAW)
    run("ada", "permit", "get", "p-1", "--out", "p-1.jws")
    Path("key.pub").write_bytes(KEYS.public)
    for words, said in (
        (["list", "--token-file", "aud"], "training"),
        (["get", "p-1", "--token-file", "aud"], "job-1"),
        (["get", "p-1", "--out", "again.jws", "--token-file", "aud"], "wrote again.jws"),
        (["verify", "p-1.jws", "--keys", "key.pub", "--at", "2025-03-02"], "p-1 holds: 60 GPUs"),
    ):
        assert main(["permit", *words]) == 0
        assert said in capsys.readouterr().out
    assert Path("again.jws").read_text() == Path("p-1.jws").read_text()


def test_the_ledger_is_read_as_a_table_and_by_programs(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ada", *ISSUE, *UNTIL)
    run("ada", *DRAW)
    window = ("--pool", "west", "--from", "2025-03-05", "--until", "2025-03-15", "--step", "5d")
    found = run("aud", "ledger", *window)
    assert [(row["permitted"], row["drawn"], row["left"]) for row in found] == [
        (60, 40, 40),
        (60, 40, 40),
    ]
    assert main(["ledger", "--token-file", "aud"]) == 0
    shown = capsys.readouterr().out
    assert "permitted" in shown
    assert "west" in shown
    assert run("aud", "ledger", "--from", "x", code=3) == "invalid"
    assert run("aud", "ledger", "--pool", "nope", code=3) == "not-found"
