"""Which accelerators a machine has, by what its supplier calls it: ``p5.48xlarge`` is 8 H100.

The table is ``facts/machines.toml``, with the page of each supplier that says so.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

FACTS = Path(__file__).with_name("facts")
_TOKEN = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]")
_NAMED = re.compile(
    r"(?<![a-z0-9])(gb300|gb200|b300|b200|gh200|h200|h100|a100[ -]?80 ?gb|a100|l40s|a10g|l4|v100|"
    r"mi355x|mi325x|mi300x)(?![a-z0-9])"
)
_PER_GPU = re.compile(r"(?<![a-z0-9])gpus?(?![a-z0-9])")


class Machine(NamedTuple):
    """What one machine has: ``gpus`` accelerators of a name; ``source`` says so."""

    accelerator: str
    gpus: int
    source: str = ""


@lru_cache(maxsize=1)
def machines() -> Mapping[str, Machine]:
    """Every machine that is known, by its plain name."""
    facts = tomllib.loads((FACTS / "machines.toml").read_text(encoding="utf-8"))
    found = {}
    for family in facts["family"]:
        for name, accelerator, gpus in family["machines"]:
            found[name] = Machine(accelerator, gpus, family["source"])
    return MappingProxyType(found)


def plain_name(text: str) -> str:
    """A machine's name as the table has it: ``Standard_ND96isr_H100_v5`` is one of them."""
    word = re.sub(r"[ _]+", "-", text.strip().lower())
    return word.removeprefix("standard-").removeprefix("ml.")


def machine_of(text: str) -> Machine | None:
    """The machine that a text names, alone or within a sentence or a code; None if none is.

    ``USE1-BoxUsage:p5.48xlarge`` and ``ND96isr H100 v5`` name one. The longest name counts.
    """
    known = machines()
    word = plain_name(text)
    if word in known:
        return known[word]
    tokens = _TOKEN.findall(re.sub(r"[ _]+", "-", text.lower()))
    whole = [name for token in tokens for name in _within(token, known)]
    return known[max(whole, key=len)] if whole else None


def _within(token: str, known: Mapping[str, Machine]) -> list[str]:
    """The known names among runs of a token's parts: blanks and hyphens look alike."""
    parts = token.split("-")
    found = []
    for first in range(len(parts)):
        for last in range(first + 1, min(first + 6, len(parts)) + 1):
            name = "-".join(parts[first:last]).removeprefix("ml.").strip(".")
            if name in known:
                found.append(name)
    return found


def accelerator_of(text: str) -> str:
    """The accelerator that a description of GPUs names: ``Nvidia H100 80GB GPU`` is H100.

    Only where the text speaks of GPUs, and of one kind; else empty.
    """
    small = text.lower()
    if not _PER_GPU.search(small):
        return ""
    named = {re.sub(r"a100[ -]?80 ?gb", "a100-80gb", word) for word in _NAMED.findall(small)}
    return named.pop().upper() if len(named) == 1 else ""
