"""Law 4, in money: capacity that a run's journal tells of is what the run itself charged."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.names import BUYER
from offtake.settle.recorded import used_in
from offtake.settle.used import Kind, Used
from offtake.sim.measure import Measured
from offtake.study.run import play
from offtake.units.time import Duration

EXAMPLE = Path(__file__).parents[2] / "examples" / "openai-2019-2030" / "portfolio.yaml"


@cache
def runs(*, late_days: int) -> tuple[Measured, Used]:
    """What a run of the example charged, and what its journal tells of."""
    portfolio = Portfolio.load(EXAMPLE)
    late = Duration(late_days, "d")
    behaviors = tuple(replace(one, late=late) for one in portfolio.document.behaviors)
    portfolio = replace(portfolio, document=replace(portfolio.document, behaviors=behaviors))
    simulation = portfolio.document.simulation
    period = simulation.starts, simulation.ends
    measured = play(portfolio, Regime(id="as-amended"), None, period).measured
    events = [recorded.event for recorded in measured.played.market.journal]
    return measured, used_in(enumerate(events, 1), period[1])


def capacity(used: Used, kind: Kind) -> Counter[tuple[int, ...]]:
    """GPU-seconds of a kind by supplier, accelerator, purpose and rate; what is built left out."""
    found: Counter[tuple[int, ...]] = Counter()
    for row in np.flatnonzero((used.kind == kind) & (used.supplier != BUYER)).tolist():
        rate = int(used.rate[row]) if kind == Kind.ORDERED else 0
        use = used.use(row)
        found[use.supplier, use.accelerator, use.purpose, rate] += use.gpu_s
    return found


@pytest.mark.parametrize("late_days", [0, 45])
@pytest.mark.parametrize("kind", [Kind.ORDERED, Kind.UNDELIVERED])
def test_ordered_and_missing_capacity_are_those_of_the_run(kind: Kind, late_days: int) -> None:
    measured, told = runs(late_days=late_days)

    assert capacity(told, kind) == capacity(measured.used, kind)
    assert bool(capacity(told, kind)) == (kind is Kind.ORDERED or late_days > 0)
