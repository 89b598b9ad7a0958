r"""May this be supplied, run or used, on this date, and why: every clause that speaks, cited.

  supply  may the buyer contract this supplier for this capacity, on these terms, now?
  run     may work of this purpose run on this pool, or on this supplier's capacity, now?
  use     may this party use or sell this asset through this channel, now?

examples:
  offtake decide portfolio.yaml --ask supply --supplier google --purpose inference \
      --accelerator H100:8 --gpus 20000 --start 2025-06-01 --end 2030-06-01 --at 2025-05-10
  offtake decide portfolio.yaml --ask supply --supplier google --purpose inference \
      --at 2025-05-10 --given notices.yaml
  offtake decide portfolio.yaml --ask run --pool abilene --purpose api --at 2025-03-01
  offtake decide portfolio.yaml --ask use --party openai --asset api --channel aws --at 2026-06-01

exit codes: 0 permit, 2 deny, 4 hold, 3 invalid input, 1 failure
"""

import argparse
from typing import TYPE_CHECKING, Any

from offtake.cli.output import Invalid, load, parsed, print_json, problem_row

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.contract.question import Unclear
    from offtake.core.vocabulary import Ask

EXIT = {"permit": 0, "deny": 2, "hold": 4}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    parser.add_argument("--ask", required=True, choices=("supply", "run", "use"))
    parser.add_argument("--at", required=True, metavar="DATE", help="the instant of the decision")
    parser.add_argument("--supplier", metavar="PARTY", help="who would supply; the buyer: a build")
    parser.add_argument("--purpose", help="what the compute is for")
    parser.add_argument(
        "--accelerator", metavar="KIND[:N]", help="such as H100, or H100:8 for eight"
    )
    parser.add_argument(
        "--gpus",
        metavar="N",
        help="how many GPUs (supply, run); 1 if absent; with H100:8, in whole servers of eight",
    )
    parser.add_argument("--start", metavar="DATE", help="when the capacity starts; --at if absent")
    parser.add_argument("--end", metavar="DATE", help="when it ends; a year after if absent")
    parser.add_argument("--region", help="where")
    parser.add_argument("--price", metavar="MONEY", help="per GPU-hour, such as $2.50")
    parser.add_argument("--prepaid", metavar="SHARE", help="paid in advance, such as 20%%")
    parser.add_argument("--pool", help="the pool to run on")
    parser.add_argument("--party", help="who would use the asset; the buyer if absent")
    parser.add_argument("--asset", help="what would be used")
    parser.add_argument("--channel", help="the supplier's platform, or the product")
    parser.add_argument(
        "--given", metavar="FILE", help="what has happened so far: a journal, or a YAML list"
    )


def run(given: argparse.Namespace) -> int:
    """Decide one ask."""
    from offtake.core.evolve import NO_FACTS
    from offtake.core.explain import data, lines

    portfolio = load(given.portfolio)
    ask, at_s = asked(given, portfolio)
    facts = NO_FACTS
    if given.given is not None:
        from offtake.cli.given import facts_given

        facts = facts_given(given.given, portfolio, at_s)
    decision = portfolio.decide(ask, at_s, facts)
    if given.output == "json":
        print_json(data(decision, portfolio.names))
    else:
        print("\n".join(lines(decision, portfolio.names)))
    return EXIT[decision.verdict.name.lower()]


def asked(given: argparse.Namespace, portfolio: "Portfolio") -> "tuple[Ask, int]":
    """The ask that the flags describe and its instant, or Invalid with all that is wrong."""
    from offtake.contract.question import WORDS, Unclear, ask_of
    from offtake.units.time import parse_instant

    wrong: list[dict[str, Any]] = []
    at_s = 0
    try:
        at_s = parsed(parse_instant, given.at, "--at")
    except Invalid as invalid:
        wrong = invalid.rows
    words = {word: getattr(given, word) for words in WORDS.values() for word in words}
    try:
        ask = ask_of(given.ask, words, portfolio.document, portfolio.names, at_s)
    except Unclear as unclear:
        raise Invalid.with_rows([*wrong, *_rows(unclear, given.ask)]) from unclear
    if wrong:
        raise Invalid.with_rows(wrong)
    return ask, at_s


def _rows(unclear: "Unclear", ask: str) -> "list[dict[str, Any]]":
    """What is wrong with an ask, in terms of flags."""
    from offtake.contract.question import WORDS

    may = f"With --ask {ask}: {', '.join(f'--{word}' for word in WORDS[ask])}."
    return [
        problem_row(
            row.code,
            f"--{row.word}",
            says=row.says,
            remedy=may if row.code == "usage" else row.remedy,
        )
        for row in unclear.wrong
    ]
