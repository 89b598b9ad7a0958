"""Sign-on by OpenID Connect: authorization code flow with PKCE, against one provider.

OpenID Connect Core 1.0 sections 3.1 and 3.1.3.7, Discovery 1.0, RFC 7636 (PKCE, S256), RFC 9207
(``iss`` in the answer). Nothing of what the provider sends is believed before it is verified: the
ID token's signature by an algorithm of the list, issuer, audience, times, nonce, authorized party.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet

from offtake.desk.access.claim import Mapped, NotVouched, vouched
from offtake.desk.access.origin import LOOPBACK
from offtake.desk.access.secret import Chance, new_secret, same
from offtake.desk.clock import Clock
from offtake.desk.store.access import Vouched
from offtake.desk.store.session import SignOn

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key that only the provider has; never ``none``, never a shared secret."""
KINDS = ("RSA", "EC", "OKP")
"""Kinds of keys that have a private half."""
LEEWAY_S = 60
"""How far the provider's clock may be from ours."""
DISCOVERY_S = 86_400
"""How long what the provider says of itself is believed,"""
KEYS_S = 3_600
"""and its keys;"""
AGAIN_S = 30
"""an unknown key makes the desk look again, this often at most."""
LIMIT_BYTES = 1_000_000
"""Of one answer of the provider."""
LIMIT_KEYS = 100


class Unreachable(Exception):
    """The provider does not answer, or not as it should: it may be tried again."""


class NoIssuer(ValueError):
    """An address that cannot be asked safely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One provider, and the desk as it knows it. Without a secret the desk is a public client."""

    issuer: str
    client_id: str
    redirect_uri: str
    mapped: Mapped
    client_secret: str = field(default="", repr=False)
    scopes: tuple[str, ...] = ("openid", "profile", "email")

    def __post_init__(self) -> None:
        if not _is_safe(self.issuer):
            raise NoIssuer(f"`{self.issuer}` is no issuer: its address begins with https://")


class Back(NamedTuple):
    """What a browser brings back from the provider."""

    code: str = ""
    error: str = ""
    iss: str = ""


class _Cached(NamedTuple):
    value: Any
    at_s: int


class Provider:
    """The provider, with what it last said of itself."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, clock: Clock) -> None:
        self._settings, self._client, self._clock = settings, client, clock
        self._discovered: _Cached | None = None
        self._keys: _Cached | None = None

    async def start(self, chance: Chance, back: str) -> tuple[str, SignOn]:
        """Where to send a browser, and what to remember until it comes back.

        Raises:
            Unreachable: The provider cannot be asked where that is.
        """
        discovered = await self._discover()
        begun = SignOn(new_secret(chance), new_secret(chance), new_secret(chance), back)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect_uri,
            "scope": " ".join(self._settings.scopes),
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge(begun.verifier),
            "code_challenge_method": "S256",
        }
        url = discovered["authorization_endpoint"]
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}", begun

    async def finish(self, begun: SignOn, back: Back) -> Vouched:
        """Whom the provider vouches for.

        Raises:
            NotVouched: What came back is not to be believed, or nobody whom the desk lets in.
            Unreachable: The provider cannot be asked.
        """
        if back.iss and back.iss != self._settings.issuer:
            raise NotVouched("the answer is another issuer's")
        if back.error or not back.code:
            raise NotVouched("the provider refused")
        claims = await self._verified(await self._exchanged(begun, back.code), begun.nonce)
        return vouched(self._settings.issuer, claims, self._settings.mapped)

    async def _exchanged(self, begun: SignOn, code: str) -> str:
        """The ID token that a code is exchanged for."""
        discovered = await self._discover()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect_uri,
            "code_verifier": begun.verifier,
        }
        ways = discovered.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        headers = {}
        if self._settings.client_secret and "client_secret_basic" in ways:
            headers["authorization"] = _basic(self._settings)
        else:
            form["client_id"] = self._settings.client_id
            if self._settings.client_secret:
                form["client_secret"] = self._settings.client_secret
        request = self._client.build_request(
            "POST", discovered["token_endpoint"], data=form, headers=headers
        )
        answer = await self._asked(request, refusal="the provider does not take the code")
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise NotVouched("the provider sent no ID token")
        return token

    async def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that holds in every respect."""
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                decoded = jwt.decode(token, await self._key_set(AGAIN_S), algorithms=ALGORITHMS)
            self._check(decoded.claims, nonce)
        except (JoseError, ValueError) as error:
            raise NotVouched(f"the ID token does not hold: {type(error).__name__}") from error
        return decoded.claims

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        """Issuer, audience, times, nonce and authorized party (Core 3.1.3.7)."""
        own = self._settings.client_id
        registry = jwt.JWTClaimsRegistry(
            now=self._clock.now_s(),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": own},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        registry.validate(dict(claims))
        audience, party = claims["aud"], claims.get("azp")
        if party != own and (
            party is not None or (isinstance(audience, list) and len(audience) > 1)
        ):
            raise NotVouched("the ID token is another client's")
        told = claims.get("nonce")
        if not isinstance(told, str) or not same(told.encode(), nonce.encode()):
            raise NotVouched("the ID token answers another sign-on")

    async def _discover(self) -> dict[str, Any]:
        now_s = self._clock.now_s()
        if self._discovered is None or now_s - self._discovered.at_s >= DISCOVERY_S:
            url = self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
            said = await self._asked(self._client.build_request("GET", url))
            if said.get("issuer") != self._settings.issuer:
                raise Unreachable("the provider says that it is another issuer")
            for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_safe(said.get(key)):
                    raise Unreachable(f"the provider's {key} is missing or not HTTPS")
            self._discovered = _Cached(said, now_s)
        found: dict[str, Any] = self._discovered.value
        return found

    async def _key_set(self, at_most_s: int = KEYS_S) -> KeySet:
        """The provider's keys, no older than so many seconds."""
        now_s = self._clock.now_s()
        if self._keys is None or now_s - self._keys.at_s >= at_most_s:
            url = (await self._discover())["jwks_uri"]
            said = await self._asked(self._client.build_request("GET", url))
            self._keys = _Cached(_keys(said), now_s)
        found: KeySet = self._keys.value
        return found

    async def _asked(self, request: httpx.Request, refusal: str = "") -> dict[str, Any]:
        """The JSON object that the provider answers."""
        try:
            answer = await self._client.send(request, stream=True, follow_redirects=False)
            try:
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LIMIT_BYTES:
                        raise Unreachable("the provider says too much")
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise Unreachable(f"the provider does not answer: {type(error).__name__}") from error
        if refusal and 400 <= answer.status_code < 500:
            raise NotVouched(refusal)
        if answer.status_code != 200:
            raise Unreachable(f"the provider answers with status {answer.status_code}")
        return _json(body)


def challenge(verifier: str) -> str:
    """What the provider is told of a verifier that it sees only with the code (RFC 7636, S256)."""
    digest = sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _basic(settings: Settings) -> str:
    """Id and secret of the client, form-encoded first (RFC 6749 section 2.3.1)."""
    pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret)}"
    return "Basic " + b64encode(pair.encode()).decode()


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError as error:
        raise Unreachable("the provider does not answer in JSON") from error
    if not isinstance(said, dict):
        raise Unreachable("the provider does not answer with an object")
    return said


def _keys(said: Mapping[str, Any]) -> KeySet:
    """The keys that only the provider has: a shared secret in public is nobody's signature."""
    rows = said.get("keys")
    found = []
    for row in rows[:LIMIT_KEYS] if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("kty") in KINDS and row.get("use", "sig") == "sig":
            try:
                found.append(JWKRegistry.import_key(row))
            except (JoseError, ValueError):
                continue  # One that is not understood is no reason to refuse the others.
    if not found:
        raise Unreachable("the provider has no keys")
    return KeySet(found)


def _is_safe(url: object) -> bool:
    """HTTPS, or this machine."""
    if not isinstance(url, str):
        return False
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
