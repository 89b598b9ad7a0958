"""A result is on disk whole or not at all, and nothing of anybody else's is replaced."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from offtake.report import write
from offtake.report.write import CRASH_POINTS, MARK, NotOurs, place_of, recover, write_whole

OLD, NEW = {"a": b"old", "b": b"old"}, {"a": b"new", "c": b"new"}
STOPS = """
import sys, time
from pathlib import Path
from offtake.report.write import write_whole

def stop(passed):
    if passed == sys.argv[2]:
        print("there", flush=True)
        time.sleep(60)

write_whole(Path(sys.argv[1]), {"a": b"new", "c": b"new"}, stop)
"""
WRITES = """
import sys
from pathlib import Path
from offtake.report.write import write_whole

word = sys.argv[2].encode()
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    write_whole(Path(sys.argv[1]), {f"{n}": word for n in range(12)})
"""


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != MARK}


def started(program: str, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def stopped_at(point: str, folder: Path) -> "subprocess.Popen[str]":
    """A writer of NEW that has reached a crash point and waits there."""
    writer = started(STOPS, str(folder), point)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "there\n"
    return writer


def kill(writer: "subprocess.Popen[str]") -> None:
    writer.kill()
    assert writer.wait() == -signal.SIGKILL
    for stream in (writer.stdin, writer.stdout):
        if stream is not None:
            stream.close()


@pytest.fixture(params=["exchange", "two renames"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that exchanges names in one step, and one that does not."""
    if request.param == "two renames":
        monkeypatch.setattr(write, "_exchange", lambda one, other: False)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_killed_writer_leaves_the_old_result_or_the_new(tmp_path: Path, point: str) -> None:
    folder = tmp_path / "out"
    write_whole(folder, OLD)
    kill(stopped_at(point, folder))

    assert content(folder) == (NEW if point == "placed" else OLD)
    recover(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    write_whole(folder, NEW)
    assert content(folder) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_killed_first_writer_leaves_a_whole_result_or_none(tmp_path: Path, point: str) -> None:
    folder = tmp_path / "out"
    kill(stopped_at(point, folder))

    assert folder.exists() == (point == "placed")
    recover(folder)
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if point == "placed" else [])


def test_what_a_living_writer_has_begun_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    writer = stopped_at("half", folder)
    write_whole(folder, OLD)

    assert content(folder) == OLD
    hidden = [path for path in tmp_path.iterdir() if path.name != "out"]
    assert len(hidden) == 1
    kill(writer)
    recover(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_two_that_write_at_once_one_result_stays_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    writers = [started(WRITES, str(folder), word) for word in ("one", "two")]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.wait(60) for writer in writers] == [0, 0]
    for writer in writers:
        kill_streams(writer)

    found = content(folder)
    assert len(found) == 12
    assert set(found.values()) in ({b"one"}, {b"two"})
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def kill_streams(writer: "subprocess.Popen[str]") -> None:
    for stream in (writer.stdin, writer.stdout):
        if stream is not None:
            stream.close()


@pytest.mark.usefixtures("system")
def test_writers_at_once_leave_one_whole_result_on_any_system(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    wrong: list[Exception] = []

    def work(word: bytes) -> None:
        try:
            for _ in range(15):
                write_whole(folder, {f"{n}": word for n in range(4)})
        except (OSError, NotOurs) as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(word,)) for word in (b"one", b"two", b"three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    found = content(folder)
    assert len(found) == 4
    assert len(set(found.values())) == 1
    recover(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_without_an_exchange_the_old_result_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    write_whole(folder, OLD)
    monkeypatch.setattr(write, "_exchange", lambda one, other: False)
    renamed = Path.rename

    def fail_second(self: Path, target: Path) -> Path:
        """The process ends after the old result has left its place."""
        if target == folder and not folder.exists():
            raise KeyboardInterrupt
        return renamed(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", fail_second)
        with pytest.raises(KeyboardInterrupt):
            write_whole(folder, NEW)
    assert not folder.exists()
    recover(folder)
    assert content(folder) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("system")
def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to("real")
    write_whole(link, OLD)
    write_whole(link, NEW)

    assert link.is_symlink()
    assert content(tmp_path / "real") == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_link_to_nothing_gets_its_folder(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("not-yet")
    write_whole(link, NEW)

    assert link.is_symlink()
    assert content(tmp_path / "not-yet") == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "not-yet"]


def test_a_link_in_the_place_of_a_leftover_is_removed_and_not_followed(tmp_path: Path) -> None:
    folder, other = tmp_path / "out", tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("ten years")
    write_whole(folder, OLD)
    (tmp_path / f"{write._prefix(folder)}00.new").symlink_to(other)
    write_whole(folder, NEW)

    assert (other / "thesis.txt").read_text() == "ten years"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def test_a_path_through_a_new_folder_and_back_leaves_nothing_there(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    write_whole(tmp_path / "home" / "new" / "..", NEW)

    assert content(tmp_path / "home") == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_first_result_makes_its_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "deep" / "out", NEW)

    assert content(tmp_path / "deep" / "out") == NEW


def test_a_result_may_be_read_by_whom_the_mask_lets(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_whole(tmp_path / "out", NEW)
    finally:
        os.umask(mask)

    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


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


def test_a_folder_that_fills_while_we_write_is_given_back(tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def intrude(point: str) -> None:
        if point == "written":
            folder.mkdir()
            (folder / "thesis.txt").write_text("ten years")

    with pytest.raises(NotOurs):
        write_whole(folder, NEW, intrude)
    assert content(folder) == {"thesis.txt": b"ten years"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, file, circle = tmp_path / "home", tmp_path / "file", tmp_path / "circle"
    (home / "below").mkdir(parents=True)
    monkeypatch.chdir(home / "below")
    file.write_text("mine")
    circle.symlink_to(circle)
    wrong = (Path("/"), Path(), home, file, file / "out", circle, Path("a\0b"))
    for place in (*wrong, tmp_path / ("n" * 300)):
        with pytest.raises((NotOurs, OSError)):
            place_of(place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["circle", "file", "home"]
    assert not any((home / "below").iterdir())
    assert place_of(tmp_path / "a" / "b") == (tmp_path / "a" / "b").resolve()


def test_a_result_that_is_replaced_is_no_leftover_while_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half cleared by another writer, it would look like somebody else's folder."""
    folder = tmp_path / "out"
    write_whole(folder, OLD)
    exchange = write._exchange

    def exchanged(one: Path, other: Path) -> bool:
        done = exchange(one, other)
        recover(folder)  # Another writer looks for leftovers at the worst moment.
        assert content(one) == OLD
        return done

    monkeypatch.setattr(write, "_exchange", exchanged)
    write_whole(folder, NEW)

    assert content(folder) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
