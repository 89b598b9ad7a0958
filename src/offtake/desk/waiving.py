"""A holder's waiver becomes an amendment of the portfolio in force (WV1 to WV3). Pure.

A waiver is a clause like any other, so what is kept is the amended portfolio, adopted by the
holder's word: every later proposal starts from a text that has it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from offtake.clauses.waiver import Text
from offtake.contract.model import Agreement, Amendment, Clause, Document
from offtake.contract.problem import nearest
from offtake.contract.write import write
from offtake.core.names import name_of
from offtake.core.text import Value
from offtake.core.vocabulary import BoundClause
from offtake.desk import command as say
from offtake.desk.act import Unknown
from offtake.desk.reading import Reader
from offtake.desk.state import Given, State
from offtake.units.time import instant_text

GIVEN = "waiver_given"
"""What happens, as journals store it."""


def waived(state: State, command: say.Waive, given: Given) -> say.Adopt:
    """The amended portfolio that a waiver makes.

    Raises:
        Unknown: There is no such clause, or whoever gives it does not hold it.
        Invalid: Some words are wrong; all of them are listed.
    """
    clause = _clause(state, command, given)
    reader = Reader(state.in_force.portfolio)
    starts = reader.value("start", command.start, Value.INSTANT)
    starts = given.at_s if starts is None else starts
    ends = reader.value("end", command.end, Value.INSTANT)
    document = state.in_force.portfolio.document
    agreement = next(row for row in document.agreements if row.id == clause.agreement)
    _period(reader, clause, (starts, ends), given.at_s)
    text = _text(reader, command, clause)
    reader.done()
    name = _name(agreement, clause)
    added = Clause(
        id=name,
        kind="waiver",
        text=text,
        ends=ends,
        says=f"Given by {command.signed}.",
    )
    amendment = Amendment(id=name, starts=starts, adds=(added,))
    return say.Adopt(
        portfolio=write(_amended(document, agreement, amendment)),
        note=f"a waiver of {clause.clause_id} for {command.grantee}, signed by {command.signed}",
        waiver=f"{agreement.id}/{name}",
    )


def _clause(state: State, command: say.Waive, given: Given) -> BoundClause:
    """The last version of the clause that is waived, if its holder gives the waiver."""
    found = [row for row in state.in_force.clauses if row.clause_id == command.clause]
    parties = state.in_force.portfolio.names.parties
    holder = name_of(parties, getattr(found[-1].terms, "holder", -1)) if found else ""
    if not found or holder not in parties or given.by.party not in ("", holder):
        raise Unknown(f"there is no right {command.clause} to waive")
    return found[-1]


def _period(
    reader: Reader, clause: BoundClause, period: tuple[int, int | None], now_s: int
) -> None:
    """A waiver is given from now on, for a time in which there is something to waive."""
    starts, ends = period
    if starts < now_s:
        remedy = f"Write {instant_text(now_s)} or later; leave it out for now."
        reader.refuse("start", says="is over", remedy=remedy)
    elif starts >= clause.until_s:
        says = f"is after {clause.clause_id} ends"
        reader.refuse("start", says=says, remedy="Nothing needs to be waived then.")
    if ends is not None and ends <= starts:
        reader.refuse("end", says="is not after the start", remedy="Give a later end.")


def _text(reader: Reader, command: say.Waive, clause: BoundClause) -> Text:
    """What the holder consents to."""
    names = reader.names
    grantee = reader.name("grantee", command.grantee, "parties")
    if grantee == getattr(clause.terms, "holder", -1):
        remedy = nearest(command.grantee, names.parties)
        reader.refuse("grantee", says="is the holder, whom it does not bind", remedy=remedy)
    for section in ("purposes", "accelerators", "regions"):
        for name in getattr(command, section):
            reader.name(section, name, section)
    limit = reader.value("limit", command.limit, Value.SIZE)
    if limit is not None and limit.in_gpus(names.watts_of(command.accelerators)) == 0:
        reader.refuse("limit", says="0 GPUs are none", remedy="Write a positive number.")
    return Text(
        of=clause.clause_id,
        grantee=command.grantee,
        purposes=command.purposes or None,
        accelerators=command.accelerators or None,
        regions=command.regions or None,
        limit=limit,
        transaction=command.transaction,
        price=reader.price("price", command.price),
    )


def _name(agreement: Agreement, clause: BoundClause) -> str:
    """A new name in an agreement: that of the clause, and which waiver of it this is."""
    own = clause.clause_id.removeprefix(f"{agreement.id}/")
    used = {row.id for row in agreement.clauses} | {row.id for row in agreement.amendments}
    used |= {row.id for each in agreement.amendments for row in (*each.adds, *each.replaces)}
    number = 1
    while f"{own}-waiver-{number}" in used:
        number += 1
    return f"{own}-waiver-{number}"


def _amended(document: Document, agreement: Agreement, amendment: Amendment) -> Document:
    after = replace(agreement, amendments=(*agreement.amendments, amendment))
    rows = tuple(after if row.id == agreement.id else row for row in document.agreements)
    return replace(document, agreements=rows)


def line_of(command: say.Waive, made: say.Adopt, at_s: int) -> Mapping[str, Any]:
    """What happened, as a line of the journal."""
    return {
        "at": instant_text(at_s),
        "event": GIVEN,
        "clause": made.waiver,
        "waives": command.clause,
        "party": command.grantee,
        "why": f"signed by {command.signed}",
    }
