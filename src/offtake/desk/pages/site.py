"""Who looks at a page, in which language, and how a page is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, select_autoescape
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from offtake.desk.access.act import Act
from offtake.desk.access.may import PRICED, may
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who
from offtake.desk.desk import Desk
from offtake.desk.pages import told
from offtake.desk.pages.terms import because, by_name, deed, kind, say, stands
from offtake.desk.view.tide import tide
from offtake.desk.words import LANGUAGES, Language, Words, later, words_in
from offtake.units.time import parse_instant

LANGUAGE = "language"
NAMES = {"en": "English", "fr": "Français"}
LINKS: tuple[tuple[str, str, Act], ...] = (
    ("/", later("Today"), Act.DEADLINE_READ),
    ("/requirements", later("Requirements"), Act.REQUIREMENT_READ),
    ("/notices", later("Notices"), Act.NOTICE_READ),
    ("/tenders", later("Tenders"), Act.TENDER_READ),
    ("/orders", later("Orders"), Act.ORDER_READ),
    ("/rights", later("Rights"), Act.ASK_DECIDE),
    ("/ask", later("Ask"), Act.ASK_DECIDE),
    ("/capacity", later("Capacity"), Act.REQUIREMENT_READ),
    ("/ledger", later("Ledger"), Act.PERMIT_READ),
    ("/commitments", later("Commitments"), Act.COMMITMENT_READ),
    ("/portfolio", later("Portfolio"), Act.PORTFOLIO_READ),
    ("/journal", later("Journal"), Act.JOURNAL_READ),
    ("/outbox", later("Messages"), Act.CONTACT_READ),
    ("/people", later("People and tokens"), Act.TOKENS_OWN),
)

PAGES = Environment(
    loader=PackageLoader("offtake.desk", "pages/templates"),
    autoescape=select_autoescape(default=True, default_for_string=True),
    trim_blocks=True,
    lstrip_blocks=True,
)


class Line(NamedTuple):
    """Something that is wrong with a form: in which field, what, and in which language."""

    field: str
    label: str
    says: str
    language: str = ""


Wrongs = tuple[Line | str, ...]


def again(wrong: Wrongs, form: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a page needs to show a form as it was sent, with what is wrong."""
    bad = frozenset(row.field for row in wrong if isinstance(row, Line))
    return {"wrong": wrong, "bad": bad, "kept": form or {}}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a page: who, in which language, and the secret of their forms."""

    desk: Desk
    who: Who | None
    words: Words
    csrf: str
    here: str

    @property
    def known(self) -> Who:
        """Who looks; pages that need nobody do not ask."""
        assert self.who is not None
        return self.who

    def title(self, party: str) -> str:
        """A party by its title."""
        version = self.desk.state.version
        titles = {} if version is None else self.desk.state.in_force.portfolio.names.titles
        return str(titles.get(party, party))

    def page(self, template: str, status: int = 200, **more: Any) -> Response[str]:
        """A page as HTML; the language is remembered."""
        other: Language = next(code for code in LANGUAGES if code != self.words.language)
        said = {"other": other, "other_name": NAMES[other], **more}
        text = PAGES.get_template(f"{template}.html.j2").render({**self._common(), **said})
        kept = [remembered(self.words.language)]
        return Response(text, media_type="text/html", status_code=status, cookies=kept)

    def _common(self) -> dict[str, Any]:
        state = self.desk.state
        mine = () if self.who is None else LINKS
        return {
            "who": self.who,
            "words": self.words,
            "csrf": self.csrf,
            "here": self.here,
            "seq": state.seq,
            "tide": "" if self.who is None else tide(state, self.who),
            "shows_entries": self.who is not None and Role.AUDITOR in self.who.roles,
            "at_s": max(self.desk.clock.now_s(), state.at_s),
            "say": say,
            "deed": deed,
            "because": because,
            "by_name": by_name,
            "kind_of": kind,
            "stands": stands,
            "said": told,
            "seconds": parse_instant,
            "reads_clauses": self.who is not None and not PRICED.isdisjoint(self.who.roles),
            "kept": {},
            "bad": frozenset(),
            "title_of": self.title,
            "links": [
                {"href": href, "says": self.words(text)}
                for href, text, act in mine
                if may(self.known, act)
            ],
            "told": "",
            "wrong": (),
        }


Visitor = NamedDependency[Visit]
"""What pages are handed by name."""


def remembered(language: Language) -> Cookie:
    """What makes a browser come in a language again."""
    return Cookie(key=LANGUAGE, value=language, max_age=31_536_000, samesite="lax")


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language that is asked for, was chosen before, or the browser prefers."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE)
    preferred = request.headers.get("accept-language", "")[:2]
    for word in (asked, preferred):
        for code in LANGUAGES:
            if word == code:
                return code
    return "en"


def visit_of(desk: Desk, request: Request[Any, Any, Any]) -> Visit:
    """Somebody at a page, as the door let them in."""
    words, came = words_in(language_of(request)), request.scope.get("auth")
    csrf = getattr(came, "csrf", "")  # Nobody came to the door where it turned them away.
    return Visit(desk, request.scope.get("user"), words, csrf, request.url.path)
