"""A numbered rule without a case, an oracle or a place in the documentation does not exist."""

import ast
import re
from pathlib import Path

import pytest

from builders import load
from offtake.clauses import KINDS
from oracle import rules as oracle

TESTS = Path(__file__).parents[1]
REFERENCE = TESTS.parent / "docs" / "reference"
DECISION = ("D1", "D2", "D3", "D4")
RULES = [(name, rule) for name, kind in KINDS.items() for rule in kind.rules]


@pytest.mark.parametrize(("kind", "rule"), [*RULES, *(("decision", rule) for rule in DECISION)])
def test_every_rule_has_a_golden_case(kind: str, rule: str) -> None:
    found = [load(path)["rule"] for path in (TESTS / "golden" / kind).glob("*.toml")]
    assert rule in found, f"write tests/golden/{kind}/{rule.lower()}_<what it says>.toml"


@pytest.mark.parametrize(
    "folder", sorted(p.name for p in (TESTS / "golden").iterdir() if p.is_dir())
)
def test_every_golden_case_is_of_a_rule_that_exists(folder: str) -> None:
    known = DECISION if folder == "decision" else KINDS[folder].rules
    for path in (TESTS / "golden" / folder).glob("*.toml"):
        assert load(path)["rule"] in known, path


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_slow_twin(kind: str) -> None:
    assert callable(getattr(oracle, kind, None)), f"write {kind}() in tests/oracle/rules.py"


@pytest.mark.parametrize(("kind", "rule"), RULES)
def test_every_rule_has_a_place_on_its_page(kind: str, rule: str) -> None:
    page = REFERENCE / "clauses" / f"{kind}.md"
    assert page.exists(), f"write {page.relative_to(TESTS.parent)}"
    anchor = rf'^[#|*\- ]*`?{rule}\b|^#+ .*\b{rule}\b|id="{rule.lower()}"|{{#{rule.lower()}}}'
    text = page.read_text(encoding="utf-8")
    assert re.search(anchor, text, re.MULTILINE), f"give {rule} a heading in {page.name}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_finding_cites_a_rule_of_its_kind(kind: str) -> None:
    for finding in KINDS[kind].findings:
        assert finding.rule in KINDS[kind].rules, finding


@pytest.mark.parametrize("path", sorted((TESTS / "oracle").glob("*.py")), ids=lambda p: p.stem)
def test_the_oracle_imports_nothing_of_offtake(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [getattr(node, "module", None) or "", *names]
            assert not any(module.split(".")[0] == "offtake" for module in modules), path
