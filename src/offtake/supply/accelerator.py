"""What an accelerator is, and what its GPU-hours are in power and in computation.

The facts are ``facts/accelerators.toml``, each with the maker's page. What no data sheet says is
an assumption that the caller states and that every conversion shows: how much of the peak rate
work reaches (MFU), and how much more a building draws than its servers (PUE).
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from offtake.supply.machine import FACTS
from offtake.units.capacity import PPM, power_text, share_text
from offtake.units.money import SECONDS_PER_HOUR

TFLOP = 10**12
WHOLE_MILLI = 1_000


class Accelerator(NamedTuple):
    """Facts of one kind; 0 where its maker states none."""

    name: str
    memory_gb: int
    bf16_tflops: int  # Dense, of one accelerator.
    chip_w: int
    system_w: int  # Its share of the maker's own server, before cooling.
    source: str
    system: str = ""

    @property
    def watts(self) -> int:
        """Its share of a server; of the chip alone where no server is stated."""
        return self.system_w or self.chip_w


class Assumed(NamedTuple):
    """What conversions rest on besides facts."""

    mfu_ppm: int = 400_000  # Of the peak rate, that training reaches; 40 % is common.
    pue_milli: int = 1_200  # Power of the site over that of its servers.


class Converted(NamedTuple):
    """A quantity in another measure, and the sentence that says how."""

    gpus: int = 0
    gpu_h: int = 0
    flop: int = 0
    watts: int = 0
    says: str = ""


class Unknown(ValueError):
    """A fact that is not stated; says which."""


@lru_cache(maxsize=1)
def accelerators() -> Mapping[str, Accelerator]:
    """All kinds by every name they go by, in small letters."""
    facts = tomllib.loads((FACTS / "accelerators.toml").read_text(encoding="utf-8"))
    found: dict[str, Accelerator] = {}
    for row in facts["accelerator"]:
        names = row.pop("names", [])
        kind = Accelerator(**{"system_w": 0, **row})
        found |= {name.lower(): kind for name in (kind.name, *names)}
    return MappingProxyType(found)


def known_as(name: str) -> str:
    """The plain name of what price lists call many things; itself where it is not known."""
    kind = accelerators().get(name.strip().lower().replace(" ", "-"))
    return kind.name if kind else name.strip()


def of_power(kind: Accelerator, watts: int, assumed: Assumed) -> Converted:
    """How many accelerators a site's power feeds, in whole ones.

    Raises:
        Unknown: Its maker states no power.
    """
    each_milliwatts = _watts(kind) * assumed.pue_milli
    gpus = watts * WHOLE_MILLI // each_milliwatts
    part = kind.system if kind.system_w else "the chip alone"
    says = f"{power_text(watts)} / ({_watts(kind):,} W a GPU ({part}) x PUE {_pue(assumed)})"
    return Converted(gpus=gpus, watts=watts, says=f"{says} = {gpus:,} {kind.name}")


def of_flop(kind: Accelerator, flop: int, assumed: Assumed) -> Converted:
    """The GPU-hours that a computation takes, rounded up.

    Raises:
        Unknown: Its maker states no dense BF16 rate.
    """
    per_gpu_h = _rate(kind) * TFLOP * SECONDS_PER_HOUR * assumed.mfu_ppm
    gpu_h = -(-flop * PPM // per_gpu_h)
    says = f"{flop:.3g} FLOP / {_work(kind, assumed)} = {gpu_h:,} GPU-h of {kind.name}"
    return Converted(gpu_h=gpu_h, flop=flop, says=says)


def of_gpu_h(kind: Accelerator, gpu_h: int, assumed: Assumed) -> Converted:
    """The computation that GPU-hours do, rounded down.

    Raises:
        Unknown: Its maker states no dense BF16 rate.
    """
    flop = gpu_h * _rate(kind) * TFLOP * SECONDS_PER_HOUR * assumed.mfu_ppm // PPM
    says = f"{gpu_h:,} GPU-h x {_work(kind, assumed)} = {flop:.3g} FLOP"
    return Converted(gpu_h=gpu_h, flop=flop, says=says)


def _work(kind: Accelerator, assumed: Assumed) -> str:
    return (
        f"({kind.bf16_tflops:,} TFLOP/s dense BF16 x MFU {share_text(assumed.mfu_ppm)} x 3,600 s)"
    )


def _pue(assumed: Assumed) -> str:
    return f"{assumed.pue_milli / WHOLE_MILLI:g}"


def _watts(kind: Accelerator) -> int:
    if not kind.watts:
        raise Unknown(f"no power of {kind.name} is stated")
    return kind.watts


def _rate(kind: Accelerator) -> int:
    if not kind.bf16_tflops:
        raise Unknown(f"no dense BF16 rate of {kind.name} is stated")
    return kind.bf16_tflops
