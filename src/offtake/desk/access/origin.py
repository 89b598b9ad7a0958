"""Where people reach the desk, and whether a browser's request comes from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NoOrigin(ValueError):
    """A text that is no origin."""


@dataclass(frozen=True, slots=True)
class Origin:
    """``https://desk.example``: scheme, host and port, as the outside sees them.

    Raises:
        NoOrigin: It has a path, or no host; or it is HTTP to another machine, where whoever
            listens would take cookies over.
    """

    text: str

    def __post_init__(self) -> None:
        named = _named(self.text)
        if named is None or urlsplit(self.text).path not in ("", "/"):
            raise NoOrigin(f"`{self.text}` is no origin such as https://desk.example")
        if not self.is_secure and named[1] not in LOOPBACK:
            raise NoOrigin(f"`{self.text}` is not secure: use https://")

    @property
    def is_secure(self) -> bool:
        """Whether people come by HTTPS."""
        return self.text.startswith("https://")

    def url(self, path: str) -> str:
        """The address of a path of the desk."""
        return self.text.rstrip("/") + path

    def is_told_by(self, headers: Mapping[str, str]) -> bool:
        """Whether a browser says that a change comes from a page of this desk.

        Browsers tell the origin with every change; where they tell the site too, both must agree.
        """
        site = headers.get("sec-fetch-site")
        if site is not None and site != "same-origin":
            return False
        told = headers.get("origin")
        return site is not None if told is None else _named(told) == _named(self.text)


def _named(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where one is missing."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or parts.scheme not in ("http", "https"):
        return None
    return parts.scheme, parts.hostname, port


def inside(path: str) -> str:
    """A path of this desk to go back to; its front page, if it leads anywhere else."""
    leads_away = not path.startswith("/") or path.startswith(("//", "/\\"))
    return "/" if leads_away or not path.isprintable() or "\\" in path else path
