"""What the desk knows: sourcing, the portfolio it decides by, and a few words about each lot."""

from typing import NamedTuple

from immutables import Map

from offtake.contract.portfolio import Portfolio
from offtake.core.names import BUYER
from offtake.core.register import Register
from offtake.core.vocabulary import NONE, BoundClause, Event
from offtake.desk.command import AnyCommand
from offtake.sourcing.award import Worth
from offtake.sourcing.permit import Permits
from offtake.sourcing.requirement import Lot, Offer, Rules
from offtake.sourcing.requirement import State as Sourcing
from offtake.supply.pools import Site, sites


class By(NamedTuple):
    """Who gave a command; ``party`` is empty for the buyer's own people."""

    id: str
    name: str
    party: str = ""


SYSTEM = By("system", "the desk")
"""Who lets time pass."""


class Given(NamedTuple):
    """A command, who gave it, and the instant it is carried out at."""

    command: AnyCommand
    by: By
    at_s: int


class Version(NamedTuple):
    """The portfolio in force at the desk, since which entry, and what follows from it."""

    number: int
    at_s: int
    portfolio: Portfolio
    rules: Rules
    worth: Worth
    sites: tuple[Site, ...] = ()  # The pools that the portfolio lists.

    @property
    def clauses(self) -> tuple[BoundClause, ...]:
        """The clauses in portfolio order."""
        return self.portfolio.clauses


class Proposal(NamedTuple):
    """A portfolio that somebody proposed; ``adopted`` is the entry that put it in force.

    ``base`` is the entry that had adopted the portfolio it was proposed beside.
    """

    number: int
    at_s: int
    by: By
    note: str
    text: str
    adopted: int = 0
    base: int = 0


class Round(NamedTuple):
    """A notice and what became of it.

    The outcome is ``open``, ``accepted``, ``refused``, ``lapsed``, ``fallen`` (an acceptance that
    was not signed in time), ``ordered``, or ``dropped`` with a change or a withdrawal.
    """

    notice: Event
    outcome: str = "open"
    answered_at_s: int = NONE
    gpus: int = 0
    signed: str = ""


class Tender(NamedTuple):
    """An invitation, and the sealed offers that came: the last of each supplier."""

    opened_at_s: int
    closes_at_s: int
    gpus: int
    invited: tuple[int, ...]
    bids: tuple[tuple[int, Offer], ...] = ()  # (made at, offer)
    is_open: bool = True
    is_opened: bool = False  # Closed at its time, so that the offers were opened.


class Choice(NamedTuple):
    """An award as it was made: what of whose offer, by whom and why."""

    at_s: int
    offer: Offer
    by: By
    why: str


class Standing(NamedTuple):
    """About a lot, beside what sourcing knows: its title, origin, rounds, tenders and choices.

    ``version`` counts the entries that concerned it, but for offers: whoever saw it sees no other
    when a sealed one comes.
    """

    title: str
    by: By
    at_s: int
    version: int
    rounds: tuple[Round, ...] = ()
    tenders: tuple[Tender, ...] = ()
    choices: tuple[Choice, ...] = ()
    orders: tuple[int, ...] = ()
    why: str = ""  # Why it is unserved or withdrawn.

    @property
    def invited(self) -> tuple[int, ...]:
        """Who may bid in the tender that is open."""
        return self.tenders[-1].invited if self.tenders and self.tenders[-1].is_open else ()


class State(NamedTuple):
    """All that follows from the journal up to entry ``seq``.

    ``told`` counts the entries but for offers, of which nobody else may know before the close: it
    is what people may count, where ``seq`` would tell how many offers have come. ``adopted`` is the
    last entry so far that adopted a portfolio, where ``version`` is of the last one of all.
    """

    seq: int = 0
    told: int = 0
    at_s: int = 0
    version: Version | None = None
    sourcing: Sourcing = Sourcing()
    numbers: Register[str, int] = Register()  # Lot numbers by requirement.
    standing: Register[int, Standing] = Register()
    proposals: Map[int, Proposal] = Map()
    permits: Permits = Permits()
    used: Map[str, Map[int, int]] = Map()  # Changes of GPUs metered, by pool and instant.
    adopted: int = 0

    @property
    def in_force(self) -> Version:
        """The portfolio that decides; a desk without one decides nothing."""
        assert self.version is not None, "no portfolio has been adopted"
        return self.version

    def version_of(self, requirement: str) -> int:
        """What somebody has seen of a requirement, who then changes it; 0 where there is none."""
        number = self.numbers.get(requirement)
        return 0 if number is None else self.standing[number].version

    def lot(self, requirement: str) -> Lot | None:
        """The lot of a requirement."""
        number = self.numbers.get(requirement)
        return None if number is None else self.sourcing.lots[number]


def version_of(portfolio: Portfolio, number: int, at_s: int) -> Version:
    """A portfolio with the rules that sourcing decides by."""
    names, simulation = portfolio.names, portfolio.document.simulation
    suppliers = tuple(
        names.parties.index(party.id)
        for party in portfolio.document.parties
        if "supplier" in party.roles and names.parties.index(party.id) != BUYER
    )
    price = simulation.delay_price
    worth = Worth(
        delay_micros_per_gpu_day=0 if price is None else price.micros,
        capital_ppm_per_year=simulation.cost_of_capital,
    )
    rules = Rules(portfolio.clauses, suppliers, simulation.tender.longest_s)
    listed = sites(portfolio.document, names)
    return Version(number, at_s, portfolio, rules, worth, listed)
