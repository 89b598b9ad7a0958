"""A desk in the middle of a story: the built-in example in June 2025, with its people.

Its clock runs from there, and may be moved on to the next deadline: a window of thirty days is
over at a click. Nothing of this is part of a desk that is not a demonstration.
"""

from asyncio import sleep
from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from offtake.desk import command as say
from offtake.desk.access.role import Role
from offtake.desk.access.sign_on import link
from offtake.desk.pages.site import NAMES, language_of, remembered
from offtake.desk.pages.site import PAGES as TEMPLATES
from offtake.desk.start import Parts, adopt
from offtake.desk.state import By
from offtake.desk.store.person import Person
from offtake.desk.thread import in_thread
from offtake.desk.words import LANGUAGES, words_in
from offtake.desk.writer import Asked, Receipt, Writer
from offtake.units.time import parse_instant

PEOPLE: tuple[tuple[str, tuple[Role, ...], str], ...] = (
    ("Ada, buyer", (Role.BUYER, Role.APPROVER), ""),
    ("Emil, engineer", (Role.ENGINEER,), ""),
    ("Fatima, finance", (Role.FINANCE,), ""),
    ("Aiko, auditor", (Role.AUDITOR,), ""),
    ("Adam, administrator", (Role.ADMINISTRATOR,), ""),
    ("Mia at Microsoft", (Role.SUPPLIER,), "microsoft"),
    ("Omar at Oracle", (Role.SUPPLIER,), "oracle"),
    ("Cleo at CoreWeave", (Role.SUPPLIER,), "coreweave"),
    ("Gil at Google", (Role.SUPPLIER,), "google"),
)
BUYER, FINANCE = By("demo", "Ada, buyer"), By("demo-finance", "Fatima, finance")


class DemoClock:
    """A clock that runs like the machine's from another day on, and can be moved forward."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        self._machine_s, self._since_s = now_s, now_s()
        self._from_s = 0

    def now_s(self) -> int:
        """Whole seconds since the Unix epoch, UTC, in the story."""
        return self._from_s + self._machine_s() - self._since_s

    def set(self, at_s: int) -> None:
        """Go on from an instant."""
        self._from_s, self._since_s = at_s, self._machine_s()


def _by(party: str) -> By:
    return By(f"demo-{party}", party.title(), party)


def _wanted(name: str, title: str, purpose: str, **more: Any) -> say.Submit:
    given = {"start": "2026-03-01", "end": "2031-03-01", "price_limit": "$3.00", **more}
    return say.Submit(requirement=name, title=title, purpose=purpose, **given)


def _ran(start: str, end: str, gpus: int) -> say.Use:
    return say.Use(
        supplier="microsoft",
        purpose="inference",
        gpus=gpus,
        start=start,
        end=end,
        accelerator="H100",
        pool="azure-h100",
    )


STORY: tuple[tuple[str, By, say.AnyCommand], ...] = (
    ("2025-05-02T10:00:00Z", FINANCE, _ran("2025-01-21", "2025-03-01", 110_000)),
    ("2025-05-02T10:10:00Z", FINANCE, _ran("2025-03-01", "2025-05-01", 135_000)),
    (
        "2025-05-05T14:00:00Z",
        BUYER,
        _wanted(
            "texas-2", "Texas, second site", "training", gpus="40,000", accelerators=("GB200",)
        ),
    ),
    ("2025-05-06T09:00:00Z", BUYER, say.Notice(requirement="texas-2")),
    (
        "2025-05-07T09:00:00Z",
        BUYER,
        _wanted(
            "nordics-1", "Inference in the north", "inference", gpus="12,000", start="2026-01-01"
        ),
    ),
    ("2025-05-07T10:00:00Z", BUYER, say.Notice(requirement="nordics-1")),
    (
        "2025-05-20T16:00:00Z",
        _by("microsoft"),
        say.Answer(requirement="nordics-1", gpus=0, signed="M. Holder, Microsoft"),
    ),
    (
        "2025-05-28T09:00:00Z",
        BUYER,
        say.Tender(requirement="nordics-1", invite=("oracle", "coreweave", "google")),
    ),
    (
        "2025-05-30T11:00:00Z",
        _by("coreweave"),
        say.Bid(requirement="nordics-1", gpus="12,000", price="$2.60", accelerator="H100"),
    ),
    ("2025-06-01T08:00:00Z", FINANCE, _ran("2025-05-01", "2025-06-01", 150_000)),
    (
        "2025-06-01T15:30:00Z",
        BUYER,
        _wanted("research-3", "Research cluster", "research", gpus="4,000", price_limit="$2.80"),
    ),
)
NOW = "2025-06-02T09:00:00Z"
WAITS, WAIT_S = 600, 0.05
"""How often it is looked whether the desk has recorded what ran out, so that nobody sees less.

Whoever sees less presses again, and passes over what they wanted to see: a busy machine has time.
"""


def told(made: Parts, clock: DemoClock, portfolio: str) -> None:
    """Tell the story up to where it stands, if the desk is new."""
    if made.is_new:
        clock.set(parse_instant("2025-05-02T09:00:00Z"))
        adopt(made.writer, portfolio, "The built-in example")
        for at, by, command in STORY:
            clock.set(parse_instant(at))
            _says(made.writer, by, command)
        for name, roles, party in PEOPLE:
            made.register.add(Person("", name, frozenset(roles), party), by="system")
    clock.set(max(parse_instant(NOW), made.writer.state.at_s))


def _says(writer: Writer, by: By, command: say.AnyCommand) -> None:
    (answer,) = writer.write([Asked(command, by)])
    assert isinstance(answer, Receipt), (command, answer)


def demo_pages(made: Parts, clock: DemoClock) -> tuple[HTTPRouteHandler, ...]:
    """Who to be, and how to let time pass."""

    @get("/demo", include_in_schema=False, opt={"public": True})
    @in_thread
    def who(request: Request[Any, Any, Any]) -> Response[str]:
        """Choose who to be; each link signs on once."""
        order = [name for name, _, _ in PEOPLE]
        known = [person for person in made.register.people() if person.name in order]
        people = {
            person.name: link(made.door, made.register.code_for(person.id, by="system"))
            for person in sorted(known, key=lambda person: order.index(person.name))
        }
        language = language_of(request)
        other = next(code for code in LANGUAGES if code != language)
        text = TEMPLATES.get_template("demo.html.j2").render(
            words=words_in(language),
            other=other,
            other_name=NAMES[other],
            people=people,
            at_s=clock.now_s(),
        )
        return Response(text, media_type="text/html", cookies=[remembered(language)])

    @post("/demo/later", include_in_schema=False, opt={"public": True})
    async def later() -> Redirect:
        """Let time pass to the next deadline, and what runs out be recorded."""
        next_s = made.writer.next_s
        if next_s is not None:
            clock.set(max(next_s, clock.now_s()))
            for _ in range(WAITS):
                if made.writer.state.at_s >= next_s:
                    break
                await sleep(WAIT_S)
        return Redirect("/demo", status_code=303)

    return who, later
