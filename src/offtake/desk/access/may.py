"""What each role may do: one table. ``may(who, act)`` is the only question."""

from collections.abc import Mapping

from offtake.desk import command as say
from offtake.desk.access.act import SIGNED_ON, Act
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who

PRICED = frozenset({Role.BUYER, Role.APPROVER, Role.FINANCE, Role.AUDITOR})
"""Those who see money."""
INSIDE = PRICED | {Role.ENGINEER}
"""Those who see what the buyer does."""
OWN = frozenset({Role.SUPPLIER})
"""A supplier, of what concerns its own party."""
ALL = frozenset(Role)
_BUYER = frozenset({Role.BUYER})
_APPROVER = frozenset({Role.APPROVER})
_ENGINEER = frozenset({Role.ENGINEER})
_FINANCE = frozenset({Role.FINANCE})
_AUDITOR = frozenset({Role.AUDITOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})

MAY: Mapping[Act, frozenset[Role]] = {
    Act.REQUIREMENT_READ: INSIDE,
    Act.REQUIREMENT_SUBMIT: _BUYER | _ENGINEER,
    Act.REQUIREMENT_CHANGE: _BUYER,
    Act.REQUIREMENT_WITHDRAW: _BUYER,
    Act.REQUIREMENT_GIVE_UP: _BUYER,
    Act.NOTICE_READ: INSIDE | OWN,
    Act.NOTICE_GIVE: _BUYER,
    Act.NOTICE_ANSWER: _BUYER | OWN,  # A buyer records what came by letter.
    Act.TENDER_READ: INSIDE | OWN,
    Act.TENDER_OPEN: _BUYER,
    Act.TENDER_BID: _BUYER | OWN,  # The same.
    Act.TENDER_CLOSE: _APPROVER,
    Act.OFFER_READ: PRICED | OWN,
    Act.AWARD_CONFIRM: _APPROVER,
    Act.AWARD_CANCEL: _APPROVER,
    Act.ORDER_READ: INSIDE | OWN,
    Act.ORDER_SIGN: _APPROVER,
    Act.TRANCHE_RECORD: _BUYER | _ENGINEER,
    Act.TRANCHE_CANCEL: _APPROVER,
    Act.PARTY_DEFAULT: _APPROVER,
    Act.USAGE_RECORD: _ENGINEER | _FINANCE,
    Act.ASK_DECIDE: INSIDE,
    Act.DECISION_READ: INSIDE | OWN,
    Act.PERMIT_READ: INSIDE,
    Act.PERMIT_ISSUE: _BUYER | _ENGINEER,
    Act.PERMIT_DRAW: _ENGINEER,
    Act.PERMIT_REVOKE: _BUYER | _APPROVER | _ENGINEER,
    Act.WAIVER_READ: INSIDE | OWN,
    Act.WAIVER_GIVE: _APPROVER | OWN,  # An approver records a holder's letter.
    Act.PORTFOLIO_READ: INSIDE,
    Act.PORTFOLIO_PROPOSE: _BUYER | _APPROVER,
    Act.PORTFOLIO_ADOPT: _APPROVER,
    Act.COMMITMENT_READ: INSIDE | OWN,
    Act.DEADLINE_READ: INSIDE | OWN,
    Act.JOURNAL_READ: PRICED,
    Act.OUTBOX_READ: _BUYER | _APPROVER | _AUDITOR | _ADMINISTRATOR,
    Act.OUTBOX_RETRY: _BUYER | _ADMINISTRATOR,
    Act.WEBHOOK_READ: _BUYER | _APPROVER | _AUDITOR | _ADMINISTRATOR | OWN,
    Act.WEBHOOK_MANAGE: _BUYER | OWN,  # Its programs are told what they see themselves.
    Act.CONTACT_READ: _BUYER | _APPROVER | _AUDITOR | _ADMINISTRATOR | OWN,
    Act.CONTACT_MANAGE: _BUYER | _ADMINISTRATOR | OWN,
    Act.METRICS_READ: _ADMINISTRATOR,
    Act.TOKENS_OWN: ALL,
    Act.TOKENS_READ: _AUDITOR | _ADMINISTRATOR,
    Act.TOKENS_MANAGE: _ADMINISTRATOR,
    Act.PEOPLE_READ: _AUDITOR | _ADMINISTRATOR,
    Act.PEOPLE_MANAGE: _ADMINISTRATOR,
}

NEEDED: Mapping[type[say.Command], Act] = {
    say.Submit: Act.REQUIREMENT_SUBMIT,
    say.Change: Act.REQUIREMENT_CHANGE,
    say.Withdraw: Act.REQUIREMENT_WITHDRAW,
    say.GiveUp: Act.REQUIREMENT_GIVE_UP,
    say.Notice: Act.NOTICE_GIVE,
    say.Answer: Act.NOTICE_ANSWER,
    say.Tender: Act.TENDER_OPEN,
    say.Bid: Act.TENDER_BID,
    say.Award: Act.AWARD_CONFIRM,
    say.Unaward: Act.AWARD_CANCEL,
    say.Sign: Act.ORDER_SIGN,
    say.SignAccepted: Act.ORDER_SIGN,
    say.Deliver: Act.TRANCHE_RECORD,
    say.Late: Act.TRANCHE_RECORD,
    say.Cancel: Act.TRANCHE_CANCEL,
    say.Default: Act.PARTY_DEFAULT,
    say.Use: Act.USAGE_RECORD,
    say.IssuePermit: Act.PERMIT_ISSUE,
    say.DrawPermit: Act.PERMIT_DRAW,
    say.ReturnDraw: Act.PERMIT_DRAW,
    say.RevokePermit: Act.PERMIT_REVOKE,
    say.Waive: Act.WAIVER_GIVE,
    say.Propose: Act.PORTFOLIO_PROPOSE,
    say.Adopt: Act.PORTFOLIO_ADOPT,
}
"""What each command needs. ``Due`` is the desk's own: nobody gives it."""


def may(who: Who, act: Act) -> bool:
    """Whether somebody may do something at all; what it is done to, ``visible`` says."""
    if who.scopes is not None and act not in who.scopes:
        return False
    if who.token_id and act in SIGNED_ON:
        return False
    return not MAY[act].isdisjoint(who.roles)
