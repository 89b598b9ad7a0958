"""Packing pods with parts of GPUs: the rules of three published policies, on NumPy columns.

The rules are those of the simulator of FGD (github.com/hkust-adsl/kubernetes-scheduler-simulator,
``pkg/simulator/plugin``, ``pkg/utils/frag.go``; Apache-2.0), stated here in our own words. Cite:
Q. Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation
Gradient Descent", USENIX ATC 2023.

A pod fits a node that has its CPU and memory left, is of a type it wants, and has as many GPUs
with its part left as it asks for; it is placed once or dropped. At the start of a run the nodes
are put in a random order, in which the first among equals is taken.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from offtake.demand.columns import WHOLE_MILLI
from offtake.demand.openb import Nodes, Pods

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RANDOM, BEST_FIT, FGD = "Random", "BestFit", "FGD"
CPU_MAX_MILLI, GPU_MAX_MILLI = 128_000, 8_000
"""What BestFit divides by: the largest node."""
GPUS_MAX = 8
TYPICAL_SHARE = 0.95
"""FGD looks at the most frequent kinds of pods that make up so much of the workload."""


class Kinds(NamedTuple):
    """Pods that ask for the same, one entry a kind; ``of`` is the kind of each pod."""

    of: Ints
    cpu_milli: Ints
    memory_mib: Ints
    gpus: Ints
    milli: Ints  # Of each GPU; 0 without GPUs.
    accepts: NDArray[np.bool_]  # (kinds, models of nodes).


def kinds_of(pods: Pods, models: tuple[str, ...]) -> Kinds:
    """The kinds of the pods of a workload."""
    milli = np.where(pods.gpus > 0, pods.share_milli, 0)
    rows = np.stack([pods.cpu_milli, pods.memory_mib, pods.gpus, milli, pods.wants], axis=1)
    unique, of = np.unique(rows, axis=0, return_inverse=True)
    accepts = np.ones((len(unique), len(models)), np.bool_)
    for number, wants in enumerate(unique[:, 4]):
        if wants >= 0:
            accepts[number] = [model in pods.accelerators[wants] for model in models]
    cpu_milli, memory_mib, gpus, part = unique[:, :4].T.copy()
    return Kinds(of.reshape(-1), cpu_milli, memory_mib, gpus, part, accepts)


class Cluster:
    """What is left of every node while pods are placed."""

    def __init__(self, nodes: Nodes, kinds: Kinds) -> None:
        self.kinds = kinds
        self.cpu_left = nodes.cpu_milli.copy()
        self.memory_left = nodes.memory_mib.copy()
        has = np.arange(GPUS_MAX) < nodes.gpus[:, None]
        self.gpu_left: Ints = np.where(has, WHOLE_MILLI, 0).astype(np.int64)
        self.model = nodes.model
        self.changed: list[int] = []  # Nodes in the order in which they took pods.

    def fitting(self, kind: int) -> Ints:
        """The nodes that have room for a pod."""
        kinds = self.kinds
        fits = (self.cpu_left >= kinds.cpu_milli[kind]) & kinds.accepts[kind][self.model]
        fits &= self.memory_left >= kinds.memory_mib[kind]
        if kinds.gpus[kind]:
            fits &= (self.gpu_left >= kinds.milli[kind]).sum(axis=1) >= kinds.gpus[kind]
        return np.flatnonzero(fits)

    def take(self, kind: int, node: int, gpu: int) -> None:
        """Place a pod: on a GPU for a part, on the first free ones for whole GPUs."""
        kinds, left = self.kinds, self.gpu_left[node]
        self.cpu_left[node] -= kinds.cpu_milli[kind]
        self.memory_left[node] -= kinds.memory_mib[kind]
        if 0 < kinds.milli[kind] < WHOLE_MILLI:
            left[gpu] -= kinds.milli[kind]
        else:
            left[np.flatnonzero(left == WHOLE_MILLI)[: kinds.gpus[kind]]] = 0
        self.changed.append(node)


class Policy:
    """How a node and a GPU are chosen among those that fit."""

    def __init__(self, cluster: Cluster, dice: np.random.Generator) -> None:
        self.cluster = cluster
        self.dice = dice
        self.order = dice.permutation(len(cluster.cpu_left))  # The place of each node.

    def node(self, kind: int, fitting: Ints) -> int:
        """The node for a pod of a kind."""
        raise NotImplementedError

    def gpu(self, kind: int, node: int) -> int:
        """The GPU of a node for a part."""
        raise NotImplementedError

    def best(self, fitting: Ints, scores: Ints) -> int:
        """The first of the nodes with the highest score."""
        equal = fitting[scores == scores.max()]
        return int(equal[self.order[equal].argmin()])


class AtRandom(Policy):
    """Any node that fits, and any of its GPUs."""

    def node(self, kind: int, fitting: Ints) -> int:
        """One of the nodes that fit."""
        del kind  # It makes no difference.
        return int(fitting[self.dice.integers(len(fitting))])

    def gpu(self, kind: int, node: int) -> int:
        """One of its GPUs that have the part left."""
        room = np.flatnonzero(self.cluster.gpu_left[node] >= self.cluster.kinds.milli[kind])
        return int(room[self.dice.integers(len(room))])


class BestFit(Policy):
    """The node of which least CPU and GPU remains, in hundredths; the GPU that is fullest."""

    def node(self, kind: int, fitting: Ints) -> int:
        """The node with the highest score, a whole number from 0 to 100."""
        cluster, kinds = self.cluster, self.cluster.kinds
        asked_milli = kinds.gpus[kind] * kinds.milli[kind]
        cpu = (cluster.cpu_left[fitting] - kinds.cpu_milli[kind]) / CPU_MAX_MILLI
        gpu = (cluster.gpu_left[fitting].sum(axis=1) - asked_milli) / GPU_MAX_MILLI
        return self.best(fitting, np.trunc(100 * (1 - (cpu + gpu) / 2)).astype(np.int64))

    def gpu(self, kind: int, node: int) -> int:
        """The GPU with the least left that suffices."""
        left = self.cluster.gpu_left[node]
        return int(np.argmin(np.where(left >= self.cluster.kinds.milli[kind], left, np.inf)))


class Typical(NamedTuple):
    """The kinds of pods that FGD expects, with their share of all."""

    cpu_milli: Ints
    gpus: Ints
    levels: Ints  # The parts that they ask for, each once; 0 for none.
    level: Ints  # Index into ``levels``.
    accepts: NDArray[np.bool_]
    share: Floats


def typical_of(pods: Pods, kinds: Kinds) -> Typical:
    """The most frequent kinds, memory aside, up to the stated share of the workload."""
    rows = np.stack([kinds.cpu_milli, kinds.milli, kinds.gpus, pods.wants[_first(kinds)]], axis=1)
    unique, first, of = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    count = np.bincount(of.reshape(-1)[kinds.of], minlength=len(unique))
    order = np.lexsort((*unique.T[::-1], count))[::-1]  # The most frequent first.
    enough = int(np.searchsorted(np.cumsum(count[order]), TYPICAL_SHARE * len(kinds.of))) + 1
    order = order[:enough]
    levels, level = np.unique(unique[order, 1], return_inverse=True)
    return Typical(
        cpu_milli=unique[order, 0],
        gpus=unique[order, 2],
        levels=levels,
        level=level.reshape(-1),
        accepts=kinds.accepts[first[order]],
        share=count[order] / count[order].sum(),
    )


def _first(kinds: Kinds) -> Ints:
    """A pod of each kind."""
    return np.unique(kinds.of, return_index=True)[1]


def fragments_milli(typical: Typical, cpu: Ints, left: Ints, model: Ints) -> Floats:
    """What is left of nodes and not usable by typical pods, on average, in thousandths of GPUs.

    A pod without GPUs, of another type, or that does not fit can use nothing of a node; one
    that fits leaves GPUs with less than its part. ``cpu`` and ``model`` are of shape (nodes,),
    ``left`` of (nodes, GPUs).
    """
    room = left[:, :, None] >= typical.levels
    small = np.where(room, 0, left[:, :, None]).sum(axis=1)  # (nodes, levels)
    fits = room.sum(axis=1)[:, typical.level] >= typical.gpus
    fits &= (cpu[:, None] >= typical.cpu_milli) & typical.accepts[:, model].T & (typical.gpus > 0)
    lost = np.where(fits, small[:, typical.level], left.sum(axis=1)[:, None])
    found: Floats = lost @ typical.share
    return found


class Descent(Policy):
    """FGD: where the pod leaves the fewest more GPUs that typical pods cannot use.

    The score is 100 / (1 + e^-x) rounded down, x being the GPUs won. Scores by kind and node are
    kept, and computed anew for the nodes that have changed since the kind was last asked for.
    """

    def __init__(self, cluster: Cluster, dice: np.random.Generator, typical: Typical) -> None:
        super().__init__(cluster, dice)
        self.typical = typical
        shape = (len(cluster.kinds.cpu_milli), len(cluster.cpu_left))
        self._score = np.zeros(shape, np.int64)
        self._gpu = np.full(shape, -1, np.int64)
        self._seen = np.full(shape[0], -1, np.int64)  # How many changes a kind has seen.

    def node(self, kind: int, fitting: Ints) -> int:
        """The node with the highest score."""
        changed = self.cluster.changed
        if self._seen[kind] < 0:
            self._learn(kind, fitting)
        else:
            recent = np.array(changed[self._seen[kind] :], np.int64)
            self._learn(kind, np.intersect1d(recent, fitting))
        self._seen[kind] = len(changed)
        return self.best(fitting, self._score[kind, fitting])

    def gpu(self, kind: int, node: int) -> int:
        """The GPU behind the node's score, the first among equals."""
        return int(self._gpu[kind, node])

    def _learn(self, kind: int, nodes: Ints) -> None:
        cluster, kinds = self.cluster, self.cluster.kinds
        cpu, left, model = cluster.cpu_left[nodes], cluster.gpu_left[nodes], cluster.model[nodes]
        before = fragments_milli(self.typical, cpu, left, model)
        cpu = cpu - kinds.cpu_milli[kind]
        milli = kinds.milli[kind]
        if not 0 < milli < WHOLE_MILLI:
            whole = left == WHOLE_MILLI
            taken = whole & (np.cumsum(whole, axis=1) <= kinds.gpus[kind])
            after = fragments_milli(self.typical, cpu, np.where(taken, 0, left), model)
            self._score[kind, nodes] = _score(before - after)
            return
        each = np.repeat(left, GPUS_MAX, axis=0)
        gpu = np.tile(np.arange(GPUS_MAX), len(nodes))
        each[np.arange(len(each)), gpu] -= milli
        tried = each.min(axis=1) >= 0
        score = np.full(len(each), -1, np.int64)
        of = np.repeat(np.arange(len(nodes)), GPUS_MAX)[tried]
        after = fragments_milli(self.typical, cpu[of], each[tried], model[of])
        score[tried] = _score(before[of] - after)
        table = score.reshape(-1, GPUS_MAX)
        self._gpu[kind, nodes] = table.argmax(axis=1)
        self._score[kind, nodes] = table.max(axis=1)


def _score(won_milli: Floats) -> Ints:
    return np.trunc(100 / (1 + np.exp(-won_milli / WHOLE_MILLI))).astype(np.int64)
