"""Names and numbers: what a portfolio calls parties, purposes and the rest, and their bits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from offtake.units.time import Calendar

UNSTATED = 62
"""The index of what an ask leaves open. Restrictions cover it; permissions do not."""
ALL = (1 << 63) - 1
"""The scope that covers everything, stated or not."""
LIMIT_NAMES = 62
"""The most parties, purposes, accelerators, regions, assets or products: one bit each."""
BUYER = 0
"""The buyer is always the first party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a portfolio, each list in index order, at most ``LIMIT_NAMES`` long."""

    parties: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    accelerators: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    watts_per_gpu: Mapping[str, int] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for names in (self.parties, self.purposes, self.accelerators, self.regions, self.assets):
            assert len(names) <= LIMIT_NAMES, names

    def title(self, party: int) -> str:
        """The name of a party as people write it."""
        name = name_of(self.parties, party)
        return self.titles.get(name, name)

    def watts_of(self, accelerators: Iterable[str] | None) -> int:
        """The power of one GPU of a scope in watts: the least of its kinds, so none is lost."""
        known = self.watts_per_gpu
        watts = [known[name] for name in accelerators or known if name in known]
        return min(watts, default=1)

    def lineage(self, purpose: str) -> tuple[str, ...]:
        """A purpose, its parent, and so on up to the root."""
        line = [purpose]
        while (parent := self.parents.get(line[-1])) is not None:
            line.append(parent)
        return tuple(line)


def mask(wanted: Iterable[str] | None, names: tuple[str, ...], *, permission: bool = False) -> int:
    """The bits of ``wanted`` in ``names``; everything when ``wanted`` is None.

    A restriction also covers an ask that leaves the point open (``UNSTATED``): whoever does
    not say where capacity stands cannot escape a clause about places. A permission does not.
    """
    if wanted is None:
        return ALL
    bits = sum(1 << names.index(name) for name in set(wanted))
    return bits if permission else bits | 1 << UNSTATED


def name_of(names: tuple[str, ...], index: int) -> str:
    """The name of an index; ``any`` for what was left open."""
    return names[index] if 0 <= index < len(names) else "any"
