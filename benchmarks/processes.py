"""What only a whole process shows: peak memory, CPU from a file to a result, time to start.

The parent functions start a process and say what it took; ``processes.py memory ...`` is the
child that plays jobs and says how much memory it came to hold.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from benchmarks.workloads import Case, compiled, one_pool, played

from offtake.sim.placement import Jobs

ROOT = Path(__file__).parent.parent
OFFTAKE = (sys.executable, "-m", "offtake.cli.main")
PORTFOLIO = """\
title: One supplier
currency: USD
buyer: lab
parties:
  lab: {roles: [buyer]}
  cloud: {roles: [supplier]}
agreements:
  A:
    from: 2024-01-01
    until: 2034-01-01
    clauses:
      rates:
        kind: rate_card
        supplier: cloud
        lines:
          - {accelerators: [H100], price: $2.00}
pools:
  main: {supplier: cloud, accelerator: H100, capacity: {2024-01-01: 1024}}
simulation: {from: 2024-01-01, until: 2025-01-01}
"""
COLUMNS = "submit=submit_s,run=run_s,gpus=gpus"


def run(given: tuple[str, ...], **environment: str) -> tuple[float, float, str]:
    """Wall seconds, CPU seconds and output of a process of ours."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = perf_counter()
    done = subprocess.run(
        given,
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}", **environment},
    )
    wall = perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, done.stdout


def memory_bytes_a_job(count: int, discipline: str, folder: Path) -> float:
    """Peak memory above the input, per job: what the engine holds and the answer, together."""
    case = one_pool(count, load=0.99, slack=True)
    rows = folder / "rows"
    np.stack([np.asarray(column, np.int64) for column in case.jobs[:4]]).tofile(rows)
    given = (sys.executable, str(Path(__file__)), "memory", str(rows), discipline)
    return float(run(given)[2].split()[-1])


def _peak_bytes() -> int:
    """The most this process has held; Linux alone says it without what its parent held."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _memory(rows: Path, discipline: str) -> None:
    small = one_pool(64)
    played(compiled(small, discipline), small)  # What is compiled counts for no job.
    columns = np.fromfile(rows, np.int64).reshape(4, -1)
    count = columns.shape[1]
    kind, priority = np.zeros(count, np.int64), np.zeros(count, np.int64)
    kind[:] = priority[:] = 0  # Touched: the input is there before we look.
    case = Case(Jobs(*columns, kind, priority), small.orders, small.changes)
    before = _peak_bytes()
    engine = played(compiled(case, discipline), case)
    answer = engine.start_s, engine.pool
    print((_peak_bytes() - before) / len(answer[0]))


def write_csv(count: int, folder: Path) -> tuple[Path, Path]:
    """A portfolio with one pool and a CSV of so many jobs for it."""
    jobs = one_pool(count).jobs
    table = np.stack([np.asarray(c, np.int64) for c in (jobs.submit_s, jobs.run_s, jobs.gpus)], 1)
    trace, portfolio = folder / "jobs.csv", folder / "portfolio.yaml"
    header = "submit_s,run_s,gpus"
    np.savetxt(trace, table, fmt="%d", delimiter=",", header=header, comments="")
    portfolio.write_text(PORTFOLIO, encoding="utf-8")
    return portfolio, trace


def reading_cpu_s(portfolio: Path, trace: Path, out: Path) -> tuple[float, str]:
    """CPU seconds of ``offtake run`` from a CSV to a result on disk, and what it showed."""
    given = (*OFFTAKE, "run", str(portfolio), "--trace", str(trace), "--columns", COLUMNS)
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(trace.parent / "bytecode")}
    _, cpu, shown = run((*given, "--out", str(out), "-o", "json"), **kept)
    return cpu, shown


def starting_s(folder: Path, count: int) -> tuple[float, float, float]:
    """Seconds of a first use, compiling; of the next, from the cache; of Python with NumPy."""
    code = f"from benchmarks.workloads import *; c = contract({count}); played(compiled(c), c)"
    given = (sys.executable, "-c", code)
    cache = str(folder / "cache")
    first = run(given, NUMBA_CACHE_DIR=cache)[0]
    later = run(given, NUMBA_CACHE_DIR=cache)[0]
    bare = run((sys.executable, "-c", f"from benchmarks.workloads import *; contract({count})"))[0]
    return first, later, bare


if __name__ == "__main__":
    assert sys.argv[1] == "memory"
    _memory(Path(sys.argv[2]), sys.argv[3])
