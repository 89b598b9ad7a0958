"""Programs that are told: the buyer's own of all, those of a supplier of its own matters."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, TheDesk, seen_of
from offtake.desk.endpoint import Registered, Wish
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.routes.outbox import Post
from offtake.desk.store import webhook
from offtake.desk.store.engine import reader
from offtake.desk.store.webhook import TooMany
from offtake.desk.thread import in_thread
from offtake.desk.view.words import instant
from offtake.sourcing.command import Refused

Data = dict[str, Any]


class WebhookBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where to tell, and of which topics; of all, if none is named."""

    url: str
    topics: tuple[str, ...] = (webhook.EVERYTHING,)


def webhook_router(sending: Post) -> Router:
    """The addresses about programs that are told."""

    @post(
        "/webhooks",
        summary="Tell a program of one's own",
        guards=[needs(Act.WEBHOOK_MANAGE)],
    )
    @in_thread
    def register(desk: TheDesk, who: Asker, data: JSONBody[WebhookBody]) -> Data:
        """Its secret is in the answer, and never again (docs/reference/outbox.md)."""
        made = registered(sending, who, data, desk.clock.now_s())
        return {"webhook": made.endpoint.id, "secret": made.secret.reveal()}

    @get(
        "/webhooks",
        summary="Programs that are told",
        guards=[needs(Act.WEBHOOK_READ)],
    )
    @in_thread
    def listed(who: Asker, listing: TheListing) -> Answer:
        """Without their secrets; those of others by the host alone, for a path may be a secret."""
        return listing.of(ByCount(iter(webhooks_seen(sending, who))))

    @delete(
        "/webhooks/{name:str}",
        summary="Tell a program no more",
        status_code=200,
        guards=[needs(Act.WEBHOOK_MANAGE)],
    )
    @in_thread
    def removed(who: Asker, name: FromPath[str]) -> Data:
        """What waits for it is dead. A supplier removes its own, the buyer any."""
        remove(sending, who, name)
        return {"webhook": name}

    return Router("/v1", route_handlers=[register, listed, removed], tags=["outbox"])


def registered(sending: Post, who: Who, body: WebhookBody, now_s: int) -> Registered:
    """An endpoint of somebody's own: the buyer's, or that of a supplier.

    Raises:
        Invalid: Something is wrong with it; all of it is listed.
        Refused: There is no key, or room for no other.
    """
    if sending.endpoints is None:
        raise Refused("no key seals secrets here: start the desk with OFFTAKE_DESK_KEYS")
    wish = Wish(body.url, body.topics, who.party or None)
    try:
        with sending.engine.begin() as tx:
            return sending.endpoints.register(tx, wish, sending.reach, now_s)
    except TooMany as error:
        raise Refused(str(error)) from error


def remove(sending: Post, who: Who, name: str) -> None:
    """Tell a program no more.

    Raises:
        NotThere: It is not there, or another's.
    """
    with sending.engine.begin() as tx:
        found = webhook.find(tx, name)
        if found is None or (who.party and found[0].party != who.party):
            raise NotThere("there is no such thing")
        webhook.remove(tx, name)


def webhooks_seen(sending: Post, who: Who) -> list[Data]:
    """The endpoints as somebody sees them."""
    with reader(sending.engine).connect() as tx:
        rows = webhook.listed(tx)
    return seen_of(who, "webhook", ((webhook_data(row, who), About()) for row in rows))


def webhook_data(row: webhook.Endpoint, who: Who) -> Data:
    """An endpoint as data, for somebody."""
    parts = urlsplit(row.url)
    is_own = (row.party or "") == who.party
    return {
        "webhook": row.id,
        "url": row.url if is_own else f"{parts.scheme}://{parts.netloc}/",
        "topics": list(row.topics),
        "party": row.party,
        "created": instant(row.created_at_s),
        "disabled": None if row.disabled_at_s is None else instant(row.disabled_at_s),
    }
