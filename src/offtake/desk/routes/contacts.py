"""Where letters go: addresses of each supplier and of the buyer's own people."""

from typing import Any

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.visible import About
from offtake.desk.access.who import Who
from offtake.desk.desk import Asker, TheDesk, seen_of
from offtake.desk.problem import NotThere
from offtake.desk.reading import Invalid, Wrong
from offtake.desk.routes.cursor import ByCount
from offtake.desk.routes.listing import Answer, TheListing
from offtake.desk.state import State
from offtake.desk.store.access import Register
from offtake.desk.store.contact import Contact, Full
from offtake.desk.thread import in_thread
from offtake.desk.transport.mail import is_address
from offtake.desk.view.words import instant
from offtake.desk.words import LANGUAGES, Language
from offtake.sourcing.command import Refused

Data = dict[str, Any]


class ContactBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An address, whose (the buyer's own if no party is named), and in which language it reads."""

    address: str
    party: str = ""
    language: str = "en"


def contact_data(row: Contact) -> Data:
    """A contact as data."""
    return {
        "contact": row.id,
        "party": row.party or None,
        "address": row.address,
        "language": row.language,
        "created": instant(row.created_at_s),
    }


def wished(who: Who, body: ContactBody, state: State) -> Contact:
    """The contact that somebody wishes to add; a supplier's own party is its only one.

    Raises:
        Invalid: Something is wrong with it; all of it is listed.
    """
    party = who.party or body.party
    parties = () if state.version is None else state.in_force.portfolio.names.parties
    language: Language | None = next((code for code in LANGUAGES if code == body.language), None)
    wrong = []
    if not is_address(body.address):
        wrong.append(Wrong("address", "is no mail address", "Write it as ada@example.org."))
    if party and (party not in parties or body.party not in ("", party)):
        wrong.append(Wrong("party", "is no party", "Name one of the portfolio, or none."))
    if language is None:
        wrong.append(Wrong("language", "is no language", f"Write {' or '.join(LANGUAGES)}."))
    if wrong or language is None:
        raise Invalid(wrong)
    return Contact("", party, body.address, language, 0)


def contacts_seen(register: Register, who: Who) -> list[Data]:
    """The contacts as somebody sees them."""
    rows = ((contact_data(row), About()) for row in register.contacts())
    return seen_of(who, "contact", rows)


def contact_router(register: Register) -> Router:
    """The addresses about where letters go."""

    @post(
        "/contacts",
        summary="Write to an address",
        guards=[needs(Act.CONTACT_MANAGE)],
    )
    @in_thread
    def add(desk: TheDesk, who: Asker, data: JSONBody[ContactBody]) -> Data:
        """Of the matters of a supplier, or of the buyer's; its language if it is there already."""
        try:
            made = register.add_contact(wished(who, data, desk.state), by=who.id)
        except Full as error:
            raise Refused(str(error)) from error
        return {"contact": made.id}

    @get(
        "/contacts",
        summary="Where letters go",
        guards=[needs(Act.CONTACT_READ)],
    )
    @in_thread
    def listed(who: Asker, listing: TheListing) -> Answer:
        """To a supplier its own."""
        return listing.of(ByCount(iter(contacts_seen(register, who))))

    @delete(
        "/contacts/{name:str}",
        summary="Write to an address no more",
        status_code=200,
        guards=[needs(Act.CONTACT_MANAGE)],
    )
    @in_thread
    def removed(who: Asker, name: FromPath[str]) -> Data:
        """What is on its way still goes."""
        if not register.remove_contact(name, by=who.id, party=who.party):
            raise NotThere("there is no such thing")
        return {"contact": name}

    return Router("/v1", route_handlers=[add, listed, removed], tags=["outbox"])
