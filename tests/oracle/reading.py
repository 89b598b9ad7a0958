"""Cases as written, read for the oracle: sets of names, fractions, seconds. Imports no offtake."""

import re
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

PURPOSES = ("training", "research", "inference", "api")
PARENTS = {"api": "inference"}
WATTS = {"H100": 1_000, "GB200": 2_000}
BUYER = "buyer"
FOREVER = 2**53
SECONDS = {"s": 1, "h": 3_600, "d": 86_400}
LISTS = ("purposes", "accelerators", "regions", "suppliers", "assets", "products", "asks")
LISTS += ("except_products", "partners")
DURATIONS = ("window", "large_window", "reoffer_window", "free_window", "start_slack")
DURATIONS += ("negotiation", "least_term_left", "measured_over", "grace")
DURATIONS += ("make_up", "carry_forward", "claim_window", "look_back")
SHARES = ("price_tolerance", "quantity_tolerance", "term_tolerance", "percent", "discount")
SHARES += ("primarily", "prepaid", "carry_limit", "measured", "below", "credit", "at_most")
SHARES += ("level", "most_up", "most_down", "share", "capped")
SIZES = ("minimum_lot", "limit", "large_lot", "above")
FLAGS = ("partial", "reoffer_parts", "transaction", "exclusive")
MONEY = ("price", "cap", "rate", "amount", "period_cap", "premium")
INSTANTS = (
    "base_date",
    "claimed",
    "opens",
    "closes",
    "expires",
    "starts",
    "ends",
    "at",
    "from",
    "until",
    "start",
    "end",
    "due",
    "comes",
)
DEFAULTS = {
    "first_refusal": {
        "form": "offer_first",
        "rank": 1,
        "partial": False,
        "minimum_lot": 1,
        "reoffer_parts": False,
        "free_window": "90d",
        "price_tolerance": "0%",
        "start_slack": "30d",
        "quantity_tolerance": "10%",
        "term_tolerance": "10%",
        "negotiation": "60d",
        "least_term_left": "0d",
    },
    "waiver": {"transaction": False, "price": None, "limit": None},
    "build_right": {"primarily": None, "measured_over": "90d"},
    "ip_licence": {"products": None, "except_products": [], "exclusive": False, "expires": None},
    "take_or_pay": {
        "per": "year",
        "model": "continuous",
        "rate": None,
        "make_up": None,
        "carry_forward": None,
        "carry_limit": "100%",
        "prepaid": "0%",
    },
    "rate_card": {"discount": "0%"},
    "revenue_share": {"cap": None, "period_cap": None, "per": "year"},
    "prepayment": {"at_end": "forfeit"},
    "service_credit": {"capped": "100%", "claim_window": "30d"},
    "most_favored": {"look_back": "12mo"},
    "option": {"premium": None, "opens": None, "closes": None},
    "concentration_cap": {"measure": "capacity", "measured_over": "12mo", "above": 0, "held": []},
    "delivery": {"grace": "30d", "remedy": "end_tranche"},
}
"""What the clause pages say about terms that are not written."""
SILENT_ASK = dict.fromkeys(
    ("supplier", "purpose", "accelerator", "region", "price", "prepaid", "lot", "user", "asset"),
)


def world(case):
    """The clauses and events of a case, and what it was used for."""
    return {
        "clauses": [clause(row) for row in case.get("clause", [])],
        "events": [event(row) for row in case.get("event", [])],
        "uses": [use(row) for row in case.get("use", [])],
        "undelivered": [use(row) for row in case.get("undelivered", [])],
        "tranches": [values(row) for row in case.get("tranche", [])],
        "reports": [values(row) for row in case.get("report", [])],
    }


def clause(row):
    """One version of a clause, defaults filled in."""
    agreement, kind = row.get("agreement", "A"), row["kind"]
    terms = {**DEFAULTS.get(kind, {}), **row.get("terms", {})}
    until = instant(row["until"]) if "until" in row else FOREVER
    return {
        "kind": kind,
        "id": f"{agreement}/{row.get('id', kind)}",
        "agreement": agreement,
        "from": instant(row.get("from", "1970-01-01")),
        "until": until,
        "agreed_until": instant(row["agreed_until"]) if "agreed_until" in row else until,
        "applies_to": row.get("applies_to", "signature"),
        "terms": values(terms),
    }


def event(row):
    """One event; what it does not say is None."""
    silent = dict.fromkeys(("lot", "clause", "party", "price", "prepaid", "own", "due"))
    silent |= dict.fromkeys(("purpose", "accelerator", "region", "start", "end"))
    return {**silent, "gpus": 0, "rank": 0, **values(row), "of": int(row.get("of", 0))}


def ask(row, now):
    """An ask; what it does not say is None."""
    asked = {**SILENT_ASK, "product": None, "own": False, "capacity": "new", "gpus": 1}
    asked |= {"start": now, "end": now + 1, **values(row)}
    if asked["end"] <= asked["start"]:
        asked["end"] = asked["start"] + 1
    return asked


def use(row):
    """A use in GPU-hours."""
    silent = dict.fromkeys(("accelerator", "region", "purpose"))
    return {**silent, **values(row), "gpu_h": int(str(row["gpu_h"]).replace(",", ""))}


def values(row):
    """Each value by what its key says it is."""
    return {key: value(key, written) for key, written in row.items()}


def value(key, written):
    """One value: a set, a fraction, seconds, or the word itself."""
    if written is None:
        return None
    if key in LISTS:
        return {written} if isinstance(written, str) else set(written)
    if key in DURATIONS:
        number, unit = re.fullmatch(r"(\d+) *(s|h|d|mo|business days)", written).groups()
        return int(number) * SECONDS[unit] if unit in SECONDS else (int(number), unit)
    if key in SHARES:
        return Fraction(written.rstrip("%")) / 100
    if key in SIZES:
        return size(written)
    if key in FLAGS:
        return written in (True, "yes")
    if key in MONEY:
        return money(written)
    if key in INSTANTS:
        return instant(written)
    if key == "own":
        return bool(written)
    if key in ("gpus", "rank", "tranche", "above_gpu_h", "gpu_h"):
        return int(str(written).replace(",", ""))
    if key == "index":
        return sorted(
            (instant(day), Fraction(text.rstrip("%")) / 100) for day, text in written.items()
        )
    if key in ("lines", "tiers", "adjustments", "held"):
        return [values(line) for line in written]
    if key == "ramp":
        return sorted((instant(day), floor(text)) for day, text in written.items())
    return floor(written) if key == "floor" else written


def instant(written):
    """Seconds since 1970 of a date or time, or of the text of one."""
    if isinstance(written, str):
        written = datetime.fromisoformat(written)
    if not isinstance(written, datetime):
        assert isinstance(written, date)
        written = datetime(written.year, written.month, written.day, tzinfo=UTC)
    if written.tzinfo is None:
        written = written.replace(tzinfo=UTC)
    length = written - datetime(1970, 1, 1, tzinfo=UTC)
    return length.days * 86_400 + length.seconds


def later(at, length):
    """The end of a length that starts at an instant: seconds, or days counted one by one (UTC)."""
    if isinstance(length, int):
        return at + length
    number, unit = length
    start = datetime.fromtimestamp(at, UTC)
    if unit == "mo":
        months = start.year * 12 + start.month - 1 + number
        first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
        days = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return int(first.replace(day=min(start.day, days.day)).timestamp())
    while number:
        start += timedelta(days=1)
        number -= start.weekday() < 5
    return int(start.timestamp())


def money(written):
    """``$1.5k`` as a fraction of a dollar."""
    scale = {"k": 10**3, "M": 10**6, "B": 10**9}
    number, letter = re.fullmatch(r"\$([\d.,]+)([kMB]?)", written).groups()
    return Fraction(number.replace(",", "")) * scale.get(letter, 1)


def size(written):
    """GPUs, or power as the most GPUs of the cast that it feeds."""
    power = re.fullmatch(r"([\d.]+) ?(kW|MW)", str(written))
    if power is None:
        return int(str(written).replace(",", ""))
    watts = Fraction(power[1]) * {"kW": 10**3, "MW": 10**6}[power[2]]
    return int(watts // min(WATTS.values()))


def floor(written):
    """A floor: ``("money", dollars)``, ``("gpu_h", hours)`` or ``("gpus", kept busy)``."""
    if written.startswith("$"):
        return "money", money(written)
    if written.endswith("GPU-h"):
        return "gpu_h", int(written.removesuffix("GPU-h").replace(",", ""))
    return "gpus", size(written)
