"""Requirements and lots, and what becomes of them: the state that sourcing folds (S1 to S9)."""

from enum import IntEnum
from typing import NamedTuple

from offtake.core.account import Thing
from offtake.core.names import BUYER, UNSTATED
from offtake.core.register import Register
from offtake.core.vocabulary import (
    NONE,
    Act,
    Ask,
    BoundClause,
    Decision,
    Event,
    Facts,
)
from offtake.units.time import NEVER


class Status(IntEnum):
    """Where a lot stands."""

    SUBMITTED = 1  # Nothing asked yet, or the next holder is to be asked.
    NOTICED = 2  # A holder of a first refusal may answer.
    TENDERED = 3  # Suppliers may offer until the close.
    CLOSED = 4  # Offers are in; to be awarded, or shown to a holder (FR9, FR8).
    ORDERED = 5
    UNSERVED = 6
    WITHDRAWN = 7
    ACCEPTED = 8  # A holder takes all or part; its order is to be signed.
    AWARDED = 9  # The buyer has chosen; the orders are to be signed.


class Need(NamedTuple):
    """A requirement in numbers. ``accelerators`` and ``regions`` empty: any will do."""

    requirement: str
    purpose: int
    gpus: int
    start_s: int
    end_s: int
    latest_start_s: int
    accelerators: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    price_limit_micros_per_gpu_h: int = NONE
    smallest_lot_gpus: int = 1
    own: int = 0


class Offer(NamedTuple):
    """What a supplier bids for a lot, sealed until the close (S3)."""

    supplier: int
    gpus: int
    price_micros_per_gpu_h: int
    start_s: int
    end_s: int
    accelerator: int = UNSTATED
    region: int = UNSTATED
    prepaid_ppm: int = 0
    tranches: int = 1
    spacing_s: int = 0
    lead_s: int = 0  # From a signed order to the first delivery, at the soonest.

    def signed_at(self, now_s: int) -> "Offer":
        """The offer if it is signed now: the start waits for the lead time, the term stays."""
        late_s = max(now_s + self.lead_s - self.start_s, 0)
        return self._replace(start_s=self.start_s + late_s, end_s=self.end_s + late_s)


class Lot(NamedTuple):
    """The part of a requirement being sourced at this moment."""

    number: int
    need: Need
    status: Status
    open_gpus: int  # Not yet ordered from anyone.
    clause: int = NONE  # The first refusal whose holder is being asked.
    notice: Event | None = None  # The last notice given.
    holder: int = UNSTATED
    accepted_gpus: int = 0
    due_at_s: int = NEVER
    order_due_at_s: int = NEVER  # Until when an acceptance waits for its order (FR10).
    closes_at_s: int = NEVER
    offers: tuple[Offer, ...] = ()
    shown: Offer | None = None  # The offer the open notice carries (FR8, FR9).
    asked: tuple[int, ...] = ()  # First refusals noticed since the last order, one a notice.
    declined: tuple[int, ...] = ()  # First refusals whose holders are through with this lot.
    awards: tuple[Offer, ...] = ()  # What was chosen and is not signed yet.

    @property
    def noticed_gpus(self) -> int:
        """What the last notice offered: the whole lot as it was, or a part of it."""
        return 0 if self.notice is None else self.notice.gpus


class Order(NamedTuple):
    """A signed purchase; tranche ``k`` is due at ``start_s + k * spacing_s``."""

    number: int
    lot: int
    offer: Offer
    gpus: int
    purpose: int
    delivered: tuple[int, ...] = ()
    late: tuple[int, ...] = ()
    ended: tuple[int, ...] = ()

    @property
    def thing(self) -> Thing:
        """What was ordered, as scopes name it."""
        return Thing(self.purpose, self.offer.accelerator, self.offer.region)

    def due_at_s(self, tranche: int) -> int:
        """When a tranche is due."""
        return self.offer.start_s + tranche * self.offer.spacing_s

    def gpus_in(self, tranche: int) -> int:
        """The GPUs of a tranche; the last carries the rest of the division."""
        share = self.gpus // self.offer.tranches
        last = tranche == self.offer.tranches - 1
        return self.gpus - share * tranche if last else share


class State(NamedTuple):
    """All sourcing so far, and the facts the clauses know; lots and orders as they came."""

    lots: Register[int, Lot] = Register()
    orders: Register[int, Order] = Register()
    facts: Facts = Facts()


class Recorded(NamedTuple):
    """An event with what led to it: the decisions behind it, and a reason in words."""

    event: Event
    decisions: tuple[Decision, ...] = ()
    why: str = ""


class Rules(NamedTuple):
    """What sourcing decides by. ``suppliers`` are the parties that may be asked."""

    clauses: tuple[BoundClause, ...]
    suppliers: tuple[int, ...]
    tender_s: int


def ask_of(lot: Lot, offer: Offer) -> Ask:
    """The supply ask that contracting an offer for a lot would be."""
    return Ask(
        Act.SUPPLY,
        supplier=offer.supplier,
        purpose=lot.need.purpose,
        accelerator=offer.accelerator,
        region=offer.region,
        gpus=max(min(offer.gpus, lot.open_gpus), 1),
        start_s=offer.start_s,
        end_s=offer.end_s,
        price_micros_per_gpu_h=offer.price_micros_per_gpu_h,
        prepaid_ppm=offer.prepaid_ppm,
        own=int(offer.supplier == BUYER),
        lot=lot.number,
    )


def wanted(lot: Lot, supplier: int) -> Offer:
    """What the requirement itself says of terms, as if this supplier offered just that.

    A requirement says nothing of payment in advance: none is wanted.
    """
    need = lot.need
    return Offer(
        supplier=supplier,
        gpus=lot.open_gpus,
        price_micros_per_gpu_h=need.price_limit_micros_per_gpu_h,
        start_s=need.start_s,
        end_s=need.end_s,
        accelerator=need.accelerators[0] if len(need.accelerators) == 1 else UNSTATED,
        region=need.regions[0] if len(need.regions) == 1 else UNSTATED,
    )
