"""One mistake each: what somebody writes, the code it gets, and the place that is named.

``files`` are written into a folder and ``portfolio.yaml`` is read from it. The place is
``file:line:column`` or a file alone. Every permanent code has a case here.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from offtake.contract.check import check
from offtake.contract.problem import Problem, Unreadable
from offtake.contract.read import read
from offtake.contract.value import SCALARS
from offtake.core.text import Value

SOURCE = Path(__file__).parents[3] / "src" / "offtake"
NAMED = (
    Value.PARTY,
    Value.PURPOSE,
    Value.ACCELERATOR,
    Value.REGION,
    Value.ASSET,
    Value.PRODUCT,
    Value.SOURCE,
    Value.CLAUSE,
    Value.CALENDAR,
)

HEAD = """\
buyer: lab
parties: {lab: {}, azure: {}, oracle: {}}
"""
ONE = HEAD + "agreements: {A: {from: 2024-01-01, until: 2026-01-01, clauses: {c: {"
TWO = HEAD + "agreements:\n  A:\n    from: 2024-01-01\n    until: 2026-01-01\n    clauses:\n"

BEHAVIOR = HEAD + "behaviors: [{supplier: azure, accelerators: [H], spare: 1, lead: 1d, %s}]\n"


class Case(NamedTuple):
    """A mistake and what is said of it."""

    code: str
    text: str
    place: str = ""  # "4:7" in portfolio.yaml; nothing: only the code is looked at.
    others: Mapping[str, bytes] = MappingProxyType({})


def clause(terms: str) -> str:
    """A portfolio with one clause, on line 3."""
    return ONE + terms + "}}}}\n"


def clauses(*rows: str, below: str = "") -> str:
    """A portfolio with clauses of one agreement, the first on line 8."""
    return TWO + "".join(f"      {row}\n" for row in rows) + below


CASES = (
    # What is no portfolio at all.
    Case("not-yaml", "title: [a\nbuyer: b\n", "2:6"),
    Case("not-yaml", "parties:\n\tlab: {}\n", "2:1"),
    Case("not-yaml", "title: one\n---\ntitle: two\n", "2:1"),
    Case("not-yaml", "title: a\x00b\n", "1:9"),
    Case("not-yaml", "title: ä\nbuyer: \x07\n", "2:8"),
    Case("not-yaml", "\x01\x02\x03\x04", "1:1"),
    Case("empty-file", "", "portfolio.yaml"),
    Case("empty-file", "# Nothing yet.\n"),
    Case("empty-file", "---\n"),
    Case("empty-file", "null\n"),
    Case("not-a-mapping", "just a word\n", "1:1"),
    Case("not-a-mapping", "- a\n- b\n", "1:1"),
    Case("not-a-mapping", "buyer: lab\nparties: [lab]\n", "2:10"),
    Case("beyond-limit", "a: &x [b]\nc: *x\n", "portfolio.yaml"),
    Case("beyond-limit", "title: !!binary aGVsbG8=\n", "1:8"),
    Case("control-character", 'title: "Al\\e[31mpha"\n', "1:8"),
    Case("beyond-limit", "buyer: lab\nparties: !!set {lab: {}}\n", "2:10"),
    Case("beyond-limit", "{a: " * 60, "portfolio.yaml"),
    Case("beyond-limit", "- " * 100_000),
    Case("not-yaml", "[" * 100_000),
    Case("beyond-limit", "a: [" + "b, " * 200_001 + "]"),
    Case("beyond-limit", HEAD + "products: [" + "p, " * 100 + "]", "3:1"),
    Case("beyond-limit", HEAD + "accelerators:\n" + "".join(f"  k{n}: {{}}\n" for n in range(99))),
    Case(
        "beyond-limit",
        HEAD
        + "pools:\n"
        + "".join(
            f"  p{n}: {{supplier: azure, accelerator: k{n}, capacity: 1}}\n" for n in range(70)
        ),
    ),
    Case(
        "beyond-limit",
        clauses(*(f"c{n}: {{kind: exclusivity, holder: azure}}" for n in range(1_001))),
    ),
    # Files.
    Case(
        "not-utf8",
        "include: other.yaml\n",
        "other.yaml:2:8",
        {"other.yaml": b"a: b\ntitle: \xe9t\xe9\n"},
    ),
    Case(
        "not-utf8",
        "include: other.yaml\n",
        "other.yaml:1:1",
        {"other.yaml": "a: b".encode("utf-16")},
    ),
    Case("no-file", HEAD + "include: missing.yaml\n", "3:1"),
    Case("no-file", HEAD + 'include: "a\\0b"\n', "3:1"),
    Case("no-file", HEAD + f"include: {'a' * 300}.yaml\n", "3:1"),
    Case("not-a-file", HEAD + "include: folder\n", "3:1", {"folder/x": b""}),
    Case("bad-include", "include: portfolio.yaml\n", "1:1"),
    Case(
        "bad-include", "include: [b.yaml]\n", "b.yaml:1:1", {"b.yaml": b"include: portfolio.yaml"}
    ),
    Case("bad-include", "include: [b.yaml, b.yaml]\n", "1:1", {"b.yaml": b"title: b"}),
    Case(
        "bad-include",
        f"include: [{', '.join(f'f{n}.yaml' for n in range(20))}]\n",
        "1:1",
        {f"f{n}.yaml": b"title: b" for n in range(20)},
    ),
    # Keys and names.
    Case("bad-key", "buyer: lab\nbuyer: lab\n", "2:1"),
    Case("bad-key", "? [a, b]\n: c\nbuyer: lab\n", "1:3"),
    Case(
        "bad-key",
        clause(
            "kind: take_or_pay, supplier: azure, ramp: {2024-01-01: $1, 2024-01-01T00:00:00Z: $2}"
        ),
        "3:111",
    ),
    Case("bad-name", HEAD + 'assets:\n  "": {}\n', "4:3"),
    Case("bad-name", HEAD + 'assets:\n  " a": {}\n', "4:3"),
    Case("bad-name", HEAD + f"assets:\n  {'a' * 101}: {{}}\n", "4:3"),
    Case("bad-name", HEAD + f"assets:\n  ? {'a' * 2000}\n  : {{}}\n", "4:5"),
    Case("bad-name", HEAD + "agreements:\n  A/1: {from: 2024-01-01}\n", "4:3"),
    Case("unknown-key", "buyer: lab\npartys: {}\n", "2:1"),
    Case("unknown-key", clause("kind: exclusivity, holder: azure, purpose: [api]"), "3:103"),
    Case("unknown-key", HEAD + "accelerators: {H: {power: {value: 1 kW, sources: S}}}\n", "3:41"),
    Case("missing-key", clause("kind: exclusivity"), "3:68"),
    Case("missing-key", clause("kind: exclusivity, holder: "), "3:88"),
    Case("missing-key", clause("holder: azure"), "3:68"),
    Case("missing-key", HEAD + "agreements: {A: {title: t}}\n", "3:17"),
    Case(
        "missing-key", HEAD + "agreements: {A: {from: 2024-01-01, amendments: {B: {}}}}\n", "3:52"
    ),
    Case("declared-twice", "include: b.yaml\n" + HEAD, "3:11", {"b.yaml": b"parties: {lab: {}}"}),
    # Values.
    Case("wrong-type", "buyer: [lab]\n", "1:8"),
    Case("wrong-type", clause("kind: exclusivity, holder: {name: azure}"), "3:96"),
    Case("not-a-list", clause("kind: rate_card, supplier: azure, lines: {price: $1}"), "3:110"),
    Case("not-a-list", HEAD + "products: {a: b}\n", "3:11"),
    Case("not-a-list", HEAD + "products: [a, [b]]\n", "3:15"),
    Case("not-a-list", HEAD + "prices: {supplier: azure, price: $1}\n", "3:9"),
    Case("not-money", clause("kind: rate_card, supplier: azure, lines: [{price: 5}]"), "3:119"),
    Case("not-money", clause("kind: rate_card, supplier: azure, lines: [{price: -$5}]")),
    Case("not-money", clause("kind: rate_card, supplier: azure, lines: [{price: .nan}]")),
    Case("not-money", clause("kind: rate_card, supplier: azure, lines: [{price: $99999T}]")),
    Case("not-money", clause("kind: rate_card, supplier: azure, lines: [{price: $0.0000001}]")),
    Case(
        "not-money", clause(f"kind: rate_card, supplier: azure, lines: [{{price: ${'9' * 5_000}}}]")
    ),
    Case(
        "not-money",
        clause(f"kind: rate_card, supplier: azure, lines: [{{price: $1{' ' * 9_000}x}}]"),
    ),
    Case("not-duration", clause("kind: first_refusal, holder: azure, window: soon"), "3:113"),
    Case("not-duration", clause("kind: first_refusal, holder: azure, window: -30d")),
    Case("not-duration", clause("kind: first_refusal, holder: azure, window: inf")),
    Case("not-duration", clause("kind: first_refusal, holder: azure, window: 99999y")),
    Case("not-duration", clause(f"kind: first_refusal, holder: azure, window: {'9' * 5_000}d")),
    Case("not-share", clause("kind: build_right, grantee: lab, primarily: 0.5"), "3:113"),
    Case("not-share", clause("kind: build_right, grantee: lab, primarily: 101%")),
    Case("not-speed", HEAD + "accelerators: {H100: {speed: fast}}\n", "3:30"),
    Case("not-speed", HEAD + "accelerators: {H100: {speed: 0%}}\n"),
    Case("not-speed", HEAD + "accelerators: {H100: {speed: 10001%}}\n"),
    Case("not-instant", HEAD + "agreements: {A: {from: 20250101}}\n", "3:24"),
    Case("not-instant", HEAD + "agreements: {A: {from: 2025-02-30}}\n", "3:24"),
    Case("not-instant", HEAD + "agreements: {A: {from: 2025-01-21T17:00:00}}\n", "3:24"),
    Case("not-instant", HEAD + "agreements: {A: {from: 1969-12-31}}\n"),
    Case("not-instant", HEAD + 'agreements: {A: {from: "1970-01-01T00:00:00+05:00"}}\n'),
    Case("not-instant", HEAD + 'agreements: {A: {from: "2199-12-31T23:00:00-05:00"}}\n'),
    Case("not-instant", HEAD + f"agreements: {{A: {{from: {'1' * 5_000}}}}}\n"),
    Case("not-size", clause("kind: waiver, of: A/c, grantee: azure, limit: 1.5"), "3:115"),
    Case("not-size", clause("kind: waiver, of: A/c, grantee: azure, limit: 1e30")),
    Case("not-size", clause(f"kind: waiver, of: A/c, grantee: azure, limit: 1{'0' * 30}")),
    Case("not-size", clause("kind: waiver, of: A/c, grantee: azure, limit: 20 TW")),
    Case("not-size", clause("kind: waiver, of: A/c, grantee: azure, limit: -5")),
    Case(
        "not-gpus",
        HEAD + "jobs: {j: {purpose: api, gpus: 0, submitted: 2024-01-01, run: 1d}}\n",
        "3:32",
    ),
    Case("not-floor", clause("kind: take_or_pay, supplier: azure, floor: much"), "3:112"),
    Case(
        "not-count", clause("kind: first_refusal, holder: azure, window: 1d, rank: first"), "3:123"
    ),
    Case("not-count", clause("kind: first_refusal, holder: azure, window: 1d, rank: -1")),
    Case(
        "not-count", clause(f"kind: first_refusal, holder: azure, window: 1d, rank: {'9' * 5_000}")
    ),
    Case(
        "not-flag",
        clause("kind: first_refusal, holder: azure, window: 1d, partial: maybe"),
        "3:126",
    ),
    Case("not-time", HEAD + "calendars: {c: {close: five}}\n", "3:13"),
    Case("not-time", HEAD + 'calendars: {c: {close: "17:00+02:00"}}\n', "3:13"),
    Case("unknown-choice", clause("kind: take_or_pay, supplier: azure, per: week"), "3:110"),
    Case("unknown-choice", HEAD.replace("azure: {}", "azure: {roles: [seller]}"), "2:36"),
    Case("unknown-kind", clause("kind: exclusive, holder: azure"), "3:75"),
    Case("bad-source", clause("kind: exclusivity, holder: azure, source: [S1]"), "3:111"),
    Case("bad-source", clause("kind: exclusivity, holder: azure, assumed: {why: x}"), "3:112"),
    # Names that are not declared.
    Case("unknown-party", clause("kind: exclusivity, holder: azur"), "3:96"),
    Case(
        "unknown-purpose", clause("kind: exclusivity, holder: azure, purposes: [trainig]"), "3:114"
    ),
    Case(
        "unknown-accelerator",
        clause("kind: exclusivity, holder: azure, accelerators: H100"),
        "3:117",
    ),
    Case(
        "unknown-accelerator",
        HEAD
        + "accelerators: {H100: {}}\n"
        + "pools: {p: {supplier: azure, accelerator: H10, capacity: 1}}\n",
        "4:43",
    ),
    Case("unknown-region", clause("kind: exclusivity, holder: azure, regions: [mars]"), "3:113"),
    Case(
        "unknown-asset",
        clause("kind: ip_licence, licensor: lab, licensee: azure, assets: [m]"),
        "3:128",
    ),
    Case(
        "unknown-product",
        clause("kind: ip_licence, licensor: lab, licensee: azure, products: [p]"),
        "3:130",
    ),
    Case("unknown-source", clause("kind: exclusivity, holder: azure, source: S9"), "3:111"),
    Case("unknown-clause", clause("kind: waiver, of: A/x, grantee: azure"), "3:87"),
    Case(
        "unknown-calendar",
        clause("kind: first_refusal, holder: azure, window: 1d, calendar: x"),
        "3:127",
    ),
    Case("unknown-zone", HEAD + "calendars: {c: {zone: America}}\n", "3:13"),
    Case("unknown-zone", HEAD + 'calendars: {c: {zone: "../../etc/passwd"}}\n'),
    Case("unknown-zone", HEAD + 'calendars: {c: {zone: ""}}\n'),
    Case("unknown-country", HEAD + "calendars: {c: {country: XX}}\n", "3:13"),
    Case("unknown-country", HEAD + "calendars: {c: {country: US, subdivision: XX}}\n"),
    # What cannot hold together.
    Case("no-buyer", "title: t\n", "portfolio.yaml"),
    Case("no-buyer", "buyer: me\nparties: {lab: {}}\n", "1:8"),
    Case("no-buyer", "parties: {lab: {}}\n", "1:1"),
    Case("cyclic-purpose", HEAD + "purposes:\n  a: {under: b}\n  b: {under: a}\n", "4:3"),
    Case("cyclic-purpose", HEAD + "purposes:\n  inference: {under: api}\n", "4:3"),
    Case("empty-period", HEAD + "agreements:\n  A: {from: 2025-01-01, until: 2025-01-01}\n", "4:3"),
    Case("empty-period", clause("kind: exclusivity, holder: azure, from: 2027-01-01"), "3:65"),
    Case("empty-period", clause("kind: exclusivity, holder: azure, until: 2020-01-01")),
    Case(
        "empty-period",
        HEAD + "reports: [{base: b, from: 2025-01-01, until: 2024-01-01, amount: $1}]\n",
    ),
    Case("empty-period", HEAD + "simulation: {from: 2025-01-01, until: 2024-01-01}\n", "3:1"),
    Case(
        "never-in-force",
        clauses(
            "e: {kind: exclusivity, holder: azure, from: 2025-01-01, until: 2024-06-01}",
            "w: {kind: waiver, of: A/e, grantee: oracle}",
        ),
        "9:29",
    ),
    Case(
        "declared-twice",
        clauses(
            "e: {kind: exclusivity, holder: azure}",
            below="    amendments:\n      B: {from: 2025-01-01, add: "
            "{e: {kind: exclusivity, holder: azure}}}\n",
        ),
        "10:7",
    ),
    Case(
        "no-such-clause",
        clauses(
            "e: {kind: exclusivity, holder: azure}",
            below="    amendments: {B: {from: 2025-01-01, remove: [f]}}\n",
        ),
        "9:18",
    ),
    Case(
        "changed-kind",
        clauses(
            "e: {kind: exclusivity, holder: azure}",
            below="    amendments:\n      B: {from: 2025-01-01, replace: "
            "{e: {kind: first_refusal, holder: azure, window: 1d}}}\n",
        ),
        "10:7",
    ),
    Case(
        "other-currency",
        clause("kind: rate_card, supplier: azure, lines: [{price: 5 EUR}]"),
        "3:119",
    ),
    Case("floor-or-ramp", clause("kind: take_or_pay, supplier: azure"), "3:65"),
    Case(
        "floor-or-ramp",
        clause("kind: take_or_pay, supplier: azure, floor: $1, ramp: {2024-01-01: $1}"),
    ),
    Case(
        "endless-commitment",
        clause("kind: take_or_pay, supplier: azure, floor: $1").replace(", until: 2026-01-01", ""),
        "3:46",
    ),
    Case(
        "term-without-effect",
        clause("kind: take_or_pay, supplier: azure, floor: $1, per: term, make_up: 12mo"),
        "3:65",
    ),
    Case(
        "prepaid-without-rate",
        clause("kind: take_or_pay, supplier: azure, floor: 5 GPU-h, prepaid: 10%"),
        "3:65",
    ),
    Case(
        "incomplete-term",
        clause("kind: first_refusal, holder: azure, window: 1d, large_lot: 9"),
        "3:65",
    ),
    Case(
        "no-power", HEAD + "pools: {p: {supplier: azure, accelerator: H, capacity: 5 MW}}\n", "3:9"
    ),
    Case("no-power", HEAD + "accelerators: {H: {power: 0 W}}\n", "3:16"),
    Case("no-power", HEAD + "accelerators: {H: {power: 1400}}\n", "3:16"),
    Case("no-power", clause("kind: take_or_pay, supplier: azure, floor: 300 MW"), "3:65"),
    Case("no-power", HEAD + "procurement: {lot: 1 MW}\n", "3:1"),
    Case("zero-quantity", clause("kind: build_right, grantee: lab, measured_over: 0d"), "3:65"),
    Case("zero-quantity", HEAD + "procurement: {review: 0d}\n", "3:1"),
    Case("zero-quantity", HEAD + "procurement: {window: 0}\n", "3:1"),
    Case("price-or-history", HEAD + "prices: [{supplier: azure}]\n", "3:10"),
    Case("zero-quantity", HEAD + "prices: [{supplier: azure, price: $1, step: 0d}]\n", "3:10"),
    Case("missing-key", BEHAVIOR % "decides: threshold", "3:13"),
    Case("missing-key", BEHAVIOR % "decides: probabilistic", "3:13"),
    Case("missing-key", HEAD + "procurement: {policy: fixed}\n", "3:1"),
    Case(
        "zero-quantity",
        HEAD + "jobs: {j: {purpose: api, gpus: 1, submitted: 2024-01-01, run: 0h}}\n",
    ),
    # What a lawyer would flag; test_counsel.py has the other side of each.
    Case(
        "conflicting-exclusivities",
        clauses(
            "e: {kind: exclusivity, holder: azure, purposes: [api]}",
            "f: {kind: exclusivity, holder: oracle}",
        ),
        "9:7",
    ),
    Case(
        "nobody-may-serve",
        clauses("e: {kind: exclusivity, holder: azure}", "f: {kind: exclusivity, holder: oracle}"),
        "8:7",
    ),
    Case(
        "commitment-shut-out",
        clauses(
            "e: {kind: exclusivity, holder: azure}",
            "p: {kind: take_or_pay, supplier: oracle, floor: $1}",
        ),
        "9:7",
    ),
    Case(
        "equal-rank",
        clauses(
            "r: {kind: first_refusal, holder: azure, window: 1d}",
            "s: {kind: first_refusal, holder: oracle, window: 1d}",
        ),
    ),
    Case(
        "unpriced-requirement",
        clauses(
            "r: {kind: first_refusal, holder: azure, window: 1d}",
            below="requirements:\n  q: {purpose: training, size: 1, submitted: 2024-02-01, "
            "from: 2024-06-01, until: 2025-06-01}\n",
        ),
        "10:3",
    ),
    Case(
        "waiver-of-nothing",
        clauses(
            "e: {kind: exclusivity, holder: azure, purposes: [api]}",
            "w: {kind: waiver, of: A/e, grantee: oracle, purposes: [training]}",
        ),
        "9:7",
    ),
    Case(
        "floor-above-capacity",
        clauses(
            "p: {kind: take_or_pay, supplier: azure, floor: 1000 GPU-h, per: month}",
            below="pools: {q: {supplier: azure, accelerator: H, capacity: 1, rate: $1}}\n",
        ),
        "8:7",
    ),
    Case(
        "unpriced-capacity",
        HEAD + "pools: {p: {supplier: azure, accelerator: H, capacity: 1}}\n",
        "3:9",
    ),
)


def problems_of(case: Case, folder: Path) -> list[Problem]:
    """Everything that is said of a case; it never raises anything but Unreadable."""
    for name, data in {"portfolio.yaml": case.text.encode(), **case.others}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    try:
        return check(read(folder / "portfolio.yaml"))
    except Unreadable as unreadable:
        return list(unreadable.problems)


def codes(folder: Path = SOURCE / "contract") -> set[str]:
    """Every permanent code that the source can give."""
    text = "\n".join(file.read_text() for file in sorted(folder.rglob("*.py")))
    found = set(
        re.findall(
            r'(?:Problem|Rule|problem|problem_row|flag|Invalid|Void|Forged|NotPermitted|_stop)\(\s*"([a-z0-9-]+)"',
            text,
        )
    )
    found |= {f"unknown-{value.value}" for value in NAMED}
    return found | {f"not-{value.name.lower()}" for value in SCALARS}
