"""The outbox: what waits to be sent, what was, and what is dead."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, NamedTuple

from litestar import Router, get, post
from litestar.params import FromPath, QueryParameter

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About, visible
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, TheDesk, seen_of
from offtake.desk.endpoint import Endpoints
from offtake.desk.outbox import Deliverer
from offtake.desk.problem import NotThere
from offtake.desk.routes.cursor import ByName, no_cursor
from offtake.desk.routes.listing import AT_ONCE, Answer, TheListing
from offtake.desk.store import outbox
from offtake.desk.store.engine import Engine, reader
from offtake.desk.store.outbox import Kept
from offtake.desk.thread import in_thread
from offtake.desk.transport.reach import Reach
from offtake.desk.view.words import instant

Data = dict[str, Any]
Status = Annotated[str, QueryParameter(max_length=10, description="waiting, claimed, sent or dead")]


class Post(NamedTuple):
    """What sends: without a key nothing is sealed, so there are no endpoints."""

    engine: Engine
    endpoints: Endpoints | None
    deliverer: Deliverer | None
    reach: Reach


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


def messages_seen(sending: Post, who: Who, status: str, limit: int) -> list[Data]:
    """The latest messages, of one status if it is named, as somebody sees them."""
    with reader(sending.engine).connect() as tx:
        rows = outbox.listed(tx, status, limit=limit)
    return seen_of(who, "message", ((message_data(row), About()) for row in rows))


def messages_after(
    sending: Post, who: Who, status: str, cursor: str | None
) -> Iterator[tuple[str, Data]]:
    """The messages after one, the latest first, as somebody sees them, each with its id.

    Raises:
        BadRequest: There is no message of that id.
    """
    db, before = reader(sending.engine), None
    if cursor is not None:
        with db.connect() as tx:
            before = outbox.place_of(tx, cursor)
        if before is None:
            raise no_cursor()
    return _portions(db, who, status, before)


def _portions(db: Engine, who: Who, status: str, before: int | None) -> Iterator[tuple[str, Data]]:
    """Each portion in a transaction of its own: a reader who is slow holds up nobody."""
    while True:
        with db.connect() as tx:
            rows = outbox.listed(tx, status, before=before, limit=AT_ONCE)
        for row in rows:
            seen = visible(who, "message", message_data(row), About())
            if seen is not None:
                yield row.id, seen
        if len(rows) < AT_ONCE:
            return
        before = rows[-1].seq


def revive(sending: Post, name: str, now_s: int) -> None:
    """Send a dead message again.

    Raises:
        NotThere: There is none of this id.
    """
    with sending.engine.begin() as tx:
        if not outbox.revive(tx, name, now_s):
            raise NotThere("there is no such thing")
    if sending.deliverer is not None:
        sending.deliverer.wake()


def outbox_router(sending: Post) -> Router:
    """The addresses about messages."""

    @get(
        "/outbox",
        summary="Messages, the latest first",
        guards=[needs(Act.OUTBOX_READ)],
    )
    @in_thread
    def messages(who: Asker, listing: TheListing, status: Status = "") -> Answer:
        """Those of one status, if it is named."""
        return listing.of(ByName(partial(messages_after, sending, who, status)))

    @post(
        "/outbox/{name:str}/retry",
        summary="Send a dead message again",
        guards=[needs(Act.OUTBOX_RETRY)],
    )
    @in_thread
    def revived(desk: TheDesk, name: FromPath[str]) -> Data:
        """Under the same id."""
        revive(sending, name, desk.clock.now_s())
        return {"message": name}

    return Router("/v1", route_handlers=[messages, revived], tags=["outbox"])
