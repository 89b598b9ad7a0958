"""The same demand under several contract regimes, side by side (semantics, section 7)."""

import json
from collections.abc import Sequence
from typing import Any

from offtake.report.brief import brief
from offtake.report.figures import Table
from offtake.report.metrics import metrics, rows_of
from offtake.report.page import render
from offtake.study import sure, why
from offtake.study.compare_page import COMPARED, page_of
from offtake.study.compare_runs import Swept, section_of
from offtake.study.inputs import regime_of
from offtake.study.run import Result, told


def table_of(results: Sequence[Result]) -> Table:
    """One row a figure, one column a regime; figures that no regime has are left out."""
    names = results[0].portfolio.names
    rows = rows_of([metrics(result.summary, names) for result in results])
    title = results[0].portfolio.document.title or "Portfolio"
    right = tuple(range(1, len(results) + 1))
    return Table(f"{title}: regimes side by side", ("", *ids_of(results)), rows, right)


def ids_of(results: Sequence[Result]) -> tuple[str, ...]:
    """The regimes as the command line names them."""
    return tuple(result.regime.id for result in results)


def differences(results: Sequence[Result]) -> Table:
    """How each regime differs from the first, for the figures that are charted."""
    rows = []
    for compared in COMPARED:
        values = [compared.value(result.summary) for result in results]
        base = values[0]
        if base is None or not any(values):
            continue
        cells = [_signed((value or 0.0) - base) for value in values[1:]]
        unit = compared.unit or results[0].summary["cost"]["currency"]
        rows.append((f"{compared.title}, {unit}", brief(base), *cells))
    title = "Differences to the first regime, whose own figures stand first"
    right = tuple(range(1, len(results) + 1))
    return Table(title, ("", *ids_of(results)), tuple(rows), right)


def _signed(value: float) -> str:
    sign = "+" if value > 0 else why.MINUS
    return "same" if abs(value) < 0.005 else f"{sign}{brief(abs(value))}"


def data_of(
    results: Sequence[Result], shared: dict[str, Any], swept: Swept | None = None
) -> dict[str, Any]:
    """The summaries of all regimes, by id, and what makes each differ from the first.

    ``shared`` are the inputs that all have in common; ``swept`` what many runs say.
    """
    first = results[0]
    found = {}
    for place, result in enumerate(results):
        own = told(result, {**shared, "regime": regime_of(result.regime)})
        own["unserved_gpus_by_reason"] = why.unserved(result)
        if result is not first:
            own["against_first"] = why.data_of(first, result)
            if swept is not None:
                own["against_first"]["intervals"] = sure.data_of(swept.sure[place - 1])
                own["against_first"]["runs"] = sure.drawn(swept.runs)
        found[result.regime.id] = own
    return found


def files_of(
    results: Sequence[Result], shared: dict[str, Any], swept: Swept | None = None
) -> dict[str, bytes]:
    """The files of a comparison's folder."""
    data = data_of(results, shared, swept)
    page = page_of(results, table_of(results), data)
    if swept is not None:
        first, *rest = page.sections
        page = page._replace(sections=(first, section_of(swept, results), *rest))
    return {
        "compare.json": (json.dumps(data, indent=2) + "\n").encode(),
        "compare.html": render(page).encode(),
    }
