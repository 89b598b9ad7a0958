"""What a result came from, so that two results can be told apart by it."""

from collections import defaultdict
from hashlib import file_digest
from os.path import commonpath
from pathlib import Path
from typing import Any

import numpy as np

from offtake import __version__
from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.demand.columns import JobTrace, ServiceTrace
from offtake.report.figures import Table
from offtake.sim.world import Workload
from offtake.units.time import instant_text


def inputs_of(
    portfolio: Portfolio,
    regime: Regime,
    workload: Workload | None = None,
    *,
    period: tuple[int, int] | None = None,
    mapping: Path | None = None,
) -> dict[str, Any]:
    """Hashes of files, the version, the regime and the period, and what a reader decided.

    ``period`` is the half-open period that is played, in UTC seconds; ``mapping`` the file
    that says what tenants' jobs are for.
    """
    inputs: dict[str, Any] = {
        "offtake": __version__,
        "portfolio": dict(sorted(portfolio.hashes.items())),
        "regime": regime_of(regime),
    }
    if period is not None:
        inputs["period"] = {"from": instant_text(period[0]), "until": instant_text(period[1])}
    if workload is not None:
        if workload.trace is not None:
            jobs = {"jobs": workload.trace.jobs}
            inputs["trace"] = _trace(workload.trace) | jobs
        if workload.services is not None:
            services = {"services": len(workload.services.services)}
            inputs["requests"] = _trace(workload.services) | services
        inputs["purposes"] = _purposes(portfolio, workload)
        inputs["mapping"] = {} if mapping is None else {mapping.name: _digest(mapping)}
    return inputs


def regime_of(regime: Regime) -> dict[str, Any]:
    """What a regime is."""
    return {
        "id": regime.id,
        "title": title_of(regime),
        "as_of": None if regime.as_of is None else instant_text(regime.as_of),
        "without": list(regime.without),
    }


def title_of(regime: Regime) -> str:
    """A regime as people write it."""
    return regime.title or regime.id


def _digest(file: Path) -> str:
    """SHA-256 of a file, read in parts."""
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def _trace(trace: JobTrace | ServiceTrace) -> dict[str, Any]:
    """What a trace came from, and what its reader decided and dropped."""
    above = commonpath([file.parent for file in trace.files]) if trace.files else ""
    return {
        "format": trace.format,
        "files": {str(file.relative_to(above)): _digest(file) for file in trace.files},
        "dropped": [dropped._asdict() for dropped in trace.dropped],
        "choices": list(trace.choices),
    }


def _purposes(portfolio: Portfolio, workload: Workload) -> dict[str, dict[str, int]]:
    """How many tenants, jobs and services of the traces count as what."""
    names, found = portfolio.names.purposes, defaultdict[str, dict[str, int]](dict)
    if workload.trace is not None:
        jobs = np.bincount(workload.trace.tenant, minlength=len(workload.purposes)).tolist()
        for purpose, number in zip(workload.purposes, jobs, strict=True):
            row = found[names[purpose]]
            row["tenants"] = row.get("tenants", 0) + 1
            row["jobs"] = row.get("jobs", 0) + number
    for purpose in workload.service_purposes:
        row = found[names[purpose]]
        row["services"] = row.get("services", 0) + 1
    return dict(sorted(found.items()))


def table_of(full_summary: dict[str, Any], *others: dict[str, Any]) -> Table:
    """The inputs of a run for its page, or of runs that differ in their regimes only."""
    inputs = full_summary["inputs"]
    rows = [("offtake", inputs["offtake"])]
    for each in (full_summary, *others):
        rows += _regime(each["inputs"]["regime"])
    if "period" in inputs:
        rows.append(("period", f"{inputs['period']['from']} to {inputs['period']['until']}"))
    rows.append(("seed", str(full_summary["seed"])))
    rows += _hashed("portfolio", inputs["portfolio"])
    for key in ("trace", "requests"):
        rows += _traced(key, inputs[key]) if key in inputs else []
    rows += _hashed("mapping of purposes", inputs.get("mapping", {}))
    return Table("What this came from", ("input", ""), tuple(rows))


def _traced(what: str, trace: dict[str, Any]) -> list[tuple[str, str]]:
    """The files of a trace, and what its reader decided and dropped."""
    rows = _hashed(f"{what} ({trace['format']})", trace["files"])
    rows += [(f"{what}, decided", choice) for choice in trace["choices"]]
    return rows + [
        (f"{what}, dropped", f"{row['rows']} rows: {row['reason']}, first {row['first']}")
        for row in trace["dropped"]
    ]


def _regime(regime: dict[str, Any]) -> list[tuple[str, str]]:
    """What a regime is, in words."""
    says = "the contracts with all their amendments"
    if regime["as_of"]:
        says = f"the contracts as they stood on {regime['as_of']}, for ever"
    if regime["without"]:
        says += f", without {', '.join(regime['without'])}"
    return [("regime", f"{regime['title']} ({regime['id']}): {says}")]


def _hashed(what: str, files: dict[str, str]) -> list[tuple[str, str]]:
    return [(what, f"{name}, sha256 {digest[:16]}") for name, digest in files.items()]


def purposes_of(full_summary: dict[str, Any]) -> Table:
    """What the trace's jobs count as: assumed, because no trace says it."""
    inputs = full_summary["inputs"]
    files = ", ".join(inputs.get("mapping", {}))
    why = f"{files} says so" if files else "no mapping was given: the program's own assumption"
    found = inputs.get("purposes", {})
    counted = dict.fromkeys(key for row in found.values() for key in row)
    rows = tuple(
        (purpose, *(f"{row.get(key, 0):,}" for key in counted), why)
        for purpose, row in found.items()
    )
    title = "What the traced work is for: assumed, because the trace does not say"
    right = tuple(range(1, len(counted) + 1))
    return Table(title, ("purpose", *counted, "because"), rows, right)
