"""What people, suppliers and engines may ask the desk to do, in words: as sent and as kept.

A command is journaled as it was given. Names are the portfolio's; figures are in the notation of
portfolio files ("2,000", "50 MW", "$2.50", "2026-09-01", "30d").
"""

from typing import Annotated

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Words = Annotated[str, Meta(min_length=1, max_length=2_000)]
Count = Annotated[int, Meta(ge=0, le=10**9)]


class Command(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="do",
    tag=str.lower,
):
    """One act. ``do`` says which; unknown fields are refused."""


class Wanted(Command, frozen=True, kw_only=True):
    """What a requirement asks for."""

    requirement: Name
    purpose: Name
    gpus: int | Name
    start: Name
    end: Name
    accelerators: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    price_limit: Name | None = None
    latest_start: Name | None = None
    smallest_lot: int | Name | None = None
    own: bool = False
    title: str = ""


class Submit(Wanted, frozen=True, kw_only=True):
    """Raise a requirement."""


class Change(Wanted, frozen=True, kw_only=True):
    """Ask for something else under the same id; ``version`` is the one that was seen."""

    version: int | None = None


class Withdraw(Command, frozen=True, kw_only=True):
    """Give a requirement up."""

    requirement: Name
    why: Words


class Notice(Command, frozen=True, kw_only=True):
    """Give the notice that is due: of the lot, or of the best offer (S2, FR9)."""

    requirement: Name


class Answer(Command, frozen=True, kw_only=True):
    """The holder's answer: GPUs accepted, 0 to refuse; ``signed`` names who answers for it."""

    requirement: Name
    gpus: Count
    signed: Words
    notice: Name | None = None


class Tender(Command, frozen=True, kw_only=True):
    """Invite suppliers: those named, or all whom no clause denies; until when, from now."""

    requirement: Name
    invite: tuple[Name, ...] = ()
    open_for: Name | None = None


class Terms(Command, frozen=True, kw_only=True):
    """What a supplier offers; the requirement's start, end, accelerator and region if left out."""

    requirement: Name
    gpus: int | Name
    price: Name
    start: Name | None = None
    end: Name | None = None
    accelerator: Name | None = None
    region: Name | None = None
    prepaid: Name | None = None
    tranches: Annotated[int, Meta(ge=1, le=1_000)] = 1
    spacing: Name | None = None
    lead: Name | None = None
    supplier: Name | None = None


class Bid(Terms, frozen=True, kw_only=True):
    """A supplier's sealed offer in an open tender; its last one counts."""


class Sign(Command, frozen=True, kw_only=True):
    """Sign the order of an award, with its supplier."""

    requirement: Name
    supplier: Name


class SignAccepted(Terms, frozen=True, kw_only=True, tag="sign_accepted"):
    """Sign the order of an acceptance, on the terms agreed with the holder (FR10)."""


class Award(Command, frozen=True, kw_only=True):
    """Confirm who gets how many GPUs; another choice than S4's needs a reason."""

    requirement: Name
    takes: dict[Name, Count]
    why: str = ""


class Unaward(Command, frozen=True, kw_only=True):
    """Take unsigned awards back."""

    requirement: Name
    why: Words


class GiveUp(Command, frozen=True, kw_only=True, tag="give_up"):
    """Record that nobody can supply what is left (S6)."""

    requirement: Name


class Deliver(Command, frozen=True, kw_only=True):
    """A tranche has come."""

    order: Count
    tranche: Count = 0


class Late(Command, frozen=True, kw_only=True):
    """A tranche is due and has not come; what the delivery clause allows follows (DL1)."""

    order: Count
    tranche: Count = 0


class Cancel(Command, frozen=True, kw_only=True):
    """End a tranche that has not come, by agreement."""

    order: Count
    why: Words
    tranche: Count = 0


class Default(Command, frozen=True, kw_only=True):
    """A party's default is declared, or cured (FR2)."""

    party: Name
    cured: bool = False


class Use(Command, frozen=True, kw_only=True):
    """What was run, as metered; ``pool`` says where, so that the ledger counts it there."""

    supplier: Name
    purpose: Name
    gpus: int | Name
    start: Name
    end: Name
    accelerator: Name | None = None
    region: Name | None = None
    own: bool = False
    pool: Name | None = None


class Adopt(Command, frozen=True, kw_only=True):
    """Put a portfolio in force: the first one, or one with another amendment."""

    portfolio: Annotated[str, Meta(min_length=1, max_length=5_000_000)]
    note: str = ""
    proposal: int | None = None
    waiver: str = ""  # The clause that a holder's waiver added; the desk says it.


class Waive(Command, frozen=True, kw_only=True):
    """A holder's consent to what its right would forbid or delay, for one supplier (WV1 to WV3).

    It is kept as the adoption of the portfolio that it amends. ``transaction``: it is for one
    purchase, not standing. ``signed`` names who answers for it.
    """

    clause: Name
    grantee: Name
    signed: Words
    purposes: tuple[Name, ...] = ()
    accelerators: tuple[Name, ...] = ()
    regions: tuple[Name, ...] = ()
    limit: int | Name | None = None
    price: Name | None = None
    transaction: bool = False
    start: Name | None = None
    end: Name | None = None


class Propose(Command, frozen=True, kw_only=True):
    """Keep a portfolio as a proposal, to be looked at before it is adopted."""

    portfolio: Annotated[str, Meta(min_length=1, max_length=5_000_000)]
    note: str = ""


class Due(Command, frozen=True, kw_only=True):
    """Time has passed: a lapse, a close, a fallen acceptance, a late tranche. The desk's own."""

    requirement: Name | None = None
    order: Count = 0
    tranche: Count = 0


class IssuePermit(Command, frozen=True, kw_only=True, tag="issue_permit"):
    """Permit GPUs of a pool for a window: from now on and for an hour if it is not said.

    ``holder`` is the only engine that may draw on it; any may, if left out.
    """

    pool: Name
    purpose: Name
    gpus: int | Name
    start: Name | None = None
    end: Name | None = None
    expires: Name | None = None
    holder: Name | None = None


class DrawPermit(Command, frozen=True, kw_only=True, tag="draw_permit"):
    """Take GPUs of a permit, under a key of the engine's own: from now to its end if not said."""

    permit: Name
    engine: Name
    key: Name
    gpus: Annotated[int, Meta(ge=1, le=10**9)]
    start: Name | None = None
    end: Name | None = None


class ReturnDraw(Command, frozen=True, kw_only=True, tag="return_draw"):
    """Give back what a draw still holds: from now on, all of it, if it is not said."""

    permit: Name
    engine: Name
    key: Name
    gpus: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    start: Name | None = None


class RevokePermit(Command, frozen=True, kw_only=True, tag="revoke_permit"):
    """End a permit; ``version`` is the one that was seen."""

    permit: Name
    why: Words
    version: int | None = None


OfPermit = IssuePermit | DrawPermit | ReturnDraw | RevokePermit
"""Commands about permits to run."""
OfLot = Withdraw | Notice | Answer | Tender | Bid | Sign | SignAccepted | Award | Unaward | GiveUp
"""Commands about a requirement that is there."""
Told = Deliver | Late | Cancel | Default | Use | Due
"""Reports: of orders, parties, use and time."""
OfPortfolio = Adopt | Propose | Waive
AnyCommand = Submit | Change | OfLot | Told | OfPermit | OfPortfolio
