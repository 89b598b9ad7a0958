"""Files that nobody but their owner reads: tokens and keys."""

import os
import stat
from pathlib import Path

from offtake.cli.output import Invalid


def written_privately(file: Path, text: str) -> None:
    """Write a file that nobody else can read, at no moment; the one before is there until then.

    Raises:
        Invalid: It cannot be written.
    """
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
        new.replace(file)
    except OSError as error:
        says = f"cannot be written: {error.strerror}"
        remedy = "Name a file in a folder that you may write to."
        raise Invalid("bad-path", str(file), says, remedy) from error


def read_privately(file: Path) -> str:
    """The text of a file that nobody else may read.

    Raises:
        Invalid: Others may.
        OSError: It cannot be read.
    """
    if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        says = "others than you may read the secret in it"
        raise Invalid("open-secret", str(file), says, f"Run `chmod 600 {file}`.")
    return file.read_text(encoding="utf-8")
