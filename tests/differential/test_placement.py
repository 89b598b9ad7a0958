"""The engines and the specification executed slowly give every job the same second and pool."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.sim.kernel import Engine as Compiled
from offtake.sim.placement import DISCIPLINES, Jobs
from offtake.sim.reference import Engine
from oracle import placement

UNTIL_S = 60
small = st.integers(1, 4)


@st.composite
def workloads(draw: st.DrawFn) -> list[dict]:
    rows = []
    for submit_s in sorted(draw(st.lists(st.integers(0, 8), max_size=12))):
        run_s = draw(small)
        rows.append(
            {
                "submit_s": submit_s,
                "run_s": run_s,
                "requested_s": run_s + draw(st.integers(0, 3)),
                "gpus": draw(small),
                "kind": draw(st.integers(0, 1)),
                "priority": draw(st.integers(0, 1)),
                "deadline_s": draw(st.sampled_from([-1, 5, 9])),
            }
        )
    return rows


orders = st.permutations([0, 1, 2]).flatmap(
    lambda pools: st.integers(0, 3).map(lambda count: list(pools)[:count])
)
capacities = st.tuples(st.integers(1, 9), st.integers(0, 2), st.integers(0, 6))
changes = st.lists(
    st.one_of(
        capacities,
        capacities.map(lambda change: (*change, "outage")),
        st.tuples(st.integers(1, 9), st.integers(0, 1), orders),
    ),
    max_size=5,
)
firsts = st.tuples(st.lists(st.integers(0, 6), min_size=3, max_size=3), orders, orders)
speeds = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 2)), st.sampled_from([50, 75, 200]), max_size=2
)


def told_of(first: tuple, later: list, speeds: dict) -> list[tuple]:
    """What the oracle is told: an outage is a smaller capacity and what it ends."""
    sizes, *preferred = first
    told: list[tuple] = [(None, *speed) for speed in speeds.items()]
    told += [(0, pool, gpus) for pool, gpus in enumerate(sizes)]
    told += [(0, kind, pools) for kind, pools in enumerate(preferred)]
    for change in sorted(later, key=lambda change: change[0]):
        told.append(change[:3])
        if change[3:]:
            told.append((change[0], "outage", change[1]))
    return told


def played(
    engine: Any, told: list[tuple], pools: int = 3, until_s: int = UNTIL_S
) -> tuple[list, list]:
    """An engine's schedule and lost runs, stopped at every change as a run would."""
    for _ in range(pools):
        engine.add_pool()
    for at_s, what, value in told:
        if at_s is None:
            engine.set_speed(*what, speed_ppm=value * 10_000)
    stops = sorted({at_s for at_s, _, _ in told if at_s is not None})
    for number, stop in enumerate(stops):
        for at_s, what, value in told:
            if at_s != stop:
                continue
            if what == "outage":
                engine.preempt(value, stop)
            elif isinstance(value, list):
                engine.set_order(what, tuple(value))
            else:
                engine.set_capacity(what, value)
        engine.advance(stop, stops[number + 1] if number + 1 < len(stops) else until_s)
    starts = [
        None if start_s < 0 else (int(start_s), int(pool))
        for start_s, pool in zip(engine.start_s, engine.pool, strict=True)
    ]
    return starts, [tuple(row) for row in engine.lost]


def columns(jobs: list[dict]) -> Jobs:
    """Jobs as columns."""
    names = [name for name in Jobs._fields if name != "share_milli"]
    return Jobs(*([job[name] for job in jobs] for name in names))


@pytest.mark.parametrize("discipline", DISCIPLINES)
@settings(max_examples=150, deadline=None)
@given(jobs=workloads(), first=firsts, later=changes, speeds=speeds)
def test_engine_and_oracle_place_every_job_alike(
    discipline: str, jobs: list[dict], first: tuple, later: list, speeds: dict
) -> None:
    told = told_of(first, later, speeds)

    engine = Engine(columns(jobs), discipline=discipline)
    assert played(engine, told) == placement.place(jobs, discipline, told, UNTIL_S)


@pytest.mark.parametrize("discipline", DISCIPLINES)
@settings(max_examples=300, deadline=None)
@given(jobs=workloads(), first=firsts, later=changes, speeds=speeds)
def test_both_engines_place_every_job_alike(
    discipline: str, jobs: list[dict], first: tuple, later: list, speeds: dict
) -> None:
    told = told_of(first, later, speeds)
    plain = Engine(columns(jobs), discipline=discipline)
    compiled = Compiled(columns(jobs), discipline=discipline)

    assert played(compiled, told) == played(plain, told)
    assert compiled.waiting_gpus() == plain.waiting_gpus()
    assert compiled.started_gpu_s == plain.started_gpu_s
    assert compiled.free == plain.free


stops = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([None, 0, 2, 3, 5]), st.booleans()), max_size=6
)


def watched(engine: Any, later: list[tuple], pools: int) -> tuple[list, list]:
    """A schedule, and when jobs ended while inference was short: it takes a GPU, then none."""
    told: list[tuple[int, int]] = []

    def freed(now_s: int) -> None:
        told.append((now_s, sum(engine.free)))
        engine.set_service(0, len(told) % 2)

    engine._freed = freed
    for _ in range(pools):
        engine.set_capacity(engine.add_pool(), 4)
    engine.set_order(0, tuple(range(pools)))
    known_s = 0
    for at_s, gpus, watching in sorted(later, key=lambda stop: stop[0]):
        if at_s > known_s:
            engine.advance(known_s, at_s)
        known_s = at_s
        engine.watching = watching
        if gpus is not None:
            engine.set_capacity(0, gpus)
            engine.preempt(0, known_s)
    engine.advance(known_s, UNTIL_S)
    rows = [*zip(engine.start_s, engine.pool, strict=True), *engine.lost]
    return [tuple(map(int, row)) for row in rows], [*told, *engine.waiting_gpus().items()]


@pytest.mark.parametrize("discipline", DISCIPLINES)
@pytest.mark.parametrize("pools", [1, 2])
@settings(max_examples=80, deadline=None)
@given(jobs=workloads(), later=stops)
def test_jobs_of_one_kind_are_placed_alike_while_inference_is_short_and_when_it_is_not(
    discipline: str, pools: int, jobs: list[dict], later: list
) -> None:
    rows = columns([{**job, "kind": 0, "priority": 0} for job in jobs])
    plain = watched(Engine(rows, discipline=discipline), later, pools)

    assert watched(Compiled(rows, discipline=discipline), later, pools) == plain


def crowded(seed: int) -> tuple[Jobs, list[tuple]]:
    """Long queues of three kinds for four pools, which change, lose jobs, and are reordered."""
    dice = np.random.default_rng(seed)
    count = 150 + seed % 2 * 100
    run_s = dice.integers(1, 60, count)
    jobs = Jobs(
        submit_s=np.sort(dice.integers(0, 800, count)),
        run_s=run_s,
        requested_s=run_s * dice.integers(1, 5, count),
        gpus=dice.choice([1, 2, 3, 4, 8], count),
        kind=dice.integers(0, 3, count),
        priority=dice.integers(0, 2, count) * (seed % 2),
        deadline_s=np.where(dice.random(count) < 0.5, -1, dice.integers(0, 900, count)),
    )
    told: list[tuple] = [(0, pool, int(dice.integers(3, 13))) for pool in range(4)]
    told += [(0, kind, list(map(int, dice.permutation(4)[:3]))) for kind in range(3)]
    for at_s in sorted(dice.integers(1, 900, 8).tolist()):
        pool, gpus = int(dice.integers(0, 4)), int(dice.integers(0, 13))
        told += [(at_s, pool, gpus)] + [(at_s, "outage", pool)] * int(dice.integers(0, 2))
    return jobs, told


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_both_engines_place_long_queues_alike(discipline: str) -> None:
    for seed in range(3 if discipline == "conservative" else 60):
        jobs, told = crowded(seed)
        plain = played(Engine(jobs, discipline=discipline), told, pools=4, until_s=5_000)
        found = played(Compiled(jobs, discipline=discipline), told, pools=4, until_s=5_000)

        assert found == plain, seed
