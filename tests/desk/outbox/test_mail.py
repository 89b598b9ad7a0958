"""A letter arrives as it was written, encrypted, in one piece, and nobody can add a line to it."""

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext

import pytest

from desk.outbox.receivers import Authority, Mailed, Postbox, knows
from offtake.desk.message import Attachment, Letter, posted
from offtake.desk.seal import Secret
from offtake.desk.store.outbox import Message
from offtake.desk.transport.mail import LIMIT_LINE, Mail, Server, Tls, composed
from offtake.desk.transport.outcome import Failed, Outcome, Refused, Sent

NOW_S = 1_750_000_000
TO = "ada@alpha.example"
LETTER = Letter(
    text="Sehr geehrte Frau Lovelace,\n64 H100 für Sie.\n",
    html="<p>Sehr geehrte Frau Lovelace,<br>64 H100 für Sie.",
    attachments=(
        Attachment("notice.pdf", "application/pdf", b"%PDF-1.7\x00\xff\r\n.\r\n"),
        Attachment("due.ics", "text/calendar", "BEGIN:VCALENDAR\r\nSUMMARY:Fällig\r\n".encode()),
    ),
)
PASSWORD = Secret("p4ssw0rd!")
HOST = "localhost"
OWN_HEADERS = [
    *(b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted"),
    *(b"mime-version", b"content-type"),
]


def message(letter: Letter = LETTER, **more: str) -> Message:
    given = {"target": TO, "subject": "Notice of 64 H100", **more}
    return Message(
        id="msg_abc", created_at_s=NOW_S, topic="notice.given", channel="email",
        body=posted(letter), **given,
    )  # fmt: skip


async def sending(
    postbox: Postbox, what: Message, *, trust: SSLContext | None = None, **how
) -> Outcome:
    async with postbox.open():
        given = {"host": HOST, "sender": "desk@lab.example", "tls": Tls.NONE, **how}
        return await Mail(Server(port=postbox.port, **given), trust=trust).send(what, NOW_S + 900)


def sent(what: Message, **how) -> Mailed:
    """What arrives of a message."""
    postbox = Postbox()
    assert asyncio.run(sending(postbox, what, **how)) == Sent()
    (mailed,) = postbox.taken
    return mailed


def outcome(postbox: Postbox, what: Message | None = None, **how) -> Outcome:
    return asyncio.run(sending(postbox, what or message(), **how))


def test_a_letter_arrives_as_it_was_written() -> None:
    mailed = sent(message(), sender_name="The Lab, desk")
    mail = mailed.mail
    assert (mailed.sender, mailed.recipients) == ("desk@lab.example", (TO,))
    assert mail["from"] == '"The Lab, desk" <desk@lab.example>'
    assert mail["to"] == TO
    assert mail["subject"] == "Notice of 64 H100"
    assert mail["date"].datetime == datetime.fromtimestamp(NOW_S, UTC)
    assert mail["message-id"] == "<msg_abc@lab.example>"
    assert mail["auto-submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().strip() == LETTER.html
    assert not mail.defects


def test_its_files_arrive_byte_for_byte() -> None:
    notice, due = sent(message()).mail.iter_attachments()
    assert (notice.get_content_type(), notice.get_filename()) == ("application/pdf", "notice.pdf")
    assert notice.get_content() == LETTER.attachments[0].content
    assert (due.get_content_type(), due.get_filename()) == ("text/calendar", "due.ics")
    assert due.get_payload(decode=True) == LETTER.attachments[1].content
    assert (due.get_param("method"), due.get_param("charset")) == ("PUBLISH", "utf-8")


def test_a_letter_of_text_alone_is_text_alone() -> None:
    mail = sent(message(Letter(text="Only this.\n"))).mail
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().strip() == "Only this."


def test_a_letter_that_is_sent_twice_is_the_same_letter() -> None:
    first, second = sent(message()).mail, sent(message()).mail
    assert first["message-id"] == second["message-id"]
    assert first["date"] == second["date"]


@pytest.mark.parametrize(
    "subject",
    [
        "Notice\r\nBcc: eve@evil.example",
        "Notice\nX-Evil: yes\n\nA body",
        "Notice\rSubject: other",
        "Notice\x00\x0b\x0c\x85\u2028\u2029Bcc: eve@evil.example",
        "=?utf-8?q?Notice=0D=0ABcc:_eve=40evil.example?=",
        "=\r?utf-8?b?TgpCY2M6IGV2ZUBldmlsLmV4YW1wbGU=?=",
        "==??utf-8?q?N=0ABcc:_eve?= =?utf-8?q?=0A?=",
        "für\r\n alle\r\n\tBcc: eve@evil.example",
        "Notice \u202eelpmaxe",
        "n" * 5_000,
    ],
)
def test_a_subject_is_one_line_whatever_is_in_it(subject: str) -> None:
    mailed = sent(message(subject=subject))
    head, _, _ = mailed.raw.partition(b"\r\n\r\n")
    names = [
        row.split(b":")[0].lower()
        for row in head.split(b"\r\n")
        if not row.startswith((b" ", b"\t"))
    ]
    assert sorted(names) == sorted(OWN_HEADERS)
    assert mailed.recipients == (TO,)
    assert len(mailed.mail["subject"]) <= LIMIT_LINE
    assert not {"\r", "\n", "\u202e"} & set(mailed.mail["subject"])


def test_names_of_files_and_of_the_sender_are_one_line_too() -> None:
    evil = 'a\r\nX-Evil: yes\r\n/../..\\notice".pdf'
    letter = Letter(text="x", attachments=(Attachment(evil, "application/pdf", b"%PDF"),))
    mailed = sent(message(letter), sender_name="=?utf-8?q?E=0ABcc:_e?=\r\nBcc: eve")
    assert b"\r\nX-Evil" not in mailed.raw
    assert b"\r\nBcc" not in mailed.raw
    (file,) = mailed.mail.iter_attachments()
    assert not {"/", "\\", "\r", "\n"} & set(file.get_filename())


@pytest.mark.parametrize(
    "target",
    [
        "",
        "ada",
        "ada@alpha.example\r\nRCPT TO:<eve@evil.example>",
        "ada@alpha.example\n",
        "ada@alpha.example, eve@evil.example",
        "ada@alpha.example;eve@evil.example",
        "Ada <ada@alpha.example>",
        "<ada@alpha.example>",
        "ada@alpha.example> SIZE=1",
        "ada@alpha@example",
        '"ada eve"@alpha.example',
        "ada@[127.0.0.1]",
        "ada@alpha..example",
        "=?utf-8?q?ada=0ABcc:_eve?=@alpha.example",
        "a" * 250 + "@b.org",
        "ada\u200b@alpha.example",
    ],
)
def test_what_is_not_one_address_is_sent_nothing(target: str) -> None:
    postbox = Postbox()
    assert outcome(postbox, message(target=target)) == Refused("the target is not one mail address")
    assert postbox.taken == []


def test_addresses_of_all_the_world_are_written_to() -> None:
    mailed = sent(message(target="jürgen@münchen.example", subject="Für Jürgen"))
    assert mailed.recipients == ("jürgen@münchen.example",)
    assert mailed.mail["subject"] == "Für Jürgen"


def test_a_body_that_is_no_letter_is_refused() -> None:
    assert outcome(Postbox(), message()._replace(body=b"?")) == Refused("the body is no letter")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_starttls_encrypts_and_lets_the_desk_in(authority: Authority) -> None:
    postbox = Postbox(
        tls_context=authority.serves(HOST), require_starttls=True,
        auth_required=True, authenticator=knows("desk", PASSWORD.reveal()),
    )  # fmt: skip
    how = {"trust": authority.trust(), "tls": Tls.STARTTLS, "user": "desk", "password": PASSWORD}
    assert outcome(postbox, **how) == Sent()
    assert postbox.taken[0].encrypted


def test_tls_from_the_first_byte_works_too(authority: Authority) -> None:
    postbox = Postbox(ssl=authority.serves(HOST))
    assert outcome(postbox, trust=authority.trust(), tls=Tls.IMPLICIT) == Sent()
    assert postbox.taken[0].encrypted


def test_nothing_goes_in_the_clear_where_starttls_is_not_offered() -> None:
    postbox = Postbox()
    failed = outcome(postbox, tls=Tls.STARTTLS)
    assert isinstance(failed, Failed)
    assert "STARTTLS" in failed.says
    assert postbox.taken == []


def test_a_server_with_another_name_is_not_believed(authority: Authority) -> None:
    for tls, where in ((Tls.STARTTLS, "tls_context"), (Tls.IMPLICIT, "ssl")):
        postbox = Postbox(**{where: authority.serves("other.example")})
        failed = outcome(postbox, trust=authority.trust(), tls=tls)
        assert isinstance(failed, Failed)
        assert postbox.taken == []


def test_a_wrong_password_is_tried_again_and_not_repeated(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    postbox = Postbox(
        tls_context=authority.serves(HOST), auth_required=True,
        authenticator=knows("desk", "another"),
    )  # fmt: skip
    how = {"trust": authority.trust(), "tls": Tls.STARTTLS, "user": "desk", "password": PASSWORD}
    assert outcome(postbox, **how) == Failed("the server does not let the desk in: 535")
    own = [record for record in caplog.records if record.name != "mail.log"]  # The server's own.
    assert not any(PASSWORD.reveal() in f"{row.getMessage()} {row.__dict__}" for row in own)
    assert PASSWORD.reveal() not in repr(Server(HOST, "a@b.org", password=PASSWORD))


def test_settings_that_would_show_the_password_are_refused() -> None:
    with pytest.raises(ValueError, match="use starttls or tls"):
        Server(HOST, "desk@lab.example", tls=Tls.NONE, password=PASSWORD)
    with pytest.raises(ValueError, match="not one mail address"):
        Server(HOST, "The desk <desk@lab.example>")


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({TO: "550 5.1.1 Nobody"}, Refused("the server refuses the recipient: 550 5.1.1 Nobody")),
        ({TO: "450 4.2.1 Later"}, Failed("the server refuses the recipient: 450 4.2.1 Later")),
        ({"DATA": "554 5.7.1 Spam"}, Refused("the server refuses the letter: 554 5.7.1 Spam")),
        ({"DATA": "451 4.3.0 Later"}, Failed("the server refuses the letter: 451 4.3.0 Later")),
    ],
)  # fmt: skip
def test_what_a_server_refuses_for_good_is_not_tried_again(
    says: dict[str, str], expected: Outcome
) -> None:
    assert outcome(Postbox(says)) == expected


def test_a_server_that_is_not_there_is_tried_again() -> None:
    async def nobody() -> Outcome:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        plain = Server(HOST, "desk@lab.example", port=port, tls=Tls.NONE)
        return await Mail(plain).send(message(), NOW_S)

    failed = asyncio.run(nobody())
    assert isinstance(failed, Failed)
    assert failed.says.startswith("SMTPConnectError")


def test_what_was_taken_is_sent_whatever_happens_at_the_farewell() -> None:
    async def hurried(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 post.example\r\n")
        answers = {b"EHLO": b"250 post.example", b"DATA": b"354 go on"}
        while not (line := await reader.readline()).startswith(b"QUIT"):
            writer.write(answers.get(line[:4], b"250 OK") + b"\r\n")
            if line.startswith(b"DATA"):
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
        writer.transport.abort()

    async def send() -> Outcome:
        server = await asyncio.start_server(hurried, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            plain = Server(HOST, "desk@lab.example", port=port, tls=Tls.NONE)
            return await Mail(plain).send(message(), NOW_S)

    assert asyncio.run(send()) == Sent()


def test_a_letter_has_no_line_that_is_too_long_for_a_server() -> None:
    long = Letter(text="für " * 2_000, html="<p>" + "x" * 5_000)
    mailed = sent(message(long, subject="ü" * 300))
    assert max(len(row) for row in mailed.raw.split(b"\r\n")) <= 998


def test_the_mail_of_a_message_needs_no_server() -> None:
    mail = composed(message(), Server(HOST, "desk@lab.example"))
    assert mail["message-id"] == "<msg_abc@lab.example>"
