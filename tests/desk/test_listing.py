"""Lists over HTTP, as pages and as lines of JSON, for whom they concern; offers, commitments."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from desk.access.worlds import AFTER, BEFORE, World, bid, world
from desk.served import PEOPLE, PORTFOLIO, SUBMIT, Desk, desk_on, sourced
from desk.test_commitments import METERED, NOW
from offtake.desk.message import WEBHOOK
from offtake.desk.routes.cursor import Listed
from offtake.desk.routes.listing import AT_ONCE, LINES, Listing, streamed
from offtake.desk.store import outbox, webhook

LISTS = (
    *("/v1/requirements", "/v1/notices", "/v1/tenders", "/v1/offers", "/v1/orders"),
    *("/v1/permits", "/v1/deadlines", "/v1/waivers", "/v1/ledger", "/v1/commitments"),
    *("/v1/requirements/r/timeline", "/v1/portfolio/proposals"),
    *("/v1/outbox", "/v1/webhooks", "/v1/contacts"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def lines_of(desk: Desk, who: str, path: str) -> list[Any]:
    answer = desk(who, "GET", path, accept=LINES)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].partition(";")[0] == LINES
    return [json.loads(line) for line in answer.text.splitlines()]


def pages_of(desk: Desk, who: str, path: str) -> list[Any]:
    """The rows of a list, a page after the other."""
    rows: list[Any] = []
    cursor = ""
    while True:
        page = desk(who, "GET", f"{path}?limit=1{cursor}").json()
        rows += page["items"]
        if "next" not in page:
            return rows
        cursor = f"&cursor={page['next']}"


def told(desk: Desk) -> None:
    """A story with some of everything, and a second and a third requirement."""
    with desk.parts.engine.begin() as tx:
        for name in ("hook", "other"):
            url = f"https://lab.example/{name}"
            webhook.add(tx, webhook.Endpoint(name, url, ("*",), None, 0), b"sealed")
    for name in ("ada", "bea"):
        desk.done("buyer", "/v1/contacts", {"address": f"{name}@lab.example"})
        desk.done("buyer", "/v1/portfolio/proposals", {"portfolio": PORTFOLIO, "note": name})
    sourced(desk)
    for name in ("s", "t"):
        desk.done("buyer", "/v1/requirements", {**SUBMIT, "requirement": name})
        desk.done("buyer", f"/v1/requirements/{name}/notices")


@pytest.mark.parametrize("who", list(PEOPLE))
def test_lines_are_the_rows_of_all_pages_and_closed_to_the_same_people(
    desk: Desk, who: str
) -> None:
    told(desk)
    seen = set()
    for path in LISTS:
        status = desk(who, "GET", path).status_code
        assert desk(who, "GET", path, accept=LINES).status_code == status, path
        if status == 200:
            rows = lines_of(desk, who, path)
            assert rows == pages_of(desk, who, path), path
            seen |= {path} if rows else set()
    assert seen
    assert who != "administrator" or seen == {"/v1/outbox", "/v1/webhooks", "/v1/contacts"}


def test_lines_go_on_after_a_cursor_and_know_no_limit(desk: Desk) -> None:
    told(desk)
    every = lines_of(desk, "buyer", "/v1/requirements?limit=1")
    assert [row["requirement"] for row in every] == ["t", "s", "r"]
    assert lines_of(desk, "buyer", "/v1/requirements?cursor=t") == every[1:]
    assert lines_of(desk, "buyer", "/v1/requirements?cursor=r") == []
    assert (
        lines_of(desk, "buyer", "/v1/deadlines?cursor=1")
        == (lines_of(desk, "buyer", "/v1/deadlines")[1:])
    )
    assert lines_of(desk, "buyer", "/v1/notices?outcome=open") == (
        [row for row in lines_of(desk, "buyer", "/v1/notices") if row["outcome"] == "open"]
    )
    for path in LISTS:
        refused = desk("buyer", "GET", f"{path}?cursor=-1", accept=LINES)
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:offtake:invalid"), path


def test_messages_are_found_a_portion_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(desk)
    every = lines_of(desk, "buyer", "/v1/outbox")
    assert len({row["message"] for row in every}) == len(every) > 10
    monkeypatch.setattr("offtake.desk.routes.outbox.AT_ONCE", 3)
    assert lines_of(desk, "buyer", "/v1/outbox") == every
    assert lines_of(desk, "buyer", f"/v1/outbox?cursor={every[4]['message']}") == every[5:]
    page = desk("buyer", "GET", "/v1/outbox?status=waiting&limit=7").json()
    assert page["items"] == [row for row in every if row["status"] == "waiting"][:7]
    assert page["next"] == page["items"][-1]["message"]


def test_a_message_that_may_not_be_seen_is_in_no_list(desk: Desk) -> None:
    told(desk)
    every = lines_of(desk, "buyer", "/v1/outbox")
    with desk.parts.engine.begin() as tx:
        sealed = outbox.Message("msg_sealed", 1, "bid_received", WEBHOOK, "hook", b"", "")
        outbox.put(tx, [sealed])
    assert lines_of(desk, "buyer", "/v1/outbox") == every
    assert pages_of(desk, "buyer", "/v1/outbox") == every


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/jsonl", LINES),
        ("application/jsonl, application/json;q=0.5", LINES),
        ("application/jsonl;q=0.1, application/json", "application/json"),
        ("text/html", "application/json"),
    ],
)
def test_who_accepts_lines_before_pages_gets_lines(desk: Desk, accept: str, kind: str) -> None:
    answer = desk("buyer", "GET", "/v1/requirements", accept=accept)
    assert answer.headers["content-type"].partition(";")[0] == kind


def test_every_list_says_that_it_answers_lines(desk: Desk) -> None:
    described = desk("buyer", "GET", "/v1/schema/openapi.json").json()["paths"]
    answering = {path for path, row in described.items() if LINES in _kinds(row)}
    named = {path.replace("/r/", "/{name}/") for path in LISTS}
    assert answering == {*named, "/v1/journal"}


def _kinds(row: Any) -> Any:
    return row.get("get", {}).get("responses", {}).get("200", {}).get("content", {})


def test_portions_hold_as_many_lines_whatever_was_looked_at_and_are_found_elsewhere() -> None:
    """The size of a portion tells nothing of rows that its reader does not see."""
    threads: set[int] = set()

    def rows() -> Iterator[dict[str, int]]:
        for number in range(10 * AT_ONCE):
            threads.add(threading.get_ident())
            if number % 4 == 0:
                yield {"n": number}

    async def read() -> list[bytes]:
        return [portion async for portion in streamed(rows()).iterator]

    portions = asyncio.run(read())
    assert [portion.count(b"\n") for portion in portions] == [AT_ONCE] * 2 + [AT_ONCE // 2]
    assert threading.get_ident() not in threads


def test_rows_of_a_list_are_looked_at_where_nobody_else_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(desk)
    looked: dict[str, bool] = {}

    def of(listing: Listing, listed: Listed) -> Any:
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            looked[path] = False
        looked.setdefault(path, True)
        return made(listing, listed)

    made = Listing.of
    monkeypatch.setattr(Listing, "of", of)
    for path in LISTS:
        assert desk("buyer", "GET", path).status_code == 200
    assert looked == dict.fromkeys(LISTS, True)


# Offers.


def offers(shown: World, who: str, query: str = "") -> list[str]:
    return [row["offer"] for row in shown.get(who, f"/v1/offers{query}").json()["items"]]


GAMMAS = bid("gamma", "2.83", "2025-03-08")


def test_until_the_close_an_offer_is_there_for_who_made_it_alone(tmp_path: Path) -> None:
    with world(tmp_path, (*BEFORE, GAMMAS), "2025-03-10") as shown:
        for who in ("buyer", "approver", "finance", "auditor", "alpha", "delta"):
            assert offers(shown, who) == [], who
            assert shown.get(who, "/v1/offers/texas.1.beta").status_code == 404, who
        assert offers(shown, "beta") == ["texas.1.beta"]
        own = shown.get("beta", "/v1/offers/texas.1.beta").json()
        assert (own["price"], own["gpus"], "outcome" in own) == ("2.71 USD", 64, False)
        assert shown.get("beta", "/v1/offers/texas.1.gamma").status_code == 404
        for who in ("engineer", "administrator"):
            assert shown.get(who, "/v1/offers").status_code == 403, who
            assert shown.get(who, "/v1/offers/texas.1.beta").status_code == 403, who


def test_after_the_close_offers_are_listed_for_those_who_see_prices(tmp_path: Path) -> None:
    with world(tmp_path, (*BEFORE, GAMMAS, *AFTER), "2025-03-24") as shown:
        assert offers(shown, "buyer") == ["texas.1.beta", "texas.1.gamma"]
        assert offers(shown, "buyer", "?requirement=texas") == offers(shown, "buyer")
        assert offers(shown, "buyer", "?requirement=texas&cursor=texas") == []
        assert offers(shown, "gamma") == offers(shown, "gamma", "?requirement=texas")
        assert offers(shown, "gamma") == ["texas.1.gamma"]
        assert shown.get("buyer", "/v1/offers?requirement=nope").status_code == 404
        assert shown.get("delta", "/v1/offers?requirement=texas").status_code == 404
        taken = shown.get("buyer", "/v1/offers/texas.1.beta").json()
        assert (taken["outcome"], taken["taken_gpus"]) == ("taken", 64)
        inside = shown.get("buyer", "/v1/tenders/texas.1").json()["bids"]
        assert inside == shown.get("buyer", "/v1/offers").json()["items"]
        for name in ("texas.2.beta", "texas.1.delta", "texas.1", "texas", "texas..beta", "." * 300):
            assert shown.get("buyer", f"/v1/offers/{name}").status_code == 404, name


def test_an_offer_is_found_where_names_have_dots_themselves(desk: Desk) -> None:
    sent = {**SUBMIT, "requirement": "a.1", "gpus": 8}
    desk.done("buyer", "/v1/requirements", sent)
    desk.done("buyer", "/v1/requirements/a.1/notices")
    desk.done("alpha", "/v1/notices/a.1.1/answer", {"gpus": 0, "signed": "A."})
    desk.done("buyer", "/v1/requirements/a.1/tenders", {"open_for": "7d"})
    desk.done("beta", "/v1/requirements/a.1/offers", {"gpus": 8, "price": "$2.50"})
    assert desk("beta", "GET", "/v1/offers/a.1.1.beta").json()["requirement"] == "a.1"


# Commitments.


def test_commitments_are_read_as_their_page_shows_them(tmp_path: Path) -> None:
    with world(tmp_path, METERED, NOW) as shown:
        seen = {who: shown.get(who, "/v1/commitments").json()["items"] for who in READERS}
        assert shown.get("administrator", "/v1/commitments").status_code == 403
        assert shown.get("delta", "/v1/commitments").json()["items"] == []

    (running,) = (row for row in seen["buyer"] if row["clause"] == "A/take" and "taken" in row)
    assert (running["taken"], running["shortfall_expected"]) == ("364.80k USD", "304.00k USD")
    assert running["alerts"]
    assert {row["supplier"] for row in seen["buyer"]} == {"alpha", "beta"}
    assert "USD" not in json.dumps(seen["engineer"])
    assert "GPU-h" not in json.dumps(seen["engineer"])
    assert len(seen["engineer"]) == len(seen["buyer"])
    assert {row["supplier"] for row in seen["beta"]} == {"beta"}
    (own,) = (row for row in seen["beta"] if "taken" in row)
    assert not {"expected", "shortfall_expected", "alerts"} & own.keys()


READERS = ("buyer", "engineer", "beta")
