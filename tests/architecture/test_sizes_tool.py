"""The sizes tool finds what is too large, says where, and lets pass what is at the limit."""

from pathlib import Path

from tools import sizes


def found(text: str, room: str = "src") -> list[sizes.Breach]:
    return list(sizes.breaches(text, "a.py", room))


def written(root: Path, text: str) -> Path:
    (root / "src").mkdir()
    (root / "src/a.py").write_text(text, encoding="utf-8")
    return root


def test_a_breach_names_its_place_and_a_way_out() -> None:
    (breach,) = found("x = 1\n\n\ndef many(a, b, c, d, e, f):\n    return a\n")

    assert breach.place == "a.py:4 many"
    assert breach.says
    assert breach.remedy


def test_sixty_lines_pass_and_sixty_one_do_not() -> None:
    assert not found("def even():\n" + "    x = 1\n" * 59)
    assert found("def odd():\n" + "    x = 1\n" * 60)


def test_a_docstring_allows_a_long_function() -> None:
    assert not found('def long():\n    """Every step in order."""\n' + "    x = 1\n" * 80)


def test_a_test_file_may_have_six_hundred_lines() -> None:
    assert not found("x = 1\n" * 600, "tests")
    assert found("x = 1\n" * 601, "tests")


def test_keyword_only_parameters_count_and_self_does_not() -> None:
    assert not found("class A:\n    def five(self, a, b, c, *, d, e):\n        return a\n")
    assert found("class A:\n    def six(self, a, b, c, *, d, e, f):\n        return a\n")


def test_fields_of_a_dataclass_are_not_parameters() -> None:
    assert not found("class Terms:\n" + "".join(f"    x{n}: int\n" for n in range(9)))


def test_keyword_only_parameters_may_share_a_type() -> None:
    assert not found("def price(*, a: int, b: int, c: int):\n    return a\n")


def test_positional_only_parameters_are_read_in_their_order() -> None:
    assert found("def swap(a: str, b: int, /, c: int, d: int):\n    return a\n")


def test_a_private_function_may_take_what_its_file_gives_it() -> None:
    assert not found("def _swap(a: int, b: int, c: int):\n    return a\n")


def test_a_tree_within_its_sizes_passes(tmp_path: Path, capsys) -> None:
    assert sizes.main(written(tmp_path, "def short():\n    return 1\n")) == 0
    assert "0 breach(es)" in capsys.readouterr().out


def test_a_tree_of_long_functions_fails_by_their_share(tmp_path: Path, capsys) -> None:
    text = 'def long():\n    """All of it."""\n' + "    x = 1\n" * 30

    assert sizes.main(written(tmp_path, text)) == 1
    assert "0% of functions have under 30 lines" in capsys.readouterr().out
