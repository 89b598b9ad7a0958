"""A result is on disk whole or not at all, and nothing of anybody else's is replaced."""

import os
from multiprocessing import get_context
from pathlib import Path

import pytest

from offtake.report.write import CRASH_POINTS, MARK, NotOurs, recover, write_whole

OLD, NEW = {"a": b"old", "b": b"old"}, {"a": b"new", "c": b"new"}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MARK}


def die_at(point: str, folder: Path) -> None:
    write_whole(folder, NEW, lambda passed: os._exit(9) if passed == point else None)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_killed_run_leaves_the_old_result_or_the_new(tmp_path: Path, point: str) -> None:
    folder = tmp_path / "out"
    write_whole(folder, OLD)
    process = get_context("spawn").Process(target=die_at, args=(point, folder))
    process.start()
    process.join()

    assert process.exitcode == 9
    assert content(folder) in (OLD, NEW)
    recover(folder)
    assert content(folder) in (OLD, NEW)
    write_whole(folder, NEW)
    assert content(folder) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_first_result_makes_its_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "out", NEW)

    assert content(tmp_path / "deep" / "out") == NEW


def test_an_empty_folder_may_be_filled_and_another_s_may_not(tmp_path: Path) -> None:
    empty, other = tmp_path / "empty", tmp_path / "other"
    empty.mkdir()
    other.mkdir()
    (other / "thesis.txt").write_text("ten years")
    write_whole(empty, NEW)

    with pytest.raises(NotOurs):
        write_whole(other, NEW)
    assert (other / "thesis.txt").read_text() == "ten years"
    assert content(empty) == NEW
