"""What each role sees of each resource: one table, field by field.

A field that is not here is seen by nobody. A supplier (``OWN``) sees what it may see of rows that
concern its own party only. Names are those of the answers' JSON.
"""

from collections.abc import Mapping
from typing import NamedTuple

from offtake.desk.access.act import Act
from offtake.desk.access.may import INSIDE, OWN, PRICED
from offtake.desk.access.role import Role

Roles = frozenset[Role]
Fields = Mapping[str, Roles]

NOBODY: Roles = frozenset()
BOTH = INSIDE | OWN
TERMS = PRICED | OWN
"""Those who see what something costs: the buyer's side, and the supplier whose price it is."""
AUDITED: Roles = frozenset({Role.AUDITOR})
KEEPERS: Roles = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Those who see people and tokens; everybody sees what concerns oneself."""
SENDERS: Roles = frozenset({Role.BUYER, Role.APPROVER, Role.AUDITOR})
DESK = SENDERS | {Role.ADMINISTRATOR}


class Resource(NamedTuple):
    """What can be seen, and under which conditions.

    ``own`` names the field that says which party a row concerns; where there is none, the caller
    says it (``About.parties``). ``mine`` names the field that says which person it concerns: that
    person sees all that anybody sees of it. ``holds`` says which resource is inside a field, and
    ``whole`` which fields are seen with all that is in them.
    Sentences hold figures and names of others: who is not of ``in_full`` reads their gist.
    Bids are sealed, and what tells of them: until the opening, ``while_sealed`` holds instead of
    ``fields``, for all rows, or for those of ``sealed_kinds`` by what stands at ``kind_at``.
    """

    act: Act | None
    fields: Fields
    own: str = ""
    mine: str = ""
    holds: Mapping[str, str] = {}
    whole: frozenset[str] = frozenset()
    sentences: frozenset[str] = frozenset()
    in_full: Roles = PRICED
    while_sealed: Fields | None = None
    sealed_kinds: frozenset[str] = frozenset()
    kind_at: str = ""
    opened: str = ""  # The field that says whether the bids inside have been opened.


def _fields(*rows: tuple[Roles, str]) -> Fields:
    return {name: roles for roles, names in rows for name in names.split()}


REQUIREMENT = Resource(
    Act.REQUIREMENT_READ,
    _fields(
        (INSIDE, "requirement title status purpose gpus open_gpus start end accelerators regions"),
        (INSIDE, "latest_start smallest_lot own by at version"),
        (INSIDE, "rounds tenders orders decisions deadlines"),
        (PRICED, "price_limit awards why"),
    ),
    holds={
        "rounds": "notice",
        "tenders": "tender",
        "awards": "award",
        "orders": "order",
        "decisions": "decision",
        "deadlines": "deadline",
    },
)
"""A supplier sees none: how many GPUs are sought in all, and until when, would tell it whether
others have taken a part. What it needs stands in its notice or invitation."""

NOTICE = Resource(
    Act.NOTICE_READ,
    _fields(
        (BOTH, "notice requirement holder agreement clause purpose accelerator region gpus"),
        (BOTH, "start end given_at due outcome answered_at accepted_gpus order_due"),
        (TERMS, "price prepaid signed"),
        (INSIDE, "of free_until start_until"),
        (PRICED, "offeror"),
    ),
    own="holder",
)
"""A matching notice shows the holder the best offer's terms (FR9), not whose they are."""

TENDER = Resource(
    Act.TENDER_READ,
    _fields(
        (BOTH, "tender requirement purpose accelerators regions gpus start end smallest_lot"),
        (BOTH, "opened_at closes_at status opened"),
        (TERMS, "bids"),
        (PRICED, "invited"),
    ),
    holds={"bids": "offer"},
    opened="opened",
)

_OFFER = "offer requirement tender supplier gpus price start end accelerator region prepaid"
OFFER = Resource(
    Act.OFFER_READ,
    _fields(
        (TERMS, _OFFER),
        (TERMS, "tranches spacing lead made_at outcome taken_gpus"),
        (PRICED, "rank cost why"),
    ),
    own="supplier",
    while_sealed=_fields((OWN, _OFFER), (OWN, "tranches spacing lead made_at")),
)
"""Nobody sees another's offer before the close, also no loser the winner's after it (S3)."""

AWARD = Resource(
    Act.OFFER_READ,
    _fields(
        (TERMS, "requirement supplier gpus price start end accelerator region prepaid at"),
        (PRICED, "by why cost"),
    ),
    own="supplier",
)

ORDER = Resource(
    Act.ORDER_READ,
    _fields(
        (BOTH, "name requirement supplier purpose accelerator region gpus start end"),
        (BOTH, "signed_at status tranches"),
        (TERMS, "price prepaid total"),
        (INSIDE, "order"),
        (PRICED, "why"),
    ),
    own="supplier",
    holds={"tranches": "tranche"},
)
"""``order`` counts all orders of the desk, which is nobody's business outside; ``name`` counts
those of one supplier for one requirement."""

TRANCHE = Resource(
    Act.ORDER_READ,
    _fields(
        (BOTH, "name tranche requirement supplier gpus due status delivered_at ended_at"),
        (INSIDE, "order"),
        (TERMS, "why"),
    ),
    own="supplier",
)

DECISION = Resource(
    Act.DECISION_READ,
    _fields(
        (INSIDE, "supplier requirement purpose accelerator region gpus start end verdict waived"),
        (BOTH, "at findings"),
        (PRICED, "price"),
    ),
    holds={"findings": "finding", "waived": "finding"},
)
"""Whether a supplier may be contracted follows from contracts with others, so it is not told;
a holder sees what its own right says of a lot."""

FINDING = Resource(
    Act.DECISION_READ,
    _fields(
        (BOTH, "holder agreement clause kind rule reason verdict says obligation"),
        (PRICED, "source by"),
    ),
    own="holder",
    holds={"obligation": "obligation"},
    sentences=frozenset({"says"}),
)

OBLIGATION = Resource(Act.DECISION_READ, _fields((BOTH, "act due"), (TERMS, "party")))

PERMIT = Resource(
    Act.PERMIT_READ,
    _fields(
        (INSIDE, "permit holder supplier pool purpose accelerator region gpus gpu_s drawn_gpu_s"),
        (INSIDE, "start end issued_at expires revoked_at status by decision"),
        (INSIDE, "left_gpus left_gpu_s draws version document"),
        (PRICED, "price why"),
    ),
    holds={"decision": "decision", "draws": "draw"},
)

DRAW = Resource(
    Act.PERMIT_READ,
    _fields((INSIDE, "engine key gpus start end held_gpus gpu_s at by")),
)

LEDGER = Resource(
    Act.PERMIT_READ,
    _fields(
        (INSIDE, "pool supplier accelerator region start end awarded delivered permitted drawn"),
        (INSIDE, "used_gpu_s left"),
    ),
)
"""What engines hold of the buyer's pools is the buyer's alone."""

WAIVER = Resource(
    Act.WAIVER_READ,
    _fields(
        (BOTH, "waiver clause holder grantee purposes accelerators regions limit_gpus standing"),
        (BOTH, "start end"),
        (TERMS, "price"),
        (INSIDE, "used_gpus"),
    ),
    own="holder",
)
"""How much of it was ordered from the grantee is not the holder's to know."""

PORTFOLIO = Resource(
    Act.PORTFOLIO_READ,
    _fields(
        (INSIDE, "status at proposal by"),
        (PRICED, "note text hash problems"),
        (AUDITED, "version"),
    ),
    whole=frozenset({"problems"}),
)
"""A version is numbered by the entry that adopted it."""

JOURNAL = Resource(
    Act.JOURNAL_READ,
    _fields(
        (PRICED, "at recorded by name party requirement command events"),
        (AUDITED, "seq hash"),
    ),
    whole=frozenset({"command", "events"}),
    while_sealed=_fields((AUDITED, "seq hash")),
    sealed_kinds=frozenset({"bid"}),
    kind_at="command.do",
)
"""Entries are numbered without a gap, so that a number would tell how many bids have come; only
an auditor, who checks the chain, sees it."""

DEADLINE = Resource(
    Act.DEADLINE_READ, _fields((BOTH, "at kind requirement"), (INSIDE, "order tranche party"))
)

COMMITMENT = Resource(
    Act.COMMITMENT_READ,
    _fields(
        (BOTH, "commitment supplier accelerator region start end gpus"),
        (TERMS, "agreement clause unit floor contracted uncontracted shortfall rate"),
        (TERMS, "floor_now taken left taken_percent undelivered counted_until known"),
        (PRICED, "expected expected_percent shortfall_expected alerts"),
    ),
    own="supplier",
    whole=frozenset({"alerts"}),
)
"""What was taken a supplier has metered itself; what the buyer expects is the buyer's to know."""

TOKEN = Resource(
    Act.TOKENS_READ,
    _fields(
        (KEEPERS, "token prefix name who scopes created expires last_used revoked"),
        (NOBODY, "hash secret"),
    ),
    mine="who",
)

PERSON = Resource(
    Act.PEOPLE_READ,
    _fields(
        (KEEPERS, "person name email roles party created disabled subject"),
    ),
    mine="person",
)

TRACE = Resource(Act.PEOPLE_READ, _fields((KEEPERS, "at by did about more")))
"""What was changed about people and tokens."""

MESSAGE = Resource(
    Act.OUTBOX_READ,
    _fields(
        (DESK, "message kind channel to at next_at sent_at status attempts error"),
        (SENDERS, "party requirement body"),
    ),
    whole=frozenset({"body"}),
    while_sealed={},
    sealed_kinds=frozenset({"bid", "bid_received"}),
    kind_at="kind",
)
"""That a supplier was thanked for its bid would tell that it made one."""

WEBHOOK = Resource(
    Act.WEBHOOK_READ,
    _fields((DESK | OWN, "webhook party url topics created disabled")),
    own="party",
)
"""A program that is told."""

CONTACT = Resource(
    Act.CONTACT_READ,
    _fields((DESK | OWN, "contact party address language created")),
    own="party",
)
"""Where letters go."""

RECEIPT = Resource(
    None,
    _fields(
        (BOTH, "at requirement happened waiver"),
        (INSIDE, "orders version permit"),
        (AUDITED, "entry"),
    ),
)

RESOURCES: Mapping[str, Resource] = {
    "requirement": REQUIREMENT,
    "notice": NOTICE,
    "tender": TENDER,
    "offer": OFFER,
    "award": AWARD,
    "order": ORDER,
    "tranche": TRANCHE,
    "decision": DECISION,
    "finding": FINDING,
    "obligation": OBLIGATION,
    "permit": PERMIT,
    "draw": DRAW,
    "ledger": LEDGER,
    "waiver": WAIVER,
    "portfolio": PORTFOLIO,
    "journal": JOURNAL,
    "deadline": DEADLINE,
    "commitment": COMMITMENT,
    "token": TOKEN,
    "person": PERSON,
    "trace": TRACE,
    "message": MESSAGE,
    "contact": CONTACT,
    "webhook": WEBHOOK,
    "receipt": RECEIPT,
}
