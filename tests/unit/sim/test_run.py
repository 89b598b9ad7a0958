"""A small run, hand-checked: who gets what, when clauses let them, and what it costs."""

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.sim.measure import _hours, percentile
from offtake.study.run import Result, files_of, inputs_of, play

HEAD = """
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}
accelerators: {H100: {power: 1 kW}}
"""
AS_AMENDED = Regime(id="as-amended")


def ran(text: str, regime: Regime = AS_AMENDED, head: str = HEAD) -> Result:
    portfolio = Portfolio.loads(head + text)
    simulation = portfolio.document.simulation
    return play(portfolio, regime, None, (simulation.starts, simulation.ends))


def jobs(submitted: int, started: int, completed: int, waiting: int) -> dict[str, int]:
    """The counts of a run in which no outage ends a job."""
    counts = {"submitted": submitted, "started": started, "completed": completed}
    return counts | {"waiting": waiting, "restarted": 0, "outside_period": 0}


WEEK = "simulation: {from: 2025-01-01, until: 2025-01-08}\n"
AGREED = """
agreements:
  A:
    from: 2024-01-01
    until: 2027-01-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2}]}
%s
"""


def test_inference_is_served_before_jobs_and_what_it_lacks_is_lost() -> None:
    summary = ran(
        WEEK
        + AGREED % ""
        + """
pools: {p: {supplier: alpha, accelerator: H100, capacity: 10}}
services: {chat: {purpose: inference, demand: {2025-01-01: 4, 2025-01-03: 14}}}
jobs: {j: {purpose: training, gpus: 6, submitted: 2025-01-01, run: 4d}}
"""
    ).summary

    # Six GPUs run the job for four days; chat has four, lacks ten from day 3 to 5, then four.
    assert summary["gpu_h"]["by_purpose"] == {
        "inference": 4 * 96 + 10 * 72,
        "training": 6 * 96,
    }
    assert summary["gpu_h"]["unserved"] == 10 * 48 + 4 * 72
    assert summary["cost"]["total"] == 2.0 * (4 * 96 + 10 * 72 + 6 * 96)


def test_jobs_prefer_the_commitment_that_is_not_yet_filled() -> None:
    text = (
        WEEK
        + AGREED
        % """      dear: {kind: rate_card, supplier: beta, lines: [{price: $3}]}
      c: {kind: take_or_pay, supplier: beta, floor: $1000, per: month}"""
        + """
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 8}
  q: {supplier: beta, accelerator: H100, capacity: 8}
jobs: {j: {purpose: training, gpus: 8, submitted: 2025-01-01, run: 1d}}
"""
    )

    assert ran(text).summary["gpu_h"]["by_supplier"] == {"beta": 192}
    without = Regime(id="x", without=("A/c",))
    assert ran(text, without).summary["gpu_h"]["by_supplier"] == {"alpha": 192}


def test_a_change_of_clauses_lets_waiting_jobs_start_and_running_jobs_finish() -> None:
    result = ran(
        WEEK
        + AGREED
        % """      only: {kind: exclusivity, holder: alpha, asks: [run], until: 2025-01-03}
      then: {kind: exclusivity, holder: beta, asks: [run], from: 2025-01-03}
      dear: {kind: rate_card, supplier: beta, lines: [{price: $3}]}"""
        + """
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 8}
  q: {supplier: beta, accelerator: H100, capacity: 8}
jobs:
  i: {purpose: training, gpus: 8, submitted: 2025-01-01, run: 4d}
  j: {purpose: training, gpus: 8, submitted: 2025-01-02, run: 1d}
"""
    )
    played = result.measured.played

    assert [played.sites[pool].pool for pool in played.pool] == ["p", "q"]
    assert result.summary["wait_s"]["max"] == 86_400
    assert result.summary["delay_gpu_h"] == {"clause: A/only": 8 * 24}


def test_other_purposes_run_on_own_capacity_only_while_the_listed_keep_their_share() -> None:
    summary = ran(
        WEEK
        + AGREED
        % "      b: {kind: build_right, grantee: lab, purposes: [training], primarily: 75%}"
        + """
pools: {own: {supplier: lab, accelerator: H100, capacity: 8, origin: build}}
jobs:
  a: {purpose: inference, gpus: 2, submitted: 2025-01-01, run: 1d}
  b: {purpose: training, gpus: 6, submitted: 2025-01-02, run: 1d}
  c: {purpose: inference, gpus: 2, submitted: 2025-01-02, run: 1d}
"""
    ).summary

    # The first must wait for training; then one fits beside it, 6 of 8 GPU-days being training.
    assert summary["jobs"] == jobs(3, 2, 2, 1)
    assert summary["gpu_h"]["by_purpose"] == {"inference": 48, "training": 144}


ORDER = """
behaviors: [{supplier: beta, accelerators: [H100], spare: 100, lead: 10d, rate: $4}]
requirements:
  need: {purpose: training, size: 16, submitted: 2025-01-01, from: 2025-02-01, until: 2025-03-01,
         price_limit: $5}
simulation: {from: 2025-01-01, until: 2025-04-01, tender: 5d}
"""


def test_an_order_makes_a_pool_that_closes_with_its_term_and_is_paid_used_or_not() -> None:
    result = ran(
        AGREED % ""
        + ORDER
        + "jobs: {j: {purpose: training, gpus: 16, submitted: 2025-01-05, run: 2d}}\n"
    )
    summary = result.summary

    assert result.measured.played.sites[0].steps == (
        (1_738_368_000, 16),  # 2025-02-01
        (1_740_787_200, 0),  # 2025-03-01
    )
    assert summary["cost"]["by_charge"] == {"order": 16 * 28 * 24 * 4.0}
    assert summary["gpu_h"]["by_supplier"] == {"beta": 16 * 48}
    assert summary["time_to_capacity_s"] == {"need": 31 * 86_400}
    assert summary["delay_gpu_h"] == {"lead time": 16 * 24 * 26, "tender": 16 * 24}


def test_a_first_refusal_delays_what_a_waiver_frees() -> None:
    right = "      f: {kind: first_refusal, holder: alpha, window: 20d}"
    waiver = "\n      w: {kind: waiver, of: A/f, grantee: beta, purposes: [training]}"
    held = ran(AGREED % right + ORDER).summary["sourcing"]
    freed = ran(AGREED % (right + waiver) + ORDER).summary["sourcing"]

    assert (held["notices"], held["lapsed"], held["orders"]) == (1, 1, 1)
    assert (freed["notices"], freed["orders"]) == (0, 1)


def test_a_backlog_raises_requirements_in_whole_lots() -> None:
    result = ran(
        AGREED % ""
        + """
pools: {p: {supplier: alpha, accelerator: H100, capacity: 8}}
behaviors: [{supplier: beta, accelerators: [H100], spare: 100, lead: 5d, rate: $4}]
jobs: {j: {purpose: training, gpus: 20, submitted: 2025-01-02, run: 2d}}
procurement: {policy: backlog, lead: 5d, length: 1mo, lot: 8}
simulation: {from: 2025-01-01, until: 2025-03-01, tender: 3d}
"""
    )
    first = result.measured.played.market.state.lots[1]

    assert first.need.gpus == 16  # 20 GPUs wait; 16 are two whole lots of 8.
    assert first.need.requirement == "training-2025-01-08"


def test_late_capacity_lowers_the_floor_and_is_ended_after_the_grace() -> None:
    late = ORDER.replace("rate: $4}", "rate: $4, late: 20d}")
    clauses = """      d: {kind: delivery, supplier: beta, grace: 10d}
      c: {kind: take_or_pay, supplier: beta, floor: 20000 GPU-h, per: year, rate: $4, \
from: 2025-01-01, until: 2026-01-01}"""
    result = ran((AGREED % clauses + late).replace("until: 2025-04-01", "until: 2026-01-01"))
    kinds = [recorded.event.kind for recorded in result.measured.played.market.journal]

    assert kinds[-2:] == [13, 14]  # Late on the day, ended ten days after.
    ended = 16 * 28 * 24
    assert result.summary["shortfall"] == (20_000 - ended) * 4.0


def test_the_same_inputs_give_the_same_bytes() -> None:
    text = AGREED % "      f: {kind: first_refusal, holder: alpha, window: 20d}" + ORDER

    def files() -> dict[str, bytes]:
        result = ran(text)
        inputs = inputs_of(result.portfolio, result.regime, None)
        return files_of(result, {**result.summary, "inputs": inputs, "seed": 1})

    assert files() == files()


def test_concentration_and_percentiles_by_hand() -> None:
    assert percentile([1, 2, 3, 4], 50) == 2
    assert percentile([1, 2, 3, 4], 95) == 4
    assert percentile([7], 99) == 7
    summary = ran(
        WEEK
        + AGREED % "      dear: {kind: rate_card, supplier: beta, lines: [{price: $3}]}"
        + """
pools:
  p: {supplier: alpha, accelerator: H100, capacity: 6}
  q: {supplier: beta, accelerator: H100, capacity: 2}
services: {chat: {purpose: inference, demand: 8}}
"""
    ).summary

    assert summary["concentration"] == {"hhi": 0.625, "largest_share": 0.75, "largest": "alpha"}


def test_a_forbidden_pool_without_room_is_not_what_a_job_waits_for() -> None:
    """The other pool is full of research; when it is not, the clause is the cause."""
    summary = ran(
        """
agreements:
  X:
    from: 2024-01-01
    clauses: {ex: {kind: exclusivity, holder: alpha, purposes: [training], asks: [run]}}
pools:
  pa: {supplier: alpha, accelerator: H100, capacity: 4}
  pb: {supplier: beta, accelerator: H100, capacity: 4}
jobs:
  a: {purpose: training, gpus: 4, submitted: 2025-01-01, run: 3d}
  r: {purpose: research, gpus: 4, submitted: 2025-01-01T00:00:01Z, run: 1d}
  b: {purpose: training, gpus: 2, submitted: 2025-01-01T00:00:01Z, run: 1d}
"""
        + WEEK
    ).summary

    # b waits three days less a second: one of them beside research, two beside idle GPUs.
    assert summary["delay_gpu_h"] == {"clause: X/ex": 2 * 48 - 1, "queueing": 2 * 24}


def test_a_job_that_no_pool_can_hold_blocks_nobody_and_says_so() -> None:
    summary = ran(
        AGREED % ""
        + """
pools: {p: {supplier: alpha, accelerator: H100, capacity: 10}}
jobs:
  large: {purpose: training, gpus: 11, submitted: 2025-01-01, run: 1d}
  small: {purpose: training, gpus: 10, submitted: 2025-01-01, run: 1d}
"""
        + WEEK
    ).summary

    assert summary["jobs"]["started"] == 1
    assert summary["delay_gpu_h"] == {"no pool large enough": 11 * 24 * 7}


def test_a_lot_for_a_purpose_above_is_what_its_kinds_wait_for() -> None:
    summary = ran(
        """
purposes: {frontier: {under: training}}
behaviors: [{supplier: beta, accelerators: [H100], spare: 64, lead: 2d, rate: $1}]
requirements:
  need:
    {purpose: training, size: 8, submitted: 2025-01-01, from: 2025-01-02, until: 2025-03-01}
jobs: {j: {purpose: frontier, gpus: 8, submitted: 2025-01-01, run: 1d}}
simulation: {from: 2025-01-01, until: 2025-01-08, tender: 1d}
"""
    ).summary

    assert summary["delay_gpu_h"] == {"lead time": 8 * 48, "tender": 8 * 24}


def test_an_outage_ends_what_runs_and_its_work_begins_anew() -> None:
    result = ran(
        AGREED % ""
        + """
pools: {p: {supplier: alpha, accelerator: H100, capacity: 10}}
outages: [{supplier: alpha, from: 2025-01-02, until: 2025-01-03}]
jobs: {j: {purpose: training, gpus: 4, submitted: 2025-01-01, run: 2d}}
"""
        + WEEK
    )
    summary = result.summary

    assert summary["jobs"] == jobs(1, 1, 1, 0) | {"restarted": 1}
    assert summary["wait_s"]["max"] == 86_400
    assert summary["gpu_h"]["by_supplier"] == {"alpha": 4 * 24 * 3}  # A day of it was lost.
    assert summary["gpu_h"]["utilization"]["by_pool"]["p"]["held_gpu_h"] == 10 * 24 * 6


def test_a_slow_accelerator_takes_longer_and_is_billed_for_it() -> None:
    summary = ran(
        """
accelerators: {A100: {power: 1 kW, speed: 50%}}
agreements:
  A:
    from: 2024-01-01
    clauses: {rates: {kind: rate_card, supplier: alpha, lines: [{price: $2}]}}
pools: {p: {supplier: alpha, accelerator: A100, capacity: 8}}
jobs: {j: {purpose: training, gpus: 8, submitted: 2025-01-01, run: 1d}}
""".replace("accelerators: {", "accelerators: {H100: {power: 1 kW}, ")
        + WEEK,
        head="parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}\n",
    ).summary

    assert summary["gpu_h"]["by_supplier"] == {"alpha": 8 * 48}
    assert summary["cost"]["total"] == 8 * 48 * 2.0


def test_what_is_submitted_outside_the_run_is_counted() -> None:
    summary = ran(
        AGREED % ""
        + """
pools: {p: {supplier: alpha, accelerator: H100, capacity: 10}}
jobs:
  before: {purpose: training, gpus: 4, submitted: 2024-12-31, run: 1d}
  after: {purpose: training, gpus: 4, submitted: 2025-01-08, run: 1d}
"""
        + WEEK
    ).summary

    assert summary["jobs"] == jobs(0, 0, 0, 0) | {"outside_period": 2}


def test_whole_hours_by_name_sum_to_the_whole_hours_of_the_total() -> None:
    assert _hours({"a": 1_799, "b": 3_600 + 1_801, "c": 3_600}) == {"a": 0, "b": 2, "c": 1}


def test_a_run_bills_no_period_of_a_commitment_that_began_before_it() -> None:
    text = """
agreements:
  A:
    from: 2025-01-01
    until: 2025-03-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $2}]}
      floor: {kind: take_or_pay, supplier: alpha, per: month, floor: $900}
pools: {p: {supplier: alpha, accelerator: H100, capacity: 10}}
simulation: {from: 2025-01-25, until: 2025-03-01}
"""

    assert ran(text).summary["shortfall"] == 900  # February's; January's use is not all known.


FLOORS = """
accelerators: {A100: {power: 1 kW}, H100: {power: 1 kW}}
agreements:
  A:
    from: 2025-01-01
    until: 2025-03-01
    clauses:
      rates: {kind: rate_card, supplier: alpha, lines: [{price: $3}]}
      floor: {kind: take_or_pay, supplier: alpha, per: month, %s}
  B:
    from: 2025-01-01
    clauses: {rates: {kind: rate_card, supplier: beta, lines: [{price: $2}]}}
pools:
  a: {supplier: alpha, accelerator: H100, capacity: 10}
  b: {supplier: beta, accelerator: H100, capacity: 10}
jobs:
  j1: {purpose: training, gpus: 10, submitted: 2025-01-01, run: 10d}
  j2: {purpose: training, gpus: 10, submitted: 2025-01-15, run: 10d}
  j3: {purpose: training, gpus: 10, submitted: 2025-02-01, run: 10d}
procurement: {policy: none}
simulation: {from: 2025-01-01, until: 2025-03-01}
"""
PARTIES = "parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}}\n"


def test_what_is_paid_for_anyway_is_filled_first_whatever_the_floor_is_measured_in() -> None:
    """Ten days of ten GPUs are 2,400 GPU-hours, or $7,200 at $3."""
    for floor in ("floor: 2400 GPU-h", "floor: $7200"):
        summary = ran(FLOORS % floor, head=PARTIES).summary

        # The floor of January is open until the stop after it is filled; February's opens anew.
        assert summary["gpu_h"]["by_supplier"] == {"alpha": 7_200}
        assert summary["shortfall"] == 0


def test_a_pool_outside_the_scope_of_a_floor_does_not_come_first_for_it() -> None:
    summary = ran(FLOORS % "floor: 2400 GPU-h, accelerators: [A100]", head=PARTIES).summary

    assert summary["gpu_h"]["by_supplier"] == {"beta": 7_200}
