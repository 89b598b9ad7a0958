"""The figures by which runs are weighed against each other, exact."""

from typing import NamedTuple

from offtake.sim.measure import Measured, waits_of


class Outcome(NamedTuple):
    """What a run cost, in money, time and work not done."""

    cost_micros: int
    delay_gpu_s: int  # GPU-seconds that jobs waited.
    unserved_gpu_s: int  # GPU-seconds of inference that was lost.
    shortfall_micros: int
    wait_s: int  # The mean wait of jobs.


FIGURES = Outcome._fields


def outcome(measured: Measured) -> Outcome:
    """The figures of a run."""
    played = measured.played
    unserved = sum(row.gpus * (row.until_s - row.from_s) for row in played.unserved)
    waits = waits_of(played)
    return Outcome(
        cost_micros=measured.cost.total,
        delay_gpu_s=sum(measured.causes.values()) - unserved,
        unserved_gpu_s=unserved,
        shortfall_micros=measured.cost.by_charge.get("shortfall", 0),
        wait_s=int(waits.sum()) // max(len(waits), 1),
    )
