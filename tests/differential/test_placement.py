"""The engine and the specification executed slowly give every job the same second and pool."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.sim.reference import DISCIPLINES, Engine, Jobs
from oracle import placement

UNTIL_S = 40
small = st.integers(1, 4)


@st.composite
def workloads(draw: st.DrawFn) -> list[dict]:
    rows = []
    for submit_s in sorted(draw(st.lists(st.integers(0, 8), max_size=10))):
        run_s = draw(small)
        rows.append(
            {
                "submit_s": submit_s,
                "run_s": run_s,
                "requested_s": run_s + draw(st.integers(0, 3)),
                "gpus": draw(small),
                "kind": draw(st.integers(0, 1)),
                "priority": draw(st.integers(0, 1)),
            }
        )
    return rows


orders = st.permutations([0, 1, 2]).flatmap(
    lambda pools: st.integers(0, 3).map(lambda count: list(pools)[:count])
)
changes = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 9), st.integers(0, 2), st.integers(0, 6)),
        st.tuples(st.integers(1, 9), st.integers(0, 1), orders),
    ),
    max_size=5,
)
firsts = st.tuples(st.lists(st.integers(0, 6), min_size=3, max_size=3), orders, orders)


def played(jobs: list[dict], discipline: str, told: list) -> list:
    """The engine's schedule, stopped at every change as a run would."""
    columns = [[job[name] for job in jobs] for name in Jobs._fields]
    engine = Engine(Jobs(*columns), discipline=discipline)
    for _ in range(3):
        engine.add_pool()
    stops = sorted({at_s for at_s, _, _ in told})
    for number, stop in enumerate(stops):
        for at_s, what, value in told:
            if at_s != stop:
                continue
            if isinstance(value, list):
                engine.set_order(what, tuple(value))
            else:
                engine.set_capacity(what, value)
        engine.advance(stop, stops[number + 1] if number + 1 < len(stops) else UNTIL_S)
    return [
        None if start_s < 0 else (start_s, pool)
        for start_s, pool in zip(engine.start_s, engine.pool, strict=True)
    ]


@pytest.mark.parametrize("discipline", DISCIPLINES)
@settings(max_examples=120, deadline=None)
@given(jobs=workloads(), first=firsts, later=changes)
def test_engine_and_oracle_place_every_job_alike(
    discipline: str, jobs: list[dict], first: tuple, later: list
) -> None:
    sizes, *preferred = first
    told = [(0, pool, gpus) for pool, gpus in enumerate(sizes)]
    told += [(0, kind, pools) for kind, pools in enumerate(preferred)]
    told += sorted(later, key=lambda change: change[0])

    assert played(jobs, discipline, told) == placement.place(jobs, discipline, told, UNTIL_S)
