"""Which columns people see of each kind of row, wherever it stands; programs see every field."""

Column = tuple[str, str]
"""The heading of a column and the field below it."""

REQUIREMENTS = (
    ("requirement", "requirement"),
    ("status", "status"),
    ("purpose", "purpose"),
    ("GPUs", "gpus"),
    ("open", "open_gpus"),
    ("start", "start"),
    ("end", "end"),
    ("by", "by"),
)
NOTICES = (
    ("notice", "notice"),
    ("holder", "holder"),
    ("GPUs", "gpus"),
    ("start", "start"),
    ("end", "end"),
    ("price", "price"),
    ("given", "given_at"),
    ("due", "due"),
    ("outcome", "outcome"),
    ("accepted", "accepted_gpus"),
)
TENDERS = (
    ("tender", "tender"),
    ("status", "status"),
    ("GPUs", "gpus"),
    ("start", "start"),
    ("end", "end"),
    ("opened", "opened_at"),
    ("closes", "closes_at"),
    ("invited", "invited"),
)
_OF_OFFER = (
    ("GPUs", "gpus"),
    ("price", "price"),
    ("start", "start"),
    ("end", "end"),
    ("prepaid", "prepaid"),
    ("tranches", "tranches"),
    ("lead", "lead"),
    ("made", "made_at"),
    ("outcome", "outcome"),
    ("taken", "taken_gpus"),
)
OFFERS = (("offer", "offer"), *_OF_OFFER)
BIDS = (("supplier", "supplier"), *_OF_OFFER)
"""Offers inside their tender."""
AWARDS = (
    ("supplier", "supplier"),
    ("GPUs", "gpus"),
    ("price", "price"),
    ("at", "at"),
    ("by", "by"),
    ("why", "why"),
)
ORDERS = (
    ("order", "order"),
    ("name", "name"),
    ("supplier", "supplier"),
    ("GPUs", "gpus"),
    ("start", "start"),
    ("end", "end"),
    ("price", "price"),
    ("status", "status"),
)
TRANCHES = (
    ("tranche", "tranche"),
    ("GPUs", "gpus"),
    ("due", "due"),
    ("status", "status"),
)
PERMITS = (
    ("permit", "permit"),
    ("status", "status"),
    ("pool", "pool"),
    ("purpose", "purpose"),
    ("GPUs", "gpus"),
    ("left", "left_gpus"),
    ("start", "start"),
    ("end", "end"),
    ("expires", "expires"),
    ("holder", "holder"),
)
DRAWS = (
    ("engine", "engine"),
    ("draw", "key"),
    ("GPUs", "gpus"),
    ("holds", "held_gpus"),
    ("start", "start"),
    ("end", "end"),
    ("GPU-seconds", "gpu_s"),
)
LEDGER = (
    ("pool", "pool"),
    ("supplier", "supplier"),
    ("from", "start"),
    ("until", "end"),
    ("awarded", "awarded"),
    ("there", "delivered"),
    ("permitted", "permitted"),
    ("drawn", "drawn"),
    ("left", "left"),
    ("GPU-seconds used", "used_gpu_s"),
)
WAIVERS = (
    ("waiver", "waiver"),
    ("of", "clause"),
    ("holder", "holder"),
    ("grantee", "grantee"),
    ("purposes", "purposes"),
    ("limit", "limit_gpus"),
    ("used", "used_gpus"),
    ("standing", "standing"),
    ("start", "start"),
    ("end", "end"),
)
CONTACTS = (
    ("contact", "contact"),
    ("party", "party"),
    ("address", "address"),
    ("language", "language"),
    ("since", "created"),
)
WEBHOOKS = (
    ("webhook", "webhook"),
    ("party", "party"),
    ("URL", "url"),
    ("topics", "topics"),
    ("since", "created"),
    ("disabled", "disabled"),
)
DEADLINES = (("at", "at"), ("runs out", "kind"), ("party", "party"), ("order", "order"))
FINDINGS = (
    ("supplier", "supplier"),
    ("verdict", "verdict"),
    ("clause", "clause"),
    ("rule", "rule"),
    ("reason", "reason"),
    ("says", "says"),
)
ENTRIES = (("at", "at"), ("by", "name"), ("what", "what"), ("came of it", "happened"))

INSIDE: dict[str, tuple[Column, ...]] = {
    "rounds": NOTICES,
    "tenders": TENDERS,
    "bids": BIDS,
    "awards": AWARDS,
    "orders": ORDERS,
    "tranches": TRANCHES,
    "deadlines": DEADLINES,
    "draws": DRAWS,
}
"""The columns of rows inside another, by the field that holds them."""
TITLES = {"rounds": "notices", "bids": "offers"}
