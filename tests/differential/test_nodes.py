"""On pools that state their nodes, both engines and the slow oracle start every job alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.sim.kernel import Engine as Compiled
from offtake.sim.placement import (
    CONSERVATIVE,
    EASY,
    FIFO,
    FIRST_FIT,
    SHORTEST_FIRST,
    Jobs,
)
from offtake.sim.reference import Engine
from oracle import nodes

UNTIL_S = 70
small = st.integers(1, 4)


@st.composite
def workloads(draw: st.DrawFn) -> list[dict]:
    rows = []
    for submit_s in sorted(draw(st.lists(st.integers(0, 8), max_size=10))):
        run_s, gpus = draw(small), draw(st.sampled_from([1, 1, 1, 2, 3, 4, 5]))
        rows.append(
            {
                "submit_s": submit_s,
                "run_s": run_s,
                "requested_s": run_s + draw(st.integers(0, 3)),
                "gpus": gpus,
                "milli": draw(st.sampled_from([300, 500, 600, 1000])) if gpus == 1 else 1000,
                "priority": draw(st.sampled_from([0, 0, 0, 1])),
            }
        )
    return rows


sizes = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), min_size=2, max_size=2)
orders = st.sampled_from([(0, 1), (1, 0), (0,), (1,), ()])
whats = st.sampled_from(["capacity", "outage", "service"])
changes = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 10), whats, st.integers(0, 1), st.integers(0, 8)),
        st.tuples(st.integers(1, 10), st.just("order"), orders, st.none()),
    ),
    max_size=5,
)


def told_of(first: list[int], later: list) -> list[tuple]:
    """All changes in order of time; an outage is a smaller capacity and what it ends."""
    told: list[tuple] = [(0, "order", (0, 1), None)]
    told += [(0, "capacity", pool, gpus) for pool, gpus in enumerate(first)]
    for at_s, what, where, value in sorted(later, key=lambda change: change[0]):
        if what == "outage":
            told.append((at_s, "capacity", where, value))
        told.append((at_s, what, where, value))
    return told


def played(
    engine: Engine | Compiled, pools: list[list[int]], told: list[tuple]
) -> tuple[list, list]:
    """An engine's schedule and lost runs, stopped at every change as a run would."""
    for own in pools:
        engine.add_pool(own)
    stops = sorted({at_s for at_s, *_ in told})
    for number, stop in enumerate(stops):
        for at_s, what, where, value in told:
            if at_s != stop:
                continue
            if what == "order":
                engine.set_order(0, where)
            elif what == "outage":
                engine.preempt(where, stop)
            elif what == "capacity":
                engine.set_capacity(where, min(value, sum(pools[where])) if pools[where] else value)
            else:
                has = engine.free[where] + engine.service[where]
                engine.set_service(where, max(0, min(value, has)))
        engine.advance(stop, stops[number + 1] if number + 1 < len(stops) else UNTIL_S)
    starts = [
        None if start_s < 0 else (start_s, pool)
        for start_s, pool in zip(engine.start_s, engine.pool, strict=True)
    ]
    return starts, [tuple(row) for row in engine.lost]


def columns(jobs: list[dict]) -> Jobs:
    """Jobs as columns."""
    names = ("submit_s", "run_s", "requested_s", "gpus")
    return Jobs(
        *([job[name] for job in jobs] for name in names),
        kind=[0] * len(jobs),
        priority=[job["priority"] for job in jobs],
        share_milli=[job["milli"] for job in jobs],
    )


@pytest.mark.parametrize("discipline", [FIFO, EASY, CONSERVATIVE, FIRST_FIT])
@settings(max_examples=200, deadline=None)
@given(
    jobs=workloads(),
    pools=sizes,
    first=st.lists(st.integers(0, 8), min_size=2, max_size=2),
    later=changes,
)
def test_engine_and_oracle_place_every_job_alike_on_nodes(
    discipline: str, jobs: list[dict], pools: list, first: list[int], later: list
) -> None:
    told = told_of(first, later)
    engine = Engine(columns(jobs), discipline=discipline)
    known = [
        (at_s, what, where, min(value, sum(pools[where])) if what == "capacity" else value)
        for at_s, what, where, value in told
    ]

    assert played(engine, pools, told) == nodes.place(jobs, discipline, pools, known, UNTIL_S)


@pytest.mark.parametrize("discipline", [FIFO, EASY, FIRST_FIT, SHORTEST_FIRST])
@settings(max_examples=200, deadline=None)
@given(
    jobs=workloads(),
    pools=st.lists(st.lists(st.integers(1, 3), max_size=4), min_size=2, max_size=2),
    first=st.lists(st.integers(0, 8), min_size=2, max_size=2),
    later=changes,
)
def test_both_engines_place_every_job_alike_on_nodes_and_beside_them(
    discipline: str, jobs: list[dict], pools: list, first: list[int], later: list
) -> None:
    """A pool without nodes is counted."""
    told = told_of(first, later)
    plain, compiled = (
        engine(columns(jobs), discipline=discipline) for engine in (Engine, Compiled)
    )

    assert played(plain, pools, told) == played(compiled, pools, told)
    assert [*map(int, plain.free)] == compiled.free
    assert plain.started_gpu_s == compiled.started_gpu_s


@pytest.mark.parametrize("engine", [Engine, Compiled])
def test_what_changes_at_an_instant_is_played_even_if_nothing_follows(engine: type) -> None:
    one = columns([{**ROW, "submit_s": 0}])
    made = engine(one, discipline=FIFO)
    made.add_pool()
    made.set_capacity(0, 4)
    made.set_order(0, (0,))
    made.advance(0, 0)
    assert [int(start_s) for start_s in made.start_s] == [0]


ROW = {"run_s": 3, "requested_s": 3, "gpus": 1, "milli": 1000, "priority": 0}
