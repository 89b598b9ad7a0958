"""Write the tables of the reference from the declarations in the code, and the CLI's help.

Run it after changing a term or a flag; a test fails while the pages differ.
"""

import argparse
import re
import sys
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

from offtake.clauses import KINDS
from offtake.cli import main as main_module
from offtake.cli.desk import act_flags
from offtake.cli.main import VERBS
from offtake.cli.part import Part
from offtake.contract import market, model
from offtake.contract.record import KEYS
from offtake.contract.value import written
from offtake.core.text import ScopeText, Term, Value, terms_of_text
from offtake.desk.access.field import RESOURCES, Fields
from offtake.desk.access.may import MAY
from offtake.desk.access.role import Role
from offtake.desk.reasons import reasons
from offtake.units.capacity import share_text

SECTIONS = {
    "sources": model.Source,
    "parties": model.Party,
    "purposes": model.Purpose,
    "accelerators": model.AcceleratorKind,
    "assets": model.Asset,
    "calendars": model.CalendarText,
    "pools": model.Pool,
    "prices": model.ListPrice,
    "requirements": model.Requirement,
    "services": model.ServiceText,
    "jobs": model.JobText,
    "behaviors": market.Behavior,
    "reports": model.Reported,
    "outages": model.Outage,
    "procurement": market.Procurement,
    "simulation": model.Simulation,
    "regimes": model.Regime,
}


def table(text: type, *, without: tuple[str, ...] = ()) -> str:
    """The declared terms of a written form as a table."""
    defaults = {item.name: item.default for item in fields(text)}
    rows = ["| key | is | default | means |", "| --- | --- | --- | --- |"]
    for name, term in terms_of_text(text).items():
        if name in without:
            continue
        kind = f"one of {', '.join(term.choices)}" if term.choices else term.value.value
        default = _default(term, defaults[name])
        rows.append(f"| `{KEYS.get(name, name)}` | {kind} | {default} | {term.says} |")
    below = [term.of for term in terms_of_text(text).values() if term.of is not None]
    parts = ["\n".join(rows)]
    for line in below:
        says = (line.__doc__ or "").split("\n")[0]
        parts.append(f"Each of its lines ({says.rstrip('.').lower()}):\n\n{table(line)}")
    return "\n\n".join(parts)


def _default(term: Term, value: object) -> str:
    """A default in the notation of files; empty where there is none to write."""
    if value is MISSING:
        return "required"
    if term.value in (Value.SHARE, Value.SPEED) and isinstance(value, int):
        return f"`{share_text(value)}`"
    if term.value is Value.INSTANT and value == 0:
        return "always"
    if value is None or value in ((), ""):
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**12:
        return "open"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(str(item) for item in value)
    return "" if value == -1 else f"`{written(value)}`"


def filled(page: str) -> str:
    """A page with its marked tables written anew."""

    def fill(match: re.Match[str]) -> str:
        what = match[1]
        if what in TABLES:
            body = TABLES[what]()
        elif what == "scope":
            body = table(ScopeText)
        elif what in KINDS:
            own = tuple(terms_of_text(ScopeText))
            body = table(KINDS[what].text, without=own)
            if issubclass(KINDS[what].text, ScopeText):
                body += "\n\nAnd the [scope](../portfolio.md#scope) that all clauses share."
        else:
            body = table(SECTIONS[what])
        return f"<!-- terms: {what} -->\n\n{body}\n\n<!-- end -->"

    return re.sub(r"<!-- terms: (\w+) -->.*?<!-- end -->", fill, page, flags=re.DOTALL)


def command_line() -> str:
    """Every verb with its examples and flags, as a page."""
    parts = ["# Command line", "", (main_module.EPILOG.partition("exit codes:")[2]).strip()]
    parts[2] = f"Exit codes: {' '.join(parts[2].split())}."
    for verb, says in VERBS.items():
        module = import_module(f"offtake.cli.{verb}")
        text = (module.__doc__ or "").strip()
        parts += [
            "",
            f"## offtake {verb}",
            "",
            f"{says[0].upper()}{says[1:]}.",
            "",
            "```text",
            text,
        ]
        parts += ["```", *_parts(verb, getattr(module, "PARTS", {})), *_flags(module)]
    parts += _at_desk()
    return "\n".join(parts) + "\n"


def _parts(noun: str, parts: dict[str, Part]) -> list[str]:
    """The verbs of a noun, each with its examples and flags."""
    lines = []
    for name, part in parts.items():
        text = "\n".join(["```text", *part.examples, "```"])
        says = f"{part.says[0].upper()}{part.says[1:]}."
        lines += ["", f"### offtake {noun} {name}", "", says, "", text, *_flags(part)]
    return lines


def _flags(verb: Any) -> list[str]:
    """The flags of a verb as a table; a noun has none, and those of a desk are said once."""
    if not hasattr(verb, "arguments"):
        return []
    rows = _rows(verb.arguments)
    if isinstance(verb, Part):
        shared = _rows(act_flags)
        own = [row for row in rows if row not in shared]
        table = ["", "| flag | means |", "| --- | --- |", *own] if own else []
        at_desk = "And the [flags of every command at a desk](#flags-at-a-desk)."
        return [*table, "", at_desk] if len(own) < len(rows) else table
    said = "| `-o, --output table\\|json` | a table for people, or JSON for programs |"
    return ["", "| flag | means |", "| --- | --- |", *rows, said]


def _at_desk() -> list[str]:
    """The flags that every command at a desk has, and those of what changes something."""
    said = (
        "| `-o, --output table\\|json\\|ndjson` | a table, JSON, or a line of JSON for each row |"
    )
    head = ["", "## Flags at a desk", "", "`--key` and `--dry-run` go with what changes something."]
    return [*head, "", "| flag | means |", "| --- | --- |", *_rows(act_flags), said]


def _rows(arguments: Any) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    arguments(parser)
    rows = []
    for action in parser._actions:  # argparse offers no other way to list them.
        value = action.metavar if isinstance(action.metavar, str) else ""
        name = ", ".join(action.option_strings) or value or action.dest.upper()
        if action.choices:
            value = "|".join(action.choices)
        flag = (f"{name} {value}" if action.option_strings else name).strip().replace("|", "\\|")
        rows.append(f"| `{flag}` | {(action.help or '').replace('%%', '%')} |")
    return rows


def findings() -> str:
    """Every reason code with its clause, rule and sentence, as a table."""
    rows = ["| reason | verdict | rule | says |", "| --- | --- | --- | --- |"]
    for kind in KINDS.values():
        for finding in kind.findings:
            page = f"[{finding.rule}](clauses/{kind.name}.md)"
            verdict = finding.verdict.name.lower()
            rows.append(f"| `{finding.reason}` | {verdict} | {page} | {finding.says} |")
    return "\n".join(rows)


def acts() -> str:
    """What each role may do, as a table."""
    rows = ["| act | " + " | ".join(Role) + " |", "| --- |" + " --- |" * len(Role)]
    for act, roles in MAY.items():
        rows.append(f"| `{act}` | " + " | ".join("yes" if r in roles else "" for r in Role) + " |")
    return "\n".join(rows)


def fields_seen() -> str:
    """What each role sees of each resource, as tables of fields that the same roles see."""
    parts = []
    for name, resource in RESOURCES.items():
        needs = f"Needs `{resource.act}`." if resource.act else "The answer to a command."
        parts.append(f"### {name}\n\n{needs}\n\n{_seen(resource.fields)}")
        if resource.while_sealed is not None:
            kinds = ", ".join(f"`{kind}`" for kind in sorted(resource.sealed_kinds))
            which = f" (those of {kinds})" if kinds else ""
            sealed = _seen(resource.while_sealed) if resource.while_sealed else "Nobody sees it."
            parts.append(f"While bids are sealed{which}:\n\n{sealed}")
    return "\n\n".join(parts)


def _seen(fields: Fields) -> str:
    groups: dict[str, list[str]] = {}
    for field, roles in fields.items():
        seen_by = ", ".join(role for role in Role if role in roles) or "nobody"
        groups.setdefault(seen_by, []).append(f"`{field}`")
    rows = [f"| {', '.join(names)} | {seen_by} |" for seen_by, names in groups.items()]
    return "\n".join(["| fields | seen by |", "| --- | --- |", *rows])


def reasons_told() -> str:
    """What to do about each reason code, as a table."""
    rows = ["| reason | wait | change the request | escalate |", "| --- | --- | --- | --- |"]
    for token, reason in reasons().items():
        rows.append(f"| `{token}` | {' | '.join(reason.advice)} |")
    return "\n".join(rows)


TABLES = {"reasons": reasons_told, "findings": findings, "acts": acts, "visible": fields_seen}
"""Tables that are of no record."""


def pages(root: Path) -> dict[Path, str]:
    """Every generated page with what it should hold."""
    found = {root / "docs/reference/cli.md": command_line()}
    for path in sorted((root / "docs/reference").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if "<!-- terms:" in text:
            found[path] = filled(text)
    return found


if __name__ == "__main__":
    for path, text in pages(Path(__file__).resolve().parent.parent).items():
        path.write_text(text, encoding="utf-8")
    sys.exit(0)
