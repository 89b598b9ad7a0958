"""A small OpenID provider, a process of its own on loopback, for tests of signing on.

It has its own RSA key, discovery, authorization, a token endpoint that checks client, code,
address and PKCE, and its keys, which it can rotate. ``POST /control`` sets whom it vouches for and
what is wrong with what it says (``fault``). Tokens are signed here by hand, with ``cryptography``
and nothing that the desk verifies them with.
"""

import hmac
import json
import secrets
import socket
import subprocess
import sys
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

import httpx
import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT, SECRET = "offtake-desk", "s3cret +/&=?"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(65537, 2048)

    def public(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        n, e = (b64(v.to_bytes((v.bit_length() + 7) // 8, "big")) for v in (numbers.n, numbers.e))
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e}

    def pem(self) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def signature(self, text: bytes) -> bytes:
        return self.private.sign(text, padding.PKCS1v15(), hashes.SHA256())


class OpenIdProvider:
    """The application: one client, one user, codes that are used once."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys = [Key("k1")]
        self.foreign = Key("k1")
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {"sub": "ada", "name": "Ada", "groups": ["buyers"]}
        self.fault = ""
        self.way = "client_secret_basic"
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http", scope["type"]
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        if scope["path"] != "/control":
            self.asked.append(scope["path"])
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = {k: v[0] for k, v in parse_qs(scope["query_string"].decode()).items()}
        status, answer, location = self.answer(scope["path"], query, body.decode(), headers)
        told = [(b"content-type", b"application/json")]
        if location:
            told.append((b"location", location.encode()))
        await send({"type": "http.response.start", "status": status, "headers": told})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def answer(self, path: str, query: dict[str, str], body: str, headers: dict[str, str]) -> Any:
        if path == "/control":
            return 200, self.control(json.loads(body)), ""
        if path == "/.well-known/openid-configuration":
            return 200, self.discovery(), ""
        if path == "/jwks":
            return 200, {"keys": [self.odd(), *(key.public() for key in self.keys)]}, ""
        if path == "/authorize":
            return 302, {}, self.authorize(query)
        if path == "/token":
            form = {k: v[0] for k, v in parse_qs(body).items()}
            return *self.token(form, headers.get("authorization", "")), ""
        return 404, {}, ""

    def control(self, told: dict[str, Any]) -> dict[str, Any]:
        if told.get("rotate"):
            self.keys = [Key(f"k{secrets.token_hex(4)}")]
        self.fault = told.get("fault", self.fault)
        self.claims = told.get("claims", self.claims)
        self.way = told.get("way", self.way)
        asked, self.asked = self.asked, []
        return {"asked": asked}

    def odd(self) -> dict[str, str]:
        """Keys that a client must leave alone: a shared secret, and a kind of tomorrow."""
        if self.fault == "shared_key":
            return {"kty": "oct", "kid": "shared", "k": b64(b"everybody knows this one" * 2)}
        return {"kty": "LATTICE", "kid": "later"}

    def discovery(self) -> dict[str, Any]:
        issuer = "https://elsewhere.example" if self.fault == "other_discovery" else self.issuer
        token_at = "http://elsewhere.example/t" if self.fault == "plain_token_url" else None
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": token_at or f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": [self.way],
        }

    def authorize(self, query: dict[str, str]) -> str:
        assert query["response_type"] == "code", query
        assert query["client_id"] == CLIENT, query
        assert query["code_challenge_method"] == "S256", query
        assert "openid" in query["scope"].split(), query
        back = {"state": query["state"], "iss": self.issuer}
        if self.fault == "refuses":
            return f"{query['redirect_uri']}?{urlencode({**back, 'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        if self.fault == "mixed_up":
            back["iss"] = "https://elsewhere.example"
        if self.fault == "other_state":
            back["state"] = "x" * 43
        return f"{query['redirect_uri']}?{urlencode({**back, 'code': code})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        begun = self.codes.pop(form.get("code", ""), None)
        if not self.knows(form, authorization):
            return 401, {"error": "invalid_client"}
        if begun is None or form.get("grant_type") != "authorization_code":
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        told = b64(sha256(form.get("code_verifier", "").encode()).digest())
        if not hmac.compare_digest(told, begun["code_challenge"]):
            return 400, {"error": "invalid_grant"}
        answer = {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer"}
        if self.fault == "no_id_token":
            return 200, answer
        return 200, {**answer, "id_token": self.id_token(begun["nonce"])}

    def knows(self, form: dict[str, str], authorization: str) -> bool:
        if self.way == "client_secret_basic":
            pair = b64decode(authorization.removeprefix("Basic ")).decode()
            client, _, secret = pair.partition(":")
            return (unquote_plus(client), unquote_plus(secret)) == (CLIENT, SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            **self.claims,
        }
        claims.update(FAULTS.get(self.fault, lambda _: {})(now))
        claims = {key: value for key, value in claims.items() if value is not None}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.keys[0].kid}
        header.update(HEADERS.get(self.fault, {}))
        text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
        if self.fault == "changed":
            changed = b64(json.dumps({**claims, "groups": ["approvers"]}).encode())
            return (
                f"{text.split('.', maxsplit=1)[0]}.{changed}.{b64(self.signature(text.encode()))}"
            )
        return f"{text}.{b64(self.signature(text.encode()))}"

    def signature(self, text: bytes) -> bytes:
        if self.fault == "alg_none":
            return b""
        if self.fault == "other_key":
            return self.foreign.signature(text)
        if self.fault == "public_key_as_secret":
            return hmac.digest(self.keys[0].pem(), text, "sha256")
        if self.fault == "shared_key":
            return hmac.digest(b"everybody knows this one" * 2, text, "sha256")
        return self.keys[0].signature(text)


FAULTS: dict[str, Any] = {
    "wrong_nonce": lambda _: {"nonce": "another"},
    "no_nonce": lambda _: {"nonce": None},
    "wrong_audience": lambda _: {"aud": "another-client"},
    "wrong_audiences": lambda _: {"aud": ["another-client", "and-another"], "azp": CLIENT},
    "no_audience": lambda _: {"aud": None},
    "shared_audience": lambda _: {"aud": [CLIENT, "another-client"]},
    "wrong_party": lambda _: {"azp": "another-client"},
    "wrong_issuer": lambda _: {"iss": "https://elsewhere.example"},
    "no_issuer": lambda _: {"iss": None},
    "expired": lambda now: {"exp": now - 3_600, "iat": now - 7_200},
    "never_expires": lambda _: {"exp": None},
    "not_a_number": lambda _: {"exp": "tomorrow"},
    "not_yet": lambda now: {"nbf": now + 3_600},
    "from_the_future": lambda now: {"iat": now + 3_600},
    "no_subject": lambda _: {"sub": None},
    "blank_subject": lambda _: {"sub": ""},
}
HEADERS: dict[str, dict[str, Any]] = {
    "alg_none": {"alg": "none"},
    "public_key_as_secret": {"alg": "HS256"},
    "shared_key": {"alg": "HS256", "kid": "shared"},
    "unknown_critical": {"crit": ["x"], "x": 1},
}
OTHERS = (
    "changed",
    "other_key",
    "no_id_token",
    "refuses",
    "mixed_up",
    "other_state",
    "other_discovery",
    "plain_token_url",
)
EVERY_FAULT = sorted({*FAULTS, *HEADERS, *OTHERS})


class Running:
    """A provider that runs, as tests speak to it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def control(self, **told: Any) -> list[str]:
        """Tell it what to say; the paths it was asked for since the last time."""
        answer = httpx.post(f"{self.issuer}/control", json=told)
        asked: list[str] = answer.json()["asked"]
        return asked


@contextmanager
def running() -> Iterator[Running]:
    """A provider in a process of its own, on a free port of this machine."""
    command = [sys.executable, str(Path(__file__).resolve())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        try:
            assert issuer.startswith("http://127.0.0.1:"), issuer
            yield Running(issuer)
        finally:
            process.terminate()
            process.wait(timeout=10)


@contextmanager
def free_port() -> Iterator[int]:
    """A port of this machine that nobody listens at."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    yield port


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
    print(issuer, flush=True)
    config = uvicorn.Config(OpenIdProvider(issuer), log_level="warning", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
