"""What the desk sends: dead letters to be revived, programs that are told, addresses of readers."""

from typing import Any, NamedTuple

from anyio.to_thread import run_sync
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from offtake.desk.access.act import Act
from offtake.desk.access.http import needs
from offtake.desk.access.may import may
from offtake.desk.desk import need
from offtake.desk.legible import plain_text
from offtake.desk.message import TOPICS
from offtake.desk.pages.refusal import refusal, unusable
from offtake.desk.pages.site import Line, Visit, Visitor, Wrongs, again
from offtake.desk.problem import NotThere
from offtake.desk.reading import Invalid
from offtake.desk.routes.contacts import ContactBody, contacts_seen, wished
from offtake.desk.routes.outbox import Post, messages_seen, revive
from offtake.desk.routes.webhooks import WebhookBody, registered, remove, webhooks_seen
from offtake.desk.store.access import Register
from offtake.desk.store.contact import Full
from offtake.desk.store.webhook import EVERYTHING
from offtake.desk.thread import in_thread
from offtake.desk.view.requirement import Data
from offtake.desk.words import LANGUAGES, later
from offtake.sourcing.command import Refused

SHOWN = 50
"""Messages of each list."""
Form = Request[Any, Any, Any]


class Kept(NamedTuple):
    """Where messages, endpoints and addresses are kept."""

    sending: Post
    register: Register


def message_pages(sending: Post, register: Register) -> tuple[HTTPRouteHandler, ...]:
    """The page about messages, and its forms."""
    kept = Kept(sending, register)

    @get("/outbox", include_in_schema=False, guards=[needs(Act.CONTACT_READ)])
    @in_thread
    def messages(visit: Visitor) -> Response[str]:
        """What is dead, what was sent, and who is told."""
        return page(kept, visit)

    @post(
        "/outbox/{name:str}/retry",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.OUTBOX_RETRY)],
    )
    @in_thread
    def retried(visit: Visitor, name: FromPath[str]) -> Response[str]:
        """Send a dead message again, under its id."""
        need(visit.known, Act.OUTBOX_RETRY)
        revive(sending, name, visit.desk.clock.now_s())
        return page(kept, visit, visit.words("It is sent again."))

    return messages, retried, *_webhook_forms(kept), *_contact_forms(kept)


def page(
    kept: Kept, visit: Visit, told: str = "", wrong: Wrongs = (), form: Data | None = None
) -> Response[str]:
    """The page, with what came of a form; one that is wrong is shown as it was sent."""
    (sending, register), who = kept, visit.known
    reads = may(who, Act.OUTBOX_READ)
    return visit.page(
        "messages",
        422 if wrong else 200,
        reads=reads,
        dead=messages_seen(sending, who, "dead", SHOWN) if reads else [],
        latest=messages_seen(sending, who, "", SHOWN) if reads else [],
        revives=may(who, Act.OUTBOX_RETRY),
        webhooks=webhooks_seen(sending, who),
        registers=may(who, Act.WEBHOOK_MANAGE) and sending.endpoints is not None,
        removes=may(who, Act.WEBHOOK_MANAGE),
        contacts=contacts_seen(register, who),
        keeps=may(who, Act.CONTACT_MANAGE),
        languages=LANGUAGES,
        topics=(EVERYTHING, *TOPICS),
        told=told,
        **again(wrong, form),
    )


def _webhook_forms(kept: Kept) -> tuple[HTTPRouteHandler, ...]:
    def told(visit: Visit, form: Any) -> Response[str]:
        who = visit.known
        need(who, Act.WEBHOOK_MANAGE)
        topics = tuple(str(topic) for topic in form.getall("topics", [EVERYTHING]))
        body = WebhookBody(url=str(form.get("url", "")).strip(), topics=topics)
        try:
            made = registered(kept.sending, who, body, visit.desk.clock.now_s())
        except (Invalid, Refused) as error:
            return page(kept, visit, wrong=_said(visit, error), form={**form, "topics": topics})
        text = visit.words("Its secret, shown once: {text}", text=made.secret.reveal())
        return page(kept, visit, text)

    @post(
        "/outbox/webhooks",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.WEBHOOK_MANAGE)],
    )
    async def tell(visit: Visitor, request: Form) -> Response[str]:
        """Tell a program; its secret is shown once, now."""
        return await run_sync(told, visit, await request.form())

    @post(
        "/outbox/webhooks/{name:str}/end",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.WEBHOOK_MANAGE)],
    )
    @in_thread
    def no_more(visit: Visitor, name: FromPath[str]) -> Response[str]:
        """Tell a program no more."""
        need(visit.known, Act.WEBHOOK_MANAGE)
        remove(kept.sending, visit.known, name)
        return page(kept, visit)

    return tell, no_more


def _contact_forms(kept: Kept) -> tuple[HTTPRouteHandler, ...]:
    def written_to(visit: Visit, form: Any) -> Response[str]:
        who = visit.known
        need(who, Act.CONTACT_MANAGE)
        given = {key: str(form.get(key, "")).strip() for key in ("address", "party", "language")}
        try:
            if says := plain_text("".join(given.values())):
                return page(kept, visit, wrong=(says,), form=given)
            made = wished(who, ContactBody(**given), visit.desk.state)
            kept.register.add_contact(made, by=who.id)
        except (Invalid, Full) as error:
            return page(kept, visit, wrong=_said(visit, error), form=given)
        return page(kept, visit)

    @post(
        "/outbox/contacts",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.CONTACT_MANAGE)],
    )
    async def write_to(visit: Visitor, request: Form) -> Response[str]:
        """Write to an address."""
        return await run_sync(written_to, visit, await request.form())

    @post(
        "/outbox/contacts/{name:str}/end",
        include_in_schema=False,
        status_code=200,
        guards=[needs(Act.CONTACT_MANAGE)],
    )
    @in_thread
    def write_no_more(visit: Visitor, name: FromPath[str]) -> Response[str]:
        """Write to an address no more."""
        who = visit.known
        need(who, Act.CONTACT_MANAGE)
        if not kept.register.remove_contact(name, by=who.id, party=who.party):
            raise NotThere("there is no such thing")
        return page(kept, visit)

    return write_to, write_no_more


LABELS = {
    "address": later("Address"),
    "party": later("Party"),
    "language": later("Language"),
    "url": later("Address"),
    "topics": later("Kind"),
}


def _said(visit: Visit, error: Exception) -> Wrongs:
    """What is wrong with a form, each with its language where that is not the page's."""
    words = visit.words
    if not isinstance(error, Invalid):
        return (Line("", "", *refusal(str(error), words)),)
    lines = []
    for row in error.wrong:
        says, other = unusable(row.says, row.remedy, words)
        label = words(LABELS[row.field]) if row.field in LABELS else row.field
        lines.append(Line("", "", f"{label}: {says}", other))
    return tuple(lines)
