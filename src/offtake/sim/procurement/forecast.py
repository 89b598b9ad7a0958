"""``forecast``: what will be wanted when ordered capacity could be there, less what will be there.

Wanted: for each purpose, the mean GPUs that each of the last ``window`` periods between reviews
asked for: GPU-hours of the jobs submitted in it, and of inference demand, over its length. A job
that has not ended by the review counts with its request, for its run time is not known yet.
With ``y(0) ... y(n-1)`` the means, oldest first:

- ``linear``: the least-squares line through them, at period ``n - 1 + h``, where ``h`` is the
  number of whole periods from the review to the end of the lead time (at least 1). One period
  alone is its own forecast; none, and nothing is asked for.
- ``seasonal``: that line, plus the mean distance from it of the past periods that lie a whole
  number of seasons before the one forecast; the line alone where the window shows none.

A forecast is rounded up to whole GPUs and is never below 0. Fractions are exact.

There: capacity at the end of the lead time (``Sight.rooms``). A room that several purposes may
use is given to one after the other, the rooms with the fewest purposes first, and of their
purposes the one that has the fewest other rooms first. What waits now is not asked for: the
forecast is of what comes; ``backlog`` looks at what waits.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from offtake.contract.market import Procurement
from offtake.sim.procurement.sight import Room, Sight, whole_lots
from offtake.units.time import after


def missing_gpus(procurement: Procurement, sight: Sight) -> dict[int, int]:
    """GPUs to ask for, by purpose."""
    periods = list(pairwise(sight.reviews_s[-procurement.window - 1 :]))
    if not periods:
        return {}
    wanted = [sight.wanted_gpu_s(*period) for period in periods]
    last_s = periods[-1][1] - periods[-1][0]
    at_s = after(sight.now_s, procurement.lead)
    ahead = max((at_s - sight.now_s) // last_s, 1)
    season = procurement.season if procurement.trend == "seasonal" else 0
    expected = {
        purpose: forecast_gpus(
            [
                Fraction(row.get(purpose, 0), until_s - from_s)
                for row, (from_s, until_s) in zip(wanted, periods, strict=True)
            ],
            ahead,
            season,
        )
        for purpose in {purpose for row in wanted for purpose in row}
    }
    left = unplaced_gpus(expected, sight.rooms(at_s))
    return whole_lots(left, procurement, sight.world.names)


def forecast_gpus(means: Sequence[Fraction], ahead: int, season: int = 0) -> int:
    """GPUs wanted ``ahead`` periods after the last of some, by the line and its season.

    ``season`` is its length in periods, 0 for none.
    """
    count = len(means)
    center, level = Fraction(count - 1, 2), sum(means, Fraction(0)) / count
    spread = sum(((n - center) ** 2 for n in range(count)), Fraction(0))
    moment = sum(((n - center) * mean for n, mean in enumerate(means)), Fraction(0))
    slope = moment / spread if spread else Fraction(0)
    target = count - 1 + ahead
    found = level + slope * (target - center)
    if season:
        alike = [n for n in range(count) if (target - n) % season == 0]
        away = [means[n] - level - slope * (n - center) for n in alike]
        found += sum(away, Fraction(0)) / max(len(away), 1)
    return max(-(-found.numerator // found.denominator), 0)


def unplaced_gpus(wanted: Mapping[int, int], rooms: Sequence[Room]) -> dict[int, int]:
    """What of each purpose finds no room, rooms filled in the order stated above."""
    left = dict(wanted)
    chances = {purpose: sum(purpose in room.purposes for room in rooms) for purpose in wanted}
    for room in sorted(rooms, key=lambda room: len(room.purposes)):
        free = room.gpus
        for purpose in sorted(room.purposes & set(left), key=lambda p: (chances[p], p)):
            taken = min(free, left[purpose])
            left[purpose] -= taken
            free -= taken
    return left
