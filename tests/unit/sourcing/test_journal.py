"""A journal line gives back the event it was written from."""

import json

import pytest

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Event, EventKind
from offtake.sourcing.journal import BadEntry, entry, event_of
from offtake.sourcing.requirement import Recorded

PORTFOLIO = Portfolio.loads(
    """
parties: {lab: {roles: [buyer]}, alpha: {}}
accelerators: {H100: {power: 1 kW}}
regions: [north]
agreements:
  A:
    from: 2025-01-01
    clauses: {first: {kind: first_refusal, holder: alpha, window: 30d}}
"""
)


@pytest.mark.parametrize("kind", EventKind)
def test_reading_a_written_line_gives_the_event(kind: EventKind) -> None:
    event = Event(
        kind,
        1_750_000_001,
        lot=1,
        clause=0,
        party=1,
        purpose=2,
        accelerator=0,
        region=0,
        gpus=7,
        start_s=1_760_000_000,
        end_s=1_770_000_000,
        price_micros_per_gpu_h=2_123_456,
        prepaid_ppm=123_456,
        due_at_s=1_751_000_000,
        rank=2,
        order=3,
        tranche=1,
        own=1,
        tranches=4,
        spacing_s=5,
        lead_s=6,
        of_gpus=9,
        order_due_at_s=1_752_000_000,
        free_until_at_s=1_753_000_000,
        fallen_until_at_s=1_754_000_000,
        start_until_at_s=1_755_000_000,
    )
    line = entry(Recorded(event, why="because"), PORTFOLIO.names, "USD")
    read = event_of(json.loads(json.dumps(line)), PORTFOLIO.names, {"1": 1}, "USD")

    assert read == event


def test_what_is_not_stated_stays_out_of_the_line() -> None:
    line = entry(Recorded(Event(EventKind.LAPSED, 0)), PORTFOLIO.names, "USD")

    assert line == {"at": "1970-01-01", "event": "lapsed"}


def test_lots_are_numbered_as_they_come() -> None:
    lots: dict[str, int] = {}
    refused = {"event": "refused", "at": "2025-01-02", "clause": "A/first"}
    lines = [{**refused, "lot": name} for name in ("b", "a", "b")]

    assert [event_of(line, PORTFOLIO.names, lots, "USD").lot for line in lines] == [1, 2, 1]


def test_a_bad_entry_names_the_key_and_the_way_out() -> None:
    with pytest.raises(BadEntry) as caught:
        event_of({"event": "refused", "at": "soon"}, PORTFOLIO.names, {}, "USD")

    assert caught.value.key == "at"
    assert caught.value.remedy


NOTICE = {"event": "notice_given", "at": "2025-03-03", "clause": "A/first", "lot": "x"}
LACKING = [
    ({key: word for key, word in NOTICE.items() if key != "lot"} | {"gpus": "5"}, "lot"),
    (NOTICE, "gpus"),
    ({"event": "accepted", "at": "2025-03-03", "lot": "x"}, "clause"),
    ({"event": "refused", "at": "2025-03-03", "clause": "A/first"}, "lot"),
    ({"event": "ordered", "at": "2025-03-03", "party": "alpha"}, "gpus"),
    ({"event": "default_declared", "at": "2025-03-03"}, "party"),
    ({**NOTICE, "event": "accepted", "gpus": "0"}, "gpus"),
]


@pytest.mark.parametrize(("line", "key"), LACKING)
def test_an_entry_that_does_not_say_enough_is_refused(line: dict[str, str], key: str) -> None:
    with pytest.raises(BadEntry) as caught:
        event_of(line, PORTFOLIO.names, {}, "USD")

    assert caught.value.key == key


def test_a_misspelled_key_is_never_ignored() -> None:
    with pytest.raises(BadEntry) as caught:
        event_of(
            {"event": "refused", "at": "2025-01-02", "clause": "A/first", "lot": "x", "gpu": "4"},
            PORTFOLIO.names,
            {},
            "USD",
        )

    assert (caught.value.key, caught.value.remedy) == ("gpu", "Did you mean `gpus`?")


def test_a_run_says_which_requirement_an_event_belongs_to() -> None:
    event = Recorded(Event(EventKind.LAPSED, 0, lot=3))
    line = entry(event, PORTFOLIO.names, "USD", "google-2025")

    assert line["requirement"] == "google-2025"
    full = {**line, "clause": "A/first"}
    assert event_of(full, PORTFOLIO.names, {}, "USD").lot == 1
