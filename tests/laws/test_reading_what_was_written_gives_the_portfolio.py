"""Law 11: read(write(portfolio)) is the portfolio."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from laws.documents import documents, texts
from offtake.contract.model import Document
from offtake.contract.read import read, read_text
from offtake.contract.write import scalar, write

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/portfolio.yaml"))


@settings(deadline=None, max_examples=200)
@given(documents())
def test_reading_what_was_written_gives_the_portfolio(document: Document) -> None:
    reading = read_text(write(document))

    assert reading.problems == ()
    assert reading.document == document


@settings(deadline=None, max_examples=50)
@given(documents())
def test_writing_twice_gives_the_same_text(document: Document) -> None:
    text = write(document)

    assert write(read_text(text).document) == text


@settings(deadline=None)
@given(texts)
def test_any_text_survives_as_a_scalar(text: str) -> None:
    assert read_text(f"title: {scalar(text)}\n").document.title == text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_survive(path: Path) -> None:
    document = read(path).document

    assert read_text(write(document)).document == document
