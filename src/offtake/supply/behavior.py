"""How modelled suppliers answer in a simulation: notices by plan or by what they can spare.

``spare`` is a running total: how much a supplier could have contracted since the start. What
it has sold is taken off. Chance plays no part here; a portfolio states what it assumes.
"""

from collections.abc import Callable
from typing import NamedTuple

from offtake.contract.market import Answer, Behavior
from offtake.contract.model import Document
from offtake.core.account import Use
from offtake.core.names import UNSTATED, Names
from offtake.core.vocabulary import NONE
from offtake.sourcing.requirement import Lot, Offer
from offtake.supply.pools import steps_of
from offtake.units.time import DAY_S, after

Quote = Callable[[Use], int]
"""The price of a use in micros per GPU-hour, or NONE."""


class Model(NamedTuple):
    """One supplier's behavior in numbers."""

    supplier: int
    accelerators: tuple[int, ...]
    regions: tuple[int, ...]
    spare: tuple[tuple[int, int], ...]
    rate_micros_per_gpu_h: int
    behavior: Behavior


class Reply(NamedTuple):
    """An answer to a notice, and when it is sent; ``gpus`` NONE is silence."""

    at_s: int
    gpus: int


def models(document: Document, names: Names) -> tuple[Model, ...]:
    """The modelled suppliers, in portfolio order."""
    return tuple(
        Model(
            supplier=names.parties.index(item.supplier),
            accelerators=tuple(names.accelerators.index(kind) for kind in item.accelerators),
            regions=tuple(names.regions.index(region) for region in item.regions),
            spare=steps_of(item.spare, item.accelerators, names),
            rate_micros_per_gpu_h=NONE if item.rate is None else item.rate.micros,
            behavior=item,
        )
        for item in document.behaviors
    )


def spare_gpus(model: Model, sold_gpus: int, at_s: int) -> int:
    """What a supplier can still contract at an instant."""
    gpus = 0
    for from_s, size in model.spare:
        if from_s <= at_s:
            gpus = size
    return max(gpus - sold_gpus, 0)


def reply(model: Model | None, lot: Lot, names: Names, spare: int, now_s: int) -> Reply:
    """How a holder answers a notice received now: as planned, else by what it can spare.

    A holder without a model stays silent to the end of its window. Without a plan it takes all
    that was noticed or nothing, and nothing below the rate it states.
    """
    if model is None:
        return Reply(now_s, NONE)
    plan = _plan(model.behavior, lot.need.requirement)
    at_s = now_s + 10 * DAY_S if plan is None else after(now_s, plan.takes)
    if plan is None:
        noticed = NONE if lot.notice is None else lot.notice.price_micros_per_gpu_h
        cheap = noticed != NONE and model.rate_micros_per_gpu_h > noticed
        return Reply(at_s, lot.noticed_gpus if spare >= lot.noticed_gpus and not cheap else 0)
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
    """What a supplier offers for a lot now; None when it has nothing suitable.

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


def signed(model: Model, lot: Lot, quote: Quote, now_s: int) -> Offer | None:
    """What a holder signs of what it accepted: on its own terms, but at no more than noticed.

    It supplies the accelerator that it was shown, where it was shown an offer (FR9). None when
    it has nothing of the kind.
    """
    need, shown = lot.need, lot.shown
    if shown is not None and shown.accelerator != UNSTATED:
        need = need._replace(accelerators=(shown.accelerator,))
    limit = lot.accepted_gpus
    made = offer(model, lot._replace(need=need), quote, limit_gpus=limit, now_s=now_s)
    if made is None or lot.notice is None:
        return None
    price = min(made.price_micros_per_gpu_h, lot.notice.price_micros_per_gpu_h)
    return made._replace(gpus=lot.accepted_gpus, price_micros_per_gpu_h=price)


def _first(has: tuple[int, ...], wants: tuple[int, ...]) -> int | None:
    """The first that is had and wanted; what is open on one side is decided by the other."""
    if not has:
        return wants[0] if wants else UNSTATED
    return next((item for item in has if not wants or item in wants), None)
