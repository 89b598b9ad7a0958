"""Who is asking, as the desk knows them."""

from typing import Any

from litestar import Router, get

from offtake.desk.access.act import Act
from offtake.desk.access.may import may
from offtake.desk.desk import Asker


@get("/me", summary="Who you are, and what you may do", opt={"public": True})
async def me(who: Asker) -> dict[str, Any]:
    """By your roles, or less by the scopes of your token; whatever those are, you may ask this.

    Whom the desk does not know has nobody to hand in as ``who``, and is told to sign on.
    """
    return {
        "id": who.id,
        "name": who.name,
        "roles": sorted(who.roles),
        "party": who.party or None,
        "by": "token" if who.token_id else "session",
        "may": [act.value for act in Act if may(who, act)],
    }


ROUTER = Router("", route_handlers=[me], tags=["me"])
