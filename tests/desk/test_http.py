"""The interface through its door: what is answered, to whom, and how it goes wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from desk.served import PEOPLE, SUBMIT, SUPPLIERS, Desk, desk_on, sourced
from offtake.desk.access.http import unguarded
from offtake.desk.problem import MEDIA_TYPE


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_on(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def test_a_requirement_goes_from_submission_to_delivery(desk: Desk) -> None:
    sourced(desk)
    desk.passes("2025-03-17")
    why = desk("buyer", "GET", "/v1/requirements/r/why").json()
    assert why["next"]["step"] == "award"
    assert why["next"]["takes"] == {"beta": 20, "gamma": 20}
    assert {row["supplier"]: row["verdict"] for row in why["decisions"]} == {
        "alpha": "permit",
        "beta": "permit",
        "gamma": "permit",
    }
    desk.done("approver", "/v1/requirements/r/awards", {"takes": why["next"]["takes"]})
    signed = desk.done("approver", "/v1/requirements/r/orders", {"supplier": "gamma"})
    assert signed["happened"] == ["ordered"]
    desk.done("buyer", f"/v1/orders/{signed['orders'][0]}/deliveries", {})
    found = desk("engineer", "GET", "/v1/requirements/r").json()
    assert [row["status"] for row in found["orders"]] == ["signed", "delivered"]


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status"),
    [
        ("", "GET", "/v1/requirements", None, 401),
        ("engineer", "POST", "/v1/requirements/r/notices", None, 403),
        ("auditor", "POST", "/v1/requirements", SUBMIT, 403),
        ("buyer", "GET", "/v1/requirements/nothing", None, 404),
        ("buyer", "GET", "/v1/nothing", None, 404),
        ("buyer", "DELETE", "/v1/requirements", None, 405),
        ("buyer", "POST", "/v1/requirements", {**SUBMIT, "purpose": "trainin"}, 422),
        ("buyer", "POST", "/v1/requirements", {**SUBMIT, "colour": "red"}, 400),
        ("buyer", "POST", "/v1/requirements", {**SUBMIT, "gpus": [1]}, 400),
        ("buyer", "GET", "/v1/requirements?limit=0", None, 400),
        ("buyer", "GET", "/v1/requirements?cursor=x", None, 422),
        ("buyer", "POST", "/v1/asks", {"ask": "buy"}, 422),
        ("administrator", "GET", "/v1/requirements", None, 403),
    ],
)
def test_what_goes_wrong_is_a_problem_of_its_own_kind(
    desk: Desk, who: str, method: str, path: str, body: object, status: int
) -> None:
    answer = desk(who, method, path, body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith(MEDIA_TYPE)
    assert answer.json()["status"] == status
    if status == 422:
        row = answer.json()["errors"][0]
        assert row["remedy"]


def test_a_retry_is_answered_alike_and_a_reused_key_refused(desk: Desk) -> None:
    first, again = (
        desk("buyer", "POST", "/v1/requirements", SUBMIT, **{"idempotency-key": "k"})
        for _ in range(2)
    )
    assert first.json() == again.json()
    other = desk(
        "buyer", "POST", "/v1/requirements", {**SUBMIT, "gpus": 8}, **{"idempotency-key": "k"}
    )
    assert other.status_code == 409
    assert other.json()["type"] == "urn:offtake:idempotency-key-conflict"


def test_who_saw_another_version_changes_nothing(desk: Desk) -> None:
    seen = desk.done("buyer", "/v1/requirements", SUBMIT)["version"]
    body = {key: value for key, value in SUBMIT.items() if key != "requirement"}
    first = desk("buyer", "PUT", "/v1/requirements/r", {**body, "gpus": 72, "version": seen})
    second = desk("buyer", "PUT", "/v1/requirements/r", {**body, "gpus": 80, "version": seen})
    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json()["type"] == "urn:offtake:stale"


def test_every_route_says_what_it_needs(desk: Desk) -> None:
    left = [row for row in unguarded(desk.client.app) if "/schema" not in row.path]
    assert left == []


READS = (
    *("/v1/requirements", "/v1/requirements/r", "/v1/requirements/r/why"),
    *("/v1/requirements/r/timeline", "/v1/notices", "/v1/notices/r.1", "/v1/tenders"),
    *("/v1/tenders/r.1", "/v1/orders", "/v1/orders/0", "/v1/deadlines", "/v1/journal"),
    *("/v1/portfolio", "/v1/portfolio/proposals", "/v1/me", "/v1/journal/head", "/v1/ledger"),
    *("/v1/permits", "/v1/waivers", "/v1/offers", "/v1/offers/r.1.beta", "/v1/offers/r.1.gamma"),
    *("/v1/commitments", "/metrics"),
    *("/", "/requirements", "/requirements/r", "/notices", "/notices/r.1", "/tenders"),
    *("/tenders/r.1", "/orders", "/rights", "/capacity", "/ledger", "/commitments", "/portfolio"),
    *("/journal", "/people", "/notices/r.1/document", "/reasons/WindowOpen"),
)
"""Every address that is read, of a story with something secret everywhere."""


@pytest.mark.parametrize("who", list(PEOPLE))
def test_no_sealed_offer_is_seen_by_anybody_but_who_made_it(desk: Desk, who: str) -> None:
    sourced(desk, secret="$2.51")
    for path in READS:
        answer = desk(who, "GET", path, accept="text/html" if path[:3] != "/v1" else "*/*")
        assert answer.status_code < 500, (path, answer.text)
        assert ("2.51" in answer.text) <= (who == "beta"), (who, path)
        assert ("2.43" in answer.text) <= (who == "gamma"), (who, path)
    told = desk(who, "GET", "/v1/tenders")
    if told.status_code == 200:
        bids = [len(row.get("bids", ())) for row in told.json()["items"]]
        assert bids == ([] if who == "alpha" else [int(who in ("beta", "gamma"))]) or bids == [0]


@pytest.mark.parametrize("who", list(PEOPLE))
def test_prices_and_other_parties_are_seen_by_whom_they_concern(desk: Desk, who: str) -> None:
    sourced(desk)
    desk.passes("2025-03-17")
    priced = who in ("buyer", "approver", "finance", "auditor")
    for path in READS:
        answer = desk(who, "GET", path, accept="text/html" if path[:3] != "/v1" else "*/*")
        assert answer.status_code < 500, (path, answer.text)
        if not priced and who != "beta":
            assert "2.51" not in answer.text, (who, path)
        if who in SUPPLIERS:
            others = {name for name in SUPPLIERS if name != who}
            data = answer.text if path.startswith("/v1") and path != "/v1/me" else ""
            assert not [name for name in others if f'"{name}"' in data], (who, path)
        if who == "engineer":
            assert "USD" not in answer.text, path


def test_deadlines_come_as_a_calendar_of_what_concerns_somebody(desk: Desk) -> None:
    desk.done("buyer", "/v1/requirements", SUBMIT)
    desk.done("buyer", "/v1/requirements/r/notices")
    for who, count in {"buyer": 1, "alpha": 1, "beta": 0}.items():
        answer = desk(who, "GET", "/v1/deadlines.ics")
        entries = Calendar.from_ical(answer.text).walk("VEVENT")
        assert len(entries) == count, who
        assert [row["DTSTART"].dt.isoformat() for row in entries] == [DUE] * count


DUE = "2025-03-31T00:00:00+00:00"


@pytest.mark.parametrize("who", ["auditor"])
def test_an_auditor_reads_the_whole_journal_with_its_chain(desk: Desk, who: str) -> None:
    sourced(desk)
    lines = [json.loads(row) for row in desk(who, "GET", "/v1/journal").text.splitlines()]
    assert [row["seq"] for row in lines] == list(range(1, len(lines) + 1))
    assert all(row["hash"] for row in lines)


def test_reason_codes_are_counted(desk: Desk) -> None:
    sourced(desk)
    told = desk("administrator", "GET", "/metrics").text
    assert 'offtake_entries_total{do="notice"} 1.0' in told
    assert "bid" not in told
    assert "offer_made" not in told
    assert 'offtake_reasons_total{reason="NotNotified",verdict="hold"} 2.0' in told
    assert 'offtake_reasons_total{reason="ShareNotKept",verdict="deny"} 0.0' in told
