"""Weeks drawn again: what belongs together stays together, and chance has its bounds."""

import numpy as np

from offtake.demand.columns import JobTrace, ServiceDemand, ServiceTrace
from offtake.demand.resample import WEEK_S, draws, service_weeks_again, taken, weeks_again


def trace(submit_s, deadline_s=None) -> JobTrace:
    at_s = np.array(submit_s, np.int64)
    one = np.ones_like(at_s)
    return JobTrace(
        format="x",
        submit_s=at_s,
        run_s=one,
        requested_s=one,
        gpus=np.arange(1, len(at_s) + 1),
        tenant=np.zeros_like(at_s),
        priority=np.zeros_like(at_s),
        tenants=("t",),
        deadline_s=None if deadline_s is None else np.array(deadline_s, np.int64),
    )


def test_a_week_is_drawn_whole_and_keeps_its_hours_and_the_last_ends_with_the_trace() -> None:
    original = trace([5, 9, WEEK_S + 7, 2 * WEEK_S + 7], [-1, 20, WEEK_S + 8, -1])
    found = weeks_again(original, 3)
    drawn = draws(2 * WEEK_S + 8, 3).tolist()

    rows = {0: [(5, 1, -1), (9, 2, 20)], 1: [(7, 3, 8)]}  # The third week is not whole.
    expected = [
        (hour + place * WEEK_S, gpus, end if end < 0 else end + place * WEEK_S)
        for place, week in enumerate(drawn)
        for hour, gpus, end in rows[week]
        if place < 2 or hour < 8
    ]
    assert found.deadline_s is not None
    assert expected == list(
        zip(found.submit_s.tolist(), found.gpus.tolist(), found.deadline_s.tolist(), strict=True)
    )


def test_a_seed_gives_the_same_weeks_and_another_gives_others() -> None:
    assert draws(52 * WEEK_S, 1).tolist() == draws(52 * WEEK_S, 1).tolist()
    assert draws(52 * WEEK_S, 1).tolist() != draws(52 * WEEK_S, 2).tolist()
    assert set(draws(20 * WEEK_S + 1, 1).tolist()) <= set(range(20))


def test_every_whole_week_is_as_likely() -> None:
    drawn = np.concatenate([draws(4 * WEEK_S, seed) for seed in range(2_000)])
    counts = np.bincount(drawn, minlength=4)

    assert counts.min() > 1_840  # 2,000 expected, deviation 39: four of them below.
    assert counts.max() < 2_160


def test_what_shows_no_whole_week_stays_as_it_is() -> None:
    original = trace([5, 9])

    assert weeks_again(original, 7).submit_s.tolist() == [5, 9]


def test_nothing_drawn_from_nothing_is_nothing() -> None:
    assert taken(trace([1, 2]), np.zeros(0, np.int64)).jobs == 0
    assert weeks_again(trace([]), 1).jobs == 0


def test_levels_of_a_week_go_with_it() -> None:
    demand = ServiceDemand("chat", np.array([0, 100, WEEK_S + 50]), np.array([3, 5, 2]))
    original = ServiceTrace(format="x", services=(demand,), span_s=2 * WEEK_S + 70)
    found = service_weeks_again(original, 5)
    drawn = draws(original.span_s, 5).tolist()

    weeks = {0: [(0, 3), (100, 5)], 1: [(0, 5), (50, 2)]}
    steps = [
        (at_s + place * WEEK_S, gpus)
        for place, week in enumerate(drawn)
        for at_s, gpus in weeks[week]
        if place < 2 or at_s < 70
    ]
    merged = [row for n, row in enumerate(steps) if n == 0 or row[1] != steps[n - 1][1]]
    assert len(drawn) == 3
    assert found.span_s == original.span_s
    own = found.services[0]
    assert list(zip(own.from_s.tolist(), own.gpus.tolist(), strict=True)) == merged
