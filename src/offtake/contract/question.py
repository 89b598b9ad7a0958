"""Asks from words: what people type, or write in a program, against a portfolio's names."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from offtake.contract.model import Document
from offtake.contract.problem import nearest
from offtake.contract.value import SCALARS
from offtake.core.names import BUYER, UNSTATED, Names
from offtake.core.text import Value
from offtake.core.vocabulary import NONE, Act, Ask, Capacity
from offtake.units.capacity import Accelerator, parse_accelerator
from offtake.units.money import Money
from offtake.units.time import Duration, after

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
INDICES = {
    "supplier": "parties",
    "user": "parties",
    "purpose": "purposes",
    "accelerator": "accelerators",
    "region": "regions",
    "asset": "assets",
    "product": "products",
}
"""The fields of an ask that are indices, and of which names."""
HOUR_S = 3_600


class Wrong(NamedTuple):
    """A word that cannot be used: which, why, the way out, and a code as files' problems have."""

    word: str
    code: str
    says: str
    remedy: str


class Unclear(ValueError):
    """An ask that cannot be understood; carries every word that is wrong."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        self.wrong = tuple(wrong)
        super().__init__("\n".join(f"{row.word}: {row.says}. {row.remedy}" for row in wrong))


def ask_of(act: str, words: Mapping[str, Any], document: Document, names: Names, at_s: int) -> Ask:
    """The ask that words describe, as of an instant.

    ``H100:8`` asks for eight GPUs; with ``gpus`` beside it, it says which servers they are in.

    Raises:
        Unclear: A word does not belong to this kind of ask, is missing, or cannot be read.
    """
    if act not in WORDS:
        raise Unclear([Wrong("ask", "usage", f"`{act}` is no kind of ask", nearest(act, WORDS))])
    stated = {word: str(value) for word, value in words.items() if value is not None}
    given = _Given(act, stated)
    build = {"supply": _supply, "run": _run, "use": _use}[act]
    ask = build(given, document, names, at_s)
    if given.wrong:
        raise Unclear(given.wrong)
    return ask


def known(ask: Ask, names: Names) -> Ask:
    """An ask whose indices all name something, or nothing on purpose.

    Raises:
        ValueError: An index is none of these names.
    """
    for field, section in INDICES.items():
        index, length = getattr(ask, field), len(getattr(names, section))
        if index != UNSTATED and not 0 <= index < length:
            says = f"{field}: this portfolio has {length} {section}, and {index} is none of them"
            raise ValueError(says)
    return ask


class _Given:
    """The words of an ask as they are read; what is wrong with them gathers in ``wrong``.

    A word that is wrong reads as one that was not given, so that the rest is still looked at.
    """

    def __init__(self, act: str, stated: Mapping[str, str]) -> None:
        self.stated = {word: text for word, text in stated.items() if word in WORDS[act]}
        self.wrong: list[Wrong] = []
        self.may = f"A {act} ask may state {', '.join(WORDS[act])}."
        for word in stated:
            if word not in WORDS[act]:
                self.refuse(word, "usage", says=f"does not go with a {act} ask", remedy=self.may)
        for word in NEEDED[act]:
            if word not in stated:
                self.refuse(word, "usage", says=f"a {act} ask needs it", remedy=self.may)

    def refuse(self, word: str, code: str, *, says: str, remedy: str) -> None:
        """Note what is wrong with a word."""
        self.wrong.append(Wrong(word, code, says, remedy))

    def value(self, word: str, kind: Value) -> Any:
        """A value in the notation of portfolio files; None where none is given."""
        if word not in self.stated:
            return None
        parse, remedy = SCALARS[kind]
        try:
            return parse(self.stated[word])
        except ValueError as error:
            self.refuse(word, "bad-value", says=str(error), remedy=remedy)
            return None

    def place(self, word: str, choices: tuple[str, ...], text: str | None = None) -> int | None:
        """Which of the choices a word (or its part, ``text``) is; None where none is given."""
        name = self.stated.get(word) if text is None else text
        if name is None:
            return None
        if name not in choices:
            says = f"`{name}` is not in the portfolio"
            self.refuse(word, "unknown-name", says=says, remedy=nearest(name, choices))
            return None
        return choices.index(name)

    def name(self, word: str, choices: tuple[str, ...], text: str | None = None) -> int:
        """The index of a name; UNSTATED where none is given."""
        place = self.place(word, choices, text)
        return UNSTATED if place is None else place

    def accelerator(self) -> Accelerator | None:
        """The kind and the size of a server; None where none is given."""
        if "accelerator" not in self.stated:
            return None
        try:
            return parse_accelerator(self.stated["accelerator"])
        except ValueError as error:
            remedy = "Write `H100` or `H100:8`."
            self.refuse("accelerator", "bad-value", says=str(error), remedy=remedy)
            return None


def _hardware(given: _Given, names: Names) -> tuple[int, int]:
    """The kind of accelerator and the number of GPUs."""
    kind, gpus = given.accelerator(), given.value("gpus", Value.GPUS)
    if kind is None:
        return UNSTATED, gpus or 1
    if gpus is not None and gpus % kind.number:
        says = f"{gpus:,} GPUs are not whole servers of {kind.number:,} ({kind})"
        given.refuse("gpus", "bad-value", says=says, remedy=f"Give a multiple of {kind.number:,}.")
    return given.name("accelerator", names.accelerators, kind.name), gpus or kind.number


def _period(given: _Given, at_s: int) -> tuple[int, int]:
    """When the capacity is to run: from the decision on and for a year, if it is not said.

    A start before the decision is no mistake: who asks once more about a lot that was noticed
    for September must be able to say so in December.
    """
    start_s, end_s = given.value("start", Value.INSTANT), given.value("end", Value.INSTANT)
    start_s = at_s if start_s is None else start_s
    end_s = after(start_s, Duration(1, "y")) if end_s is None else end_s
    if start_s >= end_s:
        given.refuse(
            "end", "empty-period", says="is not after the start", remedy="Give a later end."
        )
    return start_s, end_s


def _price(given: _Given, document: Document) -> int:
    """The price in micros per GPU-hour; NONE where none is given."""
    price: Money | None = given.value("price", Value.MONEY)
    if price is None:
        return NONE
    if price.currency != document.currency:
        says = f"is in {price.currency}; the portfolio is in {document.currency}"
        given.refuse("price", "other-currency", says=says, remedy="Convert it at a stated rate.")
    return price.micros


def _supply(given: _Given, document: Document, names: Names, at_s: int) -> Ask:
    supplier = given.name("supplier", names.parties)
    accelerator, gpus = _hardware(given, names)
    start_s, end_s = _period(given, at_s)
    prepaid_ppm = given.value("prepaid", Value.SHARE)
    return Ask(
        Act.SUPPLY,
        supplier=supplier,
        purpose=given.name("purpose", names.purposes),
        accelerator=accelerator,
        region=given.name("region", names.regions),
        gpus=gpus,
        start_s=start_s,
        end_s=end_s,
        price_micros_per_gpu_h=_price(given, document),
        prepaid_ppm=NONE if prepaid_ppm is None else prepaid_ppm,
        own=int(supplier == BUYER),
    )


def _run(given: _Given, document: Document, names: Names, at_s: int) -> Ask:
    accelerator, gpus = _hardware(given, names)
    supplier = given.name("supplier", names.parties)
    region = given.name("region", names.regions)
    own = int(supplier == BUYER)
    if ("pool" in given.stated) == ("supplier" in given.stated):
        says = "a run ask needs a pool or a supplier, not both"
        given.refuse("pool", "usage", says=says, remedy=given.may)
    elif "pool" in given.stated:
        for word in ("accelerator", "region"):
            if word in given.stated:
                says = "goes with a supplier: a pool has its own"
                given.refuse(word, "usage", says=says, remedy=given.may)
        place = given.place("pool", tuple(pool.id for pool in document.pools))
        if place is not None:
            pool = document.pools[place]
            supplier = names.parties.index(pool.supplier)
            own = int(supplier == BUYER or pool.origin == "build")
            accelerator = names.accelerators.index(pool.accelerator)
            region = names.regions.index(pool.region) if pool.region else UNSTATED
    return Ask(
        Act.RUN,
        supplier=BUYER if own else supplier,
        purpose=given.name("purpose", names.purposes),
        accelerator=accelerator,
        region=region,
        gpus=gpus,
        start_s=at_s,
        end_s=at_s + HOUR_S,
        capacity=Capacity.EXISTING,
        own=own,
    )


def _use(given: _Given, document: Document, names: Names, at_s: int) -> Ask:
    asset = given.name("asset", names.assets)
    served = {item.id: item.purpose for item in document.assets}.get(given.stated.get("asset", ""))
    channel = given.place("channel", (*names.products, *names.parties))
    supplier = product = UNSTATED
    if channel is not None and channel < len(names.products):
        product = channel
    elif channel is not None:
        supplier = channel - len(names.products)
    return Ask(
        Act.USE,
        supplier=supplier,
        purpose=names.purposes.index(served) if served else UNSTATED,
        capacity=Capacity.EXISTING,
        start_s=at_s,
        end_s=at_s + 1,
        user=given.name("party", names.parties) if "party" in given.stated else BUYER,
        asset=asset,
        product=product,
    )
