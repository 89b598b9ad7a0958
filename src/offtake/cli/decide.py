r"""May this be supplied, run or used, on this date, and why: every clause that speaks, cited.

  supply  may the buyer contract this supplier for this capacity, on these terms, now?
  run     may work of this purpose run on this pool, or on this supplier's capacity, now?
  use     may this party use or sell this asset through this channel, now?

examples:
  offtake decide portfolio.yaml --ask supply --supplier google --purpose inference \\
      --accelerator H100:8 --gpus 20000 --start 2025-06-01 --end 2030-06-01 --at 2025-05-10
  offtake decide portfolio.yaml --ask supply --supplier google --purpose inference \\
      --at 2025-05-10 --given notices.yaml
  offtake decide portfolio.yaml --ask run --pool abilene --purpose api --at 2025-03-01
  offtake decide portfolio.yaml --ask use --party openai --asset api --channel aws --at 2026-06-01

exit codes: 0 permit, 2 deny, 4 hold, 3 invalid input, 1 failure
"""

import argparse
from typing import TYPE_CHECKING

from offtake.cli.output import Invalid, chosen, load, parsed, print_json

if TYPE_CHECKING:
    from offtake.contract.portfolio import Portfolio
    from offtake.core.vocabulary import Ask

EXIT = {"permit": 0, "deny": 2, "hold": 4}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("portfolio", help="the portfolio file")
    parser.add_argument("--ask", required=True, choices=("supply", "run", "use"))
    parser.add_argument("--at", required=True, metavar="DATE", help="the instant of the decision")
    parser.add_argument("--supplier", metavar="PARTY", help="who would supply; the buyer: a build")
    parser.add_argument("--purpose", help="what the compute is for")
    parser.add_argument("--accelerator", metavar="KIND[:N]", help="such as H100 or H100:8")
    parser.add_argument("--gpus", metavar="N", help="how many GPUs (supply, run); 1 if absent")
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
    from offtake.units.time import parse_instant

    at_s = parsed(parse_instant, given.at, "--at")
    ask = ask_of(given, portfolio, at_s)
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


def ask_of(given: argparse.Namespace, portfolio: "Portfolio", at_s: int) -> "Ask":
    """The ask that the flags describe."""
    builders = {"supply": _supply, "run": _run_ask, "use": _use}
    return builders[given.ask](given, portfolio, at_s)


def _needed(given: argparse.Namespace, *flags: str) -> None:
    missing = [flag for flag in flags if getattr(given, flag) is None]
    if missing:
        says = f"--ask {given.ask} needs {', '.join(f'--{flag}' for flag in missing)}"
        raise Invalid("usage", "offtake decide", says, "See `offtake decide --help`.")


def _supply(given: argparse.Namespace, portfolio: "Portfolio", at_s: int) -> "Ask":
    from offtake.core.names import BUYER, UNSTATED
    from offtake.core.vocabulary import NONE, Act, Ask
    from offtake.units.capacity import parse_accelerator, parse_share
    from offtake.units.money import parse
    from offtake.units.time import Duration, after, parse_instant

    _needed(given, "supplier", "purpose")
    names = portfolio.names
    supplier = chosen(given.supplier, names.parties, "--supplier")
    kind = (
        parsed(parse_accelerator, given.accelerator, "--accelerator") if given.accelerator else None
    )
    start_s = parsed(parse_instant, given.start, "--start") if given.start else at_s
    end_s = parsed(parse_instant, given.end, "--end") if given.end else None
    end_s = after(start_s, Duration(1, "y")) if end_s is None else end_s
    if start_s >= end_s:
        raise Invalid("empty-period", "--end", "is not after --start", "Give a later --end.")
    price = parsed(parse, given.price, "--price") if given.price else None
    if price is not None and price.currency != portfolio.document.currency:
        says = f"is in {price.currency}; the portfolio is in {portfolio.document.currency}"
        raise Invalid("other-currency", "--price", says, "Convert it.")
    return Ask(
        Act.SUPPLY,
        supplier=supplier,
        purpose=chosen(given.purpose, names.purposes, "--purpose"),
        accelerator=UNSTATED
        if kind is None
        else chosen(kind.name, names.accelerators, "--accelerator"),
        region=UNSTATED
        if given.region is None
        else chosen(given.region, names.regions, "--region"),
        gpus=_gpus(given, 1 if kind is None else kind.number),
        start_s=start_s,
        end_s=end_s,
        price_micros_per_gpu_h=NONE if price is None else price.micros,
        prepaid_ppm=parsed(parse_share, given.prepaid, "--prepaid") if given.prepaid else NONE,
        own=int(supplier == BUYER),
    )


def _gpus(given: argparse.Namespace, default: int) -> int:
    from offtake.contract.value import parse_gpus

    return int(parsed(parse_gpus, given.gpus, "--gpus")) if given.gpus else default


def _run_ask(given: argparse.Namespace, portfolio: "Portfolio", at_s: int) -> "Ask":
    from offtake.core.names import BUYER, UNSTATED
    from offtake.supply.pools import Site, run_ask, sites

    _needed(given, "purpose")
    names = portfolio.names
    purpose = chosen(given.purpose, names.purposes, "--purpose")
    if given.pool is not None:
        found = {site.pool: site for site in sites(portfolio.document, names)}
        chosen(given.pool, tuple(found), "--pool")
        site = found[given.pool]
    else:
        _needed(given, "supplier")
        supplier = chosen(given.supplier, names.parties, "--supplier")
        own = int(supplier == BUYER)
        site = Site("", supplier, UNSTATED, UNSTATED, own, ())
    return run_ask(site, purpose, gpus=_gpus(given, 1), start_s=at_s, run_s=3_600)


def _use(given: argparse.Namespace, portfolio: "Portfolio", at_s: int) -> "Ask":
    from offtake.core.names import BUYER, UNSTATED
    from offtake.core.vocabulary import Act, Ask, Capacity

    _needed(given, "asset")
    names = portfolio.names
    asset = chosen(given.asset, names.assets, "--asset")
    served = next(item.purpose for item in portfolio.document.assets if item.id == given.asset)
    supplier = product = UNSTATED
    if given.channel in names.products:
        product = names.products.index(given.channel)
    elif given.channel is not None:
        supplier = chosen(given.channel, (*names.parties, *names.products), "--channel")
    return Ask(
        Act.USE,
        supplier=supplier,
        purpose=names.purposes.index(served) if served else UNSTATED,
        capacity=Capacity.EXISTING,
        start_s=at_s,
        end_s=at_s + 1,
        user=BUYER if given.party is None else chosen(given.party, names.parties, "--party"),
        asset=asset,
        product=product,
    )
