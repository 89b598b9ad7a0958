"""Results on disk, whole or not at all: a killed run leaves the old result or the new one.

Each writer fills a folder of its own beside the result, under a hidden name that nobody else
has, and holds a lock on it (flock) that ends with its process. Then the two folders change names
in one step. What writers were killed over is cleared by the next one: a hidden folder whose lock
is free has no owner any more. Links and locks are those of POSIX systems.
"""

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

MARK = ".offtake-result"
"""In every folder written here; no other folder is ever replaced."""
CRASH_POINTS = ("made", "half", "written", "placed")
ATTEMPTS = 20
"""How often a folder is placed anew when other writers come between."""


def _passed(point: str) -> None:
    """Nobody watches."""


class NotOurs(ValueError):
    """A place that may not be written: something else is there, or it is no place for a result."""


def write_whole(
    folder: Path, files: Mapping[str, bytes], probe: Callable[[str], None] = _passed
) -> None:
    """Write files as one folder, replacing an earlier result.

    A link to a folder stays a link, and the folder it leads to is replaced. Of two runs that
    write at once the later one's result stays, whole. Where the system cannot exchange two names
    in one step (not Linux), two renames do; a kill between them leaves the old result under a
    hidden name, from which the next writer restores it. ``probe`` is told of each crash point
    passed; tests crash there.

    Raises:
        NotOurs: The folder holds something that this function did not write.
        OSError: The disk refuses.
    """
    place = place_of(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    recover(place)
    with _own_folder(place) as own:
        probe("made")
        for name, data in {**files, MARK: b"written by offtake\n"}.items():
            with (own / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            probe("half")
        _flush(own)
        probe("written")
        _put(own, place)
        _flush(place.parent)
        probe("placed")
    recover(place)


def place_of(folder: Path) -> Path:
    """Where a result for this path goes, links followed, if it may go there.

    Raises:
        NotOurs: It may not: why, and what is there.
        OSError: The disk refuses to tell.
    """
    try:
        place = folder.resolve()
    except (ValueError, RuntimeError) as error:  # A zero byte; a circle of links.
        raise NotOurs(f"{str(folder)!r} is no path: {error}") from error
    here = Path.cwd().resolve()
    if place == here or place in here.parents:
        raise NotOurs(f"{place} is the current folder or holds it; name a folder in it")
    if place.is_symlink():
        raise NotOurs(f"{place} is a link that leads in a circle; name a folder")
    if _there(place) and not _replaceable(place):
        what = "holds other files" if place.is_dir() else "is a file"
        raise NotOurs(f"{place} {what}; name a new or empty folder")
    if os.path.ismount(place):  # Unlike `Path.is_mount` False where it has just been moved away.
        raise NotOurs(f"{place} is where a disk is mounted; name a folder in it")
    above = next(path for path in place.parents if os.path.lexists(path))
    if not above.is_dir():
        raise NotOurs(f"{above} is a file; a folder cannot be made in it")
    if not os.access(above, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(above))
    return place


def _there(place: Path) -> bool:
    """Whether a path names anything; OSError where it cannot name anything (too long)."""
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def _own_folder(place: Path) -> Iterator[Path]:
    """A new hidden folder beside a place, locked; afterwards whatever has its name is gone."""
    while True:
        own = _hidden(place, ".new")
        own.mkdir()
        # Until it is locked, another writer may take it for a leftover: then make another.
        try:
            lock = os.open(own, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            _lock(lock, fcntl.LOCK_EX)
            if not _is(own, lock):
                continue
            yield own
            return
        finally:
            shutil.rmtree(own, ignore_errors=True)
            os.close(lock)


def _put(own: Path, place: Path) -> None:
    """Give a finished folder its place, and its own name to what was there."""
    for _ in range(ATTEMPTS):
        if _moved(own, place):
            return
        # Locked, so that nobody clears the old result as a leftover while it is judged.
        with _held(place) as old:
            if old is None:  # Another writer has moved it first.
                continue
            if not _replaceable(place):
                raise NotOurs(f"{place} holds other files; name a new or empty folder")
            if not _exchange(own, place):
                with suppress(FileNotFoundError):
                    place.rename(_hidden(place, ".old"))
            elif _is(own, old):
                shutil.rmtree(own, ignore_errors=True)
                return
            else:
                _exchange(own, place)  # Something else has come there in between.
    raise NotOurs(f"{place} is being written by others; name another folder")


@contextmanager
def _held(folder: Path) -> Iterator[int | None]:
    """A folder opened and locked; None where it has gone or another has its name by then."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        yield None
        return
    try:
        _lock(lock, fcntl.LOCK_EX)
        yield lock if _is(folder, lock) else None
    finally:
        os.close(lock)


def _is(folder: Path, opened: int) -> bool:
    """Whether a name still leads to a folder that was opened."""
    try:
        return os.path.samestat(folder.lstat(), os.fstat(opened))
    except FileNotFoundError:
        return False


def _moved(own: Path, place: Path) -> bool:
    """Rename to where nothing is, or an empty folder; False where something is."""
    try:
        own.rename(place)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders' names in one step; False where the system has no such call."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of linux/fs.h.
    return bool(call(here, bytes(one), here, bytes(other), exchange) == 0)


def recover(folder: Path) -> None:
    """Clear what killed writers left; the old result goes back if no other is in place."""
    place = folder.resolve()
    prefix = _prefix(place)
    left = [path for path in place.parent.iterdir() if path.name.startswith(prefix)]
    for path in sorted(left, key=lambda path: path.suffix, reverse=True):  # ".old" first.
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            _clear(path, place)


def _clear(path: Path, place: Path) -> None:
    """Restore or remove a hidden folder, if its owner is no more."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return  # Another writer has just cleared it.
    try:
        _lock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is(path, lock):
            return  # Its owner has put it in place, and another folder has its name.
        if path.suffix == ".old":
            if not place.exists():
                path.rename(place)
                return
            path = path.rename(_hidden(place, ".new"))  # Half cleared, it must not come back.
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return  # Its owner is at work, or a third writer has put something in place.
    finally:
        os.close(lock)


def _lock(folder: int, how: int) -> None:
    """Lock an open folder against other writers; OSError where it is taken.

    A disk without locks (some network disks) gets none: names alone keep writers apart there,
    and leftovers stay.
    """
    try:
        fcntl.flock(folder, how)
    except OSError:
        if how & fcntl.LOCK_NB:
            raise


def _flush(folder: Path) -> None:
    """Have the disk keep the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _hidden(place: Path, suffix: str) -> Path:
    """A name beside a place that nobody else has."""
    return place.with_name(f"{_prefix(place)}{secrets.token_hex(8)}{suffix}")


def _prefix(place: Path) -> str:
    """How the hidden names of a place begin: of equal length, however long its own name is."""
    return f".offtake-{sha256(os.fsencode(place.name)).hexdigest()[:12]}-"


def _replaceable(folder: Path) -> bool:
    """Whether a folder is empty or was written here."""
    if (folder / MARK).exists():
        return True
    try:
        return not any(folder.iterdir())
    except NotADirectoryError:
        return False
    except FileNotFoundError:  # Another writer has moved it away.
        return True
