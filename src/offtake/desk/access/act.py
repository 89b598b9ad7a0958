"""What can be done at a desk, by name; and scopes, which narrow a token to some of it."""

from collections.abc import Iterable
from enum import StrEnum


class Act(StrEnum):
    """One thing that can be done: ``thing.verb``."""

    REQUIREMENT_READ = "requirement.read"
    REQUIREMENT_SUBMIT = "requirement.submit"
    REQUIREMENT_CHANGE = "requirement.change"
    REQUIREMENT_WITHDRAW = "requirement.withdraw"
    REQUIREMENT_GIVE_UP = "requirement.give_up"
    NOTICE_READ = "notice.read"
    NOTICE_GIVE = "notice.give"
    NOTICE_ANSWER = "notice.answer"
    TENDER_READ = "tender.read"
    TENDER_OPEN = "tender.open"
    TENDER_BID = "tender.bid"
    TENDER_CLOSE = "tender.close"
    OFFER_READ = "offer.read"
    AWARD_CONFIRM = "award.confirm"
    AWARD_CANCEL = "award.cancel"
    ORDER_READ = "order.read"
    ORDER_SIGN = "order.sign"
    TRANCHE_RECORD = "tranche.record"
    TRANCHE_CANCEL = "tranche.cancel"
    PARTY_DEFAULT = "party.default"
    USAGE_RECORD = "usage.record"
    ASK_DECIDE = "ask.decide"
    DECISION_READ = "decision.read"
    PERMIT_READ = "permit.read"
    PERMIT_ISSUE = "permit.issue"
    PERMIT_DRAW = "permit.draw"
    PERMIT_REVOKE = "permit.revoke"
    WAIVER_READ = "waiver.read"
    WAIVER_GIVE = "waiver.give"
    PORTFOLIO_READ = "portfolio.read"
    PORTFOLIO_PROPOSE = "portfolio.propose"
    PORTFOLIO_ADOPT = "portfolio.adopt"
    COMMITMENT_READ = "commitment.read"
    DEADLINE_READ = "deadline.read"
    JOURNAL_READ = "journal.read"
    OUTBOX_READ = "outbox.read"
    OUTBOX_RETRY = "outbox.retry"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_MANAGE = "webhook.manage"
    CONTACT_READ = "contact.read"
    CONTACT_MANAGE = "contact.manage"
    METRICS_READ = "metrics.read"
    TOKENS_OWN = "token.own"
    TOKENS_READ = "token.read"
    TOKENS_MANAGE = "token.manage"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"


SIGNED_ON = frozenset({Act.TOKENS_OWN, Act.TOKENS_MANAGE, Act.PEOPLE_MANAGE})
"""Only who is signed on does these: a stolen token makes no other token and no person."""


class NoScope(ValueError):
    """A word that is no scope."""


def acts_of(scopes: Iterable[str]) -> frozenset[Act]:
    """The acts that scopes name: an act, ``thing.*``, ``*.read`` or ``*``.

    They are named when a token is made: an act that comes later is in no token of before.

    Raises:
        NoScope: A word names nothing that a token can do.
    """
    found: set[Act] = set()
    for scope in scopes:
        named = {act for act in Act if _named(scope, act)} - SIGNED_ON
        if not named:
            raise NoScope(f"`{scope}` is no scope of a token")
        found |= named
    return frozenset(found)


def _named(scope: str, act: Act) -> bool:
    thing, _, verb = scope.partition(".")
    own_thing, _, own_verb = act.value.partition(".")
    if scope == "*":
        return True
    return thing in ("*", own_thing) and verb in ("*", own_verb) and scope != "*.*"
