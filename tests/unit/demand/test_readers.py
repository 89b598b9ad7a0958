"""What every reader owes: a source, a licence, a citation, its choices, and a page."""

from pathlib import Path

import pytest

from offtake.demand import READERS

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/traces.md"


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_where_its_data_is_from_and_what_it_decides(name: str) -> None:
    says = READERS[name].__doc__ or ""

    for word in ("Source: ", "Licence: ", "Cite: ", "What this reader decides", "\n- "):
        assert word in says, word


@pytest.mark.parametrize("name", READERS)
def test_a_format_is_on_the_page_of_traces(name: str) -> None:
    assert f"| `{name}` |" in PAGE.read_text(encoding="utf-8")
