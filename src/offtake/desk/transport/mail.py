"""Mail: a letter in text and HTML with its files, by SMTP (RFC 5321), over TLS unless told not to.

A letter's Message-ID is the id in the outbox and its date when it was put there, so that a letter
that is sent twice is the same letter to whoever receives it.
"""

import asyncio
import re
import ssl
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime
from enum import StrEnum

import aiosmtplib
import msgspec

from offtake.desk.documents.pdf import pdf
from offtake.desk.message import PDF, Attachment, Letter, opened
from offtake.desk.seal import Secret
from offtake.desk.store.outbox import Message
from offtake.desk.transport.outcome import Failed, Outcome, Refused, Sent, words
from offtake.desk.words import words_in

ANSWER_S = 15
LIMIT_LINE = 254
LIMIT_MAIL_BYTES = 10 * 1024 * 1024
"""Of a letter as it goes over the wire, its files among it."""
LIMIT_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, without the brackets.
ADDRESS = re.compile(r"[^\s<>()\[\]\\,;:\"@]{1,64}@[\w-]+(\.[\w-]+)*")
"""One address as people write it; quoted local parts and literals are not taken."""


class Tls(StrEnum):
    """How the connection is encrypted."""

    STARTTLS = "starttls"  # From a plain connection on, and never without (port 587).
    IMPLICIT = "tls"  # From the first byte (port 465).
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """The server that takes mail for all the world, and who the desk is to it."""

    host: str
    sender: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: Secret | None = None
    sender_name: str = ""
    hello: str = "localhost"

    def __post_init__(self) -> None:
        if not is_address(self.sender):
            raise ValueError("the sender is not one mail address, such as desk@example.org")
        if self.tls == Tls.NONE and self.password is not None:
            says = "a password does not go over a connection that everyone can read"
            raise ValueError(f"{says}: use starttls or tls, or leave the password out")


class Mail:
    """Sends letters."""

    def __init__(self, server: Server, *, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._trust = trust or ssl.create_default_context()

    async def send(self, message: Message, now_s: int) -> Outcome:  # noqa: ARG002 - dated when put.
        """Try once. What the server refuses for good (5yz to the recipient or the letter) is so."""
        if not is_address(message.target):
            return Refused("the target is not one mail address")
        try:
            letter = await asyncio.to_thread(composed, message, self._server)
        except msgspec.DecodeError:
            return Refused("the body is no letter")
        if len(letter.as_bytes()) > LIMIT_MAIL_BYTES:
            return Refused(f"the letter is beyond {LIMIT_MAIL_BYTES} bytes")
        return await self._hand_over(letter, message.target)

    async def _hand_over(self, letter: EmailMessage, target: str) -> Outcome:
        taken = False
        try:
            async with self._client() as client:
                await client.send_message(letter, sender=self._server.sender, recipients=target)
                taken = True
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _answer(error.recipients[0], "the recipient")
        except aiosmtplib.SMTPDataError as error:
            return _answer(error, "the letter")
        except aiosmtplib.SMTPAuthenticationError as error:
            return Failed(f"the server does not let the desk in: {error.code}")
        except aiosmtplib.SMTPResponseException as error:
            return Failed(f"{type(error).__name__}: {error.code} {words(str(error.message))}")
        except (aiosmtplib.SMTPException, OSError) as error:
            if not taken:  # Else only the farewell went wrong.
                return Failed(f"{type(error).__name__}: {words(str(error))}")
        return Sent()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password.reveal() if server.password else None,
            local_hostname=server.hello,
            timeout=ANSWER_S,
            use_tls=server.tls == Tls.IMPLICIT,
            start_tls=server.tls == Tls.STARTTLS,
            tls_context=self._trust,
        )


def _answer(error: aiosmtplib.SMTPResponseException, what: str) -> Outcome:
    says = f"the server refuses {what}: {error.code} {words(str(error.message))}"
    return Refused(says) if error.code >= 500 else Failed(says)


def composed(message: Message, server: Server) -> EmailMessage:
    """The mail of a message; no header can hold more than one line.

    Raises:
        msgspec.DecodeError: The body is no letter.
    """
    letter, mail = opened(message.body), EmailMessage(policy=WIRE)
    mail["From"] = _address(server.sender, server.sender_name)
    mail["To"] = _address(message.target)
    mail["Subject"] = line(message.subject)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.created_at_s, UTC))
    mail["Message-ID"] = f"<{line(message.id)}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence need answer it.
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    for attachment in (*letter.attachments, *_enclosed(letter)):
        _attach(mail, attachment)
    return mail


def _enclosed(letter: Letter) -> tuple[Attachment, ...]:
    """The notice as a file: the same bytes whenever it is made."""
    if letter.notice is None:
        return ()
    name, content = letter.notice.notice, pdf(letter.notice, words_in(letter.language))
    return (Attachment(f"notice-{name}.pdf", PDF, content),)


def _address(text: str, name: str = "") -> Address:
    user, _, domain = text.rpartition("@")
    return Address(line(name), user, domain)


def _attach(mail: EmailMessage, file: Attachment) -> None:
    main, _, sub = line(file.media_type).partition("/")
    calendar = {"charset": "utf-8", "method": "PUBLISH"} if sub == "calendar" else {}
    name = line(file.name).replace("/", " ").replace("\\", " ")
    mail.add_attachment(file.content, maintype=main, subtype=sub, filename=name, params=calendar)


def line(text: str) -> str:
    """A text on one line: breaks, controls and unseen marks of direction become spaces.

    What looks like an encoded word (RFC 2047) is taken apart, for the mail library would decode it,
    line breaks included (CVE-2024-6923).
    """
    hidden = ("Cc", "Cf", "Cs", "Zl", "Zp")
    seen = (" " if unicodedata.category(letter) in hidden else letter for letter in text)
    return " ".join("".join(seen).split()).replace("=?", "= ?")[:LIMIT_LINE]


def is_address(text: str) -> bool:
    """Whether a text is one mail address and nothing besides."""
    one = ADDRESS.fullmatch(text) is not None and line(text) == text
    return one and len(text) <= LIMIT_ADDRESS
