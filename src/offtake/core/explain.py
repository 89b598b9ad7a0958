"""Decisions as sentences and as data for programs. Pure; knows no clause."""

import unicodedata
from typing import Any

from offtake.core.names import ALL, UNSTATED, Names, name_of
from offtake.core.vocabulary import Act, Ask, Decision, Found, Waived
from offtake.units.capacity import share_text
from offtake.units.money import SECONDS_PER_HOUR, plain
from offtake.units.time import FOREVER_S, NEVER, duration_text, instant_text

JOINERS = "\u200c\u200d"
"""Signs without a width that words of some scripts need."""
ACTS = {Act.SUPPLY: "supply", Act.RUN: "run", Act.USE: "carry"}


def one_line(text: str) -> str:
    """A text as one line that a terminal shows and does not obey.

    Names and titles come from files that nobody vouches for: a line break in one could pass for
    a verdict, an escape could recolor one, a sign of direction could turn one around.
    """
    return "".join(map(_shown, text))


def _shown(sign: str) -> str:
    if sign.isprintable() or sign in JOINERS:
        return sign
    if (sign.isspace() and sign.isascii()) or unicodedata.category(sign) in ("Zs", "Zl", "Zp"):
        return " "
    return sign.encode("unicode_escape").decode()


def sentence(found: Found, ask: Ask, names: Names, at_s: int = 0) -> str:
    """What a finding says, with the parties and figures of this case in it.

    ``at_s`` is the instant of the decision, for figures that depend on it.
    """
    return found.finding.says.format_map(_words(found, ask, names, at_s))


def lines(decision: Decision, names: Names) -> list[str]:
    """A decision as sentences: the verdict, each finding with clause and rule, each waiver."""
    text = [f"{decision.verdict.name} on {instant_text(decision.at_s)}"]
    for found in decision.findings:
        text.append(f"{found.finding.verdict.name.lower()}: {_cited(found, decision, names)}")
        duty = found.obligation
        if duty is not None:
            due = instant_text(duty.due_at_s)
            text.append(f"      {names.title(duty.party)} must {duty.act} by {due}")
    text += [
        f"waived by {waived.by.clause_id}: {_cited(waived.found, decision, names)}"
        for waived in decision.waived
    ]
    if not decision.findings and not decision.waived:
        text.append("no clause in force objects (D1)")
    return [one_line(line) for line in text]


def _cited(found: Found, decision: Decision, names: Names) -> str:
    said = sentence(found, decision.ask, names, decision.at_s)
    cited = f"{said} ({found.clause.clause_id}, {found.finding.rule}, {found.finding.reason})"
    return cited + (f" [{found.clause.source}]" if found.clause.source else "")


def data(decision: Decision, names: Names) -> dict[str, Any]:
    """A decision in the documented JSON form (docs/reference/decision.md)."""
    return {
        "verdict": decision.verdict.name.lower(),
        "findings": [
            finding_data(found, decision.ask, names, decision.at_s) for found in decision.findings
        ],
        "waived": [_waived_data(waived, decision, names) for waived in decision.waived],
        "at": instant_text(decision.at_s),
    }


def finding_data(found: Found, ask: Ask, names: Names, at_s: int = 0) -> dict[str, Any]:
    """One finding of a decision at an instant in the documented JSON form."""
    finding, duty = found.finding, found.obligation
    return {
        "agreement": found.clause.agreement,
        "clause": found.clause.clause_id,
        "kind": found.clause.kind.name,
        "rule": finding.rule,
        "reason": finding.reason,
        "verdict": finding.verdict.name.lower(),
        "says": sentence(found, ask, names, at_s),
        "obligation": None
        if duty is None
        else {
            "party": name_of(names.parties, duty.party),
            "act": duty.act,
            "due": instant_text(duty.due_at_s),
        },
        "source": found.clause.source or None,
    }


def _waived_data(waived: Waived, decision: Decision, names: Names) -> dict[str, Any]:
    said = finding_data(waived.found, decision.ask, names, decision.at_s)
    return {**said, "by": waived.by.clause_id}


def _words(found: Found, ask: Ask, names: Names, at_s: int) -> dict[str, str]:
    """The words a sentence may use: the ask's, then the clause's terms and facts."""
    clause = found.clause
    words = {
        "supplier": names.title(ask.supplier),
        "purpose": name_of(names.purposes, ask.purpose),
        "asset": name_of(names.assets, ask.asset),
        "product": _product(ask, names),
        "gpus": f"{ask.gpus:,}",
        "act_on": ACTS[Act(ask.act)],
        "matter": _matter(ask, names),
    }
    more = None
    if clause.kind.figures is not None:
        more = clause.kind.figures(clause.terms, found.facts, ask, at_s)
    for values in (clause.terms, found.facts, more):
        if values is not None:
            words.update(_figures(values, clause.kind.parties, names, words))
    return words


def _product(ask: Ask, names: Names) -> str:
    if ask.product == UNSTATED:
        return "a product that is not stated"
    return name_of(names.products, ask.product)


def _matter(ask: Ask, names: Names) -> str:
    if ask.act == Act.USE and ask.asset != UNSTATED:
        return name_of(names.assets, ask.asset)
    return name_of(names.purposes, ask.purpose)


def _figures(
    values: Any, parties: tuple[str, ...], names: Names, taken: dict[str, str]
) -> dict[str, str]:
    """Terms or facts by field name without its unit, each written for eyes."""
    words = {}
    for field, value in zip(values._fields, values, strict=True):
        word, text = field, f"{value:,}" if isinstance(value, int) else str(value)
        if field in parties:
            text = names.title(value)
        elif field == "purposes":
            word, text = field, _purposes(value, names)
        elif field.endswith("_at_s"):
            word, text = field.removesuffix("_s"), _instant(value)
        elif field.endswith("_gpu_s"):
            word, text = f"{field[:-2]}_h".replace("__", "_"), f"{value // SECONDS_PER_HOUR:,}"
        elif field.endswith("_s"):
            word, text = field.removesuffix("_s"), duration_text(value)
        elif field.endswith("_ppm"):
            word, text = field.removesuffix("_ppm"), share_text(max(value, 0))
        elif "_micros" in field:
            text = plain(value)
        if word not in taken:
            words[word] = text
    return words


def _instant(at_s: int) -> str:
    if at_s == NEVER:
        return "never"
    return "the end" if at_s >= FOREVER_S else instant_text(at_s)


def _purposes(bits: int, names: Names) -> str:
    if bits == ALL:
        return "everything"
    return ", ".join(name for index, name in enumerate(names.purposes) if bits >> index & 1)
