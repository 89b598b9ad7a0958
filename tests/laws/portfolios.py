"""Cases by chance, in the notation of ``builders``: all clauses that judge, a journal, asks.

Hypothesis chooses a seed and which of its clauses, events and asks there are, so that it can
leave out what a failure does not need. Quantities and times are
small on purpose: coincidences and touching edges are where the bugs live.
"""

from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from builders import CAST, clause_id, moment

Row = dict[str, Any]

LAST_S = 14
SUPPLIERS = ("azure", "oracle", "google")
PRICES = (None, "$1", "$2", "$3")
SHARES = ("0%", "50%", "100%")
PREPAID = (None, "0%", "10%")
SEEDS = st.integers(0, 2**32 - 1)


def some_of(most: int, least: int = 1) -> st.SearchStrategy[list[int]]:
    """Which rows of a case there are; a failure keeps only those it needs."""
    return st.lists(st.integers(0, 40), min_size=least, max_size=most, unique=True)


@st.composite
def cases(draw: st.DrawFn, *, clauses: int = 5, asks: int = 6) -> Row:
    """A portfolio, what happened to it, and asks at instants before, between and after."""
    seed = draw(SEEDS)
    rows = portfolio([Random(f"{seed} clause {n}") for n in draw(some_of(clauses))])
    happened = [
        row
        for number in draw(some_of(12, least=draw(st.sampled_from([6, 0]))))
        for row in events(Random(f"{seed} event {number}"), rows)
    ]
    happened = one_holder_at_a_time(sorted(happened, key=lambda row: row["at"]))
    dices = [Random(f"{seed} ask {n}") for n in draw(some_of(asks))]
    then = [(ask(dice), moment(dice.randint(1, LAST_S))) for dice in dices]
    return {"clause": rows, "event": happened, "then": then}


def said(**words: Any) -> Row:
    """What is said; what is left open is not written."""
    return {key: value for key, value in words.items() if value is not None}


def some(dice: Random, section: str) -> list[str] | None:
    """Nothing most of the time, so that clauses meet; else one name or two."""
    if dice.random() < 0.92:
        return None
    return dice.sample(CAST[section], k=dice.randint(1, 2))


def one(dice: Random, section: str, *, left_open: float = 0.25) -> str | None:
    """A name, or nothing: left open."""
    return None if dice.random() < left_open else str(dice.choice(CAST[section]))


def seconds(dice: Random, most: int = 5) -> str:
    """A length of time."""
    return f"{dice.randint(0, most)}s"


def scope(dice: Random) -> Row:
    """What a clause is about: often everything."""
    acts = dice.sample(["supply", "run", "use"], k=dice.randint(1, 3))
    return said(
        purposes=some(dice, "purposes"),
        accelerators=some(dice, "accelerators"),
        regions=some(dice, "regions"),
        suppliers=some(dice, "parties"),
        assets=some(dice, "assets"),
        capacity=dice.choice(["new", "existing"]) if dice.random() < 0.1 else None,
        asks=acts if dice.random() < 0.1 else None,
    )


def exclusivity(dice: Random) -> Row:
    return {**scope(dice), "holder": dice.choice(SUPPLIERS)}


def first_refusal(dice: Random) -> Row:
    return {
        **scope(dice),
        "holder": dice.choice(SUPPLIERS),
        "form": dice.choice(["offer_first", "offer_first", "matching"]),
        "window": seconds(dice),
        "rank": dice.randint(1, 3),
        "partial": dice.choice(["no", "yes"]),
        "minimum_lot": dice.randint(1, 3),
        "reoffer_parts": dice.choice(["no", "no", "yes"]),
        "free_window": seconds(dice, 9),
        "price_tolerance": dice.choice(SHARES),
        "start_slack": seconds(dice),
        "quantity_tolerance": dice.choice(SHARES),
        "term_tolerance": dice.choice(SHARES),
        "negotiation": seconds(dice),
        "least_term_left": dice.choice(["0s", "0s", "0s", "3s"]),
    }


def waiver(dice: Random, known: list[str]) -> Row:
    return {
        **scope(dice),
        "of": dice.choice(known),
        "grantee": dice.choice(SUPPLIERS),
        **said(
            limit=dice.choice([None, dice.randint(0, 6)]),
            transaction=dice.choice(["no", "no", "no", "yes"]),
            price=dice.choice(PRICES) if dice.random() < 0.3 else None,
        ),
    }


def build_right(dice: Random) -> Row:
    return {
        **scope(dice),
        **said(
            purposes=dice.sample(CAST["purposes"], k=dice.randint(1, 2)),
            grantee="buyer",
            primarily=dice.choice([None, "25%", "50%", "75%"]),
            measured_over=f"{dice.randint(1, 8)}s",
        ),
    }


def ip_licence(dice: Random) -> Row:
    return said(
        assets=some(dice, "assets"),
        licensor=dice.choice(["buyer", "azure"]),
        licensee=dice.choice(SUPPLIERS),
        products=some(dice, "products"),
        except_products=some(dice, "products"),
        exclusive=dice.choice(["no", "yes"]),
        expires=dice.choice([None, moment(dice.randint(0, LAST_S))]),
    )


def option(dice: Random) -> Row:
    return {
        **scope(dice),
        "supplier": dice.choice(SUPPLIERS),
        "price": dice.choice(PRICES[1:]),
        "limit": dice.randint(1, 9),
        **said(
            opens=dice.choice([None, moment(dice.randint(0, 6))]),
            closes=dice.choice([None, moment(dice.randint(4, LAST_S))]),
        ),
    }


def concentration_cap(dice: Random) -> Row:
    held = [
        said(
            supplier=dice.choice(CAST["parties"]),
            gpus=dice.randint(1, 5),
            until=dice.choice([None, moment(dice.randint(1, LAST_S))]),
        )
        for _ in range(dice.randint(0, 2))
    ]
    return {
        **scope(dice),
        "at_most": dice.choice(["25%", "50%", "75%"]),
        "measure": dice.choice(["capacity", "gpu_hours"]),
        "measured_over": f"{dice.randint(1, 8)}s",
        "above": dice.randint(0, 6),
        "held": held,
    }


KINDS = {
    "exclusivity": exclusivity,
    "first_refusal": first_refusal,
    "build_right": build_right,
    "ip_licence": ip_licence,
    "option": option,
    "concentration_cap": concentration_cap,
}
WEIGHTS = {"exclusivity": 2, "first_refusal": 7, "waiver": 4, "build_right": 3, "ip_licence": 2}
WEIGHTS |= {"option": 1, "concentration_cap": 1}


def portfolio(dices: list[Random]) -> list[Row]:
    """The versions of some clauses; a waiver is of a clause before it."""
    rows: list[Row] = []
    for place, dice in enumerate(dices):
        known = list(dict.fromkeys(clause_id(row) for row in rows))
        rows += versions(dice, f"c{place}", known)
    return rows


def versions(dice: Random, name: str, known: list[str]) -> list[Row]:
    """One clause, in one version or two."""
    [kind] = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
    if kind == "waiver" and not known:
        kind = "exclusivity"

    def terms() -> Row:
        return waiver(dice, known) if kind == "waiver" else KINDS[kind](dice)

    row = {"kind": kind, "id": name, "agreement": dice.choice("AAB")}
    row["from"] = moment(dice.choice([0, 0, 0, 3]))
    row["applies_to"] = dice.choice(["signature", "signature", "signature", "service", "both"])
    end = dice.choice([None, None, None, 8, LAST_S])
    row |= {} if end is None else {"until": moment(end)}
    if dice.random() < 0.7:
        return [{**row, "terms": terms()}]
    cut, agreed = moment(dice.randint(4, 7)), moment(end or 10**6)
    before = {**row, "until": cut, "agreed_until": agreed, "terms": terms()}
    after = {**row, "from": cut, "terms": terms()}
    if kind == "first_refusal":  # A right of another holder, or rank, is another clause.
        after["terms"] |= {word: before["terms"][word] for word in ("holder", "rank")}
    return [before, after]


def events(dice: Random, rows: list[Row]) -> list[Row]:
    """What happens to these clauses: now and then a round from notice to order, or anything."""
    rights = [row for row in rows if row["kind"] == "first_refusal"]
    if not rights or dice.random() < 0.4:
        return [dice.choice([use, use, use, default, order, order])(dice)]
    right = dice.choice(rights)
    if dice.random() < 0.2:
        return [answer(dice, right)]
    noticed = notice(dice, right)
    if dice.random() < 0.3:
        return [noticed]
    answered = answer(dice, right) | {"lot": noticed["lot"]}
    answered["at"] = noticed["at"] + timedelta(seconds=dice.randint(0, 4))
    signed_by = dice.choice([right["terms"]["holder"]] * 3 + [dice.choice(SUPPLIERS)])
    ordered = order(dice) | {"lot": noticed["lot"], "party": signed_by}
    ordered["at"] = answered["at"] + timedelta(seconds=dice.randint(0, 5))
    course = [noticed, answered, ordered][: dice.choice([2, 2, 3])]
    if dice.random() < 0.2:
        course.insert(dice.randint(1, len(course)), change(dice, noticed))
    return course


def lot(dice: Random) -> str:
    return dice.choice(["x", "x", "x", "y"])


def thing(dice: Random) -> Row:
    """What is bought: its purpose, accelerator and region."""
    sections = {"purpose": "purposes", "accelerator": "accelerators", "region": "regions"}
    return said(**{word: one(dice, section) for word, section in sections.items()})


def notice(dice: Random, right: Row) -> Row:
    at, start = dice.randint(0, 6), dice.randint(8, 13)
    return thing(dice) | said(
        event="notice_given",
        at=moment(at),
        clause=clause_id(right),
        lot=lot(dice),
        rank=right["terms"]["rank"],
        due=moment(at + dice.randint(1, 5)),
        gpus=dice.randint(1, 4),
        of=dice.choice([None, None, None, dice.randint(4, 8)]),
        start=dice.choice([moment(start)] * 5 + [None]),
        end=dice.choice([moment(start + dice.randint(1, 4))] * 5 + [None]),
        price=dice.choice(PRICES),
        prepaid=dice.choice(PREPAID),
        party=one(dice, "parties"),
    )


def answer(dice: Random, right: Row) -> Row:
    return said(
        event=dice.choice(["accepted", "accepted", "refused", "lapsed"]),
        at=moment(dice.randint(1, 8)),
        clause=clause_id(right),
        lot=lot(dice),
        rank=dice.choice([right["terms"]["rank"], None]),
        party=dice.choice([right["terms"]["holder"], None]),
        gpus=dice.choice([dice.randint(1, 4), dice.randint(1, 4), None]),
    )


def order(dice: Random) -> Row:
    return thing(dice) | said(
        event="ordered",
        at=moment(dice.randint(2, LAST_S)),
        lot=dice.choice([None, "x", "x", "y"]),
        gpus=dice.randint(1, 3),
        party=dice.choice(SUPPLIERS),
    )


def change(dice: Random, noticed: Row) -> Row:
    """Another need under the lot of a notice, sooner or later after it."""
    at = noticed["at"] + timedelta(seconds=dice.randint(0, 4))
    return thing(dice) | said(
        event="requirement_changed", at=at, lot=noticed["lot"], gpus=dice.randint(1, 4)
    )


def default(dice: Random) -> Row:
    return said(
        event=dice.choice(["default_declared", "default_cured"]),
        at=moment(dice.randint(0, LAST_S)),
        party=dice.choice(SUPPLIERS),
        lot=dice.choice([None, None, None, "x"]),
    )


def use(dice: Random) -> Row:
    at = dice.randint(0, LAST_S)
    return said(
        event="usage_recorded",
        at=moment(at),
        party=dice.choice(["buyer", "buyer", "buyer", "azure"]),
        own=dice.choice([1, 1, 1, 0]),
        purpose=one(dice, "purposes"),
        gpus=dice.randint(1, 4),
        start=moment(max(at - 2, 0)),
        end=moment(at + 1),
    )


def one_holder_at_a_time(rows: list[Row]) -> list[Row]:
    """Leave out notices to, and answers of, others while a holder thinks about a lot (FR11)."""
    thinking: dict[str, Row] = {}
    kept = []
    for row in rows:
        before = thinking.get(row.get("lot", ""))
        if "clause" in row and before is not None:
            if row["clause"] != before["clause"] and row["at"] < before["due"]:
                continue
            if row["event"] != "notice_given" and row["clause"] == before["clause"]:
                del thinking[row["lot"]]
        if row["event"] == "notice_given":
            thinking[row["lot"]] = row
        kept.append(row)
    return kept


def ask(dice: Random) -> Row:
    """A question of any of the three kinds, often about the lot that is being sourced."""
    start = dice.choice([8, 9, 10, 11, 12, dice.randint(0, LAST_S)])
    own = dice.random() < 0.2
    return thing(dice) | said(
        act=dice.choice(["supply"] * 4 + ["run", "use"]),
        supplier="buyer" if own else one(dice, "parties", left_open=0.1),
        own=True if own else None,
        gpus=dice.randint(1, 4),
        start=moment(start),
        end=moment(start + dice.randint(1, 5)),
        price=dice.choice(PRICES),
        prepaid=dice.choice(PREPAID),
        capacity="existing" if dice.random() < 0.08 else None,
        lot=dice.choice([None, "x", "x", "x", "y"]),
        user=one(dice, "parties"),
        asset=one(dice, "assets"),
        product=one(dice, "products"),
    )
