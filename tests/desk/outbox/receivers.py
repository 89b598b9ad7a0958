"""Whoever messages go to, for real, on loopback: a web server and a mail server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from offtake.desk.transport.reach import Reach

LOOPBACK = ip_network("127.0.0.0/8")
NEAR = Reach(("http",), (LOOPBACK,))
"""What tests may reach."""


class Request(NamedTuple):
    """What a web server was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Answers = Callable[[Request], tuple[int, dict[str, str]]]


def fine(_request: Request) -> tuple[int, dict[str, str]]:
    """Every request is welcome."""
    return 204, {}


class Receiver:
    """A web server that keeps what it is sent, and answers as it is told to."""

    def __init__(self, answers: Answers = fine) -> None:
        self.answers, self.received, self.port = answers, list[Request](), 0
        self.connections = 0
        self.held: asyncio.Event | None = None  # Answers wait for it.
        self.at_once = self.at_once_most = self.holding = 0
        self._talks: set[asyncio.Task] = set()

    def url(self, path: str = "/in", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._talks.add(asyncio.current_task())
        self.connections += 1
        self.at_once += 1
        self.at_once_most = max(self.at_once, self.at_once_most)
        try:
            request = await _read(reader)
            self.received.append(request)
            if self.held is not None:
                self.holding += 1
                await self.held.wait()
                self.holding -= 1
            status, headers = self.answers(request)
            lines = [
                f"HTTP/1.1 {status} So",
                *(f"{key}: {value}" for key, value in headers.items()),
            ]
            lines += ["Content-Length: 0", "", ""]
            writer.write("\r\n".join(lines).encode())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.at_once -= 1
            writer.close()

    @asynccontextmanager
    async def open(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["Receiver"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            self._talks.clear()


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = (line.split(":", 1) for line in lines if line)
    headers = {key.lower(): value.strip() for key, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(first.split()[1], headers, body)


class Mailed(NamedTuple):
    """What a mail server has taken, and how it came."""

    sender: str
    recipients: tuple[str, ...]
    mail: EmailMessage
    raw: bytes
    encrypted: bool


class Postbox:
    """A mail server that keeps what it is sent; ``says`` may answer a recipient or a letter."""

    def __init__(self, says: dict[str, str] | None = None, **how: Any) -> None:
        self.says, self.how, self.taken, self.port = says or {}, how, list[Mailed](), 0

    async def handle_RCPT(self, server, session, envelope: Envelope, address: str, options) -> str:
        answer = self.says.get(address, self.says.get("RCPT", "250 OK"))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope: Envelope) -> str:
        answer = self.says.get("DATA", "250 OK")
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            encrypted = session.ssl is not None or "ssl" in self.how
            recipients = tuple(envelope.rcpt_tos)
            self.taken.append(
                Mailed(envelope.mail_from, recipients, mail, envelope.content, encrypted)
            )
        return answer

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Postbox"]:
        how = {key: value for key, value in self.how.items() if key != "ssl"}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="post.example", loop=loop, enable_SMTPUTF8=True, **how),
            "127.0.0.1",
            0,
            ssl=self.how.get("ssl"),
        )
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


def knows(user: str, password: str) -> Callable[..., AuthResult]:
    """Lets one user in."""

    def check(server, session, envelope, mechanism, data) -> AuthResult:
        own = LoginPassword(user.encode(), password.encode())
        return AuthResult(success=data == own, handled=data == own)

    return check


class Authority:
    """Makes certificates that only its own trust knows."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests")])
        usage = x509.KeyUsage(*([False] * 5), True, True, False, False)
        draft = _draft(name, name, self._key).add_extension(x509.BasicConstraints(True, None), True)
        draft = draft.add_extension(usage, True)
        identity = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self._own = draft.add_extension(identity, False).sign(self._key, hashes.SHA256())

    def trust(self) -> ssl.SSLContext:
        text = self._own.public_bytes(serialization.Encoding.PEM).decode()
        return ssl.create_default_context(cadata=text)

    def serves(self, host: str) -> ssl.SSLContext:
        """What a server needs that is to be ``host``."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        draft = _draft(name, self._own.subject, key)
        draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = draft.add_extension(issuer, False).sign(self._key, hashes.SHA256())
        file = self._folder / f"{host}.pem"
        plain = serialization.NoEncryption()
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
        )
        file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    draft = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    draft = draft.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return draft.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
