"""Packing the pods of Alibaba's openb under Random, BestFit and FGD, beside the authors' runs.

Source: github.com/hkust-adsl/kubernetes-scheduler-simulator, ``experiments/analysis/
expected_results``. Licence: Apache-2.0. Cite: Q. Weng et al., "Beware of Fragmentation:
Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023.
"""

import csv
import gzip
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from offtake.demand.columns import WHOLE_MILLI
from offtake.demand.openb import Nodes, Pods, nodes_of, pods_of
from validation.case import DATA, RESULTS, Row, only_ours, points
from validation.packing import (
    BEST_FIT,
    FGD,
    RANDOM,
    AtRandom,
    BestFit,
    Cluster,
    Descent,
    Ints,
    Kinds,
    Policy,
    kinds_of,
    typical_of,
)

FOLDER = DATA / "alibaba_gpu_v2023_openb"
POLICIES = (RANDOM, BEST_FIT, FGD)
WORKLOADS = (
    *("default", "cpu050", "cpu250", "gpushare40", "gpushare100"),
    *("gpuspec33", "multigpu20", "multigpu50"),
)
SEEDS = tuple(range(42, 52))
ARRIVED = (100, 130)
"""Percent of all GPUs that pods have asked for when the allocated share is read."""
TOLERANCE_POINTS = 1.0


class Shares(NamedTuple):
    """Percent of all GPUs allocated when 100 and when 130 percent have arrived."""

    at_100: float
    at_130: float


def policy_of(name: str, cluster: Cluster, pods: Pods, dice: np.random.Generator) -> Policy:
    """A policy on an empty cluster."""
    if name == FGD:
        return Descent(cluster, dice, typical_of(pods, cluster.kinds))
    return AtRandom(cluster, dice) if name == RANDOM else BestFit(cluster, dice)


def arrivals(kinds: Kinds, total_milli: int, dice: np.random.Generator) -> list[int]:
    """The kinds of arriving pods: all once in random order, then drawn up to 130 percent."""
    asked_milli = (kinds.gpus * kinds.milli)[kinds.of]
    missing = total_milli * ARRIVED[-1] // 100 - int(asked_milli.sum())
    drawn = dice.integers(len(kinds.of), size=4 * len(kinds.of))
    enough = int(np.searchsorted(np.cumsum(asked_milli[drawn]), missing)) + 1
    order: Ints = np.concatenate([dice.permutation(len(kinds.of)), drawn[:enough]])
    return [int(kind) for kind in kinds.of[order]]


def packed(nodes: Nodes, pods: Pods, name: str, seed: int) -> Shares:
    """What a policy allocates; every pod is placed once or dropped, and none leaves."""
    kinds, dice = kinds_of(pods, nodes.models), np.random.default_rng(seed)
    total_milli = int(nodes.gpus.sum()) * WHOLE_MILLI
    order = arrivals(kinds, total_milli, dice)
    cluster = Cluster(nodes, kinds)
    policy = policy_of(name, cluster, pods, dice)
    arrived_milli = allocated_milli = 0
    read: dict[int, list[float]] = {percent: [] for percent in ARRIVED}
    for kind in order:
        asked_milli = int(kinds.gpus[kind] * kinds.milli[kind])
        arrived_milli += asked_milli
        fitting = cluster.fitting(kind)
        if len(fitting):
            node = policy.node(kind, fitting)
            part = 0 < kinds.milli[kind] < WHOLE_MILLI
            cluster.take(kind, node, policy.gpu(kind, node) if part else -1)
            allocated_milli += asked_milli
        percent = round(100 * arrived_milli / total_milli)
        if percent in read:
            read[percent].append(100 * allocated_milli / total_milli)
    return Shares(*(float(np.mean(read[percent])) for percent in ARRIVED))


def published() -> dict[tuple[str, str], Shares]:
    """The authors' means over their ten seeds, by (workload, policy)."""
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    path = RESULTS / "fgd_openb_packing" / "analysis_allo_discrete.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["workload"].removeprefix("openb_pod_list_"), row["sc_policy"][3:]
            found.setdefault(key, []).append(tuple(float(row[str(p)]) for p in ARRIVED))
    return {key: mean(values) for key, values in found.items()}


def mean(values: Iterable[tuple[float, ...]]) -> Shares:
    """The mean of shares over seeds."""
    return Shares(*(float(value) for value in np.mean(list(values), axis=0)))


def workload(name: str) -> tuple[Nodes, Pods]:
    """The GPU nodes and the pods of a workload."""
    nodes = nodes_of(FOLDER / "openb_node_list_gpu_node.csv")
    return nodes, pods_of(FOLDER / f"openb_pod_list_{name}.csv")


def seed_rows(seed: int) -> list[Row]:
    """What the policies allocate of the default workload with one seed, at 130 percent."""
    nodes, pods = workload("default")
    return [
        only_ours(
            f"default, {name}, seed {seed}", f"{packed(nodes, pods, name, seed).at_130:.2f} %"
        )
        for name in POLICIES
    ]


def rows(progress: Callable[[str], None]) -> list[Row]:
    """The case as rows; takes minutes."""
    theirs = published()
    found: list[Row] = []
    for name in WORKLOADS:
        nodes, pods = workload(name)
        for policy in POLICIES:
            progress(f"openb: {name}, {policy}")
            ours = mean(packed(nodes, pods, policy, seed) for seed in SEEDS)
            for percent, was, own in zip(ARRIVED, theirs[name, policy], ours, strict=True):
                found.append(points(f"{name}, {policy}, {percent} %", was, own, TOLERANCE_POINTS))
    return found + seed_rows(SEEDS[0])
