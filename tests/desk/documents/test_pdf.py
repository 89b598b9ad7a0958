"""A notice as a PDF file: the same bytes, selectable, whatever the names are written in."""

import re
import time
import unicodedata
from dataclasses import replace

import pytest

from desk.documents.notices import document, given, pdf_text, squeezed
from offtake.desk.documents.pdf import pdf
from offtake.desk.words import words_in

EN, FR = words_in("en"), words_in("fr")


def test_the_same_notice_gives_the_same_bytes_whenever_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = document(given())
    first = pdf(told, EN)
    later_s = time.time() + 40 * 86_400
    monkeypatch.setattr(time, "time", lambda: later_s)

    assert pdf(told, EN) == first


def test_a_file_is_dated_titled_and_in_its_language() -> None:
    file = pdf(document(given()), FR)
    title = "Notification au titre du droit de premier refus · run-7.1"

    assert b"/CreationDate (D:20250303153000Z)" in file
    assert b"/Lang (fr)" in file
    assert b"/DisplayDocTitle true" in file
    assert b"/Title <feff" + title.encode("utf-16-be").hex().encode() + b">" in file
    assert b"/MediaBox [0 0 595.28 841.89]" in file


def test_every_page_has_its_number_and_says_of_how_many() -> None:
    shown = pdf_text(pdf(document(given()), FR)).splitlines()

    assert ["Page 1 sur 2" in shown[0], "Page 2 sur 2" in shown[1]] == [True, True]
    assert len(shown) == 2


@pytest.mark.parametrize(
    "name",
    [
        "Ångström & Søn \u2013 “Größe” €",
        "Εταιρεία Ενέργειας",
        "中国移动通信集团",
        "株式会社データ",
        "한국전력",
        "«Энергия»",
        "שלום",
        "شركة",
        "हिन्दी",
        "ไทย 😀",
    ],
)
def test_names_in_any_script_can_be_selected(name: str) -> None:
    told = replace(document(given()), buyer=name)
    shown = pdf_text(pdf(told, EN))
    backwards = unicodedata.bidirectional(name[0]) in ("R", "AL")  # As it is drawn.

    assert (name[::-1] if backwards else name) in shown


def test_a_file_says_of_the_signs_it_cannot_draw() -> None:
    told = document(given())
    note = "Boxes stand for signs that the typeface of this file lacks."

    assert note not in squeezed(pdf_text(pdf(told, EN)))
    assert note in squeezed(pdf_text(pdf(replace(told, holder="中国移动"), EN)))


def test_a_clause_longer_than_a_page_is_told_to_its_end() -> None:
    told = document(given())
    says = "The holder is asked first. " * 400 + "And last."
    file = pdf(replace(told, right=replace(told.right, says=says)), EN)
    shown = squeezed(re.sub(r"Page \d of \d .*\n", "", pdf_text(file)))

    assert shown.count("The holder is asked first.") == 400
    assert "And last." in shown


def test_a_name_as_long_as_names_may_be_stays_on_the_page() -> None:
    told = replace(document(given()), notice="n" * 300, holder="H" * 300)
    shown = pdf_text(pdf(told, EN))

    assert shown.count("n" * 300) == 2  # At the foot of each page.
    assert shown.replace(" ", "").count("H" * 300) == 3
