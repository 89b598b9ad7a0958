"""Which commitments have a floor that use so far has not filled: their pools come first (J2)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from offtake.core.vocabulary import NONE, BoundClause


class Taken(NamedTuple):
    """What was taken from a supplier since the run began."""

    gpu_s: int = 0
    micros: int = 0


class Floors:
    """Floors against what has been taken. A job counts as a whole when it starts."""

    def __init__(self, clauses: Sequence[BoundClause]) -> None:
        self._clauses = [clause for clause in clauses if clause.kind.floor is not None]
        self._taken: dict[int, Taken] = defaultdict(Taken)
        self._before: dict[tuple[int, int, int], Taken] = {}  # By clause, version and period.

    def take(self, supplier: int, gpu_s: int, *, rate_micros_per_gpu_h: int) -> None:
        """Count what was taken from a supplier at a rate."""
        before = self._taken[supplier]
        micros = gpu_s * rate_micros_per_gpu_h // 3_600
        self._taken[supplier] = Taken(before.gpu_s + gpu_s, before.micros + micros)

    def open(self, now_s: int) -> set[int]:
        """Suppliers with a floor in force whose period is not filled yet.

        A period counts from the first time it is asked about, so ask where periods begin.
        """
        found = set()
        for clause in self._clauses:
            if not clause.from_s <= now_s < clause.until_s:
                continue
            assert clause.kind.floor is not None
            supplier, dues = clause.kind.floor(clause.terms)
            taken = self._taken[supplier]
            for due in dues:
                if not due.start_s <= now_s < due.end_s:
                    continue
                key = (clause.clause, clause.from_s, due.start_s)
                before = self._before.setdefault(key, taken)
                in_money = due.amount_micros != NONE
                left = due.amount_micros if in_money else due.gpu_s
                done = taken.micros - before.micros if in_money else taken.gpu_s - before.gpu_s
                if done < left:
                    found.add(supplier)
        return found
