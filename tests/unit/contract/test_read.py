"""Whatever is in a file, reading gives a portfolio with its problems, or says why not."""

import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offtake.contract.check import check
from offtake.contract.market import SizeStep
from offtake.contract.model import Note
from offtake.contract.node import LIMIT_BYTES
from offtake.contract.portfolio import Portfolio
from offtake.contract.problem import Problem, Unreadable
from offtake.contract.read import read, read_text
from offtake.contract.write import write
from offtake.units.capacity import Size
from offtake.units.time import parse_instant

EXAMPLE = Path(__file__).parents[3] / "examples" / "openai-2019-2030" / "portfolio.yaml"
SMALL = """\
title: A small portfolio
buyer: lab
sources:
  S1: {title: "The announcement", date: 2024-01-02}
parties:
  lab: {name: The Lab, roles: [buyer]}
  azure: {name: Azure}
  oracle: {}
purposes:
  tests: {under: research}
accelerators:
  H100: {power: {value: 1.4 kW, assumed: "a server of eight"}}
assets: {models: {}}
products: [copilot]
calendars: {ny: {zone: America/New_York, country: US, subdivision: NY, close: "17:00"}}
agreements:
  A-1:
    title: The first
    parties: [lab, azure]
    from: 2024-01-01
    until: 2027-01-01
    source: S1
    clauses:
      alone: {kind: exclusivity, holder: azure, asks: [supply, run]}
      consent:
        kind: waiver
        of: A-1/alone
        grantee: oracle
        limit: {value: 100 MW, source: S1}
        accelerators: [H100]
      floor: {kind: take_or_pay, supplier: azure, ramp: {2024-01-01: $1M, 2025-01-01: $2M}}
      rates: {kind: rate_card, supplier: azure, lines: [{price: $2.50, tiers: []}]}
      share: {kind: revenue_share, payer: lab, payee: azure, percent: 20%, base: revenue}
      licence: {kind: ip_licence, licensor: lab, licensee: azure, exclusive: yes}
      late: {kind: delivery, supplier: azure, grace: 30d}
    amendments:
      one:
        from: 2025-01-21
        remove: [alone, consent]
        add:
          first: {kind: first_refusal, holder: azure, window: 10 business days, calendar: ny}
          build: {kind: build_right, grantee: lab, purposes: [training], primarily: 50%}
pools:
  p: {supplier: azure, accelerator: H100, capacity: {2024-01-01: 64k, 2025-01-01: 1.2 GW}}
prices:
  - {supplier: azure, price: $3, source: S1}
behaviors:
  - {supplier: oracle, accelerators: [H100], spare: 1000, lead: 30d}
simulation: {from: 2024-01-01, until: 2025-01-01}
"""


def problems(text: str | Path) -> list[Problem]:
    """What is said of a portfolio."""
    try:
        return check(read(text) if isinstance(text, Path) else read_text(text))
    except Unreadable as unreadable:
        return list(unreadable.problems)


def test_the_small_portfolio_has_no_problem() -> None:
    assert problems(SMALL) == []


def test_a_figure_keeps_where_it_comes_from() -> None:
    notes = read_text(SMALL).document.notes

    assert Note("accelerators.H100.power", "assumed", "a server of eight") in notes
    assert Note("agreements.A-1.clauses.consent.limit", "source", "S1") in notes
    assert Note("prices[0]", "source", "S1") in notes


def test_what_is_left_empty_is_as_if_it_were_not_written() -> None:
    head = "buyer: lab\nparties:\n  lab:\n  azure: {}\n"
    empty = head + "agreements:\n  A:\n    from: 2024-01-01\n    until:\n    source: {title: t}\n"

    assert problems(empty) == []
    assert problems(empty.replace("until:", "until: ~")) == []
    assert problems(empty.replace("until:", "until: null")) == []


def test_no_and_yes_are_names_where_a_name_is_expected() -> None:
    reading = read_text("buyer: no\nparties: {no: {}, yes: {}, on: {}, 2024-01-01: {}, 1.0: {}}\n")

    assert [party.id for party in reading.document.parties] == [
        "no",
        "yes",
        "on",
        "2024-01-01",
        "1.0",
    ]
    assert check(reading) == []


@pytest.mark.parametrize("written", ["yes", "Yes", "true", "TRUE"])
def test_a_flag_is_read_where_a_flag_is_expected(written: str) -> None:
    document = read_text(SMALL.replace("exclusive: yes", f"exclusive: {written}")).document
    licence = next(c for c in document.agreements[0].clauses if c.id == "licence")

    assert licence.text.exclusive is True


@pytest.mark.parametrize(
    "capacity",
    [
        "{2025-01-01: 200, 2024-01-01: 100}",
        "[{from: 2025-01-01, size: 200}, {from: 2024-01-01, size: 100}]",
        "[{from: {value: 2025-01-01, assumed: a}, size: 200}, {from: 2024-01-01, size: 100}]",
    ],
)
def test_steps_are_put_in_order_of_time(capacity: str) -> None:
    text = f"pools: {{p: {{supplier: s, accelerator: H, capacity: {capacity}}}}}"
    steps = read_text(text).document.pools[0].capacity

    assert steps == (
        SizeStep(starts=parse_instant("2024-01-01"), size=Size(gpus=100)),
        SizeStep(starts=parse_instant("2025-01-01"), size=Size(gpus=200)),
    )


def test_all_mistakes_are_reported_at_once() -> None:
    text = SMALL
    for right, wrong in (
        ("roles: [buyer]", "roles: [boss]"),
        ("2024-01-02", "2024-02-30"),
        ("100 MW", "100 MWh"),
        ("percent: 20%", "percents: 20%"),
        ("price: $3", "price: 3"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    found = problems(text)

    assert [(problem.code, problem.place.line) for problem in found] == [
        ("not-instant", 4),
        ("unknown-choice", 6),
        ("not-size", 29),
        ("missing-key", 33),
        ("unknown-key", 33),
        ("not-money", 46),
    ]


def test_a_clause_that_is_wrong_is_not_reported_as_missing() -> None:
    text = SMALL.replace("alone: {kind: exclusivity, holder: azure", "alone: {kind: exclusivity")

    assert [problem.code for problem in problems(text)] == ["missing-key"]


def test_the_nearest_known_key_is_named() -> None:
    (problem,) = problems(
        SMALL.replace("grantee: oracle", "grantee: oracle\n        grante: azure")
    )

    assert problem.says == "a waiver clause has no `grante`"
    assert problem.remedy == "Did you mean `grantee`?"


def test_windows_files_read_like_others(tmp_path: Path) -> None:
    for name, data in (
        ("bom.yaml", SMALL.encode("utf-8-sig")),
        ("crlf.yaml", SMALL.replace("\n", "\r\n").encode()),
    ):
        (tmp_path / name).write_bytes(data)

        assert read(tmp_path / name).document == read_text(SMALL).document
    assert read_text("\ufeff" + SMALL).document == read_text(SMALL).document


def test_half_a_character_is_a_problem() -> None:
    (problem,) = problems("title: a\nbuyer: \ud800\n")

    assert (problem.code, problem.place.line, problem.place.column) == ("not-utf8", 2, 8)


def test_a_directory_or_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    assert [problem.code for problem in problems(tmp_path)] == ["not-a-file"]
    assert [problem.code for problem in problems(tmp_path / "x" / "y.yaml")] == ["no-file"]
    assert [problem.code for problem in problems(Path("a\0b"))] == ["no-file"]
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert [problem.code for problem in problems(tmp_path / "loop.yaml")] == ["no-file"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    (problem,) = problems(large)

    assert problem.code == "beyond-limit"
    assert "50,000,000 bytes" in problem.says
    assert [row.code for row in problems("a: " + "b" * LIMIT_BYTES)] == ["beyond-limit"]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_device_without_end_is_not_read_to_its_end() -> None:
    assert [problem.code for problem in problems(Path("/dev/zero"))] == ["beyond-limit"]


def test_includes_that_include_each_other_end(tmp_path: Path) -> None:
    for number in range(20):
        more = f"include: [f{number + 1}.yaml, f{number + 1}.yaml, f0.yaml]\ntitle: {number}\n"
        (tmp_path / f"f{number}.yaml").write_text(more)
    found = problems(tmp_path / "f0.yaml")

    assert {problem.code for problem in found} == {"bad-include"}
    assert len(found) < 60


def test_a_loop_of_links_is_no_include(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "link.yaml")
    (tmp_path / "portfolio.yaml").write_text("include: link.yaml\n")

    assert [problem.code for problem in problems(tmp_path / "portfolio.yaml")] == ["no-file"]


def test_rows_of_several_files_keep_their_own_places_and_notes(tmp_path: Path) -> None:
    price = "prices: [{supplier: %s, price: {value: $%d, assumed: %s}}]\n"
    (tmp_path / "other.yaml").write_text(
        "simulation: {seed: {value: 7, assumed: other}}\n" + price % ("azure", 2, "two")
    )
    (tmp_path / "main.yaml").write_text(
        "include: other.yaml\nbuyer: lab\nparties: {lab: {}, azure: {}, oracle: {}}\n"
        "simulation: {seed: {value: 8, assumed: main}}\n" + price % ("oracle", 3, "three")
    )
    reading = read(tmp_path / "main.yaml")

    assert [price.supplier for price in reading.document.prices] == ["azure", "oracle"]
    assert reading.document.notes == (
        Note("prices[0].price", "assumed", "two"),
        Note("prices[1].price", "assumed", "three"),
        Note("simulation.seed", "assumed", "main"),
    )
    assert reading.document.simulation.seed == 8
    assert Path(reading.places["prices[0]"].file).name == "other.yaml"


def test_text_includes_nothing() -> None:
    assert [problem.code for problem in problems("include: a.yaml\n")] == ["bad-include"]


def test_a_source_may_be_written_in_place() -> None:
    clause = "alone: {kind: exclusivity, source: {title: A letter, link: x}, holder: azure"
    document = read_text(SMALL.replace("alone: {kind: exclusivity, holder: azure", clause)).document

    assert document.agreements[0].clauses[0].source == document.sources[-1].id
    assert document.sources[-1].title == "A letter"


@st.composite
def mutations(draw: st.DrawFn, text: str) -> str:
    """A text with lines and characters taken out, doubled, exchanged or put in."""
    for _ in range(draw(st.integers(1, 4))):
        chance = random.Random(draw(st.integers(0, 2**32)))
        lines = text.splitlines(keepends=True) or [""]
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match draw(st.integers(0, 5)):
            case 0:
                del lines[at]
            case 1:
                lines.insert(other, lines[at])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                where = chance.randrange(len(lines[at]) + 1)
                letter = draw(
                    st.sampled_from("{}[]:,-#&*!|>'\"%@`?~$ \t\n\r\0\x85\ufeff0e_9\ud800")
                )
                lines[at] = lines[at][:where] + letter + lines[at][where:]
            case 4:
                where = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:where] + lines[at][where + 1 :]
            case 5:
                words = lines[at].split(" ")
                words[chance.randrange(len(words))] = draw(st.sampled_from(WORDS))
                lines[at] = " ".join(words)
        text = "".join(lines)
    return text


WORDS = (
    "null",
    "~",
    ".inf",
    ".nan",
    "-1",
    "0",
    "0d",
    "0 W",
    "$0",
    "9" * 5_000,
    "1e400",
    "2199-12-31",
    "1970-01-01",
    "{}",
    "[]",
    "{value: x}",
    "{value: {value: 1}}",
    "!!python/object:os.system",
    "lab",
    "A-1/floor",
    "A-1/first",
    "until:",
    "from:",
)


def test_a_record_may_say_once_where_all_its_figures_come_from() -> None:
    text = """
parties: {lab: {roles: [buyer]}}
sources: {S1: {title: A paper}}
jobs:
  pilot:
    assumed: "invented"
    purpose: training
    gpus: {value: 8, source: S1}
    submitted: 2025-01-01
    run: 4d
"""
    document = Portfolio.loads(text).document
    notes = {note.path: (note.kind, note.text) for note in document.notes}

    assert notes == {"jobs.pilot": ("assumed", "invented"), "jobs.pilot.gpus": ("source", "S1")}
    again = Portfolio.loads(write(document)).document
    assert set(again.notes) == set(document.notes)
    assert again.jobs == document.jobs


def judge(text: str) -> None:
    """A mutated portfolio is refused with problems, or can be used."""
    try:
        refused = Portfolio.loads(text).names is None
    except Unreadable as unreadable:
        refused = all(row.says and row.remedy and str(row) for row in unreadable.problems)

    assert refused == bool(problems_that_stop(text))


def problems_that_stop(text: str) -> list[Problem]:
    return [problem for problem in problems(text) if problem.grave]


@settings(deadline=None, max_examples=int(os.environ.get("OFFTAKE_FUZZ", "300")))
@given(mutations(SMALL))
def test_a_damaged_portfolio_is_refused_or_read_and_nothing_else(text: str) -> None:
    judge(text)


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the example is not here")
@settings(deadline=None, max_examples=int(os.environ.get("OFFTAKE_FUZZ", "300")) // 15)
@given(st.data())
def test_the_damaged_example_is_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    judge(data.draw(mutations(EXAMPLE.read_text())))


@settings(deadline=None)
@given(
    st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
)
def test_any_text_is_refused_or_read_and_nothing_else(text: str) -> None:
    judge(text)
