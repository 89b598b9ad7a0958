"""Which server takes the desk's mail, read from a URL that holds no password."""

from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from offtake.desk.seal import Secret
from offtake.desk.transport.mail import Server, Tls

SCHEMES = {
    "smtp": (Tls.STARTTLS, 587),
    "smtps": (Tls.IMPLICIT, 465),
    "smtp+plain": (Tls.NONE, 25),
}
"""How the connection is encrypted, and the port where none is named."""


class NoServer(ValueError):
    """A text that names no server. It is not repeated: it may hold a password."""


def server_of(url: str, *, sender: str, password: str = "") -> Server:
    """The server of ``smtp://user@host:587``, and who writes: ``Desk <desk@example.org>``.

    Raises:
        NoServer: One of them is none.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise NoServer("is no address of a mail server") from error
    if parts.scheme not in SCHEMES or not host:
        raise NoServer(
            f"does not begin with {', '.join(f'{one}://' for one in SCHEMES)} and a host"
        )
    if parts.password is not None:
        raise NoServer("holds a password, which everybody on this machine can read")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise NoServer("holds more than a user, a host and a port")
    tls, usual = SCHEMES[parts.scheme]
    name, address = parseaddr(sender) if sender.isprintable() else ("", "")
    try:
        return Server(
            host=host,
            sender=address,
            port=port or usual,
            tls=tls,
            user=unquote(parts.username or ""),
            password=Secret(password) if password else None,
            sender_name=name,
        )
    except ValueError as error:
        raise NoServer(str(error)) from error
