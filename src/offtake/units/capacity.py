"""Capacity as whole GPUs, GPU-seconds and watts; shares as parts per million."""

import re
from typing import NamedTuple

LIMIT_GPUS = 10**9
LIMIT_WATTS = 10**13
PPM = 1_000_000

_COUNT = re.compile(r"^(\d[\d,_]*(?:\.\d+)?)\s*([kKmM]?)(?:\s*GPUs?)?$")
_POWER = re.compile(r"^(\d[\d,_]*(?:\.\d+)?)\s*(kW|MW|GW|W)$")
_ACCELERATOR = re.compile(r"^([A-Za-z][A-Za-z0-9_.+-]*)(?::(\d+))?$")
_SHARE = re.compile(r"^(\d+(?:\.\d+)?)\s*%$")
_WATTS = {"W": 1, "kW": 10**3, "MW": 10**6, "GW": 10**9}
_COUNTS = {"": 1, "k": 10**3, "m": 10**6}


class Size(NamedTuple):
    """An amount of capacity as it was written: whole GPUs, or watts. The other is -1."""

    gpus: int = -1
    watts: int = -1

    def __str__(self) -> str:
        return f"{self.gpus}" if self.watts < 0 else power_text(self.watts)

    def in_gpus(self, watts_per_gpu: int) -> int:
        """Whole GPUs; a part of a GPU that the power would not feed is left out."""
        return self.gpus if self.watts < 0 else self.watts // watts_per_gpu


class Accelerator(NamedTuple):
    """A kind of accelerator and how many of them: ``H100:8``."""

    name: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.name}:{self.number}"


def parse_gpus(text: str) -> int:
    """Read ``64000``, ``64,000``, ``64k`` or ``64 GPUs``.

    Raises:
        ValueError: Not a whole number of GPUs, or above ``LIMIT_GPUS``.
    """
    match = _COUNT.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a number of GPUs")
    return _scaled(match[1], _COUNTS[match[2].lower()], LIMIT_GPUS, text)


def parse_power(text: str) -> int:
    """Read ``1.2 GW`` or ``300 MW`` as watts.

    Raises:
        ValueError: Not a power, finer than a watt, or above 10 TW.
    """
    match = _POWER.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a power such as `300 MW`")
    return _scaled(match[1], _WATTS[match[2]], LIMIT_WATTS, text)


def parse_size(text: str) -> Size:
    """Read GPUs or power.

    Raises:
        ValueError: Neither.
    """
    if _POWER.match(text.strip()):
        return Size(watts=parse_power(text))
    return Size(gpus=parse_gpus(text))


def parse_accelerator(text: str) -> Accelerator:
    """Read ``H100`` or ``H100:8``.

    Raises:
        ValueError: Not a name, or a count of 0 or above ``LIMIT_GPUS``.
    """
    match = _ACCELERATOR.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not an accelerator such as `H100` or `H100:8`")
    count = int(match[2] or 1)
    if not 0 < count <= LIMIT_GPUS:
        raise ValueError(f"`{text}` asks for {count} accelerators")
    return Accelerator(match[1], count)


def parse_share(text: str) -> int:
    """Read ``20%`` as parts per million.

    Raises:
        ValueError: Not a percentage, above 100 %, or finer than a part per million.
    """
    match = _SHARE.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a percentage such as `20%`")
    ppm = _scaled(match[1], PPM // 100, 100 * PPM, text)
    if ppm > PPM:
        raise ValueError(f"`{text}` is above 100%")
    return ppm


def parse_speed(text: str) -> int:
    """Read a speed such as ``45%`` or ``250%`` as parts per million of another's.

    Raises:
        ValueError: Not a percentage, zero, or above 10,000 %.
    """
    match = _SHARE.match(text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a percentage such as `45%`")
    speed_ppm = _scaled(match[1], PPM // 100, 100 * PPM, text)
    if not speed_ppm:
        raise ValueError("a speed of 0 % runs nothing")
    return speed_ppm


def _scaled(number: str, factor: int, limit: int, text: str) -> int:
    whole, _, fraction = number.replace(",", "").replace("_", "").partition(".")
    divisor: int = 10 ** len(fraction)
    value, rest = divmod(int(whole + fraction) * factor, divisor)
    if rest:
        raise ValueError(f"`{text}` is not a whole number of the smallest unit")
    if value > limit:
        raise ValueError(f"`{text}` is above the limit of {limit:,}")
    return value


def power_text(watts: int) -> str:
    """``1.2 GW``, exactly."""
    for unit, factor in (("GW", 10**9), ("MW", 10**6), ("kW", 10**3)):
        if watts % (factor // 1000) == 0 and watts >= factor:
            return f"{watts / factor:.3f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{watts} W"


def share_text(ppm: int) -> str:
    """``20%``, exactly."""
    whole, rest = divmod(ppm, PPM // 100)
    fraction = f"{rest:04d}".rstrip("0")
    return f"{whole}" + (f".{fraction}" if fraction else "") + "%"
