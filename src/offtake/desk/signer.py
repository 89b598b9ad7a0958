"""Documents that a desk signs so that others can check them without asking it.

JSON Web Signatures (RFC 7515) in compact form with Ed25519 (RFC 8037, ``EdDSA``), and no other
algorithm. Keys are the pairs that ``offtake journal keys`` makes; what is signed here says by its
``typ`` what it is, so that it is no head of a journal, and no sign-on either.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from offtake.desk.head import NoKey, public_key, signing_key

ALGORITHM = "EdDSA"
LIMIT_KEYS = 100


class Forged(ValueError):
    """What was not signed with the keys, or was changed since; ``code`` says which."""

    def __init__(self, code: str, says: str) -> None:
        self.code = code
        super().__init__(says)


class _Registry(JWSRegistry):
    """Ed25519 by its old name, which every library knows, and nothing else."""

    def get_alg(self, name: str) -> Any:
        """The algorithm of a header."""
        if name != ALGORITHM:
            raise UnsupportedAlgorithmError(f"the algorithm {name} is not {ALGORITHM}")
        return self.algorithms[ALGORITHM]


REGISTRY = _Registry(algorithms=[ALGORITHM])


class Signer:
    """Signs with one private key, in the name of the desk at one address."""

    def __init__(self, private: bytes, issuer: str) -> None:
        """Take a key in.

        Raises:
            NoKey: These are no Ed25519 private key.
        """
        signing_key(private)
        self.issuer = issuer
        self._key = OKPKey.import_key(private)
        self._kid = self._key.thumbprint()

    def __repr__(self) -> str:
        return f"Signer({self.issuer})"

    def sign(self, kind: str, claims: Mapping[str, Any]) -> str:
        """Some claims as a document of a kind, in the name of this desk."""
        header = {"alg": ALGORITHM, "typ": kind, "kid": self._kid}
        body = msgspec.json.encode({"iss": self.issuer, **claims})
        return jws.serialize_compact(header, body, self._key, registry=REGISTRY)

    @property
    def keys(self) -> dict[str, Any]:
        """The public key as a JWK set (RFC 7517)."""
        key = {**self._key.as_dict(private=False), "kid": self._kid, "use": "sig"}
        return {"keys": [{**key, "alg": ALGORITHM}]}


class Keys:
    """Public keys to check documents with, by the name that documents know them by."""

    def __init__(self, text: bytes) -> None:
        """Take keys in: one as PEM, or a JWK set.

        Raises:
            NoKey: These are none.
        """
        rows = _set(text) if text.lstrip().startswith(b"{") else [_pem(text)]
        self._keys = {key.thumbprint(): key for key in rows}

    def opened(self, text: str, kind: str) -> dict[str, Any]:
        """The claims of a document of a kind, if it was signed with one of the keys.

        Raises:
            Forged: It was not, or it is another thing.
        """
        try:
            shown = jws.extract_compact(text.strip().encode())
            header = shown.headers()
            key = self._keys.get(str(header.get("kid")))
            if header.get("typ") != kind:
                raise Forged("no-permit", f"is no {kind}")
            if key is None:
                raise Forged("unknown-key", "was signed with a key that is not among these")
            made = jws.deserialize_compact(text.strip(), key, registry=REGISTRY)
            claims = msgspec.json.decode(made.payload, type=dict[str, Any])
        except (JoseError, msgspec.MsgspecError, ValueError) as error:
            if isinstance(error, Forged):
                raise
            if type(error).__name__ == "BadSignatureError":
                raise Forged("forged", "was changed, or not signed with this key") from error
            raise Forged("no-permit", f"cannot be read ({type(error).__name__})") from error
        return claims


def _pem(text: bytes) -> OKPKey:
    public_key(text)
    return OKPKey.import_key(text)


def _set(text: bytes) -> list[OKPKey]:
    try:
        rows = msgspec.json.decode(text, type=dict[str, Any])["keys"][:LIMIT_KEYS]
        return [
            OKPKey.import_key({key: row[key] for key in ("kty", "crv", "x")})
            for row in rows
            if row.get("crv") == "Ed25519"
        ]
    except (msgspec.MsgspecError, JoseError, ValueError, LookupError, TypeError) as error:
        raise NoKey("is no set of public keys") from error
