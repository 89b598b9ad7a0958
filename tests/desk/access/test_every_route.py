"""Two desks that differ only in what somebody must not know answer them alike, to the letter.

Every route is asked, whatever it is, as everybody, with names that are there and names that are
not: pages, answers, errors, headers, counts, cursors, order. Where two answers differ, something
leaks; which fields each role is meant to see stands in ``golden``.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from desk.access import golden, worlds
from desk.access.worlds import AFTER, BEFORE, BUYER, BY, Step, World, bid, raised, world
from offtake.desk import command as say
from offtake.desk.access.http import guarded
from offtake.desk.access.role import Role
from offtake.desk.routes.listing import LINES

SECOND = "2025-03-01T00:00:01Z"
OPEN, DONE = "2025-03-10", "2025-03-24"


def priced(steps: tuple[Step, ...], **prices: str) -> tuple[Step, ...]:
    """The same story with other prices and other reasons."""
    told = []
    for step in steps:
        words = repr(step.command)
        command = step.command
        if isinstance(command, say.Submit):
            command = raised("texas", step.at, title="TITLE-SAID", limit=prices["limit"]).command
        if isinstance(command, say.Bid):
            command = bid("beta", prices["bid"], step.at).command
        if isinstance(command, say.Award):
            command = say.Award(requirement="texas", takes=command.takes, why=prices["why"])
        assert (repr(command) != words) == isinstance(command, say.Submit | say.Bid | say.Award)
        told.append(Step(step.at, step.by, command))
    return tuple(told)


GAMMAS = (bid("gamma", "2.83", "2025-03-08"), bid("gamma", "2.82", "2025-03-09"))
OTHERS = (
    raised("nordics", SECOND),
    Step("2025-03-01T00:00:02Z", BUYER, say.Notice(requirement="nordics")),
    raised("zeta", "2025-03-07T02:00:00Z"),
    Step("2025-03-08", BUYER, say.Use(supplier="gamma", purpose="training", gpus=8, **worlds.USED)),
)
FIRST = "2025-03-01T0"
SOLD_BEFORE = (
    raised("nordics", f"{FIRST}1:00:00Z"),
    Step(f"{FIRST}2:00:00Z", BUYER, say.Notice(requirement="nordics")),
    Step(
        f"{FIRST}3:00:00Z", BY["alpha"], say.Answer(requirement="nordics", gpus=0, signed="Alpha")
    ),
    Step(
        f"{FIRST}4:00:00Z",
        BUYER,
        say.Tender(requirement="nordics", invite=("gamma",), open_for="1h"),
    ),
    bid("gamma", "2.99", f"{FIRST}4:30:00Z", "nordics"),
    Step(f"{FIRST}6:00:00Z", BUYER, say.Award(requirement="nordics", takes={"gamma": 64})),
    Step(f"{FIRST}7:00:00Z", BUYER, say.Sign(requirement="nordics", supplier="gamma")),
)
"""Another order of another supplier, with a number before."""
STORIES: dict[str, tuple[tuple[Step, ...], str]] = {
    "one offer": (BEFORE, OPEN),
    "three offers": ((*BEFORE, *GAMMAS), OPEN),
    "other requirements": ((*BEFORE, *OTHERS), OPEN),
    "sold": ((*BEFORE, *GAMMAS, *AFTER), DONE),
    "sold later": ((*BEFORE, *GAMMAS, *SOLD_BEFORE, *AFTER), DONE),
    "sold dearer": (
        (*priced((*BEFORE, *AFTER), limit="4.19", bid="2.79", why="OTHER"), *GAMMAS),
        DONE,
    ),
}
PAIRS = (
    *(
        ("one offer", "three offers", who)
        for who in ("buyer", "approver", "engineer", "finance", "administrator", "alpha", "beta")
    ),
    ("one offer", "three offers", "delta"),
    *(("one offer", "other requirements", who) for who in ("beta", "gamma", "delta")),
    *(("sold", "sold dearer", who) for who in ("engineer", "administrator")),
    *(("sold", "sold dearer", who) for who in ("gamma", "delta")),
    *(("sold", "sold later", who) for who in ("beta", "delta")),
)
"""Who must not notice the difference between which two stories."""

NAMES = ("texas", "nordics", "nope")
PATHS = {
    "name:str}/document.pdf": ("texas.1",),
    "/notices/": ("texas.1", "nordics.1", "nope.1", "texas.2", "texas", "texas.x"),
    "/tenders/": ("texas.1", "nordics.1", "nope.1", "texas.2"),
    "/offers/": (
        "texas.1.beta",
        "texas.1.gamma",
        "texas.2.beta",
        "nordics.1.gamma",
        "nope",
        "x.1.",
    ),
    ":int}": ("0", "1", "99"),
    "/reasons/": ("WindowOpen", "Nope"),
    "/static/": ("style.css", "nope"),
}
ASKED = {
    "/requirements": ("limit=1", "cursor=texas", "cursor=nordics", "cursor=nope", "status=noticed"),
    "/notices": ("limit=1", "cursor=texas", "cursor=nordics", "cursor=nope", "cursor=1"),
    "/tenders": ("limit=1", "cursor=texas", "cursor=nordics", "cursor=nope", "cursor=1"),
    "/offers": (
        *("limit=1", "cursor=texas", "cursor=nordics", "cursor=1", "requirement=texas"),
        *("requirement=nordics", "requirement=nope", "requirement=texas&cursor=texas"),
    ),
    "/orders": ("limit=1", "cursor=texas", "cursor=nope", "cursor=2"),
    "/timeline": ("limit=1", "limit=5", "limit=6", "cursor=4", "cursor=6", "cursor=x"),
    "/journal": ("cursor=1", "cursor=5", "cursor=6", "cursor=7", "kind=bid", "kind=due"),
    "/ask": ("ask=supply&purpose=training", "purpose=training&at=2025-06-01", "purpose=nope"),
    "/deadlines": ("limit=1", "limit=1&cursor=1", "cursor=9"),
    "/commitments": ("limit=1", "cursor=1", "cursor=x"),
}
"""What else is asked: pages of lists, with cursors that are there and some that are not."""


def paths(shown: World) -> Iterator[str]:
    """Every address that can be read, with names filled in."""
    for row in guarded(shown.client.app):
        if row.method != "GET" or row.path == "/events":
            continue
        if "{" not in row.path:
            yield row.path
            for end, queries in ASKED.items():
                yield from (f"{row.path}?{query}" for query in queries if row.path.endswith(end))
            continue
        known = next((names for key, names in PATHS.items() if key in row.path), NAMES)
        for name in known:
            path = re.sub(r"\{[^}]+\}", name, row.path)
            yield path
            if path.endswith("/texas/timeline"):
                yield from (f"{path}?{query}" for query in ASKED["/timeline"])


ANSWER = {"gpus": 8, "signed": "Me"}
OFFER = {"gpus": 8, "price": "$1.00"}
DEEDS: tuple[tuple[str, dict[str, Any]], ...] = (
    *((f"/v1/notices/{name}/answer", ANSWER) for name in ("nordics.1", "nope.1", "texas.2")),
    *((f"/v1/requirements/{name}/offers", OFFER) for name in ("nordics", "nope")),
    *((f"/v1/requirements/{name}/withdrawal", {"why": "x"}) for name in ("nope",)),
    ("/v1/requirements/texas/awards", {"takes": {"gamma": 64}}),
    ("/v1/requirements/texas/awards", {"takes": {"delta": 64}}),
    ("/v1/requirements/texas/awards/withdrawal", {"why": "x"}),
    ("/v1/requirements/texas/orders", {"supplier": "gamma"}),
    ("/v1/requirements/texas/tenders", {}),
    ("/v1/requirements/texas/notices", {}),
    ("/v1/requirements/texas/unserved", {}),
    ("/v1/orders/0/deliveries", {"tranche": 7}),
    ("/v1/orders/99/deliveries", {}),
    *(
        (f"/do/{act}", {"requirement": name, "notice": f"{name}.1", "tender": f"{name}.1", **words})
        for name in NAMES
        for act, words in (
            ("bid", {"gpus": "many", "price": "$1.00"}),
            ("answer", {"gpus": "", "signed": "Me"}),
            ("award", {"take.gamma": "64"}),
            ("sign", {"supplier": "gamma"}),
            ("nothing", {}),
        )
    ),
    ("/do/deliver", {"requirement": "texas", "order": "0", "tranche": "7"}),
)
"""What is tried and must fail alike: none of it may change anything."""

SKIPPED = ("date", "content-length")


def said(answer: Any) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """An answer as its reader can tell it from another.

    A PDF by its size, as it is dated; counts without when each of them was begun.
    """
    kind = answer.headers.get("content-type", "")
    body = str(len(answer.content)) if "pdf" in kind else answer.text
    body = re.sub(r"(?m)^\w+_created.*$", "", body) if kind.startswith("text/plain") else body
    headers = sorted((k, v) for k, v in answer.headers.items() if k not in SKIPPED)
    return answer.status_code, body, tuple(headers)


@cache
def shots(story: str) -> dict[str, dict[str, Any]]:
    """What everybody is answered to everything at a desk."""
    steps, now = STORIES[story]
    watching = {who for one, other, who in PAIRS if story in (one, other)}
    found: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as folder, world(Path(folder), steps, now) as shown:
        for who in sorted(watching):
            found[who] = {}
            for path in paths(shown):
                accept = "application/json" if path.startswith("/v1") else "text/html"
                found[who][f"GET {path}"] = said(shown.get(who, path, accept))
                if path.startswith("/v1"):
                    found[who][f"GET {path} as lines"] = said(shown.get(who, path, LINES))
            for path, body in DEEDS:
                answer = shown.post(who, path, body)
                assert answer.status_code >= 400, (who, path, answer.text)
                found[who][f"POST {path} {body}"] = said(answer)
    return found


@pytest.mark.parametrize(("one", "other", "who"), PAIRS)
def test_nobody_notices_what_they_must_not_know(one: str, other: str, who: str) -> None:
    first, second = shots(one)[who], shots(other)[who]
    differs = {
        asked: (first.get(asked), second.get(asked))
        for asked in first.keys() | second.keys()
        if first.get(asked) != second.get(asked)
    }

    assert differs == {}
    assert len(first) > 100
    assert sum(answer[0] == 200 for answer in first.values()) > 10


@pytest.mark.parametrize("story", STORIES)
def test_no_route_breaks_for_anybody(story: str) -> None:
    broken = [
        (who, asked)
        for who, answers in shots(story).items()
        for asked, answer in answers.items()
        if answer[0] >= 500 and asked != "GET /health/ready"
    ]

    assert broken == []


def test_the_stories_do_differ_for_those_who_may_know() -> None:
    gammas, own = "/v1/tenders/texas.1", "/v1/offers/texas.1.gamma"
    with (
        TemporaryDirectory() as one,
        TemporaryDirectory() as other,
        world(Path(one), *STORIES["one offer"]) as first,
        world(Path(other), *STORIES["three offers"]) as second,
    ):
        assert first.get("gamma", gammas).text != second.get("gamma", gammas).text
        codes = [shown.get("gamma", own).status_code for shown in (first, second)]
        assert codes == [404, 200]
        assert first.get("auditor", "/v1/journal").text != second.get("auditor", "/v1/journal").text
        assert "2.8" not in second.get("auditor", "/v1/journal").text


READ = {
    "/v1/requirements/texas": "bpefa--",
    "/v1/notices/texas.1": "bpefas-",
    "/v1/tenders/texas.1": "bpefa--",
    "/v1/offers": "bp-fas-",
    "/v1/offers/texas.1.beta": "bp-fa--",
    "/v1/orders/0": "bpefa--",
    "/v1/commitments": "bpefas-",
    "/v1/deadlines": "bpefas-",
    "/v1/portfolio": "bpefa--",
    "/v1/journal": "bp-fa--",
    "/requirements/texas": "bpefa--",
    "/notices/texas.1": "bpefas-",
    "/notices/texas.1/document": "bp-fas-",
    "/notices/texas.1/document.pdf": "bp-fas-",
    "/tenders/texas.1": "bpefa--",
    "/rights": "bpefa--",
    "/ask?ask=supply&purpose=training": "bpefa--",
    "/reasons": "bpefasm",
    "/commitments": "bpefas-",
    "/journal": "bp-fa--",
    "/outbox": "bp--asm",
    "/people": "bpefasm",
    "/metrics": "------m",
}
"""Who is answered at all; the supplier is alpha, which holds the right and was not invited."""


def test_whoever_may_read_something_is_answered_and_nobody_else() -> None:
    answered: dict[str, str] = {}
    with TemporaryDirectory() as folder, world(Path(folder), *STORIES["sold"]) as shown:
        for path in READ:
            answered[path] = ""
            for letter, role in golden.COLUMNS.items():
                who = "alpha" if role is Role.SUPPLIER else role.value
                accept = "application/json" if path.startswith("/v1") else "text/html"
                status = shown.get(who, path, accept).status_code
                assert status in (200, 403, 404), (who, path)
                answered[path] += letter if status == 200 else "-"

    assert answered == READ
