"""One run of a portfolio under a regime, with everything that is written about it."""

import json
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple

from offtake import __version__
from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Act, BoundClause
from offtake.report.figures import Table
from offtake.report.page import render
from offtake.report.run_page import page_of
from offtake.sim.measure import Measured, measure, summary
from offtake.sim.simulate import Progress, silently, simulate
from offtake.sim.world import Workload, world_of
from offtake.sourcing.journal import entry
from offtake.study.rights import horizon, rights_map
from offtake.units.time import duration_text


class Result(NamedTuple):
    """A run, measured, with what it was run from."""

    portfolio: Portfolio
    regime: Regime
    clauses: tuple[BoundClause, ...]
    measured: Measured
    summary: dict[str, Any]


def play(
    portfolio: Portfolio,
    regime: Regime,
    workload: Workload | None,
    period: tuple[int, int],
    progress: Progress = silently,
) -> Result:
    """Simulate and measure a portfolio under a regime."""
    clauses = portfolio.under(regime)
    world = world_of(portfolio, clauses, workload, period)
    measured = measure(simulate(world, progress))
    return Result(portfolio, regime, clauses, measured, summary(measured))


def inputs_of(portfolio: Portfolio, regime: Regime, workload: Workload | None) -> dict[str, Any]:
    """What a result came from: hashes of files, regime, version, and what a reader decided."""
    inputs: dict[str, Any] = {
        "offtake": __version__,
        "portfolio": dict(sorted(portfolio.hashes.items())),
        "regime": regime.id,
    }
    if workload is not None and workload.trace is not None:
        trace = workload.trace
        inputs["trace"] = {
            "format": trace.format,
            "files": {f.name: sha256(f.read_bytes()).hexdigest() for f in trace.files},
            "jobs": trace.jobs,
            "dropped": [dropped._asdict() for dropped in trace.dropped],
            "choices": list(trace.choices),
        }
    return inputs


def files_of(result: Result, full_summary: dict[str, Any]) -> dict[str, bytes]:
    """The files of a result folder, by name."""
    return {
        "summary.json": (json.dumps(full_summary, indent=2) + "\n").encode(),
        "journal.jsonl": journal_of(result),
        "schedule.parquet": schedule_of(result.measured),
        "report.html": report_of(result, full_summary).encode(),
    }


def journal_of(result: Result) -> bytes:
    """Every event with the decisions behind it, one JSON object a line."""
    names, currency = result.portfolio.names, result.portfolio.document.currency
    lines = [
        json.dumps(entry(recorded, names, currency), ensure_ascii=False)
        for recorded in result.measured.played.market.journal
    ]
    return ("\n".join(lines) + "\n" if lines else "").encode()


def schedule_of(measured: Measured) -> bytes:
    """A row for each job: submitted, started, run, GPUs, purpose, pool; -1 and null: never."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    played, jobs = measured.played, measured.played.world.jobs
    purposes = [played.world.names.purposes[kind.purpose] for kind in played.world.kinds]
    pools = [site.pool for site in played.sites]
    table = pa.table(
        {
            "submit_s": pa.array(jobs.submit_s, pa.int64()),
            "start_s": pa.array(played.start_s, pa.int64()),
            "run_s": pa.array(played.run_s, pa.int64()),
            "gpus": pa.array(jobs.gpus, pa.int64()),
            "purpose": pa.array([purposes[kind] for kind in jobs.kind], pa.string()),
            "pool": pa.array([pools[n] if n >= 0 else None for n in played.pool], pa.string()),
        }
    )
    out = BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def report_of(result: Result, full_summary: dict[str, Any]) -> str:
    """The page of a run."""
    rights = rights_map(result.portfolio, Act.SUPPLY, horizon(result.portfolio), result.clauses)
    return render(page_of(result.measured, full_summary, rights, _inputs_table(full_summary)))


def _inputs_table(full_summary: dict[str, Any]) -> Table:
    inputs = full_summary["inputs"]
    rows = [("offtake", inputs["offtake"]), ("regime", inputs["regime"])]
    rows.append(("seed", str(full_summary["seed"])))
    rows += [(name, f"sha256 {digest[:16]}") for name, digest in inputs["portfolio"].items()]
    trace = inputs.get("trace")
    if trace is not None:
        rows += [(name, f"sha256 {digest[:16]}") for name, digest in trace["files"].items()]
        rows += [("trace, decided", choice) for choice in trace["choices"]]
        rows += [
            ("trace, dropped", f"{row['rows']} rows: {row['reason']}, first {row['first']}")
            for row in trace["dropped"]
        ]
    return Table("What this came from", ("input", ""), tuple(rows))


def table_of(result: Result, full_summary: dict[str, Any]) -> Table:
    """The figures of a run for the terminal."""
    rows = tuple(metrics(full_summary).items())
    title = f"{result.portfolio.document.title or 'Portfolio'} ({result.regime.id})"
    return Table(title, ("", "value"), rows, right=(1,))


def metrics(full_summary: dict[str, Any]) -> dict[str, str]:
    """The figures worth comparing, each with its unit, as text."""
    jobs, waits, hours = (full_summary[key] for key in ("jobs", "wait_s", "gpu_h"))
    cost, sourcing = full_summary["cost"], full_summary["sourcing"]
    found = {
        "jobs started": f"{jobs['started']:,} of {jobs['submitted']:,}",
        "wait, mean": duration_text(int(waits["mean"])),
        "wait, 95 %": duration_text(int(waits["p95"])),
        "GPU-hours used": f"{sum(hours['by_supplier'].values()):,}",
        "inference lost, GPU-hours": f"{hours['unserved']:,}",
        "notices": str(sourcing["notices"]),
        "accepted / part / refused / lapsed": " / ".join(
            str(sourcing[key]) for key in ("accepted", "partly_accepted", "refused", "lapsed")
        ),
        "orders": str(sourcing["orders"]),
        "GPUs delivered": f"{sourcing['delivered_gpus']:,}",
        "GPUs unserved": f"{sourcing['unserved_gpus']:,}",
        f"cost, {cost['currency']}": f"{cost['total']:,.0f}",
    }
    found |= {
        f"  {kind.replace('_', ' ')}": f"{amount:,.0f}"
        for kind, amount in cost["by_charge"].items()
    }
    largest = full_summary["concentration"]
    found["largest supplier"] = f"{largest['largest']} {100 * largest['largest_share']:.1f} %"
    found["concentration (HHI)"] = f"{largest['hhi']:.3f}"
    found["delay, GPU-hours"] = f"{sum(full_summary['delay_gpu_h'].values()):,}"
    found |= {f"  {cause}": f"{amount:,}" for cause, amount in full_summary["delay_gpu_h"].items()}
    return found
