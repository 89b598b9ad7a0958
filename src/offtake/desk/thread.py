"""Handlers that wait for the database do so in a thread, while the event loop serves others."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from anyio.to_thread import run_sync

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(handler: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """The handler, run in a thread of its own.

    The framework's own ``sync_to_thread`` runs a handler that several applications share in a
    thread in a thread, and then waits for none (Litestar 2.25).
    """

    @wraps(handler)
    async def run(*given: P.args, **named: P.kwargs) -> T:
        return await run_sync(partial(handler, *given, **named))

    return run
