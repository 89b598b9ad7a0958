"""A whole desk goes on working, whatever the network, its machines and its clocks do.

200 seeds; 10,000 with OFFTAKE_LONG=1. What fails names the line that repeats it.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from offtake.desk import command as say
from simulation.play import Failed, played

IS_SHORT = os.environ.get("OFFTAKE_LONG") != "1"
SEEDS = 200 if IS_SHORT else 10_000
PARTS = 2 if IS_SHORT else 8
"""Processes may share them; each kind of command occurs in each."""
SIMULATION = Path(__file__).resolve().parent
HAPPENS = {"notice_given", "accepted", "refused", "lapsed", "tender_opened", "offer_made"}
HAPPENS |= {"tender_closed", "awarded", "ordered", "delivered", "tranche_late", "tranche_ended"}
HAPPENS |= {"unserved", "requirement_submitted", "requirement_changed", "requirement_withdrawn"}
HAPPENS |= {"usage_recorded", "default_declared", "default_cured"}
HAPPENS |= {"award_canceled", "waiver_given"}
HAPPENS |= {"permit_issued", "permit_drawn", "permit_returned", "permit_revoked"}
FAULTS = {"lost", "repeated", "late", "said again", "killed", "died", "clock jumps"}
FAULTS |= {"commit fails before", "commit fails after"}
COMMANDS = {kind.__struct_config__.tag for kind in get_args(say.AnyCommand)}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_seed_makes_a_desk_lose_double_or_oversell(part: int) -> None:
    failures, did, happened = [], Counter[str](), Counter[str]()
    faults = Counter[str]()
    for seed in range(part, SEEDS, PARTS):
        try:
            outcome = played(seed)
        except Failed as found:
            failures.append(str(found))
            continue
        did += outcome.did
        happened += outcome.happened
        faults += outcome.faults
    for name in sorted(COMMANDS):
        print(f"{did[name]:>7,} {name}")
    assert not failures, "\n".join(failures)
    assert set(faults) == FAULTS
    assert not HAPPENS - set(happened), "these never happened"
    assert not COMMANDS - set(did), "nobody gave these commands"


def test_a_seed_is_the_whole_story_whatever_hashes_and_processes_do() -> None:
    here = played(11)
    assert played(11) == here
    assert here.entries > 10
    says = (
        f"import sys; sys.path[:0] = ['{SIMULATION.parent}', '{SIMULATION.parents[1] / 'src'}']\n"
    )
    says += "from simulation.play import played; print(played(11).hash)"
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", says]
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.strip() == here.hash


def test_a_seed_can_be_played_from_the_command_line() -> None:
    command = [sys.executable, str(SIMULATION), "--seed", "11", "--steps", "5"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "1 seeds, 0 failed"
