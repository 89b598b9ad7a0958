"""The desk says everything in every language, and writes figures as each language does."""

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import time
from importlib.resources import files
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

import offtake.desk
from offtake.clauses import KINDS
from offtake.desk.access.gist import GISTS, OTHER
from offtake.desk.words import LANGUAGES, Language, words_in
from offtake.units.time import Calendar, Duration, parse_instant

DESK = Path(offtake.desk.__file__).parent
OTHERS = [language for language in LANGUAGES if language != "en"]
EN, FR = words_in("en"), words_in("fr")
NOON = parse_instant("2025-07-01T12:00:00Z")


def said() -> set[str]:
    """Every text that the desk says: ``words(...)``, ``.plural``, ``later``; what clauses say."""
    found = set()
    for path in DESK.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        lengths = path.parent.name == "words"
        found |= set(_of_code(tree, also_tuples=lengths))
    for path in DESK.rglob("*.j2"):
        found |= set(_of_template(path.read_text("utf-8")))
    sentences = {finding.says for kind in KINDS.values() for finding in kind.findings}
    return found | sentences | {*GISTS.values(), OTHER}


def _of_code(tree: ast.AST, *, also_tuples: bool) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            texts = {"words": 1, "self": 1, "later": 1, "_words": 1, "plural": 3}.get(name, 0)
            if name == "self" and not also_tuples:
                continue
            yield from (arg.value for arg in node.args[:texts] if _is_text(arg))
        if also_tuples and isinstance(node, ast.Tuple) and len(node.elts) == 2:
            texts_of = [item.value for item in node.elts if _is_text(item)]
            yield from (text for text in texts_of if "{count}" in text)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _of_template(text: str) -> Iterator[str]:
    for call in Environment().parse(text).find_all(nodes.Call):
        called = call.node
        plural = isinstance(called, nodes.Getattr) and called.attr == "plural"
        if plural or (isinstance(called, nodes.Name) and called.name == "words"):
            args = call.args[:3] if plural else call.args[:1]
            yield from (arg.value for arg in args if isinstance(arg, nodes.Const))


def written(language: str) -> dict[str, dict[str, str]]:
    file = files("offtake.desk.words") / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")).get("texts", {})


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_the_desk_says_is_said_in_every_language(language: Language) -> None:
    lacking = {text for text in said() if text} - words_in(language).texts.keys()

    assert lacking == set(), f"add these lines to src/offtake/desk/words/{language}.toml"


@pytest.mark.parametrize("language", OTHERS)
def test_no_language_keeps_a_text_that_nobody_says(language: Language) -> None:
    assert words_in(language).texts.keys() - said() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_the_figures_of_its_english(language: Language) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for text, translated in words_in(language).texts.items():
        assert places(text) == places(translated), text
        assert translated.strip() == translated != "", text


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_written_twice(language: Language) -> None:
    texts = [text for part in written(language).values() for text in part]

    assert len(texts) == len(set(texts))


def test_english_needs_no_texts_of_its_own() -> None:
    assert written("en") == {}


def test_french_spaces_before_signs_do_not_break() -> None:
    for text in FR.texts.values():
        assert re.search(r" [:;!?%»]|« | h \d", text) is None, text


def test_a_text_that_no_language_has_names_the_file_it_belongs_to() -> None:
    with pytest.raises(AssertionError, match=r"words/fr\.toml lacks 'Never said'"):
        FR("Never said")


def test_a_word_before_a_bar_tells_two_meanings_apart_and_is_not_shown() -> None:
    assert EN("tender|Open {count}", count=1_500) == "Open 1,500"


def test_figures_are_written_as_the_language_does() -> None:
    assert EN.figures.number(1_234_567) == "1,234,567"
    assert FR.figures.number(1_500) == "1\u202f500"
    assert EN.figures.money(3_200_000, "USD") == "3.20 USD"
    assert FR.figures.money(3_200_000, "USD") == "3,20\u00a0USD"
    assert FR.figures.money(-1_234_567_890_000, "EUR") == "-1\u202f234\u202f567,89\u00a0EUR"
    assert EN.figures.money(1, "USD") == "0.000001 USD"
    assert EN.figures.share(125_000) == "12.5%"
    assert FR.figures.share(125_000) == "12,5\u00a0%"


def test_dates_and_times_of_day_are_written_as_the_language_does() -> None:
    assert EN.figures.day(NOON) == "July 1, 2025"
    assert FR.figures.day(NOON) == "1er juillet 2025"
    assert EN.figures.clock(time(17)) == "17:00"
    assert FR.figures.clock(time(17)) == "17\u00a0h\u00a000"
    assert EN.figures.clock(time(17, 5, 9)) == "17:05:09"
    assert FR.weekday(NOON, "Europe/Paris") == "mardi 1er juillet 2025, 14\u00a0h\u00a000 à Paris"


def test_an_instant_is_told_where_it_counts_and_in_utc() -> None:
    assert EN.with_utc(NOON, "America/New_York") == "July 1, 2025, 08:00 in New York (12:00 UTC)"
    assert EN.with_utc(NOON, "Pacific/Auckland") == (
        "July 2, 2025, 00:00 in Auckland (July 1, 2025, 12:00 UTC)"
    )
    assert EN.with_utc(NOON, "UTC") == "July 1, 2025, 12:00 UTC"
    assert EN.instant(NOON, "Etc/GMT+5") == "July 1, 2025, 07:00 UTC-05:00"
    assert EN.instant(NOON, "Etc/GMT") == "July 1, 2025, 12:00 UTC"


def test_lengths_agree_with_their_number() -> None:
    assert [EN.length(Duration(n, "d")) for n in (0, 1, 30)] == ["0 days", "1 day", "30 days"]
    assert FR.length(Duration(0, "d")) == "0\u00a0jour"
    assert FR.length(Duration(10, "bd")) == "10\u00a0jours ouvrés"
    assert EN.lasting(90_061) == "1 day 1 hour 1 minute 1 second"
    assert EN.lasting(0) == "0 seconds"


def test_how_days_are_counted_is_told_with_what_the_calendar_says() -> None:
    assert EN.counting(Calendar()) == "dates of UTC · business days from Monday to Friday"
    assert EN.counting(Calendar("Europe/Paris", "FR", "", "17:30")) == (
        "dates of Paris · business days from Monday to Friday, but no public holidays of FR · "
        "deadlines at 17:30"
    )


def test_of_several_names_one_will_do() -> None:
    assert EN.either(["H100"]) == "H100"
    assert FR.either(["H100", "H200", "GB200"]) == "H100, H200 ou GB200"
