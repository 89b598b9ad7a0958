"""Law 4: a desk's journal, played by the simulator's sourcing, gives the same findings and awards.

No command is read here as the desk reads it. What was meant is taken from what happened; needs are
those of a run whose portfolio has the requirements of the journal; rules, worth and floors are
those of its market; and each command goes to the function by which runs carry commands out. It
must come to the same lines, word by word, with the decisions behind them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec

from offtake.contract.model import Regime
from offtake.contract.portfolio import Portfolio
from offtake.core.vocabulary import Event, EventKind
from offtake.desk import command as say
from offtake.desk.entry import Entry
from offtake.sim.market import Market
from offtake.sim.world import world_of
from offtake.sourcing import command as ask
from offtake.sourcing.course import evolve, offer_of
from offtake.sourcing.desk import Desk, Given, carry_out
from offtake.sourcing.journal import entry as line_of
from offtake.sourcing.journal import event_of
from offtake.sourcing.requirement import Need, State
from offtake.units.time import parse_instant

PERIOD = (0, parse_instant("2100-01-01"))
BESIDE = (say.Adopt, say.Propose, *get_args(say.OfPermit))
"""What a run does not know: permits, and how contracts came about."""
LEAST = "least total cost (S4)"
BEHAVIORS = """
behaviors:
  - {supplier: alpha, accelerators: [H100], spare: 0, lead: 0d, rate: $2}
  - {supplier: beta, accelerators: [H100], spare: 0, lead: 0d, rate: $2}
  - {supplier: gamma, accelerators: [H100], spare: 0, lead: 0d, rate: $2}
requirements:
"""
KEYS = {"purpose": "purpose", "gpus": "size", "start": "from", "end": "until"}
KEYS |= {"latest_start": "latest_start", "price_limit": "price_limit"}
KEYS |= {"smallest_lot": "smallest_lot", "accelerators": "accelerators"}
"""What a requirement is called at the desk, and in a portfolio."""


def plain(command: say.AnyCommand) -> dict[str, Any]:
    """A command as its JSON says it."""
    made: dict[str, Any] = msgspec.to_builtins(command)
    return made


def holds(entries: Sequence[Entry]) -> None:
    """Whether the simulator comes to the same; permits are the desk's alone, a run issues none.

    Raises:
        AssertionError: It does not.
    """
    run: _Run | None = None
    for number, entry in enumerate(entries):
        if isinstance(entry.command, say.Adopt):
            run = _Run(entries, number)
        elif not isinstance(entry.command, BESIDE):
            assert run is not None, entry
            decided = run.plays(entry)
            assert decided == entry.events, f"entry {entry.seq}: a run says {decided}"


class _Run:
    """A simulated market under one portfolio, up to an entry of the journal."""

    def __init__(self, entries: Sequence[Entry], adopted: int) -> None:
        command = entries[adopted].command
        assert isinstance(command, say.Adopt)
        wanted = [made for made in entries if isinstance(made.command, say.Submit | say.Change)]
        last = next(
            (made.seq for made in entries[adopted + 1 :] if isinstance(made.command, say.Adopt)),
            len(entries) + 1,
        )
        text = command.portfolio + _behaviors(command.portfolio)
        text += "".join(_requirement(made) for made in wanted if made.seq < last) or "  {}\n"
        portfolio = Portfolio.loads(text)
        world = world_of(portfolio, portfolio.under(Regime(id="x")), None, PERIOD)
        self.names, self.currency = portfolio.names, portfolio.document.currency
        self.needs = {need.requirement: need for _, need in world.needs}
        self.market, self.lots = Market(world), dict[str, int]()
        self.requirements: dict[int, str] = {}
        for entry in entries[:adopted]:
            for line in [] if isinstance(entry.command, BESIDE) else entry.events:
                self._fold(self._event(line), entry)

    def plays(self, entry: Entry) -> list[Mapping[str, Any]]:
        """The lines of what a run records on what an entry tells of."""
        events = [self._event(line) for line in entry.events]
        command, rules = self._meant(entry, events), self.market.rules
        if events[0].kind == EventKind.TENDER_OPENED:
            rules = rules._replace(tender_s=events[0].due_at_s - events[0].at_s)
        given = Given(str(entry.seq), command, entry.at_s)
        before = Desk(self.market.state)
        desk, recorded = carry_out(rules, self.names, before, given)
        if isinstance(command, ask.Choose):
            self._awards_alike(command, entry)
        self.market.state = desk.state
        if isinstance(entry.command, say.Submit):
            self.requirements[events[0].lot] = entry.command.requirement
        name = self.requirements.get(events[0].lot, "")
        lines = (line_of(item, self.names, self.currency, name) for item in recorded)
        return list(msgspec.to_builtins(list(lines)))

    def _awards_alike(self, command: ask.Choose, entry: Entry) -> None:
        """Without a reason of its own an award is the one that a run would make."""
        if command.why:
            return
        proceed = ask.Proceed(command.lot, command.worth)
        given = Given("award", proceed, entry.at_s)
        before = Desk(self.market.state)
        _, recorded = carry_out(self.market.rules, self.names, before, given)
        awards = [item.event for item in recorded if item.event.kind == EventKind.AWARDED]
        made = sorted((event.party, event.gpus) for event in awards)
        assert made == sorted(command.takes), f"entry {entry.seq}: a run awards {made}"

    def _event(self, line: Mapping[str, Any]) -> Event:
        if "lot" in line:
            self.lots[line["lot"]] = int(line["lot"])
        return event_of(line, self.names, self.lots, self.currency)

    def _fold(self, event: Event, entry: Entry) -> None:
        """What happened before the portfolio was adopted."""
        if isinstance(entry.command, say.Submit):
            self.requirements[event.lot] = entry.command.requirement
        need = self.needs.get(f"q{entry.seq}")
        state: State = evolve(self.market.rules, self.market.state, event, self._named(need, event))
        self.market.state = state

    def _named(self, need: Need | None, event: Event) -> Need | None:
        """A need under the name that it has at the desk."""
        name = self.requirements.get(event.lot, "")
        return None if need is None else need._replace(requirement=name)

    def _meant(self, entry: Entry, events: Sequence[Event]) -> ask.Command:
        """What a run would be asked for the same to happen."""
        first, why = events[0], str(entry.events[0].get("why", ""))
        lot = first.lot
        if first.kind in PROCEEDS:
            need = self.market.state.lots[lot].need
            return ask.Proceed(lot, self._worth(need, entry.at_s))
        match EventKind(first.kind):
            case EventKind.REQUIREMENT_SUBMITTED | EventKind.REQUIREMENT_CHANGED:
                is_new = first.kind == EventKind.REQUIREMENT_SUBMITTED
                name = entry.requirement
                need = self.needs[f"q{entry.seq}"]._replace(requirement=name)
                return ask.Submit(lot, need) if is_new else ask.Change(lot, need)
            case EventKind.REQUIREMENT_WITHDRAWN:
                return ask.Withdraw(lot)
            case EventKind.ACCEPTED | EventKind.REFUSED:
                return ask.Answer(lot, first.gpus)
            case EventKind.OFFER_MADE:
                return ask.Bid(lot, offer_of(first))
            case EventKind.AWARDED:
                takes = tuple((event.party, event.gpus) for event in events)
                weighed = self._worth(self.market.state.lots[lot].need, entry.at_s)
                return ask.Choose(lot, takes, "" if why == LEAST else why, weighed)
            case EventKind.AWARD_CANCELED:
                return ask.Unaward(lot, why)
            case EventKind.ORDERED:
                return ask.Sign(lot, offer_of(first))
        return _told(first, why)

    def _worth(self, need: Need, at_s: int) -> Any:
        left = self.market.floor_left(need, at_s)
        return self.market.worth._replace(floor_left_micros=left)


PROCEEDS = frozenset(
    {
        EventKind.NOTICE_GIVEN,
        EventKind.TENDER_OPENED,
        EventKind.TENDER_CLOSED,
        EventKind.LAPSED,
        EventKind.UNSERVED,
    }
)
"""What a run does about a lot when it looks at it."""


def _told(event: Event, why: str) -> ask.Told:
    """A report of an order, a party or use."""
    match EventKind(event.kind):
        case EventKind.DELIVERED:
            return ask.Deliver(event.order, event.tranche)
        case EventKind.DEFAULT_DECLARED | EventKind.DEFAULT_CURED:
            return ask.Declare(event.party, EventKind(event.kind))
        case EventKind.USAGE_RECORDED:
            return ask.Use(
                event.party,
                event.purpose,
                event.gpus,
                event.start_s,
                event.end_s,
                accelerator=event.accelerator,
                region=event.region,
                own=event.own,
            )
        case EventKind.TRANCHE_ENDED if "beyond the grace" not in why:
            return ask.Cancel(event.order, event.tranche, why)
    return ask.Overdue(event.order, event.tranche)


def _behaviors(text: str) -> str:
    """What a run needs to know of suppliers, by the names that a portfolio has for them."""
    said = BEHAVIORS.replace("gamma", "delta") if "delta" in text else BEHAVIORS
    return said.replace("H100", "H200") if "H200" in text else said


def _requirement(entry: Entry) -> str:
    """A requirement of the journal as one of a portfolio."""
    words = plain(entry.command)
    terms = {KEYS[key]: value for key, value in words.items() if key in KEYS}
    said = ", ".join(f"{key}: {_flow(value)}" for key, value in terms.items())
    return f"  q{entry.seq}: {{submitted: {entry.at}, {said}}}\n"


def _flow(value: Any) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, list | tuple) else str(value)
