"""A notice says all that S2 asks for, in every form and language, and no more than it may."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from desk.documents.notices import DAY, FIRST, MATCH, document, given, pdf_text, squeezed
from offtake.core.vocabulary import Event
from offtake.desk.documents.html import html
from offtake.desk.documents.letter import Letter, letter
from offtake.desk.documents.notice import NoticeDocument
from offtake.desk.documents.pdf import pdf
from offtake.desk.documents.text import text
from offtake.desk.words import LANGUAGES, Language, words_in
from offtake.sourcing.notice import notice, wanted
from offtake.units.time import DAY_S, Calendar, Duration, parse_instant

GOLDEN = Path(__file__).parent / "golden"
FULL = replace(document(given(MATCH), offeror="Beta GmbH"), again=True)
FULL = replace(
    FULL,
    offered=replace(FULL.offered, tranches=3, spacing_s=30 * DAY_S),
    answering=replace(FULL.answering, least_gpus=512),
)
"""A notice with something in each of its fields."""


def paths(value: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field of a document, through the parts it has."""
    for item in fields(value):
        inner = getattr(value, item.name)
        path = (*before, item.name)
        yield from paths(inner, path) if is_dataclass(inner) else [path]


def otherwise(value: Any, path: tuple[str, ...]) -> Any:
    """The document with another value in one field."""
    name, *rest = path
    inner = getattr(value, name)
    return replace(value, **{name: otherwise(inner, tuple(rest)) if rest else another(inner)})


def another(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case "matching":
            return "offer_first"
        case str():
            return "Zebra"
        case int():
            return value + 86_400
        case Duration():
            return Duration(value.number + 1, "bd")
        case Calendar():
            return Calendar("Europe/Paris", "FR", "", "18:30")
        case tuple():
            return ("Zebra",)
    raise AssertionError(value)


def said(page: Letter) -> list[str]:
    """Every text of a letter."""
    rows = [*page.heads, page.call, *(row for part in page.parts for row in part.rows)]
    texts = [page.title, page.lead, page.foot, *page.asides]
    texts += [text for part in page.parts for text in (part.title, part.lead) if text]
    return [*texts, *(text for row in rows for text in (row.label, row.value))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", list(paths(FULL)), ids=".".join)
def test_every_field_of_a_notice_is_said(path: tuple[str, ...], language: Language) -> None:
    words = words_in(language)
    other = said(letter(otherwise(FULL, path), words))

    assert other != said(letter(FULL, words))
    if isinstance(attrgetter(".".join(path))(FULL), str) and path[-1] != "form":
        assert any("Zebra" in what for what in other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_notice_says_stands_in_each_of_its_forms(language: Language) -> None:
    words = words_in(language)
    plain, page = text(FULL, words), html(FULL, words)
    seen = squeezed(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    file = squeezed(pdf_text(pdf(FULL, words)))

    for what in said(letter(FULL, words)):
        assert what in plain or what.upper() in plain
        assert squeezed(what) in seen
        assert squeezed(what) in file


@pytest.mark.parametrize(
    ("name", "terms", "offeror"),
    [("first.en", FIRST, ""), ("first.fr", FIRST, ""), ("match.en", MATCH, ""),
     ("match.fr", MATCH, "Beta GmbH")],
)  # fmt: skip
def test_a_notice_reads_as_it_did(name: str, terms: str, offeror: str) -> None:
    language: Any = name.rpartition(".")[2]
    told = document(given(terms), offeror=offeror)

    assert text(told, words_in(language)) == (GOLDEN / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("form", [text, html])
def test_a_holder_is_shown_the_terms_of_an_offer_and_not_whose_it_is(form: Any) -> None:
    told = document(given(MATCH))

    assert "2.90 EUR" in form(told, words_in("en"))
    assert "2,90\u00a0EUR" in form(told, words_in("fr"))
    assert not any("Beta" in form(told, words_in(language)) for language in LANGUAGES)


def test_a_notice_of_a_part_says_of_how_many_it_is() -> None:
    told = document(given(MATCH)).offered

    assert (told.gpus, told.of_gpus) == (1_024, 1_500)
    assert "1,024 of 1,500 still sought" in text(document(given(MATCH)), words_in("en"))


@pytest.mark.parametrize(
    ("terms", "gpus", "least"),
    [
        ("window: 30d", 1_500, 1_500),
        ("window: 30d\n        partial: yes", 1_500, 1),
        ("window: 30d\n        partial: yes\n        minimum_lot: 512", 1_500, 512),
        ("window: 30d\n        partial: yes\n        minimum_lot: 512", 100, 100),
    ],
)
def test_the_smallest_part_is_the_clauses_and_never_more_than_is_offered(
    terms: str, gpus: int, least: int
) -> None:
    assert document(given(terms, gpus=gpus)).answering.least_gpus == least


def test_a_lot_offered_again_has_the_shorter_window_and_another_title() -> None:
    made = given("window: 30d\n        reoffer_window: 5 business days")
    clause, names = made.clause, made.portfolio.names
    lot = made.lot._replace(declined=(clause.clause,))
    event = notice(clause, lot, wanted(lot, 62), names, DAY)
    told = document(made._replace(lot=lot, event=event))

    assert told.answering.window == Duration(5, "bd")
    assert told.answering.due_at_s == parse_instant("2025-03-10T17:00:00-04:00")
    assert text(told, words_in("en")).startswith("Renewed notice of first refusal\n")


def test_a_large_lot_has_the_large_window() -> None:
    terms = "window: 30d\n        large_lot: 1000\n        large_window: 60d"

    assert document(given(terms, gpus=1_000)).answering.window == Duration(60, "d")
    assert document(given(terms, gpus=999)).answering.window == Duration(30, "d")


def test_a_due_instant_that_was_stated_names_no_window_it_was_not_counted_by() -> None:
    made = given()
    stated = made.event._replace(due_at_s=DAY + 3 * DAY_S)
    told = document(made._replace(event=stated))

    assert told.answering.window is None
    assert told.answering.due_at_s == DAY + 3 * DAY_S
    assert "Window: as agreed for this notice" in text(told, words_in("en"))


def test_no_answer_is_due_after_the_right_has_ended() -> None:
    made = given("window: 30d\n        negotiation: 90d\n      second:\n        kind: delivery"
                 "\n        supplier: beta\n        grace: 30d")  # fmt: skip
    ends_s = made.event.due_at_s - DAY_S
    clauses = tuple(
        clause._replace(until_s=ends_s) if clause.clause == made.clause.clause else clause
        for clause in made.portfolio.clauses
    )
    portfolio = replace(made.portfolio, clauses=clauses)
    told = document(made._replace(portfolio=portfolio))

    assert told.answering.due_at_s == told.following.order_due_at_s == ends_s


def test_an_acceptance_in_the_last_second_is_due_to_be_signed_when_the_notice_says() -> None:
    told = document(given())

    assert told.following.order_due_at_s == parse_instant("2025-05-16T17:00:00-04:00")


def test_the_terms_of_others_are_worked_out_as_the_clause_compares_them() -> None:
    told = document(given(MATCH))

    assert told.price_most_micros_per_gpu_h == 2_972_500
    assert told.term_most_s == 365 * DAY_S * 11 // 10


def test_a_kind_that_was_left_open_is_told_by_all_that_will_do() -> None:
    assert document(given()).offered.accelerators == ("H100", "H200")
    assert document(given(accelerators=(), regions=())).offered.accelerators == ()
    assert "Accelerator: any\n" in text(document(given(accelerators=())), words_in("en"))


def test_names_are_shown_and_not_obeyed() -> None:
    told = document(given(), requirement_title="<script>alert(1)</script>\nTo: nobody\u202e")
    page = html(told, words_in("en"))

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; To: nobody\\u202e" in page
    assert "\nTo: nobody" not in text(told, words_in("en"))


def test_a_page_asks_nothing_of_other_hosts() -> None:
    page = html(FULL, words_in("en"))

    assert re.findall(r"(?:src|srcset|action)=|@import|url\(|<link|<script|<img", page) == []
    assert re.findall(r'href="([^"]+)"', page) == [FULL.answering.answer_at]


def test_only_an_address_is_a_link() -> None:
    told = document(given(), answer_at="javascript:alert(1)")

    assert "href" not in html(told, words_in("en"))


def test_a_notice_must_be_complete() -> None:
    made = given()
    bare: Event = made.event._replace(price_micros_per_gpu_h=-1)

    with pytest.raises(AssertionError):
        document(made._replace(event=bare))


def test_the_same_notice_gives_the_same_document() -> None:
    first: NoticeDocument = document(given())

    assert first == document(given())
