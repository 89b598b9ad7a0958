"""The figures of a portfolio that rest on assumptions, with their values, in groups."""

import re
from itertools import groupby
from typing import NamedTuple

from offtake.contract.model import Agreement, Document
from offtake.contract.write import Tree, noted
from offtake.report.brief import brief
from offtake.report.figures import Table
from offtake.units.time import instant_text

STEPS_SHOWN = 3
ALIKE_SHOWN = 3
"""More figures of one key with one reason than this become one row."""
SILENT = ("clauses", "amendments", "add", "replace", "lines")
"""Parts of a path that only say where in the file a figure stands."""


class Assumed(NamedTuple):
    """A figure: the group it is listed in, what it is of, its key, its value, and why."""

    group: str
    of: str
    key: str
    value: str
    why: str


def assumptions(document: Document) -> tuple[Table, ...]:
    """A folded table for each agreement and each other section with assumed figures."""
    values, owners = noted(document), _owners(document)
    rows = [
        _assumed(document, note.path, values.get(note.path), note.text, owners)
        for note in document.notes
        if note.kind == "assumed"
    ]
    order = {group: n for n, group in enumerate(dict.fromkeys(row.group for row in rows))}
    rows.sort(key=lambda row: order[row.group])  # Stable: the file's order within a group.
    tables = []
    for group, members in groupby(rows, key=lambda row: row.group):
        found = list(members)
        count = f"{len(found)} figures" if len(found) > 1 else "1 figure"
        title = group.capitalize() if group.islower() else group
        columns = ("figure", "value", "assumed because")
        tables.append(Table("", columns, _merged(found), fold=f"{title}: {count}"))
    return tuple(tables)


def _owners(document: Document) -> dict[str, str]:
    """Whose a row of a list is: ``behaviors[0]`` is a supplier's."""
    names = {party.id: party.name or party.id for party in document.parties}
    suppliers = {
        "behaviors": [item.supplier for item in document.behaviors],
        "prices": [item.supplier for item in document.prices],
    }
    found = {
        f"{section}[{number}]": names.get(party or "", party or "any supplier")
        for section, parties in suppliers.items()
        for number, party in enumerate(parties)
    }
    return found | {
        f"reports[{number}]": f"{item.base} from {instant_text(item.starts)}"
        for number, item in enumerate(document.reports)
    }


def _assumed(
    document: Document, path: str, value: "Tree | None", why: str, owners: dict[str, str]
) -> Assumed:
    section, *parts = _parts(document, path)
    group = section
    if section == "agreements":
        agreement = next(item for item in document.agreements if item.id == parts[0])
        group, parts = _agreed(agreement), parts[1:]
    elif "[" in section:
        group, parts = section.partition("[")[0], [owners.get(section, _row(section)), *parts]
    shown = [part for part in parts if part not in SILENT] or [group]
    *of, key = shown
    text = _says(document, path) if value is None else _value(value)
    return Assumed(group, ", ".join(map(_row, of)), _row(key.replace("_", " ")), text, why)


def _agreed(agreement: Agreement) -> str:
    return f"{agreement.id}, {agreement.title}" if agreement.title else agreement.id


def _row(part: str) -> str:
    """``lines[0]`` as people count: ``line 1``."""
    found = re.fullmatch(r"(\w+?)s?\[(\d+)\]", part)
    return f"{found[1]} {int(found[2]) + 1}" if found else part


def _parts(document: Document, path: str) -> list[str]:
    """The keys of a path; ids may have dots of their own."""
    ids = [item.id for item in document.requirements + document.jobs + document.pools]
    ids += [item.id for item in document.agreements + document.services]
    for name in sorted((name for name in ids if "." in name), key=len, reverse=True):
        path = path.replace(f".{name}.", f".{name.replace('.', chr(0))}.")
    return [part.replace("\0", ".") for part in path.split(".")]


def _says(document: Document, path: str) -> str:
    """What a clause says that is assumed as a whole."""
    _, name, *inside = path.split(".")
    for agreement in document.agreements:
        amended = [c for a in agreement.amendments for c in (*a.adds, *a.replaces)]
        for clause in (*agreement.clauses, *amended):
            if agreement.id == name and inside and clause.id == inside[-1]:
                return clause.says or "the whole clause"
    return "the whole entry"


def _value(tree: Tree) -> str:
    """A value as written, steps in words."""
    if isinstance(tree, str):
        return _figure(tree.strip('"'))
    if isinstance(tree, list):
        return "; ".join(_value(item) for item in tree)
    dated = all(re.match(r"\d{4}-\d\d-\d\d", key) for key in tree)
    steps = [f"{_value(value)} from {day}" for day, value in tree.items()]
    if not dated:
        return "; ".join(f"{key.replace('_', ' ')} {_value(item)}" for key, item in tree.items())
    if len(steps) > STEPS_SHOWN:
        return f"{steps[0]}, in {len(steps)} steps to {steps[-1]}"
    return ", ".join(steps)


def _figure(text: str) -> str:
    """Large numbers short and prices with cents: ``3.2B USD``, ``80,000``, ``2.60 USD``."""
    if re.fullmatch(r"\d+\.\d [A-Z]{3}", text):
        return text.replace(" ", "0 ")
    found = re.fullmatch(r"(\d+)(?:\.0*)?( [A-Z]{3})?( GPU-h)?", text)
    if not found:
        return text
    number, currency = int(found[1]), found[2] or ""
    if currency and number >= 10**6:
        return f"{brief(number)}{currency}"
    return f"{number:,}{currency}{found[3] or ''}"


def _merged(rows: list[Assumed]) -> tuple[tuple[str, str, str], ...]:
    """Rows for a table; many figures of one key with one reason become one."""
    alike: dict[tuple[str, str], list[Assumed]] = {}
    for row in rows:
        alike.setdefault((row.key, row.why), []).append(row)
    found = []
    for row in rows:
        members = alike[row.key, row.why]
        if len(members) <= ALIKE_SHOWN:
            found.append((_named(row), row.value, row.why))
        elif row is members[0]:
            found.append(_together(members))
    return tuple(found)


def _together(members: list[Assumed]) -> tuple[str, str, str]:
    """Figures of one key with one reason as one row."""
    first, last = members[0], members[-1]
    values = list(dict.fromkeys(row.value for row in members))
    shown = ", ".join(values) if len(values) <= ALIKE_SHOWN else f"{values[0]} to {values[-1]}"
    return f"{first.key}, {len(members)} times: {first.of} to {last.of}", shown, first.why


def _named(row: Assumed) -> str:
    return f"{row.of}: {row.key}" if row.of else row.key
