"""Notices as a desk gives them, and the text of a PDF file as a reader of it sees it."""

import re
import zlib
from typing import NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.names import BUYER
from offtake.core.vocabulary import BoundClause, Event
from offtake.desk.documents.notice import NoticeDocument, Sending, notice_document, wording_of
from offtake.sourcing.command import Bid, Proceed, Submit
from offtake.sourcing.course import evolve
from offtake.sourcing.process import decide
from offtake.sourcing.requirement import Lot, Need, Offer, Rules, State
from offtake.units.time import DAY_S, parse_instant

PORTFOLIO = """
currency: EUR
parties:
  lab: {{name: "Société d\u2019étude \u2013 Labo", roles: [buyer]}}
  alpha: {{name: Ελλάς Cloud}}
  beta: {{name: Beta GmbH}}
accelerators: {{H100: {{power: 1.4 kW}}, H200: {{power: 1.4 kW}}}}
regions: [paris, lyon]
calendars:
  new-york: {{zone: America/New_York, country: US, subdivision: NY, close: "17:00"}}
sources:
  S1: {{title: Capacity agreement, link: "https://example.com/agreement"}}
agreements:
  A-1:
    title: Capacity agreement of 2025
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      first:
        kind: first_refusal
        holder: alpha
        says: New capacity is offered to the holder first.
        source: S1
        calendar: new-york
        {terms}
"""
FIRST = "window: 10 business days\n        partial: yes\n        minimum_lot: 512"
MATCH = "form: matching\n        window: 30d\n        price_tolerance: 2.5%"
DAY = parse_instant("2025-03-03T15:30:00Z")


class Given(NamedTuple):
    """A notice that sourcing gave, with what a document needs of it."""

    portfolio: Portfolio
    clause: BoundClause
    lot: Lot  # As it stood before.
    event: Event


def given(terms: str = FIRST, **need: int) -> Given:
    """The first notice of a lot under a clause with these terms; a matching one after a tender."""
    portfolio = Portfolio.loads(PORTFOLIO.format(terms=terms))
    names, parties = portfolio.names, portfolio.names.parties
    rules = Rules(portfolio.clauses, tuple(range(BUYER + 1, len(parties))), 14 * DAY_S)
    wanted = {
        "purpose": names.purposes.index("training"),
        "gpus": 1_500,
        "start_s": parse_instant("2025-09-01"),
        "end_s": parse_instant("2026-09-01"),
        "latest_start_s": parse_instant("2025-12-01"),
        "accelerators": (0, 1),
        "price_limit_micros_per_gpu_h": 3_200_000,
    }
    asked = Need("run-7", **{**wanted, **need})
    offer = Offer(parties.index("beta"), 1_024, 2_900_000, asked.start_s, asked.end_s, 0, 0, 50_000)
    commands = [(Submit(1, asked), DAY), (Proceed(1), DAY)]
    if "matching" in terms:
        closed_s = DAY + 14 * DAY_S
        commands += [(Bid(1, offer), DAY), (Proceed(1), closed_s), (Proceed(1), closed_s)]
    state = State()
    for command, at_s in commands:
        lot = state.lots.get(1)
        for item in decide(rules, names, state, command, at_s):
            state = evolve(rules, state, item.event, asked)
    event = state.lots[1].notice
    assert event is not None
    assert lot is not None
    return Given(portfolio, portfolio.clauses[0], lot, event)


def document(made: Given, **sending: str) -> NoticeDocument:
    """The document of a notice."""
    told = {
        "notice": "run-7.1",
        "answer_at": "https://desk.example.com/notices/run-7.1",
        "requirement_title": "Frontier run",
    }
    wording = wording_of(made.portfolio, made.clause)
    return notice_document(
        made.portfolio.names,
        made.clause,
        made.lot,
        made.event,
        Sending(**{**told, **sending}, wording=wording),
    )


def squeezed(text: str) -> str:
    """A text with one space for each stretch of white: lines break where there is room."""
    return re.sub(r"\s+", " ", text)


def pdf_text(file: bytes) -> str:
    """What a reader may select in a PDF file of fpdf2, by its ToUnicode tables alone."""
    objects = {
        int(number): body
        for number, body in re.findall(rb"(?:^|\n)(\d+) 0 obj\s(.*?)endobj", file, re.DOTALL)
    }
    fonts = {
        name.decode(): _signs(objects, objects[int(number)])
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", file)
    }
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    found = []
    for page in pages:
        content = re.search(rb"/Contents (\d+) 0 R", page)
        assert content is not None
        found.append(_shown(_stream(objects[int(content[1])]), fonts))
    return "\n".join(found)


def _stream(body: bytes) -> bytes:
    head, _, rest = body.partition(b"stream\n")
    written = rest.rpartition(b"\nendstream")[0]
    return zlib.decompress(written) if b"FlateDecode" in head else written


def _signs(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert table is not None, "the text of this font cannot be selected"
    rows = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", _stream(objects[int(table[1])]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in rows}


def _shown(content: bytes, fonts: dict[str, dict[int, str]]) -> str:
    """The strings of a page, in the order they are drawn, a space where one begins elsewhere."""
    text, font, kept = "", "", list[str]()
    token = rb"/(F\d+) [\d.]+ Tf|\b(q|Q|Td)\b|\(((?:\\.|[^\\)])*)\)"
    for other, does, string in re.findall(token, content, re.DOTALL):
        if other:
            font = other.decode()
        elif does == b"q":
            kept.append(font)
        elif does == b"Q":
            font = kept.pop()
        elif does == b"Td":
            text += " "
        else:
            codes = re.sub(rb"\\(.)", lambda sign: _escaped(sign[1]), string, flags=re.DOTALL)
            pairs = zip(codes[::2], codes[1::2], strict=True)
            text += "".join(fonts[font][high * 256 + low] for high, low in pairs)
    return text


def _escaped(sign: bytes) -> bytes:
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(sign, sign)
