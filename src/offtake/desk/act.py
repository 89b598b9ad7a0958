"""What sourcing makes of a command in words, and that what was meant is what happens."""

from typing import NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.names import name_of
from offtake.core.text import Value
from offtake.core.vocabulary import NONE, EventKind, Verdict
from offtake.desk import command as say
from offtake.desk import reading
from offtake.desk.pools import ran_on
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.state import By, Given, State
from offtake.desk.worth import worth
from offtake.sourcing import command as ask
from offtake.sourcing.command import Refused
from offtake.sourcing.process import decide
from offtake.sourcing.requirement import Lot, Need, Recorded, Status

LIMIT_OPEN_S = 366 * 86_400
"""No tender stays open for longer."""


class Unknown(Refused):
    """What a command is about is not there."""


class Stale(Refused):
    """Somebody else was quicker: what was seen is not what is."""


class Done(NamedTuple):
    """What sourcing recorded, the need that goes with it, and the lot concerned (or NONE)."""

    recorded: list[Recorded]
    need: Need | None = None
    lot: int = NONE


Sourced = say.Submit | say.Change | say.OfLot | say.Told
"""The commands that sourcing carries out."""


def decided(state: State, command: Sourced, given: Given) -> Done:
    """What sourcing makes of a command.

    Raises:
        Refused: It does not fit the state.
        Invalid: Its words cannot be read.
    """
    if isinstance(command, say.Submit):
        number = len(state.numbers) + 1
        if command.requirement in state.numbers:
            raise Refused(f"there is a requirement {command.requirement} already")
        need = reading.need(command, state.in_force.portfolio)
        return Done(_asked(state, ask.Submit(number, need), given.at_s), need, number)
    if isinstance(command, say.Told):
        return _told(state, command, given.at_s)
    lot = known(state, command.requirement)
    if isinstance(command, say.Change):
        if command.version not in (None, state.standing[lot.number].version):
            raise Stale(f"requirement {command.requirement} has changed: look at it again")
        need = reading.need(command, state.in_force.portfolio)
        return Done(_asked(state, ask.Change(lot.number, need), given.at_s), need, lot.number)
    return Done(_about(state, lot, command, given), lot=lot.number)


def known(state: State, requirement: str) -> Lot:
    """The lot of a requirement.

    Raises:
        Unknown: There is none.
    """
    lot = state.lot(requirement)
    if lot is None:
        raise Unknown(f"there is no requirement {requirement}")
    return lot


def _asked(state: State, command: ask.Command, at_s: int) -> list[Recorded]:
    version = state.in_force
    return decide(version.rules, version.portfolio.names, state.sourcing, command, at_s)


def _told(state: State, command: say.Told, at_s: int) -> Done:
    """What is reported of time, parties and use; orders come after."""
    portfolio = state.in_force.portfolio
    match command:
        case say.Default():
            kind = EventKind.DEFAULT_CURED if command.cured else EventKind.DEFAULT_DECLARED
            party = reading.party("party", command.party, portfolio)
            return Done(_asked(state, ask.Declare(party, kind), at_s))
        case say.Use():
            told = ran_on(state, command, reading.used(command, portfolio))
            return Done(_asked(state, told, at_s))
        case say.Due(requirement=str(requirement)):
            number = known(state, requirement).number
            return Done(_asked(state, ask.Proceed(number), at_s), lot=number)
    if command.order not in state.sourcing.orders:
        raise Unknown(f"there is no order {command.order}")
    recorded = _asked(state, _of_order(command), at_s)
    if not recorded and not isinstance(command, say.Due):
        says = "is not late" if isinstance(command, say.Late) else "has come or was ended"
        raise Refused(f"tranche {command.tranche} of order {command.order} {says}")
    return Done(recorded, lot=state.sourcing.orders[command.order].lot)


def _of_order(command: say.Deliver | say.Late | say.Cancel | say.Due) -> ask.Told:
    match command:
        case say.Deliver():
            return ask.Deliver(command.order, command.tranche)
        case say.Cancel():
            return ask.Cancel(command.order, command.tranche, command.why)
        case _:
            return ask.Overdue(command.order, command.tranche)


def _about(state: State, lot: Lot, command: say.OfLot, given: Given) -> list[Recorded]:
    """A command about a lot."""
    match command:
        case say.Withdraw():
            return _asked(state, ask.Withdraw(lot.number), given.at_s)
        case say.Notice():
            return _step(state, lot, EventKind.NOTICE_GIVEN, given.at_s)
        case say.GiveUp():
            return _step(state, lot, EventKind.UNSERVED, given.at_s)
        case say.Tender():
            return _tender(state, lot, command, given.at_s)
        case say.Answer():
            return _answered(state, lot, command, given)
        case say.Bid():
            return _bid(state, lot, command, given)
        case say.Award():
            chosen = reading.takes(command.takes, state.in_force.portfolio)
            weighed = worth(state, lot.need, given.at_s)
            return _asked(state, ask.Choose(lot.number, chosen, command.why, weighed), given.at_s)
        case say.Unaward():
            return _asked(state, ask.Unaward(lot.number, command.why), given.at_s)
        case say.Sign() | say.SignAccepted():
            return _signed(state, lot, command, given)


def _answered(state: State, lot: Lot, command: say.Answer, given: Given) -> list[Recorded]:
    """The answer of a holder to the notice it means."""
    if given.by.party and given.by.party != holder_of(state, lot):
        raise Unknown(f"there is no requirement {command.requirement}")
    if command.notice not in (None, notice_id(state, lot)):
        raise Stale(f"notice {command.notice} is not the one that is open")
    return _asked(state, ask.Answer(lot.number, command.gpus), given.at_s)


def holder_of(state: State, lot: Lot) -> str:
    """Who may answer the last notice of a lot; empty where none was given."""
    clause = None if lot.notice is None else lot.notice.clause
    for version in state.in_force.clauses:
        if version.clause == clause:
            return name_of(state.in_force.portfolio.names.parties, version.terms.holder)
    return ""


def notice_id(state: State, lot: Lot) -> str:
    """The id of the last notice of a lot: its requirement and which one of it."""
    return f"{lot.need.requirement}.{len(state.standing[lot.number].rounds)}"


def _bid(state: State, lot: Lot, command: say.Bid, given: Given) -> list[Recorded]:
    """A sealed offer of who was invited (S3)."""
    portfolio = state.in_force.portfolio
    supplier = _supplier(command, given.by, portfolio)
    if supplier not in state.standing[lot.number].invited or lot.status != Status.TENDERED:
        raise Refused(f"requirement {command.requirement} has no open tender for this supplier")
    made = reading.offer(command, lot, supplier, portfolio)
    return _asked(state, ask.Bid(lot.number, made), given.at_s)


def _supplier(command: say.Terms, by: By, portfolio: Portfolio) -> int:
    """Whose offer it is: the supplier's that makes it, or the one that is named."""
    name = by.party or command.supplier
    if not name:
        raise Invalid([Wrong("supplier", "is missing", "Name the supplier.")])
    if by.party and command.supplier not in (None, by.party):
        raise Invalid([Wrong("supplier", "is another than you", "Leave it out.")])
    return reading.party("supplier", name, portfolio)


def _signed(
    state: State, lot: Lot, command: say.Sign | say.SignAccepted, given: Given
) -> list[Recorded]:
    """The order of an award as it was made, or of an acceptance on the terms agreed."""
    portfolio = state.in_force.portfolio
    if isinstance(command, say.SignAccepted):
        made = reading.offer(command, lot, _supplier(command, given.by, portfolio), portfolio)
        return _asked(state, ask.Sign(lot.number, made), given.at_s)
    supplier = reading.party("supplier", command.supplier, portfolio)
    award = next((made for made in lot.awards if made.supplier == supplier), None)
    if award is None:
        raise Refused(f"{command.supplier} has no award of {command.requirement} to sign")
    return _asked(state, ask.Sign(lot.number, award), given.at_s)


def next_step(state: State, lot: Lot, at_s: int) -> list[Recorded]:
    """What would be recorded if the desk went on with a lot now: nothing is.

    Offers alone are weighed, and only then is gone through what floors have taken already.
    """
    is_weighed = lot.status == Status.CLOSED
    weighed = worth(state, lot.need, at_s) if is_weighed else state.in_force.worth
    return _asked(state, ask.Proceed(lot.number, weighed), at_s)


def _step(state: State, lot: Lot, kind: EventKind, at_s: int) -> list[Recorded]:
    """Go on with a lot, if what is next is what was meant."""
    recorded = next_step(state, lot, at_s)
    if not recorded:
        where = f"requirement {lot.need.requirement} is {lot.status.name.lower()}"
        raise Refused(f"{where}: nothing is due")
    if recorded[0].event.kind != kind:
        raise Refused(_instead(lot, recorded[0]))
    return recorded


INSTEAD = {
    EventKind.NOTICE_GIVEN: "a notice comes first",
    EventKind.TENDER_OPENED: "a tender is next",
    EventKind.UNSERVED: "nobody can supply it",
    EventKind.AWARDED: "an award is next",
}


def _instead(lot: Lot, first: Recorded) -> str:
    """What is next for a lot, where something else was meant."""
    kind = EventKind(first.event.kind)
    why = f" ({first.why})" if first.why else ""
    return f"requirement {lot.need.requirement}: {INSTEAD.get(kind, kind.name.lower())}{why}"


def _tender(state: State, lot: Lot, command: say.Tender, at_s: int) -> list[Recorded]:
    """Open a tender to those who are named, or to all whom no clause denies (S3)."""
    version, reader = state.in_force, reading.Reader(state.in_force.portfolio)
    named = [reader.name("invite", name, "parties") for name in command.invite]
    length = reader.value("open_for", command.open_for, Value.DURATION)
    open_s = version.rules.tender_s if length is None else length.longest_s
    if not 0 < open_s <= LIMIT_OPEN_S:
        reader.refuse("open_for", says="is nothing, or above a year", remedy="Write `14d`, say.")
    reader.done()
    rules = version.rules._replace(tender_s=open_s)
    opening = state._replace(version=version._replace(rules=rules))
    recorded = _step(opening, lot, EventKind.TENDER_OPENED, at_s)
    free = {made.ask.supplier for made in recorded[0].decisions if made.verdict is not Verdict.DENY}
    for supplier, name in zip(named, command.invite, strict=True):
        if supplier not in free:
            raise Refused(f"{name} may not be invited: a clause denies it, or it is no supplier")
    return recorded
