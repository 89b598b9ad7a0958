"""How sure the differences between regimes are: each regime on many draws of demand."""

from collections.abc import Sequence
from typing import NamedTuple

from offtake.report.figures import Table
from offtake.report.page import Section
from offtake.study import sure
from offtake.study.run import Result
from offtake.study.sweep import Case, Runs, Sweep, differences, sweep


class Swept(NamedTuple):
    """For each regime but the first its differences to it; and the runs they are from."""

    sure: tuple[sure.Sure, ...]
    runs: Runs


def sure_of(results: Sequence[Result], runs: Runs) -> Swept:
    """Every regime played on every draw."""
    first, world = results[0], results[0].measured.played.world
    cases = tuple(Case(result.regime) for result in results)
    period = (world.from_s, world.until_s)
    asked = Sweep(first.portfolio.document, first.workload, period, cases, runs.demand)
    played = sweep(asked, runs.number, runs.workers)
    return Swept(tuple(differences(played, place) for place in range(1, len(cases))), runs)


def intervals_of(swept: Swept, results: Sequence[Result]) -> Table:
    """How each regime differs from the first, with intervals."""
    labels = [result.regime.id for result in results[1:]]
    currency = results[0].portfolio.document.currency
    return sure.table_of(list(zip(labels, swept.sure, strict=True)), currency, swept.runs)


def section_of(swept: Swept, results: Sequence[Result]) -> Section:
    """The same for a page."""
    first = results[0].regime
    lead = f"Differences to {first.title or first.id}, each regime played on the same draws."
    return Section("How sure the differences are", lead, tables=(intervals_of(swept, results),))
