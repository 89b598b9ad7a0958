"""Webhook endpoints of the desk: taken in, given secrets, and found again to be sent to."""

import asyncio
import base64
from collections.abc import Callable
from typing import NamedTuple

import httpx

from offtake.desk.message import TOPICS
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.seal import Seal, Secret
from offtake.desk.store import webhook
from offtake.desk.store.engine import Connection, Engine, reader
from offtake.desk.store.webhook import EVERYTHING, Endpoint
from offtake.desk.transport.reach import Reach
from offtake.desk.transport.webhook import Signed

SECRET_BYTES = 32  # Standard Webhooks: 24 to 64.
OVERLAP_S = 86_400
"""How long a secret that is replaced goes on signing beside the new one."""
LIMIT_URL = 2_000

Chance = Callable[[int], bytes]
"""So many random bytes that nobody can guess: ``os.urandom``."""


class Wish(NamedTuple):
    """What an endpoint is to be: where, told of what, and whose (None: the buyer's own)."""

    url: str
    topics: tuple[str, ...] = (EVERYTHING,)
    party: str | None = None


class Registered(NamedTuple):
    """An endpoint and its secret, which is not shown again."""

    endpoint: Endpoint
    secret: Secret


def wrong_with(wish: Wish, reach: Reach) -> list[Wrong]:
    """Everything that is wrong with a wish."""
    found = _wrong_url(wish.url, reach)
    for topic in wish.topics:
        if topic not in (*TOPICS, EVERYTHING):
            remedy = f"Name topics of docs/reference/outbox.md, or {EVERYTHING} for all."
            found.append(Wrong("topics", f"`{topic}` is no topic", remedy))
    if not wish.topics:
        found.append(Wrong("topics", "is empty", f"Name topics, or {EVERYTHING} for all."))
    return found


def _wrong_url(text: str, reach: Reach) -> list[Wrong]:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return [Wrong("url", "cannot be read", "Write it as https://host/path.")]
    found = []
    if len(text) > LIMIT_URL or not text.isascii() or not text.isprintable():
        remedy = "Percent-encode what is not ASCII."
        found.append(Wrong("url", f"is not {LIMIT_URL} plain letters at most", remedy))
    if url.scheme not in reach.schemes or not url.host:
        allowed = " or ".join(f"{scheme}://" for scheme in reach.schemes)
        found.append(Wrong("url", "goes where the desk does not send", f"Begin with {allowed}."))
    if url.userinfo or url.fragment:
        remedy = "Leave it out: who sends is known by the signature."
        found.append(Wrong("url", "holds a name, a password or a fragment", remedy))
    return found


class Endpoints:
    """The endpoints of a desk, their secrets sealed."""

    def __init__(self, engine: Engine, seal: Seal, chance: Chance) -> None:
        self._reader, self._seal, self._chance = reader(engine), seal, chance

    def register(self, tx: Connection, wish: Wish, reach: Reach, now_s: int) -> Registered:
        """Take an endpoint in, with a new secret.

        Raises:
            Invalid: Something is wrong with the wish; all of it is listed.
            TooMany: There is room for no other.
        """
        wrong = wrong_with(wish, reach)
        if wrong:
            raise Invalid(wrong)
        name = "whk_" + base64.b32encode(self._chance(15)).decode().lower()
        endpoint = Endpoint(name, wish.url, tuple(sorted(set(wish.topics))), wish.party, now_s)
        secret = self._secret()
        webhook.add(tx, endpoint, self._seal.close(secret, name))
        return Registered(endpoint, secret)

    def rotate(
        self, tx: Connection, endpoint: str, now_s: int, overlap_s: int = OVERLAP_S
    ) -> Secret | None:
        """Replace a secret; both sign for a while. The new one is not shown again.

        None: there is no such endpoint.
        """
        secret = self._secret()
        closed = self._seal.close(secret, endpoint)
        done = webhook.rotate(tx, endpoint, closed, before_until_s=now_s + overlap_s)
        return secret if done else None

    def _secret(self) -> Secret:
        text = base64.b64encode(self._chance(SECRET_BYTES)).decode()
        return Secret(f"whsec_{text}")

    async def find(self, endpoint: str, now_s: int) -> Signed | None:
        """Where to send to now, and the secrets that sign; None where nothing is sent."""
        return await asyncio.to_thread(self._found, endpoint, now_s)

    def _found(self, name: str, now_s: int) -> Signed | None:
        with self._reader.connect() as tx:
            found = webhook.find(tx, name)
        if found is None or found[0].disabled_at_s is not None:
            return None
        endpoint, sealed = found
        closed = [sealed.secret]
        if sealed.before is not None and now_s < (sealed.before_until_s or 0):
            closed.append(sealed.before)
        return Signed(endpoint.url, tuple(self._seal.open(one, name) for one in closed))
