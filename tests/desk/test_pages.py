"""Every page of every role in a real browser: reachable, accessible, and no wider than a phone.

Pages are found as people find them, by their links. The rules are those of WCAG 2.1, levels A and
AA, as axe-core knows them: names of controls, contrast, order of headings, languages, landmarks.
"""

from collections import deque
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest

from desk.browsers import Person, Served, chromium

__all__ = ["chromium"]

PEOPLE = (
    "Ada, buyer",
    "Emil, engineer",
    "Fatima, finance",
    "Aiko, auditor",
    "Adam, administrator",
    "Mia at Microsoft",
)
ALSO = ("/ask?ask=supply&purpose=training",)
"""Where a form leads, which no link does."""
PAGES_MAX = 30
"""Of each person: one of a kind is looked at, however many requirements there are."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
COLORS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules that ask for colors; no other says anything else of a dark page than of a light one."""
LOOK = """options => axe.run(document, options).then(found => ({
  passed: found.passes.length,
  wrong: found.violations.map(row => row.id + ": " + row.nodes[0].html.slice(0, 120)),
}))"""
"""Only what is wrong is handed over: all that is right is megabytes."""
FILES = (".svg", ".pdf", ".ics", ".jsonl")
TOO_WIDE = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
HEADINGS = "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("pages"))
    yield served
    served.kill()


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="no axe: install [test]")
    return Path(str(files("axe_playwright_python") / "axe.min.js")).read_text("utf-8")


@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_is_accessible_in_both_languages_light_and_dark_on_a_phone(
    desk: Served, chromium: Any, axe: str, name: str
) -> None:
    person = Person(chromium, desk, name, width=390)
    wrong: list[str] = []
    for path in _crawled(person, "en"):
        wrong += _faults_in_both_schemes(person, axe, ("light", "dark"), f"{path} in English")
        _shown(person, path, "fr")
        wrong += _faults_in_both_schemes(person, axe, ("dark", "light"), f"{path} in French")
    assert wrong == []
    assert person.complaints == []


def _faults_in_both_schemes(
    person: Person, axe: str, schemes: tuple[Any, Any], where: str
) -> Iterator[str]:
    """What is wrong with the page that is shown; in the second scheme, what colors can do."""
    person.page.evaluate(axe)
    for scheme, rules in zip(schemes, (RULES, COLORS), strict=True):
        person.page.emulate_media(color_scheme=scheme)
        yield from (f"{where}, {scheme}: {fault}" for fault in _faults(person, rules))


def test_pictures_need_no_style_of_their_own(desk: Served, chromium: Any) -> None:
    person = Person(chromium, desk, "Ada, buyer")
    for path in ("/rights.svg", "/capacity.svg"):
        answer = person.page.goto(f"{desk.base}{path}")
        assert answer.headers["content-security-policy"] == "default-src 'none'"
        assert "style" not in answer.text()
    assert person.complaints == []


def _crawled(person: Person, language: str) -> Iterator[str]:
    """The paths that links lead to, each kind once; the page is shown while its path is given."""
    todo, seen = deque(["/", *ALSO]), set[str]()
    while todo and len(seen) < PAGES_MAX:
        path = todo.popleft()
        if _kind(path) in seen:
            continue
        seen.add(_kind(path))
        if not _shown(person, path, language):
            continue
        found = person.page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)")
        todo += [_local(person, link) for link in found if _local(person, link)]
        yield path


def _shown(person: Person, path: str, language: str) -> bool:
    """Show a page in a language; one of ``ALSO`` may be another's."""
    asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
    answer = person.page.goto(f"{person.desk.base}{asked}", wait_until="domcontentloaded")
    if path in ALSO and answer.status == 403:
        person.complaints.clear()  # The browser says so too.
        return False
    assert answer.status == 200, (path, answer.status)
    assert person.page.evaluate("document.documentElement.lang") == language, path
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy, path
    assert "unsafe-inline" not in policy, path
    return True


def _kind(path: str) -> str:
    """What page it is: its first part, and whether it is of one thing."""
    parts = urlsplit(path).path.strip("/").split("/")
    asked = "?" if "purpose=" in path else ""
    return asked + "/".join((parts[0], *("*" for _ in parts[1:2]), *parts[2:]))


def _local(person: Person, link: str) -> str:
    """A link of the desk as a path; empty for files, other hosts and what changes something."""
    plain = urldefrag(link).url
    if not plain.startswith(person.desk.base):
        return ""
    path = plain.removeprefix(person.desk.base) or "/"
    left_out = ("/demo", "/sign", "/static", "/v1", "/docs", "/schema")
    if path.startswith(left_out) or urlsplit(path).path.endswith(FILES) or "lang=" in path:
        return ""
    return path


def _faults(person: Person, rules: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the page as it is shown now."""
    page = person.page
    found = page.evaluate(LOOK, rules)
    yield from found["wrong"]
    assert found["passed"], "axe has looked at nothing"
    wide = page.evaluate(TOO_WIDE)
    if wide > 0:
        yield f"is {wide} px wider than the phone"
    levels = page.evaluate(HEADINGS)
    if levels[:1] != [1] or any(b - a > 1 for a, b in pairwise(levels)):
        yield f"headings are {levels}"


def test_a_notice_is_answered_with_the_keyboard_alone(desk: Served, chromium: Any) -> None:
    holder = Person(chromium, desk, "Mia at Microsoft")
    holder.sees("/notices/texas-2.1")
    page = holder.page
    page.keyboard.press("Tab")
    assert "main" in page.evaluate("document.activeElement.getAttribute('href') || ''")  # Skips.
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "gpus":
            break
    page.keyboard.press("Control+A")
    page.keyboard.type("0")
    page.keyboard.press("Tab")
    page.keyboard.type("Mia Holder, Microsoft")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "refused" in page.inner_text("main")
    assert holder.complaints == []
