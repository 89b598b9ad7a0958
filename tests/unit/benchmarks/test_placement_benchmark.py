"""The benchmark of placement runs in its small size, and all ways that must agree do."""

import subprocess
import sys

import numpy as np
import pytest
from benchmarks import peers, placement, processes, workloads
from benchmarks.timing import by_turns

PEERS = ("compiled", "C, binary heap", "heapq", "reference", "SimPy", "salabim", "Ciw", "AccaSim")


def test_every_table_is_measured_and_all_answers_agree(capsys) -> None:
    assert placement.main(["--small"]) == 0
    shown = capsys.readouterr().out

    for word in (*PEERS, "8 pools, 6 kinds", "load 1.05", "conservative", "seconds of", "bytes"):
        assert word in shown


def test_another_answer_stops_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="the answers differ"):
        placement.agreed({"one": [1, 2], "other": [1, 3]})


def test_the_c_program_lets_nobody_overtake() -> None:
    """One job takes all but one GPU, the next needs two and waits, the third would fit."""
    case = workloads.one_pool(3)
    rows = np.array([[0, 100, 1023], [1, 10, 2], [2, 10, 1]])
    case = case._replace(
        jobs=case.jobs._replace(submit_s=rows[:, 0], run_s=rows[:, 1], gpus=rows[:, 2])
    )
    with peers.CProgram(case) as program:
        program.seconds()
        starts = program.starts().tolist()

    assert starts == [0, 100, 100]


def test_targets_say_what_was_promised_and_whether_it_was_kept() -> None:
    assert not placement.Target("of C's rate", 0.7, least=0.75).kept
    assert "MISSED" in str(placement.Target("seconds", 3.0, most=2.5))
    assert "kept" in str(placement.Target("seconds", 2.0, most=2.5))


def test_medians_are_of_all_rounds() -> None:
    seconds = iter([1.0, 9.0, 2.0, 8.0, 3.0])

    assert by_turns({"way": lambda: next(seconds)}, rounds=5) == {"way": 3.0}


def test_a_small_run_loads_no_compiler() -> None:
    example = "examples/cluster-three-regimes"
    words = ["run", f"{example}/portfolio.yaml", "-o", "json", "--format", "itp"]
    words += ["--trace", f"{example}/trace/cluster01.csv"]
    code = (
        f"import sys; from offtake.cli.main import main; code = main({words}); "
        "sys.exit(code or 'numba' in sys.modules or 'llvmlite' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, cwd=processes.ROOT
    )

    assert done.returncode == 0, done.stderr
    assert b'"submitted": 0' not in done.stdout
