"""The JSON Schema of portfolio files, from the same declarations that reading uses.

It is kept at ``schema/portfolio-1.json`` for editors that complete and check while one types.
It knows forms, not meaning: names that are not declared and dates that do not fit are found by
``offtake check``.
"""

import sys
from dataclasses import fields
from typing import Any

from offtake.clauses import KINDS
from offtake.contract import model
from offtake.contract.read import BY_ID, LIMIT_NAME, LIMIT_SOURCE_NAME, LISTED, SINGLE
from offtake.contract.record import KEYS, LISTS, stepwise
from offtake.contract.value import LIMIT_COUNT, SCALARS, written
from offtake.core.text import Term, Value, required, terms_of_text
from offtake.units.capacity import LIMIT_GPUS, share_text
from offtake.units.time import FOREVER_S, instant_text

Schema = dict[str, Any]

ID = "https://offtake.example/schema/portfolio-1.json"
_NUMBER = r"\d[\d,_]*(\.\d+)?"
_MONEY = (
    rf"([$€£¥]|[A-Z]{{3}}\s)?\s*{_NUMBER}\s*[kKmMbBtT]?\s*([A-Z]{{3}})?"
    r"(\s*(/|per)\s*GPU-?h(our)?)?"
)
_SIZE = rf"{_NUMBER}\s*([kKmM]?(\s*GPUs?)?|kW|MW|GW|W)"
_UNITS = "business days?|bd|months?|mo|minutes?|min|seconds?|hours?|days?|weeks?|years?|[shdwy]"
_DATE = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?"
PATTERNS = {
    Value.MONEY: _MONEY,
    Value.DURATION: rf"\d+\s*({_UNITS})",
    Value.SHARE: r"\d+(\.\d+)?\s*%",
    Value.SPEED: r"\d+(\.\d+)?\s*%",
    Value.INSTANT: _DATE,
    Value.SIZE: _SIZE,
    Value.GPUS: rf"{_NUMBER}\s*[kKmM]?(\s*GPUs?)?",
    Value.FLOOR: rf"({_MONEY}|{_SIZE}|{_NUMBER}\s*GPU-h(ours)?)",
    Value.COUNT: r"[\d,_]+",
    Value.FLAG: "([Yy][Ee][Ss]|[Nn][Oo]|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])",
}
"""How each type looks in a file, for editors; reading is the judge."""
EXAMPLES = {
    Value.MONEY: ["$30B", "2.50 USD", "$2.50/GPU-h"],
    Value.DURATION: ["30d", "24h", "6mo", "10 business days"],
    Value.SHARE: ["20%", "0.5%"],
    Value.SPEED: ["45%", "250%"],
    Value.INSTANT: ["2025-01-21", "2025-01-21T17:00:00-05:00"],
    Value.SIZE: ["64000", "64k", "1.2 GW"],
    Value.GPUS: ["25,000"],
    Value.FLOOR: ["$30B", "1000000 GPU-h", "300 MW"],
    Value.COUNT: ["12"],
    Value.FLAG: ["yes", "no"],
}
_UNQUOTED: dict[Value, Schema] = {
    Value.SIZE: {"type": "integer", "minimum": 0, "maximum": LIMIT_GPUS},
    Value.GPUS: {"type": "integer", "minimum": 1, "maximum": LIMIT_GPUS},
    Value.FLOOR: {"type": "integer", "minimum": 0, "maximum": LIMIT_GPUS},
    Value.COUNT: {"type": "integer", "minimum": 0, "maximum": LIMIT_COUNT},
    Value.FLAG: {"type": "boolean"},
}
"""What editors see where a figure needs no quotes."""
_WORD: Schema = {"$ref": "#/$defs/word"}
_WORDS: Schema = {"$ref": "#/$defs/words"}
_SOURCE: Schema = {"$ref": "#/$defs/source"}
_CLAUSES: Schema = {"$ref": "#/$defs/clauses"}
_START = "From when it holds."
_END = "Until when, that instant not included."
_ORIGIN = "The key of an entry under `sources:`, or the source itself."
HEAD = {
    "title": "What the portfolio is about.",
    "currency": "The one currency of all amounts, by its ISO 4217 code; USD if absent.",
    "buyer": "The party whose portfolio it is; else the first with that role.",
}
SECTIONS = {
    "regions": "Places of capacity, if they shall be checked.",
    "products": "What assets are used in.",
}


def schema() -> Schema:
    """The schema as a value that ``json`` can write."""
    properties: Schema = {key: _said(_noted("word"), says) for key, says in HEAD.items()}
    properties["include"] = _said(_WORDS, "Files whose sections belong to this one.")
    properties |= {key: _by_id(key, kind) for key, (kind, _) in BY_ID.items()}
    properties |= {key: _said(_WORDS, says) for key, says in SECTIONS.items()}
    properties["agreements"] = _named(_agreement(), "Contracts with their clauses and amendments.")
    properties |= {key: _listed(kind) for key, kind in LISTED.items()}
    properties |= {key: _record(kind) for key, kind in SINGLE.items()}
    order = [item.name for item in fields(model.Document) if item.name in properties]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "offtake portfolio",
        "description": "Everything one buyer has agreed and wants to weigh.",
        "type": "object",
        "properties": {key: properties[key] for key in ["include", *order]},
        "additionalProperties": False,
        "$defs": _definitions(),
    }


def _definitions() -> Schema:
    """Types of values, sources, and one definition for each clause kind."""
    values: Schema = {
        "word": {"type": ["string", "number", "boolean"]},
        "words": _words(_WORD),
        **{_name(value): _scalar(value) for value in SCALARS},
    }
    figures = {f"{name}_figure": _figure({"$ref": f"#/$defs/{name}"}) for name in values}
    source = {"anyOf": [_WORD, _record(model.Source)], "description": _ORIGIN}
    return {
        "source": source,
        **values,
        **figures,
        "clause": _clause(),
        "clauses": _named({"$ref": "#/$defs/clause"}, "Promises, each by its id."),
        **{f"clause_{name}": _clause_of(name) for name in KINDS},
    }


def _name(value: Value) -> str:
    return value.name.lower()


def _said(schema: Schema, says: str) -> Schema:
    return schema | {"description": says}


def _scalar(value: Value) -> Schema:
    """A type with a notation of its own."""
    text = {"type": "string", "pattern": rf"^\s*({PATTERNS[value]})\s*$"}
    unquoted = _UNQUOTED.get(value)
    form: Schema = text if unquoted is None else {"anyOf": [text, unquoted]}
    return form | {"description": SCALARS[value][1], "examples": EXAMPLES[value]}


def _figure(value: Schema) -> Schema:
    """A value, or that value with where it comes from."""
    noted = _object(
        {"value": value, "source": _SOURCE, "assumed": _said(_WORD, "Why it is assumed.")},
        ["value"],
    )
    return {"anyOf": [value, noted]}


def _noted(name: str) -> Schema:
    """The definition of a figure of a type."""
    return {"$ref": f"#/$defs/{name}_figure"}


def _object(properties: Schema, needed: list[str]) -> Schema:
    """A mapping with these keys alone; nothing at all will do where none is needed."""
    return {
        "type": "object" if needed else ["object", "null"],
        "properties": properties,
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def _named(one: Schema, says: str, longest: int = LIMIT_NAME) -> Schema:
    """A mapping from names to values of one form."""
    return {
        "description": says,
        "type": ["object", "null"],
        "propertyNames": {"minLength": 1, "maxLength": longest},
        "additionalProperties": one,
    }


def _words(word: Schema) -> Schema:
    """One word, or a list of them."""
    return {"anyOf": [word, {"type": "array", "items": word}]}


def _record(kind: type) -> Schema:
    """A mapping of declared terms."""
    needed = [KEYS.get(name, name) for name in required(kind) if name in terms_of_text(kind)]
    return _said(_object(_terms(kind), needed), _first_line(kind.__doc__))


def _by_id(section: str, kind: type) -> Schema:
    longest = LIMIT_SOURCE_NAME if section == "sources" else LIMIT_NAME
    row = _record(kind) if kind is model.Source else _sourced(kind)
    return _named(row, _first_line(kind.__doc__), longest)


def _listed(kind: type) -> Schema:
    """A list of records."""
    return {
        "description": _first_line(kind.__doc__),
        "type": ["array", "null"],
        "items": _sourced(kind),
    }


def _sourced(kind: type) -> Schema:
    """A record, which may carry the source of all its figures."""
    row = _record(kind)
    row["properties"] |= {"source": _SOURCE, "assumed": _WORD}
    return row


def _terms(kind: type) -> Schema:
    """The declared terms with their types, meanings and defaults."""
    defaults = {item.name: item.default for item in fields(kind)}
    properties = {}
    for name, term in terms_of_text(kind).items():
        found = _said(_value(term), term.says)
        default = _default(term, defaults[name])
        properties[KEYS.get(name, name)] = found | default
    return properties


def _default(term: Term, value: Any) -> Schema:
    """The default in the notation of files, where there is one to write."""
    if term.value is Value.INSTANT:
        return {"default": instant_text(value)} if _stated(value) else {}
    if term.value in (Value.SHARE, Value.SPEED) and isinstance(value, int):
        return {"default": share_text(value)}
    if type(value) is tuple:
        return {"default": list(value)} if value else {}
    plain = value not in (None, "") and term.value is not Value.LINES
    return {"default": written(value)} if plain and _known(value) else {}


def _stated(value: Any) -> bool:
    return isinstance(value, int) and 0 < value < FOREVER_S


def _known(value: Any) -> bool:
    return isinstance(value, str | int | tuple)


def _value(term: Term) -> Schema:
    """What may be written for a term."""
    if term.value in SCALARS:
        return _noted(_name(term.value))
    if term.value is Value.LINES:
        assert term.of is not None
        rows = {"type": "array", "items": _record(term.of)}
        return _figure(_steps(term.of, rows) if stepwise(term.of) else rows)
    several = term.value in LISTS
    if not term.choices:
        return _noted("words" if several else "word")
    choice: Schema = {"enum": list(term.choices)}
    return _figure(_words(choice) if several else choice)


def _steps(kind: type, rows: Schema) -> Schema:
    """Quantities by date, one quantity for all time, or records."""
    *_, term = terms_of_text(kind).values()
    dates = {
        "type": "object",
        "propertyNames": {"pattern": rf"^\s*{_DATE}\s*$"},
        "additionalProperties": _value(term),
    }
    return {"anyOf": [{"$ref": f"#/$defs/{_name(term.value)}"}, dates, rows]}


def _period() -> Schema:
    when = _noted("instant")
    return {"from": _said(when, _START), "until": _said(when, _END)}


def _agreement() -> Schema:
    """A contract."""
    amendment = {
        "from": _period()["from"],
        "source": _SOURCE,
        "remove": _said(_WORDS, "The ids of clauses that end."),
        "replace": _said(_CLAUSES, "Clauses that change, by the id they have."),
        "add": _said(_CLAUSES, "Clauses that are new."),
    }
    properties = {
        "title": _said(_noted("word"), "Its title."),
        "parties": _said(_noted("words"), "Between whom."),
        **_period(),
        "source": _SOURCE,
        "clauses": _CLAUSES,
        "amendments": _named(_object(amendment, ["from"]), "Dated changes, each by its id."),
    }
    return _object(properties, ["from"])


def _clause() -> Schema:
    """A clause of any kind; its kind decides which terms it may state."""
    return {
        "type": "object",
        "properties": {"kind": {"enum": list(KINDS), "description": "Which promise it is."}},
        "required": ["kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/clause_{name}"},
            }
            for name in KINDS
        ],
    }


def _clause_of(name: str) -> Schema:
    """A clause of one kind."""
    text = KINDS[name].text
    applies = {"enum": ["signature", "service", "both"]}
    properties = {
        "kind": {"const": name},
        "says": _said(_noted("word"), "The clause in a lawyer's words, for reports."),
        **_terms(text),
        **_period(),
        "applies_to": _figure(applies) | {"default": "signature"},
        "source": _SOURCE,
        "assumed": _said(_WORD, "Why the clause is assumed."),
    }
    needed = [KEYS.get(each, each) for each in required(text)]
    says = _first_line(sys.modules[text.__module__].__doc__)
    return _said(_object(properties, ["kind", *needed]), says)


def _first_line(text: str | None) -> str:
    return (text or "").splitlines()[0] if text else ""
