"""Which lot an ask for capacity means: what notices told of, kept so that it is found at once.

Lots that are sought for the same purpose, accelerator and region hang together in the order of
their last notices: each knows the one noticed next before it and next after it, and ``latest``
the end of each such chain. So a notice, an order and an ask look at a few lots, however many
there are.
"""

from itertools import product

from offtake.core.names import UNSTATED
from offtake.core.vocabulary import NONE, Act, Ask, Event, EventKind, Facts, Lot


def recognized(ask: Ask, facts: Facts) -> Ask:
    """The ask with the lot it concerns: the latest noticed one for the same need.

    Somebody who asks about capacity need not know how the desk numbered the lot. A notice that
    leaves accelerator or region open was of any; an ask that leaves them open is about more than
    a notice of one kind, so nobody escapes a clause by saying less. A lot of which all is
    ordered is sought no longer.
    """
    if ask.lot != NONE or ask.act != Act.SUPPLY or not facts.latest:
        return ask
    found, turn = NONE, -1
    kinds = product({ask.accelerator, UNSTATED}, {ask.region, UNSTATED})
    for accelerator, region in kinds:
        number = facts.latest.get((ask.purpose, accelerator, region))
        if number is not None and facts.lots[number].turn > turn:
            found, turn = number, facts.lots[number].turn
    return ask if found == NONE else ask._replace(lot=found)


def told(facts: Facts, event: Event) -> Facts:
    """The facts with what an event says of the lots that are sought."""
    known = facts.lots.get(event.lot)
    if event.kind == EventKind.NOTICE_GIVEN:
        return _noticed(facts, event, known)
    if event.kind == EventKind.ORDERED and known is not None:
        if known.sought and known.ordered_gpus + event.gpus >= known.gpus:
            facts = _unchained(facts, event.lot)
            known = facts.lots[event.lot]
        ordered = known._replace(ordered_gpus=known.ordered_gpus + event.gpus)
        return facts._replace(lots=facts.lots.set(event.lot, ordered))
    return facts


def _noticed(facts: Facts, event: Event, known: Lot | None) -> Facts:
    """A notice makes its lot the latest; it may say another purpose, accelerator or region."""
    if known is not None and known.sought:
        facts = _unchained(facts, event.lot)
    before = known or Lot(event.purpose, event.accelerator, event.region)
    lot = Lot(
        event.purpose,
        event.accelerator,
        event.region,
        gpus=max(before.gpus, before.ordered_gpus + max(event.gpus, event.of_gpus)),
        ordered_gpus=before.ordered_gpus,
        turn=facts.notices,
    )
    lots, latest = facts.lots, facts.latest
    if lot.sought:
        older = latest.get(lot.what)
        if older is not None:
            lots = lots.set(older, lots[older]._replace(newer=event.lot))
        lot, latest = lot._replace(older=older), latest.set(lot.what, event.lot)
    return facts._replace(lots=lots.set(event.lot, lot), latest=latest, notices=facts.notices + 1)


def _unchained(facts: Facts, number: int) -> Facts:
    """The facts with a sought lot taken out of its chain, whose neighbors then meet."""
    lots, latest, lot = facts.lots, facts.latest, facts.lots[number]
    newer, older = lot.newer, lot.older
    if older is not None:
        lots = lots.set(older, lots[older]._replace(newer=newer))
    if newer is not None:
        lots = lots.set(newer, lots[newer]._replace(older=older))
    elif older is not None:
        latest = latest.set(lot.what, older)
    else:
        latest = latest.delete(lot.what)
    lots = lots.set(number, lot._replace(newer=None, older=None))
    return facts._replace(lots=lots, latest=latest)
