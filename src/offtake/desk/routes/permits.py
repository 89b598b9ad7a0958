"""Permits to run: issued, drawn on, given back, revoked; their documents and the keys to them."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Response, Router, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.act import Unknown
from offtake.desk.desk import Asker, Desk, TheDesk, each_seen, need, receipt, shown
from offtake.desk.documents.permit import PERMIT, REVOCATIONS, list_of
from offtake.desk.permits import known, rows
from offtake.desk.problem import MEDIA_TYPE, NotThere
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.keys import Key
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.signer import Signer
from offtake.desk.thread import in_thread
from offtake.desk.view import permit as views
from offtake.desk.wire import (
    DrawBody,
    IssueBody,
    Problem,
    ReturnBody,
    RevokeBody,
    command_of,
)
from offtake.sourcing.command import Refused
from offtake.sourcing.permit import Permit

Data = dict[str, Any]
JOSE = "application/jose"
"""The media type of a compact signature (RFC 7515)."""
UNSIGNED = {409: ResponseSpec(Problem, False, "This desk signs no permits", MEDIA_TYPE)}


def _now_s(desk: Desk) -> int:
    return max(desk.clock.now_s(), desk.state.at_s)


def _permit(desk: Desk, name: str) -> Permit:
    try:
        return known(desk.state, name)
    except Unknown as error:
        raise NotThere(str(error)) from error


def _signer(desk: Desk) -> Signer:
    """Who signs documents.

    Raises:
        Refused: No key is there.
    """
    if desk.signer is None:
        raise Refused("this desk signs no permits: it was started without --permit-key")
    return desk.signer


@get(
    "/permits",
    summary="Permits, the latest first",
    guards=[needs(Act.PERMIT_READ)],
)
@in_thread
def permits(
    desk: TheDesk,
    who: Asker,
    listing: TheListing,
    status: Annotated[str | None, QueryParameter(max_length=100)] = None,
) -> Answer:
    """All of them, or those that stand so."""
    need(who, Act.PERMIT_READ)
    state, at_s = desk.state, _now_s(desk)

    def told() -> Iterator[tuple[Data, About]]:
        for row in rows(state):
            if status in (None, views.status(state, row, at_s)):
                yield views.permit(state, row, at_s), About()

    return listing.of(ByCount(each_seen(who, "permit", told())))


@post("/permits", summary="Permit GPUs of a pool for a window", guards=[needs(Act.PERMIT_ISSUE)])
async def issue(desk: TheDesk, who: Asker, data: JSONBody[IssueBody], key: Key = None) -> Data:  # type: ignore[valid-type]
    """Where the contracts permit the run now, and the pool has so many left."""
    return receipt(who, await desk.do(who, command_of(say.IssuePermit, data), key or ""))


@get(
    "/permits/keys",
    summary="The public keys that permits are signed with",
    security=[{}],
    opt={"public": True},
)
async def keys(desk: TheDesk) -> Data:
    """A JWK set (RFC 7517); empty where the desk signs nothing."""
    return {"keys": []} if desk.signer is None else desk.signer.keys


@get(
    "/permits/revocations",
    summary="Which permits hold no more, signed",
    media_type=JOSE,
    responses=UNSIGNED,
    guards=[needs(Act.PERMIT_READ)],
)
async def revocations(desk: TheDesk, who: Asker) -> Response[bytes]:
    """For whoever checks documents offline: as of now."""
    need(who, Act.PERMIT_READ)
    at_s = _now_s(desk)
    made = _signer(desk).sign(REVOCATIONS, list_of(tuple(views.void(desk.state, at_s)), at_s))
    return Response(made.encode(), media_type=JOSE)


@get("/permits/{name:str}", summary="A permit", guards=[needs(Act.PERMIT_READ)])
async def permit(desk: TheDesk, who: Asker, name: FromPath[str]) -> Data:
    """With its draws, what is left, and what the contracts say of it now."""
    need(who, Act.PERMIT_READ)
    row = _permit(desk, name)
    told = views.whole(desk.state, row, _now_s(desk))
    if desk.signer is not None:
        told["document"] = desk.signer.sign(PERMIT, views.claims(desk.state, row))
    return shown(who, "permit", told)


@get(
    "/permits/{name:str}/document",
    summary="A permit as a signed document",
    media_type=JOSE,
    responses=UNSIGNED,
    guards=[needs(Act.PERMIT_READ)],
)
async def document(desk: TheDesk, who: Asker, name: FromPath[str]) -> Response[bytes]:
    """A compact JSON Web Signature (EdDSA); it is the same whenever it is asked for."""
    need(who, Act.PERMIT_READ)
    row = _permit(desk, name)
    made = _signer(desk).sign(PERMIT, views.claims(desk.state, row))
    return Response(made.encode(), media_type=JOSE)


@post("/permits/{name:str}/draws", summary="Draw on a permit", guards=[needs(Act.PERMIT_DRAW)])
async def draw(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[DrawBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """Once for each key of an engine, however often it is asked."""
    command = command_of(say.DrawPermit, data, permit=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post(
    "/permits/{name:str}/returns",
    summary="Give back what a draw still holds",
    guards=[needs(Act.PERMIT_DRAW)],
)
async def give_back(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[ReturnBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """All of it or a part, from now on or a later instant."""
    command = command_of(say.ReturnDraw, data, permit=name)
    return receipt(who, await desk.do(who, command, key or ""))


@post("/permits/{name:str}/revoke", summary="Revoke a permit", guards=[needs(Act.PERMIT_REVOKE)])
async def revoke(
    desk: TheDesk,
    who: Asker,
    name: FromPath[str],
    data: JSONBody[RevokeBody],  # type: ignore[valid-type]
    key: Key = None,
) -> Data:
    """Nothing more is drawn on it; what was drawn runs on."""
    command = command_of(say.RevokePermit, data, permit=name)
    return receipt(who, await desk.do(who, command, key or ""))


ROUTER = Router(
    "",
    route_handlers=[
        permits,
        issue,
        keys,
        revocations,
        permit,
        document,
        draw,
        give_back,
        revoke,
    ],
    tags=["permits"],
)
