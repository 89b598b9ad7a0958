"""Pools that state their nodes: whole nodes, parts of GPUs, drains, inference, outages."""

from offtake.sim.nodes import Nodes, Part
from offtake.sim.placement import CONSERVATIVE, EASY, FIFO, Jobs, Lost
from offtake.sim.reference import Engine


def engine(rows: list[tuple], sizes: tuple[int, ...], discipline: str = FIFO) -> Engine:
    """One pool, fully open; rows are (submit, run, requested, GPUs[, milli[, priority]])."""
    rows = [(*row, *(1_000, 0)[len(row) - 4 :]) for row in rows]
    submit, run, requested, gpus, milli, priority = zip(*rows, strict=True)
    made = Engine(
        Jobs(submit, run, requested, gpus, [0] * len(rows), priority, share_milli=milli),
        discipline=discipline,
    )
    made.add_pool(sizes)
    made.set_order(0, (0,))
    made.set_capacity(0, sum(sizes))
    return made


def starts(rows: list[tuple], sizes: tuple[int, ...], discipline: str = FIFO) -> list[int]:
    made = engine(rows, sizes, discipline)
    made.advance(0, 1_000)
    return list(made.start_s)


def test_a_job_goes_to_the_node_that_it_fills_best() -> None:
    nodes = Nodes((8, 4, 2))

    assert nodes.place(2, 1_000) == (Part(2, 2),)
    assert nodes.place(3, 1_000) == (Part(1, 3),)
    assert nodes.place(5, 1_000) == (Part(0, 5),)


def test_a_job_larger_than_a_node_takes_whole_ones_and_its_rest_of_one_more() -> None:
    nodes = Nodes((4, 4, 4))
    nodes.take(7, nodes.place(1, 1_000))

    assert nodes.place(6, 1_000) == (Part(1, 4), Part(0, 2))
    assert nodes.place(8, 1_000) == (Part(1, 4), Part(2, 4))
    assert nodes.place(12, 1_000) == ()


def test_a_job_waits_for_one_node_though_gpus_enough_are_free_on_two() -> None:
    assert starts([(0, 5, 5, 3), (0, 9, 9, 3), (1, 1, 1, 2)], (4, 4)) == [0, 0, 5]
    assert starts([(0, 5, 5, 3), (0, 9, 9, 3), (1, 1, 1, 2)], (8,)) == [0, 0, 1]


def test_a_job_that_no_empty_nodes_would_hold_is_passed_over_and_blocks_nothing() -> None:
    assert starts([(0, 5, 5, 16), (1, 1, 1, 4)], (8, 4, 4)) == [-1, 1]


def test_parts_share_the_fullest_gpu_that_has_room() -> None:
    nodes = Nodes((2, 2))
    for job, milli in enumerate((500, 700, 300)):
        nodes.take(job, nodes.place(1, milli))

    assert nodes.held == {
        0: (Part(0, 0, 0, 500),),
        1: (Part(0, 0, 1, 700),),
        2: (Part(0, 0, 1, 300),),
    }
    assert nodes.free == 2


def test_a_shared_gpu_is_free_when_its_last_part_has_left() -> None:
    nodes = Nodes((1,))
    nodes.take(0, nodes.place(1, 400))
    nodes.take(1, nodes.place(1, 600))
    nodes.give(0)

    assert nodes.place(1, 1_000) == ()
    nodes.give(1)
    assert nodes.place(1, 1_000) == (Part(0, 1),)


def test_a_node_that_closes_drains_and_its_gpus_count_until_they_are_left() -> None:
    made = engine([(0, 9, 9, 2), (0, 4, 4, 2), (2, 1, 1, 2)], (2, 2))
    made.advance(0, 1)
    made.set_capacity(0, 2)  # The second node closes; the job there runs on.
    made.advance(1, 100)

    assert made.start_s == [0, 0, 9]
    assert made.lost == []


def test_a_part_does_not_join_a_gpu_of_a_node_that_drains() -> None:
    made = engine([(0, 9, 9, 1, 500), (0, 9, 9, 1), (1, 1, 1, 1, 500)], (1, 1))
    made.advance(0, 1)
    made.set_capacity(0, 0)
    made.advance(1, 5)

    assert made.start_s == [0, 0, -1]


def test_inference_fills_nodes_before_it_opens_others_and_gives_them_back() -> None:
    made = engine([(0, 5, 5, 3), (1, 1, 1, 4), (2, 1, 1, 2)], (4, 4))
    made.advance(0, 1)
    made.set_service(0, 3)  # One beside the job, two of the other node.
    made.advance(1, 3)

    assert made.free == [2]
    assert made.start_s == [0, -1, -1]
    made.set_service(0, 0)
    made.advance(3, 9)
    assert made.start_s == [0, 3, 4]


def test_an_outage_ends_the_latest_started_until_use_is_within_capacity() -> None:
    made = engine([(0, 9, 9, 2), (1, 9, 9, 2), (2, 9, 9, 2)], (2, 2, 2))
    made.advance(0, 3)
    made.set_capacity(0, 3)
    made.preempt(0, 3)
    made.advance(3, 100)

    assert made.lost == [Lost(2, 0, 2, 3), Lost(1, 0, 1, 3)]
    assert made.start_s == [0, 9, 18]


def test_easy_does_not_delay_the_first_waiting_job_on_its_node() -> None:
    rows = [(0, 4, 4, 3), (0, 9, 9, 3), (1, 1, 1, 4), (1, 9, 9, 1), (1, 2, 2, 1)]

    # The job of 4 is awaited at 4 on the first node: the long one may not pass, the short may.
    assert starts(rows, (4, 4), EASY) == [0, 0, 4, 4, 1]


def test_conservative_starts_a_later_job_on_nodes_that_nobody_is_promised() -> None:
    rows = [(0, 4, 4, 1), (0, 9, 9, 2), (1, 5, 5, 2), (1, 9, 9, 1), (1, 3, 3, 1)]

    # The job of 2 is promised the first node at 4: only who is gone by then goes beside.
    assert starts(rows, (2, 2), CONSERVATIVE) == [0, 0, 4, 9, 1]


def test_a_later_job_of_higher_priority_goes_before_what_was_promised() -> None:
    rows = [(0, 5, 5, 2), (1, 5, 5, 2, 1_000, 0), (2, 5, 5, 2, 1_000, 1)]

    assert starts(rows, (2,), CONSERVATIVE) == [0, 10, 5]


def test_conservative_lets_a_part_join_a_gpu_only_as_long_as_no_one_is_delayed() -> None:
    first, whole = (0, 4, 4, 1, 500), (1, 2, 2, 1)

    assert starts([first, whole, (2, 2, 2, 1, 500)], (1,), CONSERVATIVE) == [0, 4, 2]
    assert starts([first, whole, (2, 3, 3, 1, 500)], (1,), CONSERVATIVE) == [0, 4, 6]


def test_what_was_promised_is_void_when_nodes_close() -> None:
    made = engine([(0, 5, 5, 2), (1, 2, 2, 4)], (2, 2), CONSERVATIVE)
    made.advance(0, 2)
    assert list(made.nodes[0].promised) == [1]

    made.set_capacity(0, 2)
    made.advance(2, 50)
    assert made.start_s == [0, -1]
    assert made.nodes[0].promised == {}


def test_nodes_of_one_gpu_place_as_a_pool_without_nodes_does() -> None:
    rows = [(0, 3, 3, 2), (0, 5, 6, 1), (1, 2, 2, 3), (1, 4, 5, 1), (2, 1, 1, 2)]

    for discipline in (FIFO, "first_fit", "shortest_first"):
        counted = engine(rows, (1, 1, 1), discipline)
        counted.nodes = [None]
        counted.advance(0, 100)
        assert starts(rows, (1, 1, 1), discipline) == counted.start_s
