"""One ledger of GPUs by pool and window, whoever draws on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.permitting import DRAW, WANTED, permitting
from desk.served import PEOPLE, Desk
from offtake.desk.view.ledger import Level

DAY_S = 86_400


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with permitting(f"sqlite:///{tmp_path / 'desk.db'}") as made:
        yield made


def rows(desk: Desk, asked: str = "") -> list[Any]:
    answer = desk("engineer", "GET", f"/v1/ledger?{asked}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def figures(desk: Desk, asked: str) -> list[tuple[Any, ...]]:
    keys = ("start", "awarded", "delivered", "permitted", "drawn", "left")
    return [tuple(row[key] for key in keys) for row in rows(desk, asked)]


def test_permits_and_draws_of_all_engines_are_counted_by_window(desk: Desk) -> None:
    desk.done("buyer", "/v1/permits", WANTED)
    desk.done("buyer", "/v1/permits", {**WANTED, "gpus": 10, "start": "2025-03-05"})
    desk.done("engineer", "/v1/permits/p-1/draws", {**DRAW, "end": "2025-03-06"})
    desk.done("engineer", "/v1/permits/p-1/draws", {**DRAW, "engine": "k8s", "gpus": 20})
    asked = "pool=west&from=2025-03-01&until=2025-03-20"
    assert figures(desk, asked) == [
        ("2025-03-01", 100, 100, 60, 60, 40),
        ("2025-03-05", 100, 100, 70, 60, 30),
        ("2025-03-06", 100, 100, 70, 20, 30),
        ("2025-03-12", 100, 100, 0, 0, 100),
    ]
    assert figures(desk, f"{asked}&step=5d") == [
        ("2025-03-01", 100, 100, 70, 60, 30),
        ("2025-03-06", 100, 100, 70, 20, 30),
        ("2025-03-11", 100, 100, 70, 20, 30),
        ("2025-03-16", 100, 100, 0, 0, 100),
    ]
    desk.clock.set("2025-03-04")
    desk.done("buyer", "/v1/permits/p-1/revoke", {"why": "moved"})
    assert figures(desk, asked) == [
        ("2025-03-01", 100, 100, 60, 60, 40),
        ("2025-03-05", 100, 100, 70, 60, 30),
        ("2025-03-06", 100, 100, 30, 20, 70),
        ("2025-03-12", 100, 100, 0, 0, 100),
    ]


def test_what_is_awarded_is_there_once_it_has_come(desk: Desk) -> None:
    wanted = {"requirement": "r", "purpose": "training", "gpus": 64, "accelerators": ["H100"]}
    period = {"start": "2025-09-01", "end": "2026-09-01", "price_limit": "$3"}
    desk.done("buyer", "/v1/requirements", {**wanted, **period})
    desk.done("buyer", "/v1/requirements/r/tenders", {"open_for": "1d"})
    offer = {"gpus": 64, "price": "$2", "tranches": 2, "spacing": "31d"}
    desk.done("beta", "/v1/requirements/r/offers", offer)
    desk.passes("2025-03-02")
    desk.done("approver", "/v1/requirements/r/awards", {"takes": {"beta": 64}})
    desk.done("approver", "/v1/requirements/r/orders", {"supplier": "beta"})
    asked = "pool=order-0-r&from=2025-08-01&until=2026-10-01"
    coming = [("2025-08-01", 0, 0), ("2025-09-01", 32, 0), ("2025-10-02", 64, 0)]
    assert [row[:3] for row in figures(desk, asked)] == [*coming, ("2026-09-01", 0, 0)]
    desk.done("buyer", "/v1/orders/0/deliveries", {"tranche": 0})
    come = [("2025-08-01", 0, 0), ("2025-09-01", 32, 32), ("2025-10-02", 64, 32)]
    assert [row[:3] for row in figures(desk, asked)] == [*come, ("2026-09-01", 0, 0)]


def test_what_was_metered_is_counted_where_it_ran(desk: Desk) -> None:
    used = {"purpose": "training", "start": "2025-02-01", "end": "2025-02-11", "gpus": 7}
    desk.done("engineer", "/v1/usage", {**used, "supplier": "alpha"})  # Of its only pool.
    desk.done("engineer", "/v1/usage", {**used, "supplier": "beta", "pool": "east", "gpus": 1})
    desk.done("engineer", "/v1/usage", {**used, "supplier": "gamma"})  # Of none that is known.
    asked = "from=2025-02-06&until=2025-03-01&step=99d"
    told = {row["pool"]: row["used_gpu_s"] for row in rows(desk, asked)}
    assert told == {"west": 7 * 5 * DAY_S, "east": 5 * DAY_S, None: 7 * 5 * DAY_S}
    for words in ({"supplier": "beta", "pool": "west"}, {"supplier": "beta", "pool": "nope"}):
        assert desk("engineer", "POST", "/v1/usage", {**used, **words}).status_code == 422


@pytest.mark.parametrize("who", PEOPLE)
def test_the_ledger_is_the_buyers_alone(desk: Desk, who: str) -> None:
    inside = who in ("buyer", "approver", "engineer", "finance", "auditor")
    assert desk(who, "GET", "/v1/ledger").status_code == (200 if inside else 403)


def test_the_ledger_goes_on_page_by_page_and_says_what_is_wrong(desk: Desk) -> None:
    asked = "/v1/ledger?from=2025-03-01&until=2025-03-11&step=1d&limit=7"
    found, cursor = [], ""
    while cursor is not None:
        page = desk("finance", "GET", f"{asked}{cursor}").json()
        found += page["items"]
        cursor = f"&cursor={page['next']}" if "next" in page else None
    assert [row["pool"] for row in found] == ["west"] * 10 + ["east"] * 10
    for wrong in ("from=x", "until=2024-01-01", "step=0d", "step=x", "step=1s&until=2030-01-01"):
        assert desk("finance", "GET", f"/v1/ledger?{wrong}").status_code == 422, wrong
    assert desk("finance", "GET", "/v1/ledger?pool=nope").status_code == 404
    assert rows(desk)[0]["left"] == 100


changes = st.lists(st.tuples(st.integers(0, 20), st.integers(-5, 5)), max_size=8)


@given(changes, st.integers(0, 20), st.integers(1, 9))
def test_a_level_is_what_its_changes_add_up_to(
    rows: list[tuple[int, int]], start_s: int, length_s: int
) -> None:
    level, instants = Level(rows), range(start_s, start_s + length_s)
    plain = [sum(gpus for at_s, gpus in rows if at_s <= instant) for instant in instants]
    end_s = start_s + length_s
    assert level.least(start_s, end_s) == min(plain)
    assert level.most(start_s, end_s) == max(plain)
    assert level.gpu_s(start_s, end_s) == sum(plain)
