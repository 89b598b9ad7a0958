"""Make the small trace beside this file: ten clusters, 60 days, in the layout of the ITP trace.

The jobs are made up; nothing is copied from a real trace. There are few of them, so each is
larger than a real one, and their total is scaled to what the pools of this example expect:

- about 1,500 jobs, each with a power of two of GPUs, at least 600 s long;
- about 1,060 GPUs on average, with a day's course (most submissions between 9 and 19 h), quiet
  weekends, and a second month that is busier than the first;
- shares of the clusters that make training about two thirds of the load.

Run it again to get the same files: ``python make_trace.py``.
"""

import csv
import random
from math import cos, pi
from pathlib import Path

SEED = 20_250_301
DAYS, DAY_S, HOUR_S = 60, 86_400, 3_600
MEAN_GPUS = 1_250  # Before the longest jobs are cut; about 1,060 after.
SHORTEST_S, LONGEST_S = 600, 7 * DAY_S
FIELDS = ("job_id", "submission_time", "duration", "num_gpu")

# Cluster: jobs, share of all GPU-hours in per mille, largest job as a power of two.
CLUSTERS = {
    "cluster01": (70, 30, 6),
    "cluster02": (150, 80, 6),
    "cluster03": (110, 110, 7),
    "cluster04": (390, 380, 7),
    "cluster05": (120, 20, 3),
    "cluster06": (100, 80, 6),
    "cluster07": (300, 210, 6),
    "cluster08": (140, 50, 5),
    "cluster09": (90, 30, 4),
    "cluster10": (30, 10, 4),
}


def submission_s(chance: random.Random) -> int:
    """An instant, likelier by day, in the week and in the second month."""
    while True:
        at_s = chance.randrange(DAYS * DAY_S)
        day, hour = at_s // DAY_S, at_s % DAY_S / HOUR_S
        daily = 0.55 - 0.45 * cos(2 * pi * (hour - 2) / 24)
        weekly = 0.4 if (day + 5) % 7 > 4 else 1.0  # 1 March 2025 is a Saturday.
        growth = 0.7 + 0.3 * day / DAYS
        if chance.random() < daily * weekly * growth:
            return at_s


def jobs(chance: random.Random, number: int, per_mille: int, largest: int) -> list[list[int]]:
    """Rows of submission, duration and GPUs whose GPU-seconds meet the cluster's share."""
    weights = [1.0 if power < 3 else 3.0 / 1.6 ** (power - 3) for power in range(largest + 1)]
    powers = chance.choices(range(largest + 1), weights, k=number)
    lengths_s = [chance.lognormvariate(0, 0.9) for _ in powers]
    wanted_gpu_s = MEAN_GPUS * DAYS * DAY_S * per_mille // 1000
    factor = wanted_gpu_s / sum(x * 2**power for x, power in zip(lengths_s, powers, strict=True))
    return sorted(
        [
            submission_s(chance),
            min(max(int(length_s * factor), SHORTEST_S), LONGEST_S),
            2**power,
        ]
        for length_s, power in zip(lengths_s, powers, strict=True)
    )


def main() -> None:
    """Write one file for each cluster."""
    folder = Path(__file__).parent / "trace"
    folder.mkdir(exist_ok=True)
    chance = random.Random(SEED)
    for cluster, (number, per_mille, largest) in CLUSTERS.items():
        with (folder / f"{cluster}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(FIELDS)
            for index, row in enumerate(jobs(chance, number, per_mille, largest), start=1):
                writer.writerow([f"{cluster}-{index:04d}", *row])


if __name__ == "__main__":
    main()
