"""A small application behind the door, as the desk's routes are."""

from typing import Any

from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath
from litestar.testing import TestClient

from desk.access.registers import Desk
from offtake.desk.access.act import Act
from offtake.desk.access.http import Door, Doorkeeper, needs, secured
from offtake.desk.access.oidc import Provider
from offtake.desk.access.origin import Origin
from offtake.desk.access.sign_on import sign_on_router
from offtake.desk.problem import handle

LOCAL, SECURE = "http://127.0.0.1:8000", "https://desk.example"
AnyRequest = Request[Any, Any, Any]


class Ticks:
    """Milliseconds that pass when they are told to."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@get("/v1/notices", guards=[needs(Act.NOTICE_READ)])
async def notices(request: AnyRequest) -> dict[str, str]:
    return {"who": request.user.name, "came": request.auth.by, "csrf": request.auth.csrf}


@post("/v1/notices", guards=[needs(Act.NOTICE_GIVE)], status_code=200)
async def give(request: AnyRequest) -> dict[str, Any]:
    form = {key: str(value) for key, value in (await request.form()).items()}
    return {"form": form, "bytes": len(await request.body())}


@get("/v1/notices/{notice:str}", guards=[needs(Act.NOTICE_READ)])
async def notice(notice: FromPath[str]) -> None:
    if notice == "broken":
        raise RuntimeError("SECRET of alpha")
    raise NotFoundException(f"SECRET: {notice} is beta's", extra={"holder": "SECRET"})


@get("/health", opt={"public": True})
async def health(request: AnyRequest) -> dict[str, bool]:
    return {"known": request.user is not None}


class House:
    """The application with its register, its ticks and a browser."""

    def __init__(
        self, desk: Desk, origin: str = LOCAL, provider: Provider | None = None, **more: Any
    ) -> None:
        self.desk, self.ticks = desk, Ticks()
        self.door = Door(desk.register, Origin(origin), self.ticks)
        self.app = Litestar(
            route_handlers=[notices, give, notice, health, sign_on_router(self.door, provider)],
            middleware=[Doorkeeper(self.door)],
            exception_handlers={Exception: handle, HTTPException: handle},
            before_send=[secured(self.door.origin)],
            openapi_config=None,
            logging_config=None,
            **more,
        )
        self.origin = origin

    def browser(self, cookie: str = "") -> TestClient[Litestar]:
        """A browser, signed on by a cookie or not."""
        found = TestClient(self.app, base_url=self.origin, raise_server_exceptions=False)
        found.follow_redirects = False
        if cookie:
            name = "__Host-offtake" if self.origin == SECURE else "offtake"
            found.cookies.set(name, cookie)
        return found


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
