"""Every figure of the OpenAI portfolio is sourced or assumed, and says which."""

from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

import offtake
from offtake.contract.in_force import versions
from offtake.contract.portfolio import Portfolio
from offtake.contract.record import KEYS
from offtake.core.text import Value, terms_of_text

EXAMPLE = Path(__file__).parents[3] / "examples" / "openai-2019-2030" / "portfolio.yaml"
FIGURES = {
    *(Value.MONEY, Value.DURATION, Value.SHARE, Value.INSTANT, Value.SIZE, Value.GPUS),
    *(Value.FLOOR, Value.LINES, Value.COUNT),
}
OURS = {"priority", "seed"}
"""Choices of the run, which nobody could have reported."""


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return offtake.load(EXAMPLE)


def figures(item: Any, path: str) -> Iterator[str]:
    """The paths of all figures that a record states and that are not at their default."""
    defaults = {each.name: each.default for each in fields(item)}
    for name, term in terms_of_text(type(item)).items():
        value = getattr(item, name)
        stated = defaults[name] is MISSING or value != defaults[name]
        if term.value in FIGURES and stated and name not in OURS:
            yield f"{path}.{KEYS.get(name, name)}"


def noted(portfolio: Portfolio, path: str) -> bool:
    """Whether a figure, one inside it, or the record it stands in, says where it comes from."""
    return any(
        path == note.path
        or path.startswith((f"{note.path}.", f"{note.path}["))
        or note.path.startswith((f"{path}.", f"{path}["))
        for note in portfolio.document.notes
    )


SECTIONS = [
    "accelerators",
    "pools",
    "prices",
    "requirements",
    "services",
    "jobs",
    "behaviors",
    "reports",
]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_figure_says_where_it_comes_from(portfolio: Portfolio, section: str) -> None:
    rows = getattr(portfolio.document, section)
    named = [(row, f"{section}.{row.id}") for row in rows if hasattr(row, "id")]
    listed = [(row, f"{section}[{n}]") for n, row in enumerate(rows) if not hasattr(row, "id")]
    paths = [path for row, at in [*named, *listed] for path in figures(row, at)]
    if section == "reports":  # Their periods are the years of their amounts.
        paths = [path for path in paths if path.endswith(".amount")]

    assert paths
    assert [path for path in paths if not noted(portfolio, path)] == []


def test_every_figure_of_a_clause_says_where_it_comes_from(portfolio: Portfolio) -> None:
    paths = [
        path
        for version in versions(portfolio.document)
        for path in figures(version.clause.text, version.origin)
    ]

    assert len(paths) > 30
    assert [path for path in paths if not noted(portfolio, path)] == []


@pytest.mark.parametrize(
    "path",
    [
        "agreements.MSFT-0.clauses.gpt-3-licence.from",
        "agreements.MSFT-1.clauses.oracle-waiver.from",
        "agreements.ORCL-1.from",
        "agreements.CBRS-1.amendments.enlarged.from",
        "agreements.MSFT-1.amendments.A1.add.first-refusal.least_term_left",
        "agreements.MSFT-1.amendments.A3.replace.share-to-microsoft",
        "requirements.oracle-2024.accelerators",
        "requirements.oracle-2024.size",
        "requirements.oracle-2024.submitted",
        "requirements.coreweave-2-2025.until",
        "requirements.aws-2025.from",
        "behaviors[1].spare",
        "behaviors[5].lead",
        "jobs.frontier-2025-1",
        "jobs.research-2029h2-4",
    ],
)
def test_what_the_record_does_not_give_is_marked_as_assumed(
    portfolio: Portfolio, path: str
) -> None:
    assert [note.kind for note in portfolio.document.notes if note.path == path] == ["assumed"]


def test_every_source_is_used_and_every_source_used_is_listed(portfolio: Portfolio) -> None:
    text = EXAMPLE.read_text() + EXAMPLE.with_name("demand.yaml").read_text()
    before = text[: text.index("\nsources:\n")] + text[text.index("What OpenAI needed") :]
    for source in portfolio.document.sources:
        assert source.id in before, source.title
