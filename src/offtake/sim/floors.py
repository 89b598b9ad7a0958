"""Which pools count towards a floor that use so far has not filled: they come first (J2)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.account import Use
from offtake.core.names import UNSTATED
from offtake.core.scope import concerns
from offtake.core.vocabulary import NONE, BoundClause
from offtake.supply.pools import Site

Version = tuple[int, int]
"""A clause and from when it holds."""


class Taken(NamedTuple):
    """What was taken inside the scope of a floor since the run began."""

    gpu_s: int = 0
    micros: int = 0


class Floors:
    """Floors against what has been taken. A job counts as a whole when it starts."""

    def __init__(self, clauses: Sequence[BoundClause]) -> None:
        self._clauses = [clause for clause in clauses if clause.kind.floor is not None]
        self._taken: dict[Version, Taken] = defaultdict(Taken)
        self._before: dict[tuple[Version, int], Taken] = {}  # By version and period.

    def take(self, site: Site, gpu_s: int, *, rate_micros_per_gpu_h: int) -> None:
        """Count what was taken on a pool at a rate."""
        micros = gpu_s * rate_micros_per_gpu_h // 3_600
        for clause in self._clauses:
            if _counts(clause, site):
                key = clause.clause, clause.from_s
                before = self._taken[key]
                self._taken[key] = Taken(before.gpu_s + gpu_s, before.micros + micros)

    def open(self, sites: Sequence[Site], now_s: int) -> set[int]:
        """The numbers of the pools that count towards a floor whose period is not filled yet.

        A period counts from the first time it is asked about, so ask where periods begin.
        """
        unfilled = [clause for clause in self._clauses if self._is_open(clause, now_s)]
        return {
            number
            for number, site in enumerate(sites)
            if any(_counts(clause, site) for clause in unfilled)
        }

    def _is_open(self, clause: BoundClause, now_s: int) -> bool:
        """Whether a floor of this version is in its period and not filled."""
        if not clause.from_s <= now_s < clause.until_s:
            return False
        assert clause.kind.floor is not None
        key = clause.clause, clause.from_s
        taken, unfilled = self._taken[key], False
        for due in clause.kind.floor(clause.terms)[1]:
            if due.start_s <= now_s < due.end_s:
                before = self._before.setdefault((key, due.start_s), taken)
                if due.amount_micros != NONE:
                    unfilled |= taken.micros - before.micros < due.amount_micros
                else:
                    unfilled |= taken.gpu_s - before.gpu_s < due.gpu_s
        return unfilled


def _counts(clause: BoundClause, site: Site) -> bool:
    """Whether use of a pool counts towards a clause's floor; a scope's purposes are left open."""
    assert clause.kind.floor is not None
    if clause.kind.floor(clause.terms)[0] != site.supplier:
        return False
    use = Use(site.supplier, site.accelerator, site.region, UNSTATED, 0, 0, 0)
    return clause.kind.about is None or concerns(clause.kind.about(clause.terms), use)
