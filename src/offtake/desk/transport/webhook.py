"""Webhooks: a signed POST, by the Standard Webhooks specification (standardwebhooks.com).

The request goes straight to httpx's transport: no redirect is followed, no proxy of the
environment is asked, no cookie is kept, and no URL (which may hold a token) is logged. Each
request has a connection of its own, because one address may serve many names.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from typing import NamedTuple

import httpx
from standardwebhooks import Webhook

from offtake import __version__
from offtake.desk.seal import Secret
from offtake.desk.store.outbox import Message
from offtake.desk.transport.outcome import Failed, Gone, Outcome, Refused, Sent, words
from offtake.desk.transport.reach import Reach, Resolve, resolve

CONNECT_S, ANSWER_S = 5, 15
ADDRESSES_MAX = 4
"""Addresses of one name that are tried, each for ``CONNECT_S``."""
GONE = 410


class Signed(NamedTuple):
    """Where to send to, and the secrets to sign with: two while one replaces the other."""

    url: str
    secrets: tuple[Secret, ...]


Find = Callable[[str, int], Awaitable[Signed | None]]
"""An endpoint by its id, now; None where nothing may be sent."""


class Webhooks:
    """Sends messages to endpoints."""

    def __init__(
        self,
        find: Find,
        reach: Reach = Reach(),  # noqa: B008 - an immutable value.
        *,
        by: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._find, self._reach, self._resolve = find, reach, by
        self._trust = trust or httpx.create_ssl_context()

    async def send(self, message: Message, now_s: int) -> Outcome:
        """Try once, at an address that may be reached."""
        endpoint = await self._find(message.target, now_s)
        if endpoint is None:
            return Refused("the endpoint is disabled or no longer there")
        url = httpx.URL(endpoint.url)
        if url.scheme not in self._reach.schemes:
            return Refused(f"{url.scheme}: only {' and '.join(self._reach.schemes)} is allowed")
        try:
            port = url.port or (443 if url.scheme == "https" else 80)
            found = await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError):
            return Failed("its name cannot be resolved")
        addresses = [address for address in found if self._reach.permits(address)]
        if not addresses:
            return Failed("its name leads to no public address and to no network that is allowed")
        headers = signed(message, endpoint.secrets, now_s)
        return await self._post(url, addresses[:ADDRESSES_MAX], headers, message.body)

    async def _post(
        self, url: httpx.URL, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Outcome:
        """The outcome at the first address that takes a connection."""
        says = ""
        for address in addresses:
            request = _request(url, address, headers, body)
            try:
                return await self._once(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                says = f"{type(error).__name__}: {words(str(error))}"
            except httpx.TransportError as error:
                return Failed(f"{type(error).__name__}: {words(str(error))}")
        return Failed(says)

    async def _once(self, request: httpx.Request) -> Outcome:
        alone = httpx.Limits(max_connections=1, max_keepalive_connections=0)
        own = httpx.AsyncHTTPTransport(verify=self._trust, trust_env=False, limits=alone)
        async with own:
            response = await own.handle_async_request(request)
            await response.aclose()  # What it says beyond the status is of no interest.
        if 200 <= response.status_code < 300:
            return Sent()
        says = f"status {response.status_code}"
        if response.status_code == GONE:
            return Gone(says)
        return Failed(says, _retry_after_s(response.headers))


def signed(message: Message, secrets: Sequence[Secret], now_s: int) -> dict[str, str]:
    """The headers of Standard Webhooks: the id stays with retries, the time is of this one."""
    at, data = datetime.fromtimestamp(now_s, UTC), message.body.decode()
    signatures = [Webhook(secret.reveal()).sign(message.id, at, data) for secret in secrets]
    return {
        "webhook-id": message.id,
        "webhook-timestamp": str(now_s),
        "webhook-signature": " ".join(signatures),
    }


def _request(
    url: httpx.URL, address: str, headers: Mapping[str, str], body: bytes
) -> httpx.Request:
    """A request to an address, in the name of the host: also its certificate must be the host's."""
    about = {
        "host": url.netloc.decode("ascii"),
        "content-type": "application/json",
        "user-agent": f"offtake/{__version__}",
    }
    limits = httpx.Timeout(ANSWER_S, connect=CONNECT_S)
    return httpx.Request(
        "POST",
        url.copy_with(host=address),
        headers={**about, **headers},
        content=body,
        extensions={"timeout": limits.as_dict(), "sni_hostname": url.raw_host.decode("ascii")},
    )


def _retry_after_s(headers: httpx.Headers) -> int:
    """How long the other side asks to be left alone: in seconds, or from its own date on."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    until_s, now_s = (_date_s(part) for part in (text, headers.get("date", "")))
    return max(0, until_s - now_s) if until_s and now_s else 0


def _date_s(text: str) -> int:
    """The instant of a date in a header; 0 if there is none."""
    parts = parsedate_tz(text)
    if parts is None:
        return 0
    try:
        return int(mktime_tz(parts))
    except (ValueError, OverflowError):
        return 0
