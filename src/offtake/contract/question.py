"""Asks from words: what people type, or write in a program, against a portfolio's names."""

from collections.abc import Mapping
from typing import Any

from offtake.contract.model import Document
from offtake.contract.value import parse_gpus
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.vocabulary import NONE, Act, Ask, Capacity
from offtake.units.capacity import parse_accelerator, parse_share
from offtake.units.money import parse
from offtake.units.time import Duration, after, parse_instant

WORDS = {
    "supply": (
        "supplier",
        "purpose",
        "accelerator",
        "gpus",
        "start",
        "end",
        "region",
        "price",
        "prepaid",
    ),
    "run": ("pool", "supplier", "purpose", "accelerator", "gpus", "region"),
    "use": ("party", "asset", "channel"),
}
"""What each kind of ask may state."""
NEEDED = {"supply": ("supplier", "purpose"), "run": ("purpose",), "use": ("asset",)}
HOUR_S = 3_600


class Unclear(ValueError):
    """A word that cannot be used: which, why, and the names that would do."""

    def __init__(self, word: str, says: str, known: tuple[str, ...] = ()) -> None:
        self.word, self.says, self.known = word, says, known
        super().__init__(f"{word}: {says}")


def ask_of(act: str, words: Mapping[str, Any], document: Document, names: Names, at_s: int) -> Ask:
    """The ask that words describe, as of an instant.

    ``H100:8`` asks for eight GPUs; with ``gpus`` beside it, it says which servers they are in.

    Raises:
        Unclear: A word does not belong to this kind of ask, is missing, or cannot be read.
    """
    if act not in WORDS:
        raise Unclear("ask", f"`{act}` is no kind of ask", tuple(WORDS))
    given = {word: str(value) for word, value in words.items() if value is not None}
    for word in given:
        if word not in WORDS[act]:
            raise Unclear(word, f"does not go with a {act} ask", WORDS[act])
    for word in NEEDED[act]:
        if word not in given:
            raise Unclear(word, f"a {act} ask needs it", WORDS[act])
    build = {"supply": _supply, "run": _run, "use": _use}[act]
    return build(given, document, names, at_s)


def _supply(given: Mapping[str, str], document: Document, names: Names, at_s: int) -> Ask:
    start_s = _read(given, "start", parse_instant, at_s)
    end_s = _read(given, "end", parse_instant, after(start_s, Duration(1, "y")))
    if start_s >= end_s:
        raise Unclear("end", "is not after the start")
    price = _read(given, "price", parse, None)
    if price is not None and price.currency != document.currency:
        raise Unclear("price", f"is in {price.currency}; the portfolio is in {document.currency}")
    supplier = _named(given, "supplier", names.parties)
    return Ask(
        Act.SUPPLY,
        supplier=supplier,
        purpose=_named(given, "purpose", names.purposes),
        accelerator=_accelerator(given, names),
        region=_named(given, "region", names.regions),
        gpus=_gpus(given),
        start_s=start_s,
        end_s=end_s,
        price_micros_per_gpu_h=NONE if price is None else price.micros,
        prepaid_ppm=_read(given, "prepaid", parse_share, NONE),
        own=int(supplier == BUYER),
    )


def _run(given: Mapping[str, str], document: Document, names: Names, at_s: int) -> Ask:
    if ("pool" in given) == ("supplier" in given):
        raise Unclear("pool", "a run ask needs a pool or a supplier, and not both")
    if "pool" in given:
        for word in ("accelerator", "region"):
            if word in given:
                raise Unclear(word, "goes with a supplier: a pool has its own")
        pools = {pool.id: pool for pool in document.pools}
        pool = pools[_known(given, "pool", tuple(pools))]
        supplier = names.parties.index(pool.supplier)
        own = int(supplier == BUYER or pool.origin == "build")
        accelerator = names.accelerators.index(pool.accelerator)
        region = names.regions.index(pool.region) if pool.region else UNSTATED
    else:
        supplier = _named(given, "supplier", names.parties)
        own = int(supplier == BUYER)
        accelerator = _accelerator(given, names)
        region = _named(given, "region", names.regions)
    return Ask(
        Act.RUN,
        supplier=BUYER if own else supplier,
        purpose=_named(given, "purpose", names.purposes),
        accelerator=accelerator,
        region=region,
        gpus=_gpus(given),
        start_s=at_s,
        end_s=at_s + HOUR_S,
        capacity=Capacity.EXISTING,
        own=own,
    )


def _use(given: Mapping[str, str], document: Document, names: Names, at_s: int) -> Ask:
    asset = _named(given, "asset", names.assets)
    served = next(item.purpose for item in document.assets if item.id == given["asset"])
    supplier = product = UNSTATED
    if given.get("channel") in names.products:
        product = names.products.index(given["channel"])
    elif "channel" in given:
        known = (*names.parties, *names.products)
        supplier = names.parties.index(_known(given, "channel", known))
    return Ask(
        Act.USE,
        supplier=supplier,
        purpose=names.purposes.index(served) if served else UNSTATED,
        capacity=Capacity.EXISTING,
        start_s=at_s,
        end_s=at_s + 1,
        user=_named(given, "party", names.parties) if "party" in given else BUYER,
        asset=asset,
        product=product,
    )


def _known(given: Mapping[str, str], word: str, known: tuple[str, ...]) -> str:
    if given[word] not in known:
        raise Unclear(word, f"`{given[word]}` is not in the portfolio", known)
    return given[word]


def _named(given: Mapping[str, str], word: str, known: tuple[str, ...]) -> int:
    """The index of a name; UNSTATED where none is given."""
    return known.index(_known(given, word, known)) if word in given else UNSTATED


def _read(given: Mapping[str, str], word: str, parse_text: Any, default: Any) -> Any:
    if word not in given:
        return default
    try:
        return parse_text(given[word])
    except ValueError as error:
        raise Unclear(word, str(error)) from error


def _accelerator(given: Mapping[str, str], names: Names) -> int:
    kind = _read(given, "accelerator", parse_accelerator, None)
    if kind is None:
        return UNSTATED
    if kind.name not in names.accelerators:
        raise Unclear("accelerator", f"`{kind.name}` is not in the portfolio", names.accelerators)
    return names.accelerators.index(kind.name)


def _gpus(given: Mapping[str, str]) -> int:
    kind = _read(given, "accelerator", parse_accelerator, None)
    return int(_read(given, "gpus", parse_gpus, 1 if kind is None else kind.number))
