"""Secrets that open the desk: tokens, session cookies, one-time codes. Only hashes are kept.

A secret is 256 bits of chance, so that nobody finds one from its hash by trying: no list of likely
ones exists. Therefore one SHA-256 is enough, where a password would need a slow hash; and it is
quick, since it is computed with every request.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

Chance = Callable[[int], bytes]
"""So many bytes that nobody can guess: ``secrets.token_bytes``."""

SECRET_BYTES = 32
SECRET_LENGTH = 43
"""Signs of a secret in base64url without padding."""
ID_BYTES = 8
PREFIX = "oft_"
LIMIT_SECRET = 200
"""Signs of a text that is looked at as a token or a cookie; a longer one is none."""


class Token(NamedTuple):
    """A token as text is ``oft_<id>_<secret>``: the id finds it, the secret proves it."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """What is shown once to whom it is made for."""
        return f"{prefix_of(self.id)}_{self.secret}"


def prefix_of(token_id: str) -> str:
    """What people know a token by."""
    return PREFIX + token_id


def new_secret(chance: Chance) -> str:
    """A secret nobody else has."""
    return urlsafe_b64encode(chance(SECRET_BYTES)).rstrip(b"=").decode()


def new_id(chance: Chance) -> str:
    """An id that nothing else has; no secret."""
    return chance(ID_BYTES).hex()


def token_of(text: str) -> Token | None:
    """The token of a text; None if it is none."""
    if not text.startswith(PREFIX) or len(text) > LIMIT_SECRET:
        return None
    token_id, _, secret = text.removeprefix(PREFIX).partition("_")
    is_id = len(token_id) == 2 * ID_BYTES and token_id.isalnum() and token_id.isascii()
    return Token(token_id, secret) if is_id and len(secret) == SECRET_LENGTH else None


def hashed(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one, other)


def csrf_of(session_secret: str) -> str:
    """What a page must send back with every change: of this session, and of no use for another.

    It follows from the session's secret, so that none need be kept.
    """
    return hmac.new(session_secret.encode(), b"offtake csrf", sha256).hexdigest()
