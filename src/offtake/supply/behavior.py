"""How modelled suppliers act in a simulation: what they answer to notices, and what they bid.

A plan for a requirement comes first; else the kind of supplier decides (``suppliers``).
"""

from collections.abc import Callable
from typing import NamedTuple

from offtake.contract.market import Answer, Behavior
from offtake.core.account import Use
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.model import Model
from offtake.supply.suppliers import SUPPLIERS
from offtake.units.time import after

Quote = Callable[[Use], int]
"""The price of a use in micros per GPU-hour, or NONE."""


class Reply(NamedTuple):
    """An answer to a notice, and when it is sent; ``gpus`` NONE is silence."""

    at_s: int
    gpus: int


def reply(model: Model | None, lot: Lot, names: Names, spare: int, now_s: int) -> Reply:
    """How a holder answers a notice received now: as planned, else as its kind decides.

    A holder without a model stays silent to the end of its window.
    """
    if model is None:
        return Reply(now_s, NONE)
    plan = _plan(model.behavior, lot.need.requirement)
    if plan is None:
        kind = SUPPLIERS[model.behavior.decides]
        return Reply(after(now_s, model.behavior.takes), kind.taken_gpus(model, lot, spare))
    at_s = after(now_s, plan.takes)
    if plan.answer == "silence":
        return Reply(at_s, NONE)
    if plan.answer == "refuse":
        return Reply(at_s, 0)
    if plan.part is None:
        return Reply(at_s, lot.noticed_gpus)
    watts = names.watts_of(model.behavior.accelerators[:1])
    return Reply(at_s, min(plan.part.in_gpus(watts), lot.noticed_gpus))


def _plan(behavior: Behavior, requirement: str) -> Answer | None:
    """The answer planned for a requirement, else the one for any."""
    planned = {answer.requirement: answer for answer in behavior.answers}
    return planned.get(requirement, planned.get("any"))


def offer(model: Model, lot: Lot, quote: Quote, *, limit_gpus: int, now_s: int) -> Offer | None:
    """What a supplier could offer for a lot now; None when it has nothing suitable.

    It offers the first of its accelerators and regions that the need accepts, all it can
    spare up to ``limit_gpus``, from its lead time on, for the term that was asked.
    """
    need, behavior = lot.need, model.behavior
    accelerator = _first(model.accelerators, need.accelerators)
    region = _first(model.regions, need.regions)
    if accelerator is None or region is None or limit_gpus <= 0:
        return None
    price = model.rate_micros_per_gpu_h
    start_s = max(need.start_s, after(now_s, behavior.lead))
    if price == NONE:
        use = Use(model.supplier, accelerator, region, need.purpose, 0, start_s, start_s)
        price = quote(use)
    if price == NONE:
        return None
    first_s = after(start_s, behavior.spacing) - start_s
    return Offer(
        supplier=model.supplier,
        gpus=min(limit_gpus, lot.open_gpus),
        price_micros_per_gpu_h=price,
        start_s=start_s,
        end_s=start_s + need.end_s - need.start_s,
        accelerator=accelerator,
        region=region,
        tranches=max(behavior.tranches, 1),
        spacing_s=first_s,
        lead_s=after(now_s, behavior.lead) - now_s,
    )


def bid(model: Model, lot: Lot, quote: Quote, *, limit_gpus: int, now_s: int) -> Offer | None:
    """What a supplier bids in a tender: of what it could offer, what its kind decides."""
    made = offer(model, lot, quote, limit_gpus=limit_gpus, now_s=now_s)
    kind = SUPPLIERS[model.behavior.decides]
    return None if made is None else kind.bid(model, lot, made)


def signed(model: Model, lot: Lot, quote: Quote, now_s: int) -> Offer | None:
    """What a holder signs of what it accepted: on its own terms, but at no more than noticed.

    It supplies the accelerator that it was shown, where it was shown an offer (FR9). None when
    it has nothing of the kind. It is bound by what it accepted, even if it would not bid.
    """
    need, shown = lot.need, lot.shown
    if shown is not None and shown.accelerator != UNSTATED:
        need = need._replace(accelerators=(shown.accelerator,))
    limit = lot.accepted_gpus
    made = offer(model, lot._replace(need=need), quote, limit_gpus=limit, now_s=now_s)
    if made is None or lot.notice is None:
        return None
    made = SUPPLIERS[model.behavior.decides].bid(model, lot, made) or made
    price = min(made.price_micros_per_gpu_h, lot.notice.price_micros_per_gpu_h)
    return made._replace(gpus=lot.accepted_gpus, price_micros_per_gpu_h=price)


def _first(has: tuple[int, ...], wants: tuple[int, ...]) -> int | None:
    """The first that is had and wanted; what is open on one side is decided by the other."""
    if not has:
        return wants[0] if wants else UNSTATED
    return next((item for item in has if not wants or item in wants), None)
