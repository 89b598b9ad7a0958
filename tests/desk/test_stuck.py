"""A mistake over a deadline stops the desk, says so, and costs nothing once it is mended."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import create_engine, text

from desk.served import Desk, desk_on
from desk.stories import PORTFOLIO, submit
from offtake.desk import command as say
from offtake.desk import writer
from offtake.desk.machine import carried

BODY = {key: value for key, value in msgspec.to_builtins(submit()).items() if key != "do"}
ENDS = PORTFOLIO.replace("partial: yes", "partial: yes, until: 2025-03-20")
LATER = "2025-04-05"
"""After the window of a notice of the first of March."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    with desk_on(url) as made:
        made.done("buyer", "/v1/requirements", BODY)
        made.done("buyer", "/v1/requirements/r/notices")
        yield made


def breaks(patch: pytest.MonkeyPatch) -> None:
    """A mistake in what the desk does by itself."""

    def mistaken(state: Any, given: Any) -> Any:
        if isinstance(given.command, say.Due):
            raise ZeroDivisionError("a mistake of ours")
        return carried(state, given)

    patch.setattr(writer, "carried", mistaken)


def sees(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not what() and time.monotonic() < until:
        time.sleep(0.02)
    return what()


def kinds(url: str) -> list[tuple[str, str]]:
    engine = create_engine(url)
    with engine.connect() as tx:
        rows = tx.execute(text("SELECT kind, body FROM journal ORDER BY seq")).all()
    engine.dispose()
    return [(row.kind, str(msgspec.json.decode(row.body)["at"])) for row in rows]


def test_nothing_is_decided_while_a_deadline_cannot_be_recorded(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = kinds(url)
    breaks(monkeypatch)
    desk.clock.set(LATER)
    ready = lambda: desk("", "GET", "/health/ready")  # noqa: E731
    assert sees(lambda: ready().status_code == 503)
    assert "a deadline cannot be recorded" in ready().json()["status"]
    assert "requirement" not in ready().text
    other = {**BODY, "requirement": "s"}
    for _ in range(3):
        no = desk("buyer", "POST", "/v1/requirements", other, **{"idempotency-key": "k"})
        assert (no.status_code, no.json()["type"]) == (503, "urn:offtake:stuck")
        assert no.headers["retry-after"] == "1"
    assert desk("buyer", "GET", "/v1/requirements/r").status_code == 200
    assert "offtake_stuck 1.0" in desk("administrator", "GET", "/metrics").text
    assert kinds(url) == before
    (said,) = [row for row in caplog.records if row.levelno == logging.CRITICAL]
    assert "the deadline of requirement r of 2025-03-31" in said.getMessage()
    assert said.exc_info is not None
    assert isinstance(said.exc_info[1].__cause__, ZeroDivisionError)  # type: ignore[union-attr]

    monkeypatch.undo()
    assert sees(lambda: ready().status_code == 200)
    assert "offtake_stuck 0.0" in desk("administrator", "GET", "/metrics").text
    yes = desk("buyer", "POST", "/v1/requirements", other, **{"idempotency-key": "k"})
    assert yes.status_code == 201
    since = kinds(url)[len(before) :]
    assert [kind for kind, _ in since] == ["due", "submit"]
    assert since[0][1] == "2025-03-31"  # At its own instant, not when it was mended.


def test_a_command_that_breaks_what_follows_from_it_fails_alone(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A right that ends before now lets its notice lapse at once (S9): nothing was due before."""
    desk.clock.set("2025-03-25")
    desk.done("buyer", "/v1/portfolio/proposals", {"portfolio": ENDS})
    before = kinds(url)
    breaks(monkeypatch)
    no = desk("approver", "POST", "/v1/portfolio/proposals/1/adoption")
    assert (no.status_code, no.json()["type"]) == (500, "urn:offtake:our-mistake")
    assert kinds(url) == before
    assert desk("", "GET", "/health/ready").status_code == 200
    desk.done("buyer", "/v1/requirements", {**BODY, "requirement": "s"})
    monkeypatch.undo()
    desk.done("approver", "/v1/portfolio/proposals/1/adoption")
    assert [kind for kind, _ in kinds(url)[len(before) :]] == ["submit", "adopt", "due"]
