"""What people write in a portfolio, as values. Meaning comes with lowering.

Every section is a dataclass of declared terms (``core.text``), so that reading, writing, the
JSON Schema and the reference pages follow from one place.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from offtake.contract.market import Behavior, Procurement, SizeStep
from offtake.core.text import Value, term
from offtake.units.capacity import PPM, Size
from offtake.units.money import Money
from offtake.units.time import FOREVER_S, Duration


class Note(NamedTuple):
    """Where a figure comes from: a source's key, or the reason it is assumed."""

    path: str  # "agreements.MSFT-1.clauses.commitment.floor"
    kind: str  # "source" or "assumed"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A public or private document that figures rest on."""

    id: str
    title: str = term(Value.TEXT, "Its title.")
    link: str = term(Value.TEXT, "Where it is.", default="")
    date: int = term(Value.INSTANT, "When it was published.", default=-1)
    quote: str = term(Value.TEXT, "The words relied on.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who buys, supplies, funds or holds a right."""

    id: str
    name: str = term(Value.TEXT, "As people write it.", default="")
    roles: tuple[str, ...] = term(
        Value.CHOICES,
        "What it is here.",
        default=("supplier",),
        choices=("buyer", "supplier", "funder", "holder", "customer"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What compute is for."""

    id: str
    under: str = term(Value.PURPOSE, "The purpose it is a kind of.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorKind:
    """A kind of accelerator."""

    id: str
    power: Size = term(
        Value.SIZE, "All-in power of one, so that MW become GPUs.", default=Size(watts=1_000)
    )
    speed: int = term(
        Value.SPEED, "How fast it runs jobs, beside the one their run times are for.", default=PPM
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something that may be used or sold: a model, an API product."""

    id: str
    purpose: str = term(Value.PURPOSE, "The purpose that its use serves.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarText:
    """How days are counted under a clause."""

    id: str
    zone: str = term(Value.TEXT, "Time zone, such as America/New_York.", default="UTC")
    country: str = term(Value.TEXT, "Whose public holidays are not business days.", default="")
    subdivision: str = term(Value.TEXT, "State or province of the country.", default="")
    close: str = term(Value.TEXT, "Time of day at which a deadline falls.", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One promise: its kind, its terms, and when it holds within its agreement."""

    id: str
    kind: str
    text: Any
    starts: int | None = None  # None: from when its agreement or amendment holds.
    ends: int | None = None
    applies_to: str = "signature"
    source: str = ""
    says: str = ""  # The clause in a lawyer's words, for reports.


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A dated change: what it ends, replaces and adds."""

    id: str
    starts: int
    removes: tuple[str, ...] = ()
    replaces: tuple[Clause, ...] = ()
    adds: tuple[Clause, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A contract with its clauses and amendments."""

    id: str
    title: str = ""
    parties: tuple[str, ...] = ()
    starts: int = 0
    ends: int = FOREVER_S
    clauses: tuple[Clause, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Capacity the buyer can run on."""

    id: str
    supplier: str = term(Value.PARTY, "Whose it is; the buyer's own for a build.")
    accelerator: str = term(Value.ACCELERATOR, "Its kind of accelerator.")
    region: str = term(Value.REGION, "Where it is.", default="")
    origin: str = term(
        Value.CHOICE, "How it came.", default="existing", choices=("existing", "order", "build")
    )
    capacity: tuple[SizeStep, ...] = term(Value.LINES, "How much, from when.", of=SizeStep)
    rate: Money | None = term(
        Value.MONEY, "Price per GPU-hour, where no rate card says it.", default=None
    )
    gpus_per_node: int = term(
        Value.COUNT,
        "GPUs of each node, so that a job stays within one where it fits; not counted if absent.",
        default=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrice:
    """A list price, or a file of how it changed, for what no agreement prices."""

    supplier: str = term(Value.PARTY, "Whose price.")
    accelerators: tuple[str, ...] | None = term(
        Value.ACCELERATORS, "Kinds of accelerator.", default=None
    )
    regions: tuple[str, ...] | None = term(Value.REGIONS, "Regions.", default=None)
    price: Money | None = term(
        Value.MONEY, "Price per GPU-hour; else a history states it.", default=None
    )
    starts: int = term(Value.INSTANT, "From when.", default=0)
    ends: int = term(Value.INSTANT, "Until when.", default=FOREVER_S)
    price_history: str = term(
        Value.TEXT, "A file of price changes; its path counts from the portfolio's.", default=""
    )
    market: str = term(
        Value.CHOICE,
        "Which price of a history counts.",
        default="on_demand",
        choices=("on_demand", "spot"),
    )
    step: Duration = term(
        Value.DURATION,
        "A history counts with its mean over steps so long.",
        default=Duration(1, "d"),
    )
    origin: str = ""  # The line of `prices:` whose history it is from, as statements name it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A need for new capacity."""

    id: str
    purpose: str = term(Value.PURPOSE, "What it is for.")
    size: Size = term(Value.SIZE, "How much.")
    accelerators: tuple[str, ...] = term(
        Value.ACCELERATORS, "Acceptable kinds, best first; any if absent.", default=()
    )
    submitted: int = term(Value.INSTANT, "When it is raised.")
    starts: int = term(Value.INSTANT, "When it is needed.")
    ends: int = term(Value.INSTANT, "Until when.")
    regions: tuple[str, ...] = term(Value.REGIONS, "Acceptable regions.", default=())
    price_limit: Money | None = term(
        Value.MONEY, "The most per GPU-hour; no limit if absent.", default=None
    )
    latest_start: int | None = term(
        Value.INSTANT,
        "The latest start that still helps; 180 days after the start if absent.",
        default=None,
    )
    smallest_lot: Size = term(Value.SIZE, "The smallest part that is useful.", default=Size(gpus=1))
    own: bool = term(Value.FLAG, "Whether the buyer builds it itself.", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceText:
    """Inference: demand over time, lost when it is not served (J5)."""

    id: str
    purpose: str = term(Value.PURPOSE, "What it is for.")
    accelerators: tuple[str, ...] = term(Value.ACCELERATORS, "Acceptable kinds.", default=())
    regions: tuple[str, ...] = term(Value.REGIONS, "Acceptable regions.", default=())
    demand: tuple[SizeStep, ...] = term(Value.LINES, "How much, from when.", of=SizeStep)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobText:
    """A workload of its own, such as a training run."""

    id: str
    purpose: str = term(Value.PURPOSE, "What it is for.")
    gpus: int = term(Value.GPUS, "All at once, in one pool (J1).")
    submitted: int = term(Value.INSTANT, "When it could start.")
    run: Duration = term(Value.DURATION, "How long it runs.")
    accelerators: tuple[str, ...] = term(Value.ACCELERATORS, "Acceptable kinds.", default=())
    regions: tuple[str, ...] = term(Value.REGIONS, "Acceptable regions.", default=())
    priority: int = term(Value.COUNT, "Higher goes first.", default=0)
    deadline: int | None = term(Value.INSTANT, "When it should have ended.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What was reported for a period: a base that is shared, an availability, a lower price."""

    base: str = term(Value.TEXT, "Its name, as clauses call it.")
    starts: int = term(Value.INSTANT, "From when.")
    ends: int = term(Value.INSTANT, "Until when.")
    amount: Money | None = term(
        Value.MONEY, "How much; of a price, that of a GPU-hour.", default=None
    )
    measured: int | None = term(
        Value.SHARE, "A share that was measured, such as availability.", default=None
    )
    gpu_h: int = term(Value.COUNT, "The GPU-hours that a price was given for.", default=0)
    claimed: int | None = term(Value.INSTANT, "When something was claimed by it.", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """From when to when a run plays, and by which rules."""

    starts: int = term(Value.INSTANT, "From when.", default=-1)
    ends: int = term(Value.INSTANT, "Until when.", default=-1)
    seed: int = term(Value.COUNT, "Seed of all chance.", default=1)
    discipline: str = term(
        Value.CHOICE,
        "In which order jobs start (J3).",
        default="fifo",
        choices=(
            "fifo",
            "easy",
            "conservative",
            "first_fit",
            "shortest_first",
            "shortest_first_deadline",
        ),
    )
    delay_price: Money | None = term(
        Value.MONEY, "What a GPU-day of delay is worth, in awards (S4).", default=None
    )
    cost_of_capital: int = term(
        Value.SHARE, "What a year of money paid in advance costs, in awards (S4).", default=80_000
    )
    tender: Duration = term(Value.DURATION, "How long a tender is open.", default=Duration(14, "d"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A supplier's capacity that is gone for a time: what runs there ends and begins anew (J7)."""

    supplier: str = term(Value.PARTY, "Whose capacity.")
    region: str = term(Value.REGION, "Where; everywhere if absent.", default="")
    starts: int = term(Value.INSTANT, "From when.")
    ends: int = term(Value.INSTANT, "Until when.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """A set of rules to compare: as amended, as it stood for ever, or without some clauses."""

    id: str
    title: str = term(Value.TEXT, "For tables and charts.", default="")
    as_of: int | None = term(
        Value.INSTANT, "The contracts as they stood then, for ever.", default=None
    )
    without: tuple[str, ...] = term(Value.CLAUSES, "Clauses left out.", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole portfolio as written, sections in the order of the reference."""

    title: str = ""
    currency: str = "USD"
    buyer: str = ""
    sources: tuple[Source, ...] = ()
    parties: tuple[Party, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    accelerators: tuple[AcceleratorKind, ...] = ()
    regions: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()
    products: tuple[str, ...] = ()
    calendars: tuple[CalendarText, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    pools: tuple[Pool, ...] = ()
    prices: tuple[ListPrice, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    services: tuple[ServiceText, ...] = ()
    jobs: tuple[JobText, ...] = ()
    behaviors: tuple[Behavior, ...] = ()
    reports: tuple[Reported, ...] = ()
    outages: tuple[Outage, ...] = ()
    procurement: Procurement = field(default_factory=Procurement)
    simulation: Simulation = field(default_factory=Simulation)
    regimes: tuple[Regime, ...] = ()
    notes: tuple[Note, ...] = ()
