"""What comes in and goes out over HTTP: bodies made from commands, and answers."""

from typing import Any

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, defstruct, field
from msgspec.structs import asdict, fields

from offtake.desk import command as say


def body_of(command: type[say.Command], *but: str, name: str = "") -> type[Struct]:
    """The body of a command: its fields but for those that the address already says."""
    rows: list[Any] = []
    for row in fields(command):
        if row.name in but:
            continue
        if row.default_factory is not NODEFAULT:
            rows.append((row.name, row.type, field(default_factory=row.default_factory)))
        elif row.default is not NODEFAULT:
            rows.append((row.name, row.type, field(default=row.default)))
        else:
            rows.append((row.name, row.type))
    return defstruct(
        name or f"{command.__name__}Body",
        rows,
        kw_only=True,
        frozen=True,
        forbid_unknown_fields=True,
        module=__name__,
    )


def command_of(command: type[say.Command], body: Struct, **said: Any) -> Any:
    """The command of a body, with what the address says."""
    return msgspec.convert(asdict(body) | said, type=command)


SubmitBody = body_of(say.Submit)
ChangeBody = body_of(say.Change, "requirement")
WithdrawBody = body_of(say.Withdraw, "requirement")
TenderBody = body_of(say.Tender, "requirement")
AnswerBody = body_of(say.Answer, "requirement", "notice")
BidBody = body_of(say.Bid, "requirement")
AwardBody = body_of(say.Award, "requirement")
UnawardBody = body_of(say.Unaward, "requirement")
SignBody = body_of(say.Sign, "requirement")
SignAcceptedBody = body_of(say.SignAccepted, "requirement")
TrancheBody = body_of(say.Deliver, "order", name="TrancheBody")
CancelBody = body_of(say.Cancel, "order")
DefaultBody = body_of(say.Default)
UseBody = body_of(say.Use)
IssueBody = body_of(say.IssuePermit)
DrawBody = body_of(say.DrawPermit, "permit")
ReturnBody = body_of(say.ReturnDraw, "permit")
RevokeBody = body_of(say.RevokePermit, "permit")
WaiveBody = body_of(say.Waive)
ProposeBody = body_of(say.Propose)


class AskBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A question: ``supply``, ``run`` or ``use``, in the words of `offtake decide`."""

    ask: str
    at: say.Name | None = None
    supplier: say.Name | None = None
    purpose: say.Name | None = None
    accelerator: say.Name | None = None
    gpus: int | say.Name | None = None
    start: say.Name | None = None
    end: say.Name | None = None
    region: say.Name | None = None
    price: say.Name | None = None
    prepaid: say.Name | None = None
    pool: say.Name | None = None
    party: say.Name | None = None
    asset: say.Name | None = None
    channel: say.Name | None = None


class PortfolioText(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A portfolio as text."""

    portfolio: str


class Page(Struct, kw_only=True, omit_defaults=True):
    """Some of many; ``next`` is the cursor of the next page, absent on the last."""

    items: list[dict[str, Any]]
    next: str | None = None


class WrongField(Struct, kw_only=True):
    """What is wrong with one field, and the way out."""

    field: str
    says: str
    remedy: str


class Problem(Struct, kw_only=True, omit_defaults=True):
    """What went wrong, as RFC 9457 has it; ``errors`` lists every wrong field."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[WrongField] | msgspec.UnsetType = UNSET
