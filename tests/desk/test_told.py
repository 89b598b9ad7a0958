"""What a page says in the words of its reader: amounts, dates, time left, sentences of clauses."""

import pytest

from offtake.clauses import KINDS
from offtake.desk.pages import told
from offtake.desk.pages.terms import because
from offtake.desk.words import words_in

EN, FR = words_in("en"), words_in("fr")


def test_amounts_are_written_as_the_language_does() -> None:
    assert told.amount("2.8 USD", EN) == "2.80 USD"
    assert told.amount("2.8 USD", FR) == "2,80\u00a0USD"
    assert told.amount("2.45B USD", EN) == "2.45 B USD"
    assert told.amount("-2.45B USD", FR) == "-2,45 Md USD"
    assert told.amount("1500 USD", FR) == "1\u202f500,00\u00a0USD"
    assert told.amount(None, EN) == told.NONE
    assert told.amount("no figure", EN) == "no figure"


def test_time_left_is_told_in_its_two_largest_units() -> None:
    assert told.left(3 * 86_400 + 11 * 3_600 + 59, EN) == "3 days 11 hours"
    assert told.left(86_400 + 60, FR) == "1\u00a0jour 1\u00a0minute"
    assert told.left(59, EN) == "0 minutes"
    assert told.left(-5, EN) == "0 minutes"


def test_dates_and_instants_are_told_apart() -> None:
    assert told.instant("2025-06-05", EN) == "June 5, 2025"
    assert told.instant("2025-06-05T21:00:00Z", FR) == "5 juin 2025, 21\u00a0h\u00a000 UTC"
    assert told.instant(None, FR) == told.NONE


def test_a_sentence_is_said_again_with_its_names_dates_and_figures() -> None:
    row = {
        "reason": "WindowOpen",
        "says": "Alpha was given notice on 2025-03-01 and may answer until 2025-03-31T21:00:00Z",
    }
    assert told.sentence(row, FR) == (
        "Alpha a été notifié le 1er mars 2025 et peut répondre jusqu'au "
        "31 mars 2025, 21\u00a0h\u00a000 UTC"
    )
    row = {
        "reason": "PartlyAccepted",
        "says": "Alpha has accepted 12,000 of 40,000 GPUs; others may supply only the rest",
    }
    assert "12\u202f000 GPU sur 40\u202f000" in told.sentence(row, FR)
    assert told.sentence(row, EN) == row["says"]


FINDINGS = [finding for kind in KINDS.values() for finding in kind.findings]


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.reason)
def test_every_sentence_of_a_clause_is_found_again_in_what_it_said(finding: object) -> None:
    names = ("Alpha Cloud", "Beta & Sons", "12,000", "training, research", "2025-03-01")
    words = {name: names[n % len(names)] for n, name in enumerate(_places(finding.says))}
    row = {"reason": finding.reason, "says": finding.says.format_map(words)}

    if words.get("act_on"):
        words["act_on"] = "supply"
        row["says"] = finding.says.format_map(words)
    french = told.sentence(row, FR)

    assert french != row["says"]
    assert "Alpha Cloud" in french or "Alpha Cloud" not in row["says"]


def _places(text: str) -> list[str]:
    import string

    return [name for _, name, _, _ in string.Formatter().parse(text) if name]


def test_a_sentence_that_is_not_known_stays_as_it_is() -> None:
    assert told.sentence({"reason": "Other", "says": "so"}, FR) == "so"
    assert told.sentence({"reason": "WindowOpen", "says": "so"}, FR) == "so"


def test_who_reads_the_gist_reads_it_in_their_language() -> None:
    row = {"reason": "WindowOpen", "says": "the holder of a first refusal may still answer"}

    assert told.sentence(row, FR) == (
        "le titulaire d'un droit de premier refus peut encore répondre"
    )


def test_why_sourcing_took_a_step_is_said_and_what_people_wrote_stays() -> None:
    assert because("silence to the end of the window", FR) == (
        "silence jusqu'à la fin du délai (FR4)"
    )
    assert because("denied: A/one, B/two", FR) == "interdit par A/one, B/two"
    assert because("late beyond the grace (D/delivery, DL1)", EN) == (
        "late beyond the grace (D/delivery, DL1)"
    )
    for own in ("denied: too dear", "no price to offer: ask again", "two suppliers"):
        assert because(own, FR) == own
