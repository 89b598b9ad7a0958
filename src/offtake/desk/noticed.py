"""The document of a notice that was given."""

from offtake.desk.documents.notice import NoticeDocument, Sending, notice_document, wording_of
from offtake.desk.state import State
from offtake.sourcing.process import noticed_under
from offtake.sourcing.requirement import Lot


def document_of(state: State, lot: Lot, number: int, origin: str = "") -> NoticeDocument:
    """The complete notice, as it was given: what was asked and answered since is left out.

    ``origin`` is where people reach the desk, for a reader who is elsewhere.
    """
    standing = state.standing[lot.number]
    event, portfolio = standing.rounds[number - 1].notice, state.in_force.portfolio
    before = standing.rounds[: number - 1]
    declined = tuple(row.notice.clause for row in before)
    then = lot._replace(notice=event, declined=declined)
    clause = noticed_under(state.in_force.rules, then)
    sending = Sending(
        notice=f"{lot.need.requirement}.{number}",
        answer_at=f"{origin}/notices/{lot.need.requirement}.{number}",
        wording=wording_of(portfolio, clause),
    )
    return notice_document(portfolio.names, clause, then, event, sending)
