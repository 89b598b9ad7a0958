"""The head of a journal, signed: whoever keeps it can tell later that nothing before it changed.

Ed25519 (RFC 8032) over a text that says what it is: the number and the hash of the last entry, and
when it was signed. A signature proves nothing by the key that lies beside it: the public key must
come from somewhere else than the journal.
"""

from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec import Struct

from offtake.desk.store.journal import Head
from offtake.units.time import instant_text

TITLE = "offtake journal head 1"
"""What is signed begins with this, so that the key's signatures elsewhere are no heads."""
LIMIT_HASH = 32


class NoKey(ValueError):
    """Bytes that are no key of the kind that is needed."""


class NoHead(ValueError):
    """What is no signed head, or was not signed with the key."""


class Signed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head with its signature, both in hexadecimal digits."""

    seq: int
    hash: str
    at: str
    signature: str

    @property
    def head(self) -> Head:
        """The head that was signed."""
        return Head(self.seq, bytes.fromhex(self.hash))


class Pair(NamedTuple):
    """A private key and its public one, as PEM."""

    private: bytes
    public: bytes


def pair(seed: bytes) -> Pair:
    """The key pair of 32 random bytes."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Pair(private, public)


def signed(head: Head, at_s: int, private: bytes) -> Signed:
    """A head, signed at an instant.

    Raises:
        NoKey: These are no Ed25519 private key.
    """
    key, at = signing_key(private), instant_text(at_s)
    signature = key.sign(_text(head, at))
    return Signed(seq=head.seq, hash=head.hash.hex(), at=at, signature=signature.hex())


def signing_key(private: bytes) -> Ed25519PrivateKey:
    """The private key of a PEM file.

    Raises:
        NoKey: These are no Ed25519 private key.
    """
    try:
        key = load_pem_private_key(private, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NoKey("holds no private key that can be read without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NoKey("holds no Ed25519 private key")
    return key


def public_key(public: bytes) -> Ed25519PublicKey:
    """The public key of a PEM file.

    Raises:
        NoKey: These are no Ed25519 public key.
    """
    try:
        key = load_pem_public_key(public)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NoKey("holds no public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NoKey("holds no Ed25519 public key")
    return key


def _text(head: Head, at: str) -> bytes:
    return f"{TITLE}\n{head.seq}\n{head.hash.hex()}\n{at}\n".encode()


def read(text: bytes) -> Signed:
    """A signed head as it was kept; its signature is not looked at.

    Raises:
        NoHead: It is none.
    """
    try:
        found = msgspec.json.decode(text, type=Signed)
        bytes.fromhex(found.signature)
        is_one = found.seq >= 0 and len(found.head.hash) == LIMIT_HASH
    except (msgspec.MsgspecError, ValueError) as error:
        raise NoHead("is no signed head: seq, hash, at and signature are expected") from error
    if not is_one:
        raise NoHead("is no signed head: its number or hash is none")
    return found


def checked(found: Signed, public: bytes) -> Head:
    """The head, if it was signed with the private key of a public one.

    Raises:
        NoKey: These are no Ed25519 public key.
        NoHead: It was not.
    """
    key = public_key(public)
    try:
        key.verify(bytes.fromhex(found.signature), _text(found.head, found.at))
    except InvalidSignature as error:
        raise NoHead("was not signed with this key") from error
    return found.head
