"""What a clause is about: seven sets of bits that every clause kind's terms begin with."""

from typing import Any, NamedTuple

from offtake.core.account import Thing, Use
from offtake.core.names import ALL, UNSTATED
from offtake.core.vocabulary import Ask


class Scope(NamedTuple):
    """The bits of what is covered; indices are those of ``Names``. All bits: everything."""

    purposes: int = ALL
    accelerators: int = ALL
    regions: int = ALL
    suppliers: int = ALL
    assets: int = ALL
    capacity: int = 3
    acts: int = 7


class Summed(NamedTuple):
    """Use that a charge needs added up: of whom, of what, in which periods, in order of time."""

    supplier: int
    scope: Scope
    periods: tuple[tuple[int, int], ...]


def covers(scope: Any, ask: Ask) -> int:
    """1 when everything the ask states lies inside the scope.

    Whole capacity classes and acts are bits themselves; the others are numbered names.
    Terms whose first fields are those of ``Scope`` are scopes too.
    """
    inside: int = (
        scope.purposes >> ask.purpose
        & scope.accelerators >> ask.accelerator
        & scope.regions >> ask.region
        & scope.suppliers >> ask.supplier
        & scope.assets >> ask.asset
        & ((scope.acts & ask.act) != 0)
        & ((scope.capacity & ask.capacity) != 0)
    )
    return inside


def concerns(scope: Scope, thing: Use | Thing) -> bool:
    """Whether what was used or bought, a purpose, an accelerator, a region, is in the scope."""
    inside = scope.purposes >> thing.purpose & scope.accelerators >> thing.accelerator
    return bool(inside & scope.regions >> thing.region & 1)


def overlap(*scopes: Scope) -> bool:
    """Whether some use lies in all of these scopes."""
    named = ALL ^ (1 << UNSTATED)
    purposes = accelerators = regions = named
    for scope in scopes:
        purposes &= scope.purposes
        accelerators &= scope.accelerators
        regions &= scope.regions
    return bool(purposes and accelerators and regions)


def contains(scope: Scope, other: Scope) -> bool:
    """Whether every use that the other scope is about lies in this one."""
    outside = (
        (other.purposes & ~scope.purposes)
        | (other.accelerators & ~scope.accelerators)
        | (other.regions & ~scope.regions)
    )
    return outside == 0
