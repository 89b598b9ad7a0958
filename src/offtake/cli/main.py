"""``offtake``: parse the command line and run a verb.

Exit codes: 0 success or permit, 1 failure, 2 deny or forbidden, 3 invalid input, 4 hold, or not as
things stand.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from offtake import __version__
from offtake.cli.output import INVALID, Invalid, fail
from offtake.cli.part import Part, help_of

VERBS = {
    "check": "find what is wrong with a portfolio, and what a lawyer would want flagged",
    "decide": "may this be supplied, run or used, and why; with the clause cited",
    "rights": "who may supply and run what: a table at a date, or the rights map over time",
    "run": "play the portfolio on a simulated clock and report what happened",
    "compare": "the same demand under several contract regimes, side by side",
    "stress": "what breaks first when something goes wrong, and what it costs",
    "settle": "statements per agreement and period: what is owed, by which clause, and why",
    "commitments": "where commitments stand, the shortfall to expect, and what to move",
    "bills": "what is in suppliers' bills: FOCUS, AWS, Azure, Oracle, or a plain table",
    "reconcile": "a supplier's bill against the contracts, with every difference explained",
    "demand": "what is in a trace: jobs or inference, GPU-hours, peak, tenants, what was dropped",
    "synth": "draw synthetic jobs from a seed, like a real trace or as stated, for years",
    "prices": "public list prices by supplier and day, and GPU-hours as power and computation",
    "serve": "the desk: requirements, notices, tenders and orders as a service with web pages",
    "demo": "run the built-in example and say what to look at",
    "schema": "print the JSON Schema of portfolio files",
    "login": "sign on to a desk: keep its address and a token of yours",
    "whoami": "who you are at the desk, and what you may do there",
    "requirement": "raise requirements at a desk, change them, see why they wait and what happened",
    "notice": "give the notices that first refusals ask for, answer them, wait for answers",
    "tender": "invite suppliers, and award what they offer",
    "offer": "offer in an open tender, and see what was offered",
    "order": "sign orders, and say what came, is late or has ended",
    "waiver": "waive a right for a supplier, as its holder or as its letter says",
    "permit": "permit GPUs of a pool to be run on, draw on permits, check them without a desk",
    "contact": "where the desk writes to: addresses of suppliers and of the buyer's people",
    "webhook": "programs that the desk tells what happens",
    "ledger": "GPUs by pool and window: awarded, there, permitted, drawn, used and left",
    "journal": "check a desk's journal: its chain of hashes, its head, and every decision again",
}
EPILOG = """examples:
  offtake check portfolio.yaml
  offtake decide portfolio.yaml --ask supply --supplier google --purpose training \\
      --gpus 1000 --start 2025-06-01 --end 2026-06-01 --at 2025-05-10
  offtake rights portfolio.yaml --chart rights.svg
  offtake run portfolio.yaml --out result/
  offtake demo
  offtake requirement submit texas-2 --purpose training --gpus 2,000 \\
      --start 2026-09-01 --end 2027-09-01

exit codes: 0 success or permit, 1 failure, 2 deny or forbidden, 3 invalid input,
4 hold, or not as things stand
"""


class Parser(argparse.ArgumentParser):
    """Wrong words on the command line are invalid input: exit code 3, as JSON if asked for."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to learn more."""
        raise Invalid("usage", f"{self.prog}", message, f"See `{self.prog} --help`.")

    def print_help(self, file: Any = None) -> None:
        """The help; that it could not be written is not kept quiet, as argparse would."""
        print(self.format_help(), end="", file=file or sys.stdout)


def parser() -> argparse.ArgumentParser:
    """The command line's grammar, without the verbs' own flags."""
    top = Parser(
        prog="offtake",
        description="Contracts as code for AI compute: decide, source, simulate, settle.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"offtake {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, says in VERBS.items():
        verbs.add_parser(verb, help=says, add_help=False)
    return top


def command() -> None:
    """One command as a process of its own; it ends with the exit code."""
    gc.set_threshold(GARBAGE)
    code = main()
    gc.freeze()  # What is alive now dies with the process: no need to look through it.
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = _as_json(words)
    if sys.stdout is None:  # Closed before we began; an answer nobody gets is a failure.
        print("offtake: cannot write the output: it is closed", file=sys.stderr)
        return 1
    try:
        code = _command(words)
        sys.stdout.flush()
    except Invalid as invalid:
        return fail(invalid, as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()  # The reader of our output has gone; nothing is left to say.
        return 1
    except OSError as error:
        if error.filename is not None:
            raise  # Of a file, where it was not expected: a mistake of ours.
        print(f"offtake: cannot write the output: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # What is left could not be written.
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 1
    return code


OUTPUT = ("-o", "--output")
OUTPUTS = ("table", "json")
FOR_PROGRAMS = frozenset({"json", "ndjson"})
GARBAGE = 100_000
"""New objects between two looks for cycles: imports and columns make none, and looking for them
as often as Python does by itself is a tenth of a run."""


def _as_json(words: list[str]) -> bool:
    """Whether a program reads the answer, and so the errors."""
    told = {words[n + 1] for n, word in enumerate(words[:-1]) if word in OUTPUT}
    told |= {word.removeprefix("--output=") for word in words if word.startswith("--output=")}
    told |= {word.removeprefix("-o") for word in words if word.startswith("-o")}
    return not FOR_PROGRAMS.isdisjoint(told)


def _command(words: list[str]) -> int:
    """The exit code of a command that could be understood."""
    top = parser()
    if not words:
        top.print_help()
        return INVALID
    if words[:2] == ["demand", "synth"]:  # A file of that name is ./synth.
        words = words[1:]
    try:
        known, _ = top.parse_known_args(words[:1])
        return _run(import_module(f"offtake.cli.{known.verb}"), known.verb, words[1:])
    except SystemExit as done:  # After --help or --version.
        return int(done.code or 0)


def _run(verb: Any, name: str, words: list[str]) -> int:
    """A verb, or a noun with a verb of its own."""
    parts: dict[str, Part] | None = getattr(verb, "PARTS", None)
    if parts is None:
        return _parsed(verb, f"offtake {name}", verb.__doc__, words)
    noun = Parser(
        prog=f"offtake {name}",
        description=verb.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = noun.add_subparsers(dest="part", metavar="VERB", required=True)
    for part, of in parts.items():
        known.add_parser(part, help=of.says, add_help=False)
    if not words:
        noun.print_help()
        return INVALID
    given, _ = noun.parse_known_args(words[:1])
    chosen = parts[given.part]
    return _parsed(chosen, f"offtake {name} {given.part}", help_of(chosen), words[1:])


def _parsed(verb: Any, prog: str, says: str | None, words: list[str]) -> int:
    own = Parser(
        allow_abbrev=False,  # A shortened flag given again would count, and hide the first.
        prog=prog,
        description=says,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    outputs = ("table", "json", "ndjson") if isinstance(verb, Part) else OUTPUTS
    own.add_argument("-o", "--output", choices=outputs, default="table")
    verb.arguments(own)
    given = own.parse_args(words)
    _once(own, words)
    code: int = verb.run(given)
    return code


def _once(own: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Refuse a flag that is given twice where only one value can count."""
    for flag, action in own._option_string_actions.items():
        once = type(action) is argparse._StoreAction and action.nargs is None
        given = [word for word in words if word == flag or word.startswith(f"{flag}=")]
        if once and flag.startswith("--") and len(given) > 1:
            own.error(f"argument {flag}: given twice, and only one can count")


if __name__ == "__main__":
    command()
