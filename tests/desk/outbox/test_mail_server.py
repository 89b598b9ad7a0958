"""The settings of a mail server: read from a URL, without a password in it; tried by one letter."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desk.outbox.receivers import Postbox
from offtake.cli.main import main
from offtake.desk.transport.mail import Tls
from offtake.desk.transport.mail_server import NoServer, server_of

SENDER = "The Desk <desk@lab.example>"


@pytest.mark.parametrize(
    ("url", "tls", "port", "user"),
    [
        ("smtp://mail.example", Tls.STARTTLS, 587, ""),
        ("smtp://desk@mail.example:2525", Tls.STARTTLS, 2525, "desk"),
        ("smtps://desk%40lab.example@mail.example/", Tls.IMPLICIT, 465, "desk@lab.example"),
        ("smtp+plain://127.0.0.1:1025", Tls.NONE, 1025, ""),
    ],
)
def test_a_server_is_read_from_its_url(url: str, tls: Tls, port: int, user: str) -> None:
    server = server_of(url, sender=SENDER)
    assert (server.tls, server.port, server.user) == (tls, port, user)
    assert (server.sender_name, server.sender) == ("The Desk", "desk@lab.example")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "https://mail.example",
        "smtp://",
        "smtp://desk:s3cret@mail.example",
        "smtp://mail.example/?password=s3cret",
        "smtp://mail.example:s3cret",
        "smtp://[s3cret",
    ],
)
def test_what_is_no_server_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(NoServer) as refused:
        server_of(url, sender=SENDER, password="s3cret")
    assert "s3cret" not in str(refused.value)


def test_a_password_does_not_go_over_an_open_line() -> None:
    with pytest.raises(NoServer, match="everyone can read"):
        server_of("smtp+plain://mail.example", sender=SENDER, password="s3cret")
    with pytest.raises(NoServer, match="not one mail address"):
        server_of("smtp://mail.example", sender="nobody\r\nBcc: eve@evil.example")


@contextmanager
def postbox(**says: str) -> Iterator[Postbox]:
    """A mail server that runs beside."""
    box, loop, ready = Postbox(says), asyncio.new_event_loop(), threading.Event()
    done = asyncio.Event()

    async def serve() -> None:
        async with box.open():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    try:
        yield box
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()


def test_one_letter_shows_that_the_server_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with postbox() as box:
        url = f"smtp+plain://127.0.0.1:{box.port}"
        words = ["serve", "--mail", url, "--mail-from", SENDER, "--mail-test", "ada@lab.example"]
        assert main(words) == 0
    assert "Sent to ada@lab.example." in capsys.readouterr().out
    assert [row.recipients for row in box.taken] == [("ada@lab.example",)]


def test_a_server_that_refuses_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    with postbox(RCPT="550 No such user") as box:
        url = f"smtp+plain://127.0.0.1:{box.port}"
        words = ["serve", "--mail", url, "--mail-from", SENDER, "--mail-test", "ada@lab.example"]
        assert main(words) == 3
    assert "550" in capsys.readouterr().err


def test_the_flags_of_mail_ask_for_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--mail", "smtp://desk:s3cret@mail.example", "--mail-from", SENDER]) == 3
    said = capsys.readouterr().err
    assert "OFFTAKE_MAIL_PASSWORD" in said
    assert "s3cret" not in said
    for words in (["--mail-test", "a@b.example"], ["--mail", "smtp://mail.example"]):
        assert main(["serve", *words]) == 3
