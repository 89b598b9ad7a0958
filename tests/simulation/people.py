"""What people say to a desk by what they see there, and at times whatever comes to their mind."""

from random import Random
from typing import NamedTuple

from offtake.core.names import BUYER, name_of
from offtake.core.vocabulary import EventKind
from offtake.desk import command as say
from offtake.desk.access.role import Role
from offtake.desk.access.who import Who
from offtake.desk.act import next_step
from offtake.desk.deadline import of_order
from offtake.desk.state import State
from offtake.sourcing.requirement import Lot, Order, Status
from simulation.contracts import (
    DAY_S,
    PURPOSES,
    SUPPLIERS,
    Contracts,
    amended,
    day,
    hastened,
    unfit,
)
from simulation.waivers import words

LIMIT_OPEN = 3
"""Requirements that are looked at; the next comes when one of them is over."""
OVER = (Status.ORDERED, Status.UNSERVED, Status.WITHDRAWN)


def _who(name: str, *roles: Role, party: str = "") -> Who:
    return Who(f"p-{name}", name.title(), frozenset(roles), party)


ADA, BO = _who("ada", Role.BUYER), _who("bo", Role.APPROVER)
EVE, FINN = _who("eve", Role.ENGINEER), _who("finn", Role.FINANCE)
ODA, ROOT = _who("oda", Role.AUDITOR), _who("root", Role.ADMINISTRATOR)
HOLDERS = {name: _who(name, Role.SUPPLIER, party=name) for name in SUPPLIERS}
EVERYBODY = (ADA, BO, EVE, FINN, ODA, ROOT, *HOLDERS.values())

Said = tuple[Who, say.AnyCommand]


class World(NamedTuple):
    """What somebody sees: a desk's state, the time, all contracts by their text, and the last."""

    state: State
    now_s: int
    contracts: dict[str, Contracts]
    in_force: str


class People:
    """Everybody who says something; what they say is drawn from one source of chance."""

    def __init__(self, chance: Random) -> None:
        self.chance, self.raised = chance, 0
        self.waived: Said | None = None

    def says(self, world: World) -> Said:
        """What somebody says next."""
        roll = self.chance.random()
        if roll < 0.05:
            return self._contracts(world)
        if roll < 0.09:
            return self._waive(world)
        if roll < 0.13:
            return self._told(world)
        if roll < 0.22:
            return self._permit(world)
        orders = [*world.state.sourcing.orders.values()]
        if roll < 0.31 and orders:
            return self._order(world, self.chance.choice(orders))
        late = [order for order in orders if _late(order)]
        if roll > 0.9 and late:
            return self._hurried(world, self.chance.choice(late))
        lots = [lot for lot in world.state.sourcing.lots.values() if lot.status not in OVER]
        if len(lots) < LIMIT_OPEN and (roll < 0.40 or not lots):
            return self._submit(world)
        if not lots:
            return self._told(world)
        lot = self.chance.choice(lots[:LIMIT_OPEN])
        who, command = self._lot(world, lot)
        if self.chance.random() < 0.03:
            who = self.chance.choice(EVERYBODY)
        return who, command

    def _submit(self, world: World) -> Said:
        self.raised += 1
        name = f"r{self.raised - (self.chance.random() < 0.05)}"
        return self.chance.choice((ADA, ADA, EVE)), say.Submit(**self._wanted(world, name))

    def _wanted(self, world: World, name: str) -> dict[str, object]:
        start_s = world.now_s + self.chance.choice((3, 40, 90)) * DAY_S
        return {
            "requirement": name,
            "purpose": self.chance.choice(PURPOSES),
            "gpus": self.chance.choice((4, 8, 16, 24)),
            "start": day(start_s),
            "end": day(start_s + 365 * DAY_S),
            "latest_start": day(start_s + 120 * DAY_S),
            "accelerators": ("H100",),
            "price_limit": "$3",
            "smallest_lot": self.chance.choice((1, 2)),
        }

    def _lot(self, world: World, lot: Lot) -> Said:
        """What fits a lot; now and then what does not."""
        name, roll = lot.need.requirement, self.chance.random()
        if roll < 0.02:
            return ADA, say.Withdraw(requirement=name, why="no more")
        if roll < 0.05:
            version = world.state.version_of(name)
            seen = self.chance.choice((None, version, version, max(version - 1, 0)))
            return ADA, say.Change(version=seen, **self._wanted(world, name))
        status = self.chance.choice([*Status]) if roll < 0.1 else lot.status
        match status:
            case Status.SUBMITTED:
                return self._begun(world, lot)
            case Status.NOTICED:
                return self._answer(world, lot)
            case Status.ACCEPTED:
                return self._agreed(world, lot)
            case Status.TENDERED:
                return self._bid(lot)
            case Status.CLOSED:
                return self._award(world, lot)
            case Status.AWARDED:
                return self._sign(world, lot)
        return ADA, say.GiveUp(requirement=name)

    def _begun(self, world: World, lot: Lot) -> Said:
        """What is next, most often; a notice, a tender or the end, whatever is next, at times."""
        name, roll = lot.need.requirement, self.chance.random()
        if roll < 0.8:
            kind = self._next(world, lot)
            roll = {EventKind.NOTICE_GIVEN: 0.8, EventKind.UNSERVED: 0.86}.get(kind, 0.9)
        if roll < 0.85:
            return ADA, say.Notice(requirement=name)
        if roll < 0.87:
            return ADA, say.GiveUp(requirement=name)
        invite = tuple(self.chance.sample(SUPPLIERS, 2)) if roll > 0.95 else ()
        open_for = self.chance.choice(("1d", "3d", "3d", None))
        return ADA, say.Tender(requirement=name, invite=invite, open_for=open_for)

    def _next(self, world: World, lot: Lot) -> int:
        """What the desk proposes for a lot that nothing was done about."""
        seen = next_step(world.state, lot, max(world.now_s, world.state.at_s))
        return int(seen[0].event.kind) if seen else 0

    def _answer(self, world: World, lot: Lot) -> Said:
        name, asked = lot.need.requirement, lot.noticed_gpus
        rounds = len(world.state.standing[lot.number].rounds)
        part = self.chance.randint(1, max(asked, 1))
        gpus = self.chance.choice((0, 0, 0, asked, asked, part, part, asked + 1))
        notice = self.chance.choice((None, f"{name}.{rounds}", f"{name}.{max(rounds - 1, 1)}"))
        terms = [row.terms for row in world.state.in_force.clauses if row.clause == lot.clause]
        holder = _party(world, terms[-1].holder) if terms else "alpha"
        who = HOLDERS.get(holder, BO)
        who = who if self.chance.random() < 0.9 else self.chance.choice(EVERYBODY)
        return who, say.Answer(requirement=name, gpus=gpus, signed=who.name, notice=notice)

    def _agreed(self, world: World, lot: Lot) -> Said:
        gpus = lot.accepted_gpus + (self.chance.random() < 0.1)
        terms = {"gpus": max(gpus, 1), "price": self.chance.choice(("$1.50", "$2", "$3.10"))}
        holder = _party(world, lot.holder)
        if self.chance.random() < 0.1:
            holder = self.chance.choice(SUPPLIERS)
        name = lot.need.requirement
        return BO, say.SignAccepted(requirement=name, supplier=holder, **terms)

    def _bid(self, lot: Lot) -> Said:
        supplier = self.chance.choice(SUPPLIERS)
        who = self.chance.choice((HOLDERS[supplier], HOLDERS[supplier], ADA))
        gpus = self.chance.randint(1, 24)
        more: dict[str, object] = self.chance.choice(
            ({}, {}, {"lead": "20d"}, {"prepaid": "10%"}, {"tranches": 2, "spacing": "30d"})
        )
        if gpus == 1:
            more = {}
        terms = {"gpus": gpus, "price": f"${self.chance.randint(150, 310) / 100:.2f}", **more}
        named = None if who.party else supplier
        return who, say.Bid(requirement=lot.need.requirement, supplier=named, **terms)

    def _award(self, world: World, lot: Lot) -> Said:
        """As the desk proposes, or as somebody likes."""
        name, left, takes = lot.need.requirement, lot.open_gpus, dict[str, int]()
        roll = self.chance.random()
        if roll < 0.8:
            seen = next_step(world.state, lot, max(world.now_s, world.state.at_s))
            events = [item.event for item in seen if item.event.kind == EventKind.AWARDED]
            takes = {_party(world, event.party): event.gpus for event in events}
            if takes:
                return BO, say.Award(requirement=name, takes=takes)
            is_notice = bool(seen) and seen[0].event.kind == EventKind.NOTICE_GIVEN
            return ADA, (say.Notice if is_notice else say.GiveUp)(requirement=name)
        for offer in self.chance.sample(lot.offers, len(lot.offers)):
            gpus = min(offer.gpus, left) + (self.chance.random() < 0.05)
            if gpus > 0:
                takes[_party(world, offer.supplier)] = gpus
            left -= gpus
        why = "" if roll > 0.95 else "as I like"
        return BO, say.Award(requirement=name, takes=takes or {"alpha": 1}, why=why)

    def _sign(self, world: World, lot: Lot) -> Said:
        name = lot.need.requirement
        if self.chance.random() < 0.2 or not lot.awards:
            return BO, say.Unaward(requirement=name, why="too dear")
        offer = self.chance.choice(lot.awards)
        return BO, say.Sign(requirement=name, supplier=_party(world, offer.supplier))

    def _order(self, world: World, order: Order) -> Said:
        tranche = self.chance.randrange(order.offer.tranches + (self.chance.random() < 0.05))
        match self.chance.choice(("deliver", "deliver", "deliver", "late", "cancel")):
            case "deliver":
                who = self.chance.choice((ADA, EVE))
                return who, say.Deliver(order=order.number, tranche=tranche)
            case "late":
                return ADA, say.Late(order=order.number, tranche=tranche)
        return BO, say.Cancel(order=order.number, tranche=tranche, why="agreed")

    def _hurried(self, world: World, order: Order) -> Said:
        """Agree, once a tranche is late, that it may be ended; or end it by what is agreed."""
        (tranche, *_) = _late(order)
        may_end = any(
            row.kind == "remedy" and row.tranche == tranche and row.at_s <= world.now_s
            for row in of_order(world.state, order)
        )
        if may_end or self.chance.random() < 0.2:
            return ADA, say.Late(order=order.number, tranche=tranche)
        supplier = _party(world, order.offer.supplier)
        then = hastened(self._in_force(world), supplier, order.due_at_s(tranche))
        world.contracts[then.text] = then
        return BO, say.Adopt(portfolio=then.text)

    def _permit(self, world: World) -> Said:
        """Ask for a permit, draw on one, give back, or end it."""
        numbers, roll = sorted(world.state.permits.rows)[-4:], self.chance.random()
        if not numbers or roll < 0.3:
            start_s = world.now_s + self.chance.choice((1, 1, 3)) * DAY_S
            end_s = start_s + self.chance.choice((1, 5, 20)) * DAY_S
            window: dict[str, str] = {"start": day(start_s), "end": day(end_s)}
            if roll < 0.1:
                window = {}
            purpose, gpus = self.chance.choice(PURPOSES), self.chance.choice((4, 16, 32, 41))
            who = self.chance.choice((ADA, EVE))
            return who, say.IssuePermit(pool="west", purpose=purpose, gpus=gpus, **window)
        drawn_on = [number for number in numbers if world.state.permits.rows[number].draws]
        number = self.chance.choice(drawn_on if roll >= 0.7 and drawn_on else numbers)
        name = f"p-{number}"
        drawn = [key for _, key in sorted(world.state.permits.rows[number].draws)]
        key, gpus = f"j{self.chance.randint(0, 3)}", self.chance.choice((1, 4, 16, 33))
        if roll < 0.7:
            return EVE, say.DrawPermit(permit=name, engine="slurm", key=key, gpus=gpus)
        if roll < 0.9:
            part = self.chance.choice((None, None, gpus))
            key = self.chance.choice(drawn) if drawn else key
            return EVE, say.ReturnDraw(permit=name, engine="slurm", key=key, gpus=part)
        return self.chance.choice((ADA, BO, EVE)), say.RevokePermit(permit=name, why="moved")

    def _told(self, world: World) -> Said:
        supplier = self.chance.choice(SUPPLIERS)
        if self.chance.random() < 0.3:
            return BO, say.Default(party=supplier, cured=self.chance.random() < 0.6)
        purpose, gpus = self.chance.choice(PURPOSES), self.chance.randint(1, 9)
        period = {"start": day(world.now_s - 3 * DAY_S), "end": day(world.now_s - DAY_S)}
        return FINN, say.Use(supplier=supplier, purpose=purpose, gpus=gpus, **period)

    def _contracts(self, world: World) -> Said:
        """Propose other contracts, or put some in force."""
        open_ = [made for made in world.state.proposals.values() if not made.adopted]
        roll = self.chance.random()
        if open_ and roll < 0.4:
            made = self.chance.choice(open_)
            return BO, say.Adopt(portfolio=made.text, proposal=made.number)
        now = self._in_force(world)
        if roll < 0.5:
            other = unfit(self.chance, now)
            world.contracts.setdefault(other.text, other)
            return BO, say.Adopt(portfolio=other.text, note="perhaps unfit")
        then = amended(self.chance, now, world.now_s)
        world.contracts[then.text] = then
        if roll < 0.8:
            return self.chance.choice((ADA, BO)), say.Propose(portfolio=then.text)
        return BO, say.Adopt(portfolio=then.text)

    def _waive(self, world: World) -> Said:
        """A holder consents, or an approver enters its letter; for the same once more, at times."""
        if self.waived is not None and self.chance.random() < 0.15:
            return self.waived
        held = [
            (row.clause_id, _party(world, row.terms.holder))
            for row in world.state.in_force.clauses
            if hasattr(row.terms, "holder")
        ]
        clause, holder = self.chance.choice(held) if held else ("A/none", "alpha")
        roll = self.chance.random()
        who = HOLDERS.get(holder, BO) if roll < 0.65 else BO
        if roll > 0.8:
            who = self.chance.choice(EVERYBODY)
        if self.chance.random() < 0.05:
            clause = self.chance.choice(("A/grace", "A/take", "A/none", "first"))
        self.waived = who, words(self.chance, clause, who.name, world.now_s)
        return self.waived

    def _in_force(self, world: World) -> Contracts:
        """The contracts that somebody means who wants others; not always those in force."""
        known = [made for made in world.contracts.values() if not made.swap[0]]
        last = world.contracts.get(world.in_force, known[0])
        return last if self.chance.random() < 0.8 else self.chance.choice(known)


def _late(order: Order) -> list[int]:
    """The tranches that are late and may still come."""
    return [one for one in order.late if one not in (*order.delivered, *order.ended)]


def _party(world: World, index: int) -> str:
    """Somebody's name in the portfolio in force; the buyer's where nobody is meant."""
    return name_of(world.state.in_force.portfolio.names.parties, max(index, BUYER))


def first_word(text: str) -> Said:
    """The portfolio with which a desk begins."""
    return BO, say.Adopt(portfolio=text)
