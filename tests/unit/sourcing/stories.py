"""A desk on which a lot's story is told, command by command."""

from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import EventKind
from offtake.sourcing.command import Bid, Change, Command, Proceed, Submit
from offtake.sourcing.course import evolve
from offtake.sourcing.process import decide
from offtake.sourcing.requirement import Need, Offer, Recorded, Rules, State
from offtake.units.time import DAY_S, parse_instant

TEXT = """
parties: {{lab: {{roles: [buyer]}}, alpha: {{}}, beta: {{}}, gamma: {{}}}}
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
{clauses}
"""
FIRST = "      first: {kind: first_refusal, holder: alpha, window: 30d%s}\n"
DAY = parse_instant("2025-03-01")
START = parse_instant("2025-09-01")
END = parse_instant("2026-09-01")


class Desk:
    """Sourcing with everything recorded, so that a story reads from top to bottom."""

    def __init__(self, clauses: str) -> None:
        self.portfolio = Portfolio.loads(TEXT.format(clauses=clauses))
        names = self.portfolio.names
        self.alpha, self.beta, self.gamma = (names.parties.index(p) for p in NAMES)
        self.rules = Rules(self.portfolio.clauses, (self.alpha, self.beta, self.gamma), 14 * DAY_S)
        self.state = State()
        self.journal: list[Recorded] = []

    def does(self, command: Command, at_s: int) -> list[str]:
        """Carry out a command; returns the kinds of event it caused."""
        need = command.need if isinstance(command, Submit | Change) else None
        names = self.portfolio.names
        recorded = decide(self.rules, names, self.state, command, at_s)
        for item in recorded:
            self.state = evolve(self.rules, self.state, item.event, need)
        self.journal += recorded
        return [EventKind(item.event.kind).name for item in recorded]

    def offer(self, supplier: int, **terms: int) -> Offer:
        """An offer of the whole lot at 2.00, unless the story says otherwise."""
        given = {"gpus": 64, "price_micros_per_gpu_h": 2_000_000, "start_s": START, "end_s": END}
        return Offer(supplier, **{**given, **terms})

    @property
    def lot(self):
        return self.state.lots[1]


NAMES = ("alpha", "beta", "gamma")


def need(**terms: int) -> Need:
    given = {
        "requirement": "r",
        "purpose": 0,
        "gpus": 64,
        "start_s": START,
        "end_s": END,
        "latest_start_s": START + 90 * DAY_S,
        "price_limit_micros_per_gpu_h": 3_000_000,
    }
    return Need(**{**given, **terms})


def noticed(clauses: str = FIRST % "", **terms: int) -> Desk:
    """A desk on which a lot was noticed to the first holder on the first day."""
    desk = Desk(clauses)
    desk.does(Submit(1, need(**terms)), DAY)
    assert desk.does(Proceed(1), DAY) == ["NOTICE_GIVEN"]
    return desk


def tendered(desk: Desk, at_s: int, *offers: Offer) -> None:
    """Let a lot that is up for it be tendered, with these offers, and closed."""
    assert desk.does(Proceed(1), at_s) == ["TENDER_OPENED"]
    for offer in offers:
        desk.does(Bid(1, offer), at_s)
    assert desk.does(Proceed(1), desk.lot.closes_at_s) == ["TENDER_CLOSED"]
