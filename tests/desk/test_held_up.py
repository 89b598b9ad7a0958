"""Nobody is held up by what another waits for: the event loop never waits for the database."""

import asyncio
import re
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from desk.access.test_every_route import NAMES, PATHS
from desk.served import PEOPLE, SUBMIT, Desk, desk_on, sourced
from offtake.desk.access.http import guarded
from offtake.desk.access.limit import STRANGER

FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/v1/contacts", {"address": "ada@example.org"}),
    ("/v1/webhooks", {"url": "https://example.org/"}),
    ("/v1/outbox/nope/retry", {}),
    ("/v1/requirements", SUBMIT),
    ("/v1/portfolio/proposals", {"portfolio": "currency: USD"}),
)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path / 'desk.db'}") as desk:
        yield desk


def _addresses(here: Desk) -> Iterator[str]:
    """Every address that can be read, with names filled in."""
    for row in guarded(here.client.app):
        if row.method == "GET" and row.path != "/events":
            known = next((names for key, names in PATHS.items() if key in row.path), (*NAMES, "r"))
            yield from {re.sub(r"\{[^}]+\}", name, row.path) for name in known}


def test_the_database_is_asked_in_threads_of_their_own(here: Desk) -> None:
    sourced(here)
    found: dict[str, str] = {}

    def taken(*_given: Any) -> None:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            found[asked] = "".join(traceback.format_stack(limit=25)[:-1])

    event.listen(here.parts.engine, "checkout", taken)
    for who in PEOPLE:
        for address in sorted(set(_addresses(here))):
            asked = f"{who} GET {address}"
            here(who, "GET", address)
        for path, body in FORMS:
            asked = f"{who} POST {path}"
            here(who, "POST", path, body)
        for path in ("/v1/contacts/nope", "/v1/webhooks/nope"):
            asked = f"{who} DELETE {path}"
            here(who, "DELETE", path)
    assert not found, next(iter(found.items()))


def test_who_looks_after_the_process_is_always_answered(here: Desk) -> None:
    codes = {here("", "GET", "/health/live").status_code for _ in range(2 * STRANGER.burst)}
    assert codes == {200}
