"""Floors filled by many uses at once: the same as one by one, proved by the plain counting.

Uses are counted in order of time, and where floors are added the order says which is filled
first. As long as no floor becomes full between two uses, all uses between them go where the
first goes: they are added up. A stretch of uses in which some floor may become full is halved,
down to a single use, which the plain counting takes.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from offtake.core.account import Use
from offtake.core.vocabulary import NONE
from offtake.demand.columns import Column
from offtake.settle.counting import Counting, Level, Part, Slot

Place = tuple[int, int, int]
"""A floor: the position of its clause, and its period."""


class Uses(NamedTuple):
    """Uses in order of time; columns of shape (uses,). ``group`` indexes ``groups``.

    Uses of a group count towards the same floors: one of them stands for all.
    """

    gpu_s: Column
    micros: Column
    group: Column
    groups: Sequence[Use]


class Aim(NamedTuple):
    """Where all uses of a group go while no floor becomes full.

    Each of ``into`` takes them; ``within`` are the ones that must not become full by it, and of
    ``any_of`` one at least must not: it is why the agreement takes them whole.
    """

    into: tuple[Slot, ...]
    within: tuple[Slot, ...]
    any_of: tuple[Slot, ...]


class Filling(Counting):
    """Counting that takes many uses at once."""

    def uses(self, uses: Uses) -> None:
        """Count uses in their order."""
        levels = [list(self._agreements(use)) for use in uses.groups]
        counts = np.array([bool(found) for found in levels] or [False])
        rows = np.flatnonzero(counts[uses.group])
        self._stretch(uses, levels, rows)
        self._add_groups_up(uses)

    def _add_groups_up(self, uses: Uses) -> None:
        """Add the uses of each group to the sums that clauses asked for: one period has them."""
        gpu_s, micros = (np.zeros(len(uses.groups), np.int64) for _ in range(2))
        np.add.at(gpu_s, uses.group, uses.gpu_s)
        np.add.at(micros, uses.group, uses.micros)
        for use, hours, cost in zip(uses.groups, gpu_s.tolist(), micros.tolist(), strict=True):
            if hours or cost:
                self.add_up(use, Part(hours, cost))

    def _stretch(self, uses: Uses, levels: list[list[list[Level]]], rows: Column) -> None:
        """Count some uses: together if no floor becomes full, else half by half."""
        stretches = [rows]
        while stretches:
            now = stretches.pop()
            if not len(now):
                continue
            if len(now) == 1:
                row = int(now[0])
                use = uses.groups[int(uses.group[row])]._replace(gpu_s=int(uses.gpu_s[row]))
                self.take(use, int(uses.micros[row]))
            elif not self._together(uses, levels, now):
                middle = len(now) // 2
                stretches += [now[middle:], now[:middle]]

    def _together(self, uses: Uses, levels: list[list[list[Level]]], rows: Column) -> bool:
        """Add uses up where they go; False, and nothing changed, where a floor becomes full."""
        groups, inside = np.unique(uses.group[rows], return_inverse=True)
        gpu_s = np.zeros(len(groups), np.int64)
        micros = np.zeros(len(groups), np.int64)
        np.add.at(gpu_s, inside, uses.gpu_s[rows])
        np.add.at(micros, inside, uses.micros[rows])
        aims = [self._aim(levels[group]) for group in groups.tolist()]
        sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0])
        for aim, hours, cost in zip(aims, gpu_s.tolist(), micros.tolist(), strict=True):
            for slot in aim.into:
                sums[_place(slot)][0] += hours
                sums[_place(slot)][1] += cost
        for aim in aims:
            if not all(self._fits(slot, sums) for slot in aim.within):
                return False
            if aim.any_of and not any(self._fits(slot, sums) for slot in aim.any_of):
                return False
        slots = {_place(slot): slot for aim in aims for slot in aim.into}
        for place, slot in slots.items():
            hours, cost = sums[place]
            taken = self._of(slot)
            more = taken.gpu_s + hours, taken.amount_micros + cost
            self._put(slot, taken._replace(gpu_s=more[0], amount_micros=more[1]))
        return True

    def _aim(self, agreements: list[list[Level]]) -> Aim:
        """Where the uses of a group go now (``Counting._spread``, for uses that fit whole)."""
        for number, levels in enumerate(agreements):
            last = number == len(agreements) - 1
            open_ones = [next((s for s in level if self._room(s) > 0), None) for level in levels]
            if not last and not any(open_ones):
                continue  # All of its floors are full: nothing is given to them.
            into = tuple(found or level[-1] for level, found in zip(levels, open_ones, strict=True))
            within = tuple(
                slot for level, slot in zip(levels, into, strict=True) if slot is not level[-1]
            )
            return Aim(into, within, () if last else tuple(s for s in open_ones if s is not None))
        return Aim((), (), ())

    def _room(self, slot: Slot) -> int:
        """What a floor still needs, in its unit."""
        missing = self._short(slot)
        return missing.amount_micros if missing.gpu_s == NONE else missing.gpu_s

    def _fits(self, slot: Slot, sums: dict[Place, list[int]]) -> bool:
        """Whether a floor stays open when the sums are added to it."""
        hours, cost = sums[_place(slot)]
        in_money = self._short(slot).gpu_s == NONE
        return (cost if in_money else hours) < self._room(slot)


def _place(slot: Slot) -> Place:
    return slot.pledge.position, slot.due.start_s, slot.due.end_s
