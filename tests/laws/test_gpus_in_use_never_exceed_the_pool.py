"""Law 6: GPUs in use never exceed the pool; a pool that shrinks drains, nothing starts on it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.sim.placement import DISCIPLINES, Jobs
from offtake.sim.reference import Engine

jobs = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=12
)


@settings(deadline=None)
@given(jobs, st.lists(st.integers(0, 6), min_size=1, max_size=6), st.sampled_from(DISCIPLINES))
def test_no_start_brings_use_above_the_capacity_of_its_instant(
    rows: list, capacities: list[int], discipline: str
) -> None:
    rows.sort(key=lambda row: row[0])
    submit, run, gpus = (list(column) for column in zip(*rows, strict=True))
    zeros = [0] * len(rows)
    started: list[tuple[int, int]] = []
    engine = Engine(
        Jobs(submit, run, run, gpus, zeros, zeros),
        discipline=discipline,
        started=lambda job, pool, now_s: started.append((now_s, job)),
    )
    engine.add_pool()
    engine.set_order(0, (0,))
    for at_s, capacity in enumerate(capacities):
        engine.set_capacity(0, capacity)
        engine.advance(at_s, at_s + 1 if at_s + 1 < len(capacities) else 100)

    for now_s, _ in started:
        used = sum(
            gpus[job]
            for job, start_s in enumerate(engine.start_s)
            if start_s >= 0 and start_s <= now_s < start_s + run[job]
        )
        assert used <= capacities[min(now_s, len(capacities) - 1)]
