"""Secrets that the desk has to know again: sealed where they are kept, shown nowhere.

AES-256 in Galois/counter mode (NIST SP 800-38D): a fresh nonce of 96 bits for each sealing, and
the name of what it belongs to as additional data, so that a sealed secret is of no use elsewhere.
"""

import base64
import binascii
import os
from collections.abc import Callable, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES, MARK_BYTES = 32, 12, 4
VERSION = b"\x01"
HOW = "Make one with: head -c 32 /dev/urandom | base64"


class Secret:
    """A text that is not printed, logged or compared by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(...)"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


class BadKey(ValueError):
    """A key of the settings that is none; its text is not repeated."""


class Unsealed(Exception):
    """What cannot be opened: sealed under another key, for something else, or changed."""


class Seal:
    """Closes and opens secrets. The first key closes, every key opens: put a new one first."""

    def __init__(self, keys: Sequence[bytes], chance: Callable[[int], bytes] = os.urandom) -> None:
        if not keys:
            raise BadKey(f"no key is set. {HOW}")
        if any(len(key) != KEY_BYTES for key in keys):
            raise BadKey(f"a key has {KEY_BYTES} bytes. {HOW}")
        self._ciphers = {_mark(key): AESGCM(key) for key in keys}
        self._first, self._chance = _mark(keys[0]), chance

    def close(self, secret: Secret, belongs_to: str) -> bytes:
        """The secret, sealed for whatever is named so."""
        nonce = self._chance(NONCE_BYTES)
        closed = self._ciphers[self._first].encrypt(
            nonce, secret.reveal().encode(), belongs_to.encode()
        )
        return VERSION + self._first + nonce + closed

    def open(self, closed: bytes, belongs_to: str) -> Secret:
        """The secret that was sealed for whatever is named so.

        Raises:
            Unsealed: It cannot be opened; it says why, and nothing of the secret.
        """
        mark, rest = closed[1 : 1 + MARK_BYTES], closed[1 + MARK_BYTES :]
        cipher = self._ciphers.get(mark)
        if closed[:1] != VERSION or cipher is None:
            raise Unsealed(f"{belongs_to}: sealed under a key that is not among the settings")
        try:
            text = cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], belongs_to.encode())
        except (InvalidTag, ValueError) as error:
            raise Unsealed(f"{belongs_to}: changed, or sealed for something else") from error
        return Secret(text.decode())


def keys_of(text: str) -> tuple[bytes, ...]:
    """The keys of a setting: 32 bytes each in base64, the one that closes first, between commas.

    Raises:
        BadKey: One is none.
    """
    try:
        return tuple(base64.b64decode(part, validate=True) for part in text.split(",") if part)
    except binascii.Error as error:
        raise BadKey(f"a key is not in base64. {HOW}") from error


def _mark(key: bytes) -> bytes:
    """What tells keys apart without telling anything of them."""
    return sha256(b"offtake seal" + key).digest()[:MARK_BYTES]
