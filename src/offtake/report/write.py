"""Results on disk, whole or not at all: a killed run leaves the old result or the new one."""

import ctypes
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

MARK = ".offtake-result"
"""In every folder written here; no other folder is ever replaced."""
CRASH_POINTS = ("written", "placed")


def _passed(point: str) -> None:
    """Nobody watches."""


class NotOurs(ValueError):
    """A folder that something else wrote, and that will not be replaced."""


def write_whole(
    folder: Path, files: Mapping[str, bytes], probe: Callable[[str], None] = _passed
) -> None:
    """Write files as one folder, replacing an earlier result.

    The new folder is written beside the old one, then both change names in one step. Where
    the system cannot do that (not Linux), two renames do; a kill between them leaves the old
    result under a hidden name, from which ``recover`` (called first here) restores it.
    ``probe`` is told of each crash point passed; tests crash there.

    Raises:
        NotOurs: The folder holds something that this function did not write.
        OSError: The disk refuses.
    """
    folder = folder.absolute()
    recover(folder)
    if folder.exists() and not _replaceable(folder):
        raise NotOurs(f"{folder} holds other files; name a new or empty folder")
    new, old = _beside(folder, "new"), _beside(folder, "old")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name, data in {**files, MARK: b"written by offtake\n"}.items():
        with (new / name).open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    probe("written")
    if not folder.exists():
        new.rename(folder)
    elif not _exchange(new, folder):
        folder.rename(old)
        new.rename(folder)
    probe("placed")
    recover(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders' names in one step; False where the system has no such call."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of linux/fs.h.
    return bool(call(here, bytes(one), here, bytes(other), exchange) == 0)


def recover(folder: Path) -> None:
    """Finish what a killed run left: the old result back if the new one is not in place."""
    old, new = _beside(folder, "old"), _beside(folder, "new")
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(new, ignore_errors=True)


def _beside(folder: Path, word: str) -> Path:
    return folder.with_name(f".{folder.name}.{word}")


def _replaceable(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    return (folder / MARK).exists() or not any(folder.iterdir())
