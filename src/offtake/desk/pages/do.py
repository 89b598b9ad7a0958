"""Forms: what somebody sends from a page becomes the same command as over the interface."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec
from anyio.to_thread import run_sync
from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from offtake.desk import command as say
from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.desk import need
from offtake.desk.legible import LIMIT_PORTFOLIO
from offtake.desk.pages.matter import notice_page, tender_page
from offtake.desk.pages.plans import portfolio_page
from offtake.desk.pages.refusal import refusal, unusable
from offtake.desk.pages.show import requirement_page, requirements_page
from offtake.desk.pages.site import Line, Visit, Visitor, Wrongs
from offtake.desk.problem import NotThere
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.words import later
from offtake.sourcing.command import Refused

Form = Mapping[str, Any]
LISTS = ("accelerators", "regions", "invite")
FORMS: dict[str, type[say.Command]] = {
    "submit": say.Submit,
    "withdraw": say.Withdraw,
    "notice": say.Notice,
    "answer": say.Answer,
    "tender": say.Tender,
    "bid": say.Bid,
    "award": say.Award,
    "sign": say.Sign,
    "sign_accepted": say.SignAccepted,
    "give_up": say.GiveUp,
    "deliver": say.Deliver,
    "propose": say.Propose,
}
"""What can be sent from pages, by the name of its form."""
BINDING = frozenset({"answer", "sign", "sign_accepted", "give_up", "adopt"})
"""What cannot be taken back: whoever sends it says so beside (WCAG 2.1, 3.3.4)."""
LABELS = {
    "sure": later("Confirmation"),
    "requirement": later("Short name"),
    "title": later("Title"),
    "purpose": later("Purpose"),
    "gpus": later("GPUs"),
    "accelerators": later("Accelerators"),
    "accelerator": later("Accelerator"),
    "regions": later("Regions"),
    "region": later("Region"),
    "start": later("Start"),
    "end": later("End"),
    "latest_start": later("Latest useful start"),
    "price_limit": later("The most per GPU-hour"),
    "smallest_lot": later("Smallest useful lot"),
    "price": later("Price per GPU-hour"),
    "prepaid": later("Paid in advance"),
    "tranches": later("Deliveries"),
    "spacing": later("Between deliveries"),
    "lead": later("From order to delivery"),
    "signed": later("Signature"),
    "open_for": later("Open for"),
    "invite": later("Invited"),
    "why": later("Why"),
    "portfolio": later("Portfolio"),
}
"""Fields as their forms call them."""


@post(
    "/do/{act:str}",
    include_in_schema=False,
    status_code=303,
    guards=[needs(Act.TOKENS_OWN)],
    request_max_body_size=LIMIT_PORTFOLIO,
)
async def do(visit: Visitor, request: Request[Any, Any, Any], act: FromPath[str]) -> Response[Any]:
    """Carry out a form; then the page it came from, with what happened or what went wrong."""
    form = await request.form()
    given = {key: form.getall(key) for key in form}
    try:
        command = _command(visit, act, given)
        if act in BINDING and not _first(given, "sure"):
            says = visit.words("Confirm that it is meant: it cannot be taken back.")
            return await run_sync(_again, visit, act, given, (_line(visit, "sure", says, ""),))
        await visit.desk.do(visit.known, command)
    except msgspec.ValidationError as error:
        return await run_sync(_again, visit, act, given, (_misfit(visit, str(error)),))
    except Invalid as error:
        return await run_sync(
            _again, visit, act, given, tuple(_unusable(visit, row) for row in error.wrong)
        )
    except Refused as error:
        return await run_sync(
            _again, visit, act, given, (_line(visit, "", *refusal(str(error), visit.words)),)
        )
    return Redirect(_back(act, given), status_code=303)


FIELD = re.compile(r"(.*) - at `\$\.(\w+)")
MISSING = re.compile(r"Object missing required field `(\w+)`")


def _misfit(visit: Visit, text: str) -> Line:
    """What is wrong with the shape of a form, beside the field it is about."""
    if found := MISSING.fullmatch(text):
        return _line(visit, found[1], visit.words("This is needed."), "")
    if found := FIELD.match(text):
        return _line(visit, found[2], *refusal(found[1], visit.words))
    return _line(visit, "", text, "" if visit.words.language == "en" else "en")


def _unusable(visit: Visit, row: Wrong) -> Line:
    """What is wrong with a word, and what to write instead."""
    return _line(visit, row.field, *unusable(row.says, row.remedy, visit.words))


def _line(visit: Visit, field: str, says: str, language: str) -> Line:
    """What is wrong, beside its field, and its language where that is not the page's."""
    label = visit.words(LABELS[field]) if field in LABELS else field
    return Line(field, label, says, language)


def _command(visit: Visit, act: str, given: Mapping[str, list[str]]) -> say.AnyCommand:
    """The command that a form means.

    Raises:
        msgspec.ValidationError: A field is missing, too long, or no number.
    """
    if act == "adopt":
        need(visit.known, Act.PORTFOLIO_ADOPT)
        made = visit.desk.state.proposals.get(_number(given))
        if made is None:
            raise NotThere("there is no such thing")
        return say.Adopt(portfolio=made.text, note=made.note, proposal=made.number)
    if act not in FORMS:
        raise NotThere("there is no such thing")
    data: dict[str, Any] = {}
    known = {row.name for row in msgspec.structs.fields(FORMS[act])}
    for key, values in given.items():
        if key in LISTS and key in known:
            words = [word.strip() for text in values for word in text.split(",")]
            data[key] = [word for word in words if word]
        elif key in known and values[-1].strip():
            data[key] = values[-1].strip().replace("\r\n", "\n")
    if act == "award":
        takes = {key: values[-1].strip() for key, values in given.items() if key[:5] == "take."}
        data["takes"] = {key[5:]: gpus for key, gpus in takes.items() if gpus not in ("", "0")}
    command: Any = msgspec.convert(data, type=FORMS[act], strict=False)
    return cast("say.AnyCommand", command)


def _number(given: Mapping[str, list[str]]) -> int:
    text = given.get("proposal", [""])[-1]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _first(given: Mapping[str, list[str]], key: str) -> str:
    return given.get(key, [""])[-1]


def _back(act: str, given: Mapping[str, list[str]]) -> str:
    """The page that shows what came of it."""
    match act:
        case "answer":
            return f"/notices/{_first(given, 'notice')}"
        case "bid":
            return f"/tenders/{_first(given, 'tender')}"
        case "propose" | "adopt":
            return "/portfolio"
        case _:
            return f"/requirements/{_first(given, 'requirement')}"


def _again(visit: Visit, act: str, given: Mapping[str, list[str]], wrong: Wrongs) -> Response[Any]:
    """The page that a form came from, with what went wrong and what was filled in."""
    form = {key: ",".join(values) if key in LISTS else values[-1] for key, values in given.items()}
    pages: dict[str, Callable[[], Response[Any]]] = {
        "submit": lambda: requirements_page(visit, None, wrong, form),
        "answer": lambda: notice_page(visit, form.get("notice", ""), wrong, form),
        "bid": lambda: tender_page(visit, form.get("tender", ""), wrong, form),
        "propose": lambda: portfolio_page(visit, wrong, form),
        "adopt": lambda: portfolio_page(visit, wrong),
    }
    name, kept = form.get("requirement", ""), {} if act == "withdraw" else form
    other = pages.get(act, lambda: requirement_page(visit, name, wrong, kept))
    return other()
