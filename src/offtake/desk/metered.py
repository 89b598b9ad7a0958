"""What was metered, by pool: the part of the ledger that suppliers' meters tell."""

from collections.abc import Sequence

from immutables import Map

from offtake.core.names import UNSTATED
from offtake.core.vocabulary import Event
from offtake.desk import command as say
from offtake.desk.pools import places
from offtake.desk.state import State
from offtake.sourcing.level import Piece, levels
from offtake.sourcing.requirement import Recorded

NOWHERE = ""
"""What is not known to have run on one pool."""


def metered(state: State, command: say.Use, recorded: Sequence[Recorded]) -> State:
    """The state with what was recorded of use, counted on its pool."""
    used = state.used
    for item in recorded:
        pool = command.pool or where(state, item.event)
        changes = used.get(pool, Map())
        piece = Piece(item.event.gpus, item.event.start_s, item.event.end_s)
        for at_s, gpus in levels([piece]).items():
            changes = changes.set(at_s, changes.get(at_s, 0) + gpus)
        used = used.set(pool, changes)
    return state._replace(used=used)


def where(state: State, event: Event) -> str:
    """The only listed pool that use fits; ``NOWHERE`` where several do, or none."""
    fits = [
        place.pool
        for place in places(state.in_force)
        if event.party == place.supplier
        and event.accelerator in (UNSTATED, place.accelerator)
        and event.region in (UNSTATED, place.region)
    ]
    return fits[0] if len(fits) == 1 else NOWHERE
