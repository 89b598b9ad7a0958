"""A word that is another one when what somebody may see has changed: pages are renewed by it.

It tells nothing else: neither how much happened that they may not see, nor when.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from offtake.desk.access.visible import About, listed
from offtake.desk.access.who import Who
from offtake.desk.state import State
from offtake.desk.view.requirement import Data, notice, orders_of, parties_of, tender
from offtake.desk.view.requirement import order as order_data
from offtake.desk.view.words import names_at

LENGTH = 16


def tide(state: State, who: Who) -> str:
    """For the buyer's people, of all entries but sealed offers; for a supplier, of its matters."""
    if state.version is None:
        return ""
    seen = msgspec.json.encode(list(_matters(state, who)) if who.party else state.told)
    return sha256(seen).hexdigest()[:LENGTH]


def _matters(state: State, who: Who) -> Iterator[list[Data]]:
    """Notices, tenders and orders of a party, as it sees them."""
    for number, standing in state.standing.items():
        lot = state.sourcing.lots[number]
        if who.party not in parties_of(state, lot):
            continue
        own = (notice(state, lot, each + 1) for each in range(len(standing.rounds)))
        yield listed(who, "notice", ((row, About()) for row in own)).rows
        for each, row in enumerate(standing.tenders):
            invited = frozenset(names_at(state).parties[party] for party in row.invited)
            told = tender(state, lot, each + 1)
            yield listed(who, "tender", [(told, About(parties=invited))]).rows
        orders = (order_data(state, row) for row in orders_of(state, lot))
        yield listed(who, "order", ((row, About()) for row in orders)).rows
