"""The other side in a run: modelled holders answer, modelled suppliers bid, sign and deliver."""

from collections import defaultdict
from heapq import heappop, heappush
from typing import Any, NamedTuple

from offtake.clauses.first_refusal import agreed_gpus
from offtake.core.account import Use
from offtake.core.names import BUYER, UNSTATED
from offtake.core.pricing import listed_micros_per_gpu_h
from offtake.core.vocabulary import NONE, Event, EventKind
from offtake.sim.promised import capacity_held, floor_left
from offtake.sim.world import World
from offtake.sourcing.award import Worth
from offtake.sourcing.command import (
    Answer,
    Bid,
    Command,
    Deliver,
    Overdue,
    Proceed,
    Refused,
    Sign,
    Submit,
)
from offtake.sourcing.desk import Desk, Given, carry_out
from offtake.sourcing.process import noticed_under
from offtake.sourcing.requirement import Lot, Need, Recorded, Rules, State, Status
from offtake.supply.behavior import Reply, bid, reply, signed
from offtake.supply.model import Model, spare_gpus
from offtake.units.time import FOREVER_S, after

OPEN = (Status.TENDERED, Status.CLOSED, Status.NOTICED)
"""A lot in one of these may still order what was offered for it."""


class Due(NamedTuple):
    """A command waiting for its instant; ``number`` keeps equal instants in order.

    An answer is to one notice: when that is closed, it is not given to the next.
    """

    at_s: int
    number: int
    command: Command
    notice: Event | None = None


class Market:
    """Plays sourcing on a simulated clock: what is due next, and what follows from it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.state = State()
        self.journal: list[Recorded] = []
        self.given: list[Given] = []  # Every command as it was given, to be given again.
        self.sold: dict[Model, int] = defaultdict(int)
        self.worth = _worth(world)
        self._queue: list[Due] = []
        self._count = 0
        self._planned = 0
        self._now_s = world.from_s
        suppliers = dict.fromkeys(model.supplier for model in world.models)
        self.rules = Rules(
            clauses=world.clauses,
            suppliers=tuple(supplier for supplier in suppliers if supplier != BUYER),
            tender_s=world.document.simulation.tender.longest_s,
        )
        for at_s, need in world.needs:
            self.submit(need, at_s)

    def submit(self, need: Need, at_s: int) -> None:
        """Raise a requirement at an instant; its lot gets the next number."""
        self._count += 1
        self.at(at_s, Submit(self._count, need))

    def at(self, at_s: int, command: Command, notice: Event | None = None) -> None:
        """Have a command carried out at an instant, or now if that has passed."""
        at_s = max(at_s, self._now_s)
        self._planned += 1
        heappush(self._queue, Due(at_s, self._planned, command, notice))

    def next_s(self) -> int | None:
        """The next instant at which something is due."""
        return self._queue[0].at_s if self._queue else None

    def play(self, now_s: int) -> list[Recorded]:
        """Carry out all that is due by now; returns what was recorded."""
        before = len(self.journal)
        while self._queue and self._queue[0].at_s <= now_s:
            due = heappop(self._queue)
            self._now_s = due.at_s
            if not self._is_stale(due):
                self._carry_out(due.command, due.at_s)
        return self.journal[before:]

    def _carry_out(self, command: Command, now_s: int) -> None:
        if isinstance(command, Proceed) and self.state.lots[command.lot].status == Status.CLOSED:
            need = self.state.lots[command.lot].need
            command = command._replace(
                worth=self.worth._replace(floor_left_micros=self.floor_left(need, now_s))
            )
        given = Given(str(len(self.given)), command, now_s)
        try:
            desk, recorded = carry_out(self.rules, self.world.names, Desk(self.state), given)
        except Refused:
            if not isinstance(command, Answer | Sign):
                raise
            return  # Too late, or an acceptance it cannot make good: its turn ends in time.
        self.given.append(given)
        self.state = desk.state
        for item in recorded:
            self.journal.append(item)
            self._follow(item, now_s)

    def floor_left(self, need: Need, now_s: int) -> dict[int, int]:
        """What commitments in force would bill while the need runs even if it were not there."""
        known = capacity_held(self.world.sites, self.state.orders, self.quote)
        return floor_left(self.world.clauses, known, need, quote=self.quote, now_s=now_s)

    def _is_stale(self, due: Due) -> bool:
        """Whether a planned answer comes to a notice that is no longer open."""
        if not isinstance(due.command, Answer):
            return False
        lot = self.state.lots[due.command.lot]
        return lot.status != Status.NOTICED or lot.notice != due.notice

    def _follow(self, recorded: Recorded, now_s: int) -> None:
        """What the models do about an event, and what time will bring."""
        event = recorded.event
        match event.kind:
            case EventKind.NOTICE_GIVEN:
                self._reply(self.state.lots[event.lot], now_s)
            case EventKind.ACCEPTED:
                self._sign(self.state.lots[event.lot], now_s)
            case EventKind.TENDER_OPENED:
                self._bid(self.state.lots[event.lot], now_s)
                self._proceed(event.lot, event.due_at_s)
            case EventKind.ORDERED:
                self._schedule(event.order)
                self._proceed(event.lot, now_s)
            case (
                EventKind.REQUIREMENT_SUBMITTED
                | EventKind.REFUSED
                | EventKind.LAPSED
                | EventKind.TENDER_CLOSED
            ):
                self._proceed(event.lot, now_s)

    def _proceed(self, lot: int, now_s: int) -> None:
        self.at(now_s, Proceed(lot, self.worth))

    def _reply(self, lot: Lot, now_s: int) -> None:
        clause = noticed_under(self.rules, lot)
        model = self._model(clause.terms.holder, lot)
        free = 0 if model is None else self._spare(model, now_s)
        answer = _allowed(reply(model, lot, self.world.names, free, now_s), lot, clause.terms)
        if answer.gpus != NONE and answer.at_s < lot.due_at_s:
            self.at(answer.at_s, Answer(lot.number, answer.gpus), lot.notice)
        self._proceed(lot.number, lot.due_at_s)
        self._proceed_at_end(lot)

    def _proceed_at_end(self, lot: Lot) -> None:
        """Look at a lot when the right its holder was asked under may have ended (S9)."""
        for clause in self.world.clauses:
            if clause.clause == lot.clause and self._now_s < clause.until_s < FOREVER_S:
                self._proceed(lot.number, clause.until_s)

    def _model(self, supplier: int, lot: Lot) -> Model | None:
        """The supplier's model for a lot: one that has what is needed, else any of it."""
        own = [model for model in self.world.models if model.supplier == supplier]
        wanted = set(lot.need.accelerators)
        fit = [model for model in own if not wanted or wanted & set(model.accelerators)]
        return next(iter(fit or own), None)

    def _spare(self, model: Model, now_s: int) -> int:
        """What a supplier can still promise: its spare less what it sold and what it has bid."""
        offered_gpus = sum(
            offered.gpus
            for lot in self.state.lots.values()
            if lot.status in OPEN
            for offered in lot.offers
            if offered.supplier == model.supplier and offered.accelerator in model.accelerators
        )
        return spare_gpus(model, self.sold[model] + offered_gpus, now_s)

    def _sign(self, lot: Lot, now_s: int) -> None:
        """The holder signs what it accepted if it can; else it falls in time (FR10)."""
        model = self._model(lot.holder, lot)
        made = None if model is None else signed(model, lot, self.quote, now_s)
        if made is not None:
            self.at(now_s, Sign(lot.number, made))
        self._proceed(lot.number, lot.order_due_at_s)

    def _bid(self, lot: Lot, now_s: int) -> None:
        """Every supplier that can offers at once; bids stay sealed until the close (S3).

        A supplier with several models bids the first that suits: its last bid would count.
        """
        bidden: set[int] = set()
        for model in self.world.models:
            if (model.supplier == BUYER) != bool(lot.need.own) or model.supplier in bidden:
                continue
            limit = self._spare(model, now_s)
            made = bid(model, lot, self.quote, limit_gpus=limit, now_s=now_s)
            if made is not None:
                bidden.add(model.supplier)
                self.at(now_s, Bid(lot.number, made))

    def _schedule(self, number: int) -> None:
        """Deliveries of an order, late as its supplier is; and looks at what is overdue."""
        order = self.state.orders[number]
        model = next(
            model
            for model in self.world.models
            if model.supplier == order.offer.supplier
            and order.offer.accelerator in (*model.accelerators, UNSTATED)
        )
        self.sold[model] += order.gpus
        for tranche in range(order.offer.tranches):
            due_at_s = order.due_at_s(tranche)
            comes_at_s = after(due_at_s, model.behavior.late)
            self.at(comes_at_s, Deliver(number, tranche))
            if comes_at_s > due_at_s:
                self._watch(number, tranche, due_at_s)

    def _watch(self, number: int, tranche: int, due_at_s: int) -> None:
        """Look at a late tranche when it is due, and whenever a remedy opens (DL1)."""
        self.at(due_at_s, Overdue(number, tranche))
        order = self.state.orders[number]
        for clause in self.world.clauses:
            if clause.kind.remedy is None:
                continue
            remedy = clause.kind.remedy(
                clause.terms,
                order.offer.supplier,
                due_at_s=due_at_s,
                tranche=tranche,
                thing=order.thing,
            )
            if remedy is not None:
                self.at(remedy.from_at_s, Overdue(number, tranche))

    def quote(self, use: Use) -> int:
        """The price that contracts or the list state, in micros per GPU-hour, or NONE."""
        rate = listed_micros_per_gpu_h(self.world.clauses, self.world.prices, use)
        if rate is None and use.supplier == BUYER:
            return 0  # What the buyer builds has no price by the hour.
        return NONE if rate is None else rate


def _allowed(answer: Reply, lot: Lot, terms: Any) -> Reply:
    """The answer as the clause takes it: a part that was not agreed is a refusal (FR6)."""
    if answer.gpus <= 0:
        return answer
    return answer._replace(gpus=agreed_gpus(terms, lot.noticed_gpus, answer.gpus))


def _worth(world: World) -> Worth:
    """What delay and money cost, as the portfolio says."""
    price = world.document.simulation.delay_price
    return Worth(
        delay_micros_per_gpu_day=0 if price is None else price.micros,
        capital_ppm_per_year=world.document.simulation.cost_of_capital,
    )
