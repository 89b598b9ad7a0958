"""A token is kept where nobody else reads it, and goes to its own desk only."""

import argparse
import stat
from pathlib import Path

import pytest

from offtake.cli.output import Invalid
from offtake.cli.profile import Profile, address, forget, keep, profile, read, token_in

DESK = "https://desk.example"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("OFFTAKE_DESK_URL", raising=False)
    monkeypatch.delenv("OFFTAKE_DESK_TOKEN", raising=False)
    return tmp_path


def flags(desk: str | None = None, token_file: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(desk=desk, token_file=token_file, insecure=False)


def test_flags_win_over_the_environment_and_that_over_what_was_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid, match="no desk"):
        profile(flags())
    keep(Profile(DESK, "kept"))
    assert profile(flags()) == Profile(DESK, "kept")
    monkeypatch.setenv("OFFTAKE_DESK_TOKEN", "env")
    assert profile(flags()) == Profile(DESK, "env")
    monkeypatch.setenv("OFFTAKE_DESK_URL", "https://env.example")
    assert profile(flags()) == Profile("https://env.example", "env")
    (home / "token").write_text(" flag\n")
    told = profile(flags("https://flag.example/", str(home / "token")))
    assert told == Profile("https://flag.example", "flag")


def test_a_kept_token_goes_to_no_other_desk_than_its_own() -> None:
    keep(Profile(DESK, "kept"))
    assert profile(flags("https://other.example")).token == ""
    assert profile(flags(f"{DESK}/")).token == "kept"


def test_what_is_kept_is_for_our_eyes_only() -> None:
    file = keep(Profile(DESK, 'a"b\\c'))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read(file) == {"url": DESK, "token": 'a"b\\c'}
    file.chmod(0o640)
    with pytest.raises(Invalid, match="others than you"):
        profile(flags())
    keep(Profile(DESK, "again"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["desk.toml"]


def test_what_was_kept_is_forgotten(home: Path) -> None:
    assert forget() == ""
    keep(Profile(DESK, "kept"))
    assert forget() == DESK
    assert not (home / "offtake" / "desk.toml").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("desk.example", "no address"),
        ("ftp://desk.example", "no address"),
        ("https://", "no address"),
        ("https://desk.example/?a=b", "no address"),
        ("https://[::1", "no address"),
        ("https://me:secret@desk.example", "no password"),
        ("http://desk.example", "plain HTTP"),
        ("http://10.0.0.1", "plain HTTP"),
        ("http://localhost.example", "plain HTTP"),
    ],
)
def test_an_address_that_cannot_be_used_or_trusted_is_refused(url: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        address(url)
    assert says in caught.value.rows[0]["says"]


def test_plain_http_leads_to_this_machine_or_where_it_is_insisted_on() -> None:
    for here in ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"):
        assert address(here) == here
    assert address("http://desk.example", insecure=True) == "http://desk.example"


@pytest.mark.parametrize("text", ["", " \n", "two words", "two\nlines", "é", "\x00"])
def test_what_is_no_token_is_refused(home: Path, text: str) -> None:
    (home / "token").write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match="no token"):
        token_in(str(home / "token"))


def test_a_token_file_that_is_not_there_is_named() -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        token_in("/no/such/file")
