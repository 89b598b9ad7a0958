"""The verbs of a noun: ``offtake requirement list`` is a part of ``offtake requirement``."""

import argparse
from collections.abc import Callable
from typing import NamedTuple


class Part(NamedTuple):
    """One verb of a noun: what it does, its flags, how it runs, and how it is written."""

    says: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    examples: tuple[str, ...]


def help_of(part: Part) -> str:
    """What ``--help`` of a part says above the flags."""
    sentence = f"{part.says[0].upper()}{part.says[1:]}."
    return "\n".join([sentence, "", "examples:", *(f"  {line}" for line in part.examples)])


def nothing(parser: argparse.ArgumentParser) -> None:
    """No flags of its own."""
