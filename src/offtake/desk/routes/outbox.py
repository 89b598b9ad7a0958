"""The outbox: where the buyer's own programs are told, what waits to be sent, what is dead."""

from typing import Annotated, Any, NamedTuple

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.desk import Asker, TheDesk, seen_of
from offtake.desk.endpoint import Endpoints, Wish
from offtake.desk.outbox import Deliverer
from offtake.desk.problem import NotThere
from offtake.desk.routes.keys import Limit
from offtake.desk.store import outbox, webhook
from offtake.desk.store.engine import Engine, reader
from offtake.desk.store.outbox import Kept
from offtake.desk.transport.reach import Reach
from offtake.desk.view.words import instant
from offtake.desk.wire import Page
from offtake.sourcing.command import Refused

Data = dict[str, Any]
Status = Annotated[str, QueryParameter(max_length=10, description="waiting, claimed, sent or dead")]


class Post(NamedTuple):
    """What sends: without a key nothing is sealed, so there are no endpoints."""

    engine: Engine
    endpoints: Endpoints | None
    deliverer: Deliverer | None
    reach: Reach


class WebhookBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where to tell, and of which topics; of all, if none is named."""

    url: str
    topics: tuple[str, ...] = (webhook.EVERYTHING,)


def message_data(row: Kept) -> Data:
    """A message as data, without its body."""
    return {
        "message": row.id,
        "kind": row.topic,
        "channel": row.channel,
        "to": row.target,
        "at": instant(row.created_at_s),
        "next_at": instant(row.next_at_s) if row.state == "waiting" else None,
        "sent_at": None if row.sent_at_s is None else instant(row.sent_at_s),
        "status": row.state,
        "attempts": row.attempts,
        "error": row.last_error,
    }


def outbox_router(sending: Post) -> Router:
    """The addresses about messages and endpoints."""

    @post("/webhooks", summary="Tell a program of one's own", guards=[needs(Act.OUTBOX_RETRY)])
    async def register(desk: TheDesk, data: JSONBody[WebhookBody]) -> Data:
        """Its secret is in the answer, and never again (docs/reference/outbox.md)."""
        if sending.endpoints is None:
            raise Refused("no key seals secrets here: start the desk with OFFTAKE_DESK_KEYS")
        with sending.engine.begin() as tx:
            wish = Wish(data.url, data.topics)
            made = sending.endpoints.register(tx, wish, sending.reach, desk.clock.now_s())
        return {"webhook": made.endpoint.id, "secret": made.secret.reveal()}

    @get("/webhooks", summary="Programs that are told", guards=[needs(Act.OUTBOX_READ)])
    async def listed() -> Page:
        """Without their secrets."""
        with reader(sending.engine).connect() as tx:
            rows = webhook.listed(tx)
        return Page(items=[_endpoint(row) for row in rows])

    @delete(
        "/webhooks/{name:str}",
        summary="Tell a program no more",
        status_code=200,
        guards=[needs(Act.OUTBOX_RETRY)],
    )
    async def removed(name: FromPath[str]) -> Data:
        """What waits for it is dead."""
        with sending.engine.begin() as tx:
            if not webhook.remove(tx, name):
                raise NotThere("there is no such thing")
        return {"webhook": name}

    @get("/outbox", summary="Messages, the latest first", guards=[needs(Act.OUTBOX_READ)])
    async def messages(who: Asker, status: Status = "", limit: Limit = 50) -> Page:
        """Those of one status, if it is named."""
        with reader(sending.engine).connect() as tx:
            rows = outbox.listed(tx, status, limit=limit)
        told = ((message_data(row), About()) for row in rows)
        return Page(items=seen_of(who, "message", told))

    @post(
        "/outbox/{name:str}/retry",
        summary="Send a dead message again",
        guards=[needs(Act.OUTBOX_RETRY)],
    )
    async def revived(desk: TheDesk, name: FromPath[str]) -> Data:
        """Under the same id."""
        with sending.engine.begin() as tx:
            if not outbox.revive(tx, name, desk.clock.now_s()):
                raise NotThere("there is no such thing")
        if sending.deliverer is not None:
            sending.deliverer.wake()
        return {"message": name}

    handlers = [register, listed, removed, messages, revived]
    return Router("/v1", route_handlers=handlers, tags=["outbox"])


def _endpoint(row: webhook.Endpoint) -> Data:
    return {
        "webhook": row.id,
        "url": row.url,
        "topics": list(row.topics),
        "created": instant(row.created_at_s),
        "disabled": None if row.disabled_at_s is None else instant(row.disabled_at_s),
    }
