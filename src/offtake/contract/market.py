"""What people write about buying and selling in a simulation: behaviors and procurement."""

from dataclasses import dataclass

from offtake.core.text import Value, term
from offtake.units.capacity import Size
from offtake.units.money import Money
from offtake.units.time import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeStep:
    """A quantity from an instant on."""

    starts: int = term(Value.INSTANT, "From when.")
    size: Size = term(Value.SIZE, "How much from then on.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a holder answers notices of a requirement, in a simulation."""

    requirement: str = term(Value.TEXT, "The requirement's id; `any` for the rest.")
    answer: str = term(Value.CHOICE, "What it says.", choices=("accept", "refuse", "silence"))
    part: Size | None = term(Value.SIZE, "How much it accepts; all if absent.", default=None)
    takes: Duration = term(Value.DURATION, "How long it thinks.", default=Duration(10, "d"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavior:
    """How a supplier is modelled in a simulation."""

    supplier: str = term(Value.PARTY, "Who behaves so.")
    accelerators: tuple[str, ...] = term(
        Value.ACCELERATORS, "What it can supply, first choice first."
    )
    regions: tuple[str, ...] = term(Value.REGIONS, "Where.", default=())
    spare: tuple[SizeStep, ...] = term(
        Value.LINES, "How much it could still contract, from when.", of=SizeStep
    )
    lead: Duration = term(Value.DURATION, "From order to first delivery.")
    tranches: int = term(Value.COUNT, "In how many equal deliveries.", default=1)
    spacing: Duration = term(Value.DURATION, "Between deliveries.", default=Duration(0, "d"))
    rate: Money | None = term(
        Value.MONEY, "The price per GPU-hour it offers; its prices if absent.", default=None
    )
    late: Duration = term(Value.DURATION, "How late every delivery is.", default=Duration(0, "d"))
    decides: str = term(
        Value.CHOICE,
        "By what it takes notices and bids: what it can spare, thresholds, chance, a script.",
        default="spare",
        choices=("spare", "threshold", "probabilistic", "scripted"),
    )
    takes: Duration = term(
        Value.DURATION, "How long it thinks about a notice.", default=Duration(10, "d")
    )
    lowest_price: Money | None = term(
        Value.MONEY, "`threshold`: the least price per GPU-hour it works for.", default=None
    )
    shortest: Duration | None = term(
        Value.DURATION, "`threshold`: the shortest term it works for.", default=None
    )
    chance: int | None = term(
        Value.SHARE, "`probabilistic`: of how many requirements it wants any.", default=None
    )
    answers: tuple[Answer, ...] = term(
        Value.LINES,
        "How it answers notices of some requirements, or of any, whatever it decides by.",
        default=(),
        of=Answer,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Procurement:
    """When and how a simulation raises requirements by itself (J6)."""

    policy: str = term(
        Value.CHOICE,
        "What it looks at: what waits, a forecast, or nothing but what is stated.",
        default="none",
        choices=("none", "backlog", "forecast", "fixed"),
    )
    review: Duration = term(Value.DURATION, "How often.", default=Duration(7, "d"))
    lead: Duration = term(
        Value.DURATION, "How far ahead capacity is asked for.", default=Duration(90, "d")
    )
    length: Duration = term(
        Value.DURATION, "For how long it is contracted.", default=Duration(1, "y")
    )
    lot: Size = term(Value.SIZE, "Lots are multiples of this.", default=Size(gpus=64))
    price_limit: Money | None = term(Value.MONEY, "The most per GPU-hour.", default=None)
    accelerators: tuple[str, ...] = term(Value.ACCELERATORS, "Acceptable kinds.", default=())
    window: int = term(
        Value.COUNT, "`forecast`: how many past periods between reviews it looks at.", default=8
    )
    trend: str = term(
        Value.CHOICE,
        "`forecast`: the line through them, or that with their season.",
        default="linear",
        choices=("linear", "seasonal"),
    )
    season: int = term(Value.COUNT, "`forecast`: periods in a season.", default=4)
    purpose: str = term(Value.PURPOSE, "`fixed`: what it asks for.", default="training")
    quantity: Size | None = term(Value.SIZE, "`fixed`: how much, at every review.", default=None)
    quantities: tuple[SizeStep, ...] = term(
        Value.LINES,
        "`fixed`: how much, once each, at the first review from its date on.",
        default=(),
        of=SizeStep,
    )
