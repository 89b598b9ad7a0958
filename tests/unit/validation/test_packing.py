"""The packing rules behind docs/reference/validation.md, on nodes checked by hand."""

import numpy as np
import pytest
from validation.case import at_least, points, relative
from validation.openb import arrivals, packed
from validation.packing import BestFit, Cluster, Descent, fragments_milli, kinds_of, typical_of

from offtake.demand.openb import Nodes, Pods


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def nodes(*gpus: int, cpu_milli: int = 64_000) -> Nodes:
    count = len(gpus)
    return Nodes(
        names=tuple(f"n{number}" for number in range(count)),
        gpus=ints(*gpus),
        model=ints(*[number % 2 for number in range(count)]),
        models=("T4", "A10"),
        cpu_milli=ints(*[cpu_milli] * count),
        memory_mib=ints(*[1_000] * count),
    )


def pods(*rows: tuple) -> Pods:
    """Rows are (GPUs, milli, CPU milli, index of wanted types); of one type, A10, or any."""
    gpus, milli, cpu_milli, wants = (ints(*column) for column in zip(*rows, strict=True))
    none = ints(*[-1] * len(rows))
    return Pods(
        gpus=gpus,
        share_milli=milli,
        cpu_milli=cpu_milli,
        memory_mib=ints(*[1] * len(rows)),
        wants=wants,
        accelerators=(("A10",),),
        created_s=none,
        scheduled_s=none,
        deleted_s=none,
    )


def test_a_pod_fits_where_cpu_memory_type_and_parts_are_left() -> None:
    some = pods(
        (1, 500, 1_000, -1), (2, 1_000, 1_000, -1), (1, 1_000, 1_000, 0), (0, 0, 64_001, -1)
    )
    kinds = kinds_of(some, ("T4", "A10"))
    cluster = Cluster(nodes(1, 2), kinds)

    fitting = [cluster.fitting(int(kind)).tolist() for kind in kinds.of]
    assert fitting == [[0, 1], [1], [1], []]
    cluster.take(int(kinds.of[0]), 0, 0)
    assert cluster.gpu_left[0, 0] == 500
    assert cluster.fitting(int(kinds.of[0])).tolist() == [0, 1]
    cluster.take(int(kinds.of[1]), 1, -1)
    assert cluster.fitting(int(kinds.of[2])).tolist() == []


def test_best_fit_takes_the_fullest_node_and_gpu() -> None:
    kinds = kinds_of(pods((1, 400, 1_000, -1)), ("T4", "A10"))
    cluster = Cluster(nodes(8, 4, 4), kinds)
    policy = BestFit(cluster, np.random.default_rng(1))
    cluster.gpu_left[2, :2] = (700, 500)

    assert policy.node(0, cluster.fitting(0)) == 2
    assert policy.gpu(0, 2) == 1


def test_fragments_are_what_typical_pods_cannot_use() -> None:
    some = pods((1, 500, 1_000, -1), (2, 1_000, 1_000, -1), (1, 1_000, 1_000, 0), (0, 0, 1_000, -1))
    kinds = kinds_of(some, ("T4", "A10"))
    typical = typical_of(some, kinds)
    left = np.array([[1_000, 300], [1_000, 1_000]], np.int64)

    found = fragments_milli(typical, ints(9_000, 9_000), left, ints(0, 1))
    # The first node, a T4: the half loses 300, the pair, the A10 and the CPU pod all 1,300.
    # The second, an A10: only the CPU pod can use nothing of 2,000.
    assert found.tolist() == [(300 + 3 * 1_300) / 4, 2_000 / 4]
    assert fragments_milli(typical, ints(0), left[1:], ints(1)).tolist() == [2_000]


def test_descent_goes_where_it_makes_fewest_fragments() -> None:
    some = pods(*[(2, 1_000, 1_000, -1)] * 3, (1, 500, 1_000, -1))
    kinds = kinds_of(some, ("T4", "A10"))
    cluster = Cluster(nodes(2, 2, 2), kinds)
    policy = Descent(cluster, np.random.default_rng(1), typical_of(some, kinds))
    half = int(kinds.of[3])
    first = policy.node(half, cluster.fitting(half))
    cluster.take(half, first, policy.gpu(half, first))

    again = policy.node(half, cluster.fitting(half))
    assert (again, policy.gpu(half, again)) == (first, 0)


def test_pods_arrive_once_each_and_again_until_130_percent() -> None:
    kinds = kinds_of(pods(*[(1, 1_000, 1, -1)] * 5), ("T4", "A10"))

    assert len(arrivals(kinds, 10_000, np.random.default_rng(3))) == 13


@pytest.mark.parametrize("policy", ["Random", "BestFit", "FGD"])
def test_whole_gpus_fill_the_cluster(policy: str) -> None:
    some = pods(*[(1, 1_000, 1, -1)] * 50)

    assert packed(nodes(8, 8, 8, 8, 8, 8, 2), some, policy, 5).at_130 == 100


def test_a_comparison_says_whether_it_holds() -> None:
    assert (
        str(relative("wait", 200, 190, 5)) == "| wait | 200.00 | 190.00 | -5.00 % | 5 % | holds |"
    )
    assert relative("wait", 200, 189, 5).verdict == "**does not hold**"
    assert points("share", 90, 91.5, 1).verdict == "**does not hold**"
    assert points("share", 90, 91, 1).difference == "+1.00 points"
    assert at_least("alike", 96.9, 97).verdict == "**does not hold**"
    assert at_least("alike", 97).verdict == "-"
