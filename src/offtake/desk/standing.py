"""How a lot stands after an entry: its rounds, tenders and choices, for people to look back on."""

from typing import Any

from offtake.core.vocabulary import Event, EventKind, Verdict
from offtake.desk import command as say
from offtake.desk.act import Done
from offtake.desk.state import Choice, Given, Round, Standing, State, Tender
from offtake.sourcing.course import offer_of
from offtake.sourcing.requirement import Lot, Recorded

OUTCOMES = {
    EventKind.ACCEPTED: "accepted",
    EventKind.REFUSED: "refused",
    EventKind.LAPSED: "lapsed",
}


def submitted(command: say.Submit, given: Given) -> Standing:
    """A lot that was just raised."""
    return Standing(command.title, given.by, given.at_s, version=1)


def after(state: State, given: Given, done: Done, decisions: Any) -> Standing:
    """How a lot stands after what was recorded.

    ``decisions`` are those of the first event as the journal holds them, where it is replayed.
    """
    standing = state.standing[done.lot]
    command = given.command
    if not isinstance(command, say.Bid):
        standing = standing._replace(version=standing.version + 1)
    if isinstance(command, say.Change):
        standing = standing._replace(title=command.title or standing.title)
    for item in done.recorded:
        standing = _happened(standing, item, given, state.sourcing.lots[done.lot])
        if item.event.kind == EventKind.TENDER_OPENED:
            invited = _invited(state, command, done, decisions)
            opened = Tender(given.at_s, item.event.due_at_s, item.event.gpus, invited)
            standing = standing._replace(tenders=(*standing.tenders, opened))
    return standing


def _happened(standing: Standing, item: Recorded, given: Given, lot: Lot) -> Standing:
    """``lot`` is as it was before."""
    event, why = item.event, item.why
    match event.kind:
        case EventKind.NOTICE_GIVEN:
            return standing._replace(rounds=(*standing.rounds, Round(event)))
        case EventKind.ACCEPTED | EventKind.REFUSED | EventKind.LAPSED:
            return _answered(standing, event, given)
        case EventKind.REQUIREMENT_CHANGED | EventKind.REQUIREMENT_WITHDRAWN:
            standing = _closed(_ended(standing, "dropped", ("open", "accepted")))
            return standing._replace(why=why or getattr(given.command, "why", ""))
        case EventKind.OFFER_MADE:
            return _bid(standing, event)
        case EventKind.TENDER_CLOSED:
            return _closed(standing, opened=True)
        case EventKind.AWARDED:
            choice = Choice(event.at_s, offer_of(event), given.by, why)
            return standing._replace(choices=(*standing.choices, choice))
        case EventKind.AWARD_CANCELED:
            unsigned = {offer.supplier for offer in lot.awards}
            kept = (row for row in standing.choices if row.offer.supplier not in unsigned)
            return standing._replace(choices=tuple(kept))
        case EventKind.ORDERED:
            standing = standing._replace(orders=(*standing.orders, event.order))
            return _ended(standing, "ordered", ("accepted",))
        case EventKind.UNSERVED:
            return standing._replace(why=why)
    return standing


def _answered(standing: Standing, event: Event, given: Given) -> Standing:
    last = standing.rounds[-1]
    outcome = OUTCOMES[EventKind(event.kind)]
    if outcome == "lapsed" and last.outcome == "accepted":
        return _ended(standing, "fallen", ("accepted",))
    signed = given.command.signed if isinstance(given.command, say.Answer) else ""
    last = last._replace(outcome=outcome, answered_at_s=event.at_s, gpus=event.gpus, signed=signed)
    return standing._replace(rounds=(*standing.rounds[:-1], last))


def _ended(standing: Standing, outcome: str, which: tuple[str, ...]) -> Standing:
    """The last round with its end, if it is in one of these."""
    if not standing.rounds or standing.rounds[-1].outcome not in which:
        return standing
    last = standing.rounds[-1]._replace(outcome=outcome)
    return standing._replace(rounds=(*standing.rounds[:-1], last))


def _closed(standing: Standing, *, opened: bool = False) -> Standing:
    """The last tender takes no more offers; those of one that ended before its time stay sealed."""
    if not standing.tenders or not standing.tenders[-1].is_open:
        return standing
    last = standing.tenders[-1]._replace(is_open=False, is_opened=opened)
    return standing._replace(tenders=(*standing.tenders[:-1], last))


def _bid(standing: Standing, event: Event) -> Standing:
    """The last offer of a supplier is the one that counts."""
    last = standing.tenders[-1]
    others = tuple(row for row in last.bids if row[1].supplier != event.party)
    last = last._replace(bids=(*others, (event.at_s, offer_of(event))))
    return standing._replace(tenders=(*standing.tenders[:-1], last))


def _invited(state: State, command: say.AnyCommand, done: Done, rows: Any) -> tuple[int, ...]:
    """Who may bid: those who are named, or all whom no clause denies."""
    parties = state.in_force.portfolio.names.parties
    if isinstance(command, say.Tender) and command.invite:
        return tuple(parties.index(name) for name in command.invite)
    made = done.recorded[0].decisions
    if made:
        return tuple(row.ask.supplier for row in made if row.verdict is not Verdict.DENY)
    return tuple(parties.index(row["supplier"]) for row in rows if row["verdict"] != "deny")
