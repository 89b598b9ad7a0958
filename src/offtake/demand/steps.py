"""From requests and intervals to GPUs over time, in whole numbers that conserve their totals."""

from typing import NamedTuple

import numpy as np

from offtake.demand.columns import Column, ServiceDemand, UnreadableTrace

LIMIT_STEPS = 20_000_000
TOKENS_MAX = 10**8
"""More tokens than this in one request are no request of today's models."""
WORK_MAX = 2**62


class Rates(NamedTuple):
    """What turns requests into GPUs: stated by the user, or these assumptions.

    The token rates are what DeepSeek reported of its own service in February 2025: 73,700
    prompt and 14,800 generated tokens per second and node of eight H800 (DeepSeek-V3/R1
    inference system overview, github.com/deepseek-ai/open-infra-index), an eighth of each
    rounded down. Another model on other GPUs has other rates: state them.
    """

    step_s: int = 60
    prompt_tokens_per_gpu_s: int = 9_212
    output_tokens_per_gpu_s: int = 1_850
    gpus_per_node: int = 1


LIMITS = {
    "step_s": ("--step", 86_400),
    "prompt_tokens_per_gpu_s": ("--prompt-rate", 1_000_000),
    "output_tokens_per_gpu_s": ("--output-rate", 1_000_000),
    "gpus_per_node": ("--gpus-per-node", 1_000),
}
"""The flag that states each rate, and the most it may be; all are at least 1."""


def check_rates(rates: Rates) -> None:
    """Refuse rates outside their limits.

    Raises:
        UnreadableTrace: The flag, its value and its limits.
    """
    for name, value in rates._asdict().items():
        flag, most = LIMITS[name]
        if not 1 <= value <= most:
            says = f"{value} is outside 1 to {most:,}"
            raise UnreadableTrace(flag, says, "State a whole number within the limits.")


def token_rates(rates: Rates) -> str:
    """The rates as the sentence that a reader's choices hold."""
    return (
        f"GPUs in a step of {rates.step_s} s = ceil((prompt tokens / "
        f"{rates.prompt_tokens_per_gpu_s} + generated tokens / "
        f"{rates.output_tokens_per_gpu_s}) / {rates.step_s})"
    )


def steps_within(span_s: int, step_s: int, place: str) -> int:
    """How many steps cover a span, or a refusal when they are too many.

    Raises:
        UnreadableTrace: More than ``LIMIT_STEPS``.
    """
    steps = -(-span_s // step_s)
    if steps > LIMIT_STEPS:
        says = f"{steps:,} steps of {step_s} s; the limit is {LIMIT_STEPS:,}"
        raise UnreadableTrace(place, says, "Give a longer --step.")
    return steps


class Requests(NamedTuple):
    """Requests to a language model; each column is int64 of shape (requests,)."""

    at_s: Column  # From the trace's own start.
    prompt_tokens: Column
    output_tokens: Column


def token_gpus(requests: Requests, rates: Rates, steps: int, place: str) -> Column:
    """GPUs in each step for the tokens of the requests that came in it.

    A GPU needs ``p / P + g / G`` seconds for a request of p prompt and g generated tokens at
    rates P and G. In whole numbers: with ``w = p G + g P`` summed over a step of S seconds,
    GPUs = ceil(w / (S P G)). What is wanted is thus never below the work, and exceeds it by
    less than one GPU in each step.

    Raises:
        UnreadableTrace: More tokens in a step than whole numbers hold.
    """
    prompt_rate, output_rate = rates.prompt_tokens_per_gpu_s, rates.output_tokens_per_gpu_s
    step = requests.at_s // rates.step_s
    prompt, output = np.zeros(steps, np.int64), np.zeros(steps, np.int64)
    np.add.at(prompt, step, requests.prompt_tokens)
    np.add.at(output, step, requests.output_tokens)
    most = int(max(prompt.max(initial=0), output.max(initial=0)))
    if most * max(prompt_rate, output_rate) > WORK_MAX // 2:
        raise UnreadableTrace(place, f"{most:,} tokens in one step", "Give a shorter --step.")
    work = prompt * output_rate + output * prompt_rate
    gpus: Column = -(-work // (rates.step_s * prompt_rate * output_rate))
    return gpus


def token_work_gpu_s(requests: Requests, rates: Rates) -> int:
    """GPU-seconds that all requests need, rounded up once."""
    prompt_rate, output_rate = rates.prompt_tokens_per_gpu_s, rates.output_tokens_per_gpu_s
    prompt, output = int(requests.prompt_tokens.sum()), int(requests.output_tokens.sum())
    return -(-(prompt * output_rate + output * prompt_rate) // (prompt_rate * output_rate))


def busy_gpus(from_s: Column, until_s: Column, step_s: int, steps: int) -> Column:
    """GPUs in each step for intervals of one busy GPU: ceil(busy seconds in it / its length)."""
    edges = np.arange(steps + 1, dtype=np.int64) * step_s
    busy = np.diff(_since(np.sort(from_s), edges) - _since(np.sort(until_s), edges))
    gpus: Column = -(-busy // step_s)
    return gpus


def _since(sorted_s: Column, edges: Column) -> Column:
    """For each edge, the sum of the time since all instants before it."""
    sums = np.concatenate([np.zeros(1, np.int64), np.cumsum(sorted_s)])
    before = np.searchsorted(sorted_s, edges, side="left")
    found: Column = edges * before - sums[before]
    return found


def levels(from_s: Column, until_s: Column, gpus: Column) -> tuple[Column, Column]:
    """GPUs held by half-open intervals: the instants of change, and the level from each on."""
    instants = np.concatenate([from_s, until_s])
    order = np.argsort(instants, kind="stable")
    level = np.cumsum(np.concatenate([gpus, -gpus])[order])
    return _changes(instants[order], level)


def without_repeats(at_s: Column, level: Column) -> tuple[Column, Column]:
    """Steps without those that change nothing; of several at one instant the last one holds."""
    order = np.argsort(at_s, kind="stable")
    return _changes(at_s[order], level[order])


def _changes(at_s: Column, level: Column) -> tuple[Column, Column]:
    """The last level at each instant, where it differs from the one before."""
    first = np.ones(min(len(at_s), 1), bool)
    last = np.append(np.diff(at_s) > 0, first)
    at_s, level = at_s[last], level[last]
    changes = np.append(first, np.diff(level) != 0)
    return at_s[changes], level[changes]


def in_steps(service: str, gpus: Column, step_s: int) -> ServiceDemand:
    """A service whose demand is given step by step."""
    at_s = np.arange(len(gpus), dtype=np.int64) * step_s
    return ServiceDemand(service, *without_repeats(at_s, gpus))
