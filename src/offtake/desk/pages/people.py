"""People and tokens: who is here, what they may do, and the programs they let in."""

from typing import Any

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from offtake.desk.access.act import Act, NoScope
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.access.origin import Origin
from offtake.desk.access.role import Role
from offtake.desk.access.visible import About
from offtake.desk.desk import need, seen_of
from offtake.desk.legible import plain_text
from offtake.desk.pages.site import Visit, Visitor, Wrongs, again
from offtake.desk.store.access import Register
from offtake.desk.store.person import Misfit, Person
from offtake.desk.store.token import Kept, TooLong, TooMany, Wanted
from offtake.desk.thread import in_thread
from offtake.desk.transport.mail import is_address
from offtake.desk.view.words import instant
from offtake.units.time import DAY_S, NEVER

Data = dict[str, Any]


def person_data(row: Person) -> Data:
    """Somebody as data."""
    return {
        "person": row.id,
        "name": row.name,
        "email": row.email or None,
        "roles": sorted(role.value for role in row.roles),
        "party": row.party or None,
        "created": instant(row.created_at_s),
        "disabled": None if row.disabled_at_s is None else instant(row.disabled_at_s),
        "subject": row.subject or None,
    }


def token_data(row: Kept) -> Data:
    """A token as data: what it opens, and until when; never its secret."""
    return {
        "token": row.id,
        "name": row.name,
        "who": row.who,
        "scopes": sorted(act.value for act in row.scopes),
        "created": instant(row.created_at_s),
        "expires": instant(row.expires_at_s),
        "revoked": instant(NEVER if row.revoked_at_s is None else row.revoked_at_s),
    }


def people_pages(register: Register, origin: Origin) -> tuple[HTTPRouteHandler, ...]:
    """The pages about people and tokens of a register."""

    def page(
        visit: Visit, told: str = "", wrong: Wrongs = (), form: Data | None = None
    ) -> Response[str]:
        who = visit.known
        need(who, Act.TOKENS_OWN)
        sees_all = may(who, Act.TOKENS_READ)
        tokens = register.tokens(None if sees_all else who.id)
        people = register.people() if may(who, Act.PEOPLE_READ) else []
        return visit.page(
            "people",
            422 if wrong else 200,
            tokens=seen_of(who, "token", ((token_data(row), About()) for row in tokens)),
            people=seen_of(who, "person", ((person_data(row), About()) for row in people)),
            manages=may(who, Act.PEOPLE_MANAGE),
            roles=[role.value for role in Role],
            told=told,
            **again(wrong, form),
        )

    @get("/people", include_in_schema=False, guards=[needs(Act.TOKENS_OWN)])
    @in_thread
    def people(visit: Visitor) -> Response[str]:
        """Who is here, and whose programs come with which token."""
        return page(visit)

    def made_token(visit: Visit, form: Any) -> Response[str]:
        who = visit.known
        need(who, Act.TOKENS_OWN)
        scopes = tuple(str(form.get("scopes", "")).replace(",", " ").split())
        days = str(form.get("days", ""))
        try:
            wanted = Wanted(
                who=who.id,
                name=_name(form.get("name", "")) or "token",
                scopes=scopes,
                expires_at_s=register.clock.now_s() + _days(days) * DAY_S,
            )
            made = register.make_token(wanted, by=who.id)
        except (NoScope, TooMany, TooLong, ValueError) as error:
            return page(visit, wrong=(str(error),), form={"name": "", **form})
        return page(visit, visit.words("The token, shown once: {text}", text=made.text))

    @post(
        "/people/tokens", include_in_schema=False, status_code=200, guards=[needs(Act.TOKENS_OWN)]
    )
    async def token(visit: Visitor, request: Request[Any, Any, Any]) -> Response[str]:
        """A token for a program of whoever asks; its text is shown once, now."""
        return await run_sync(made_token, visit, await request.form())

    @post(
        "/people/tokens/{token_id:str}/end",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.TOKENS_OWN)],
    )
    @in_thread
    def end(visit: Visitor, token_id: FromPath[str]) -> Response[str]:
        """End a token now."""
        who = visit.known
        own = {row.id for row in register.tokens(who.id)}
        if token_id in own or may(who, Act.TOKENS_MANAGE):
            register.revoke_token(token_id, by=who.id)
        return page(visit)

    def added(visit: Visit, form: Any) -> Response[str]:
        who = visit.known
        need(who, Act.PEOPLE_MANAGE)
        try:
            roles = frozenset(Role(str(value)) for value in form.getall("roles", []))
            party = _name(form.get("party", ""))
            new = Person("", _name(form.get("name", "")), roles, party, _address(form))
            made = register.add(new, by=who.id)
        except (Misfit, ValueError) as error:
            return page(
                visit, wrong=(str(error),), form={**form, "roles": form.getall("roles", [])}
            )
        code = register.code_for(made.id, by=who.id)
        text = visit.words(
            "Their link to sign on, shown once: {text}", text=origin.url(f"/sign-in?code={code}")
        )
        return page(visit, text)

    @post("/people", include_in_schema=False, status_code=200, guards=[needs(Act.PEOPLE_MANAGE)])
    async def add(visit: Visitor, request: Request[Any, Any, Any]) -> Response[str]:
        """Somebody new, with a link to sign on once."""
        return await run_sync(added, visit, await request.form())

    return people, token, end, add


def _name(given: object) -> str:
    text = str(given).strip()[:100]
    if wrong := plain_text(text):
        raise ValueError(wrong)
    return text


def _address(form: Any) -> str:
    text = str(form.get("email", "")).strip()
    if text and not is_address(text):
        raise ValueError(f"`{text[:100]}` is no mail address")
    return text


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 366:
        raise ValueError(f"`{text}` is no number of days from 1 to 366")
    return int(text)
