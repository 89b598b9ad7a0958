"""What another portfolio would change: what may happen that may not now, and the reverse."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from offtake.contract.portfolio import Portfolio
from offtake.core.decide import decide
from offtake.core.evolve import NO_FACTS
from offtake.core.vocabulary import Act, Ask, Capacity, Decision
from offtake.study.rights import ask_about, causes, says, suppliers_of, turns

WORDS = {Act.SUPPLY: "supply", Act.RUN: "run", Act.USE: "use"}


class Changed(NamedTuple):
    """A question that the two answer differently during ``[from_s, until_s)``."""

    act: str
    party: str
    about: str  # A purpose; for a use, an asset.
    from_s: int
    until_s: int
    before: str
    after: str
    clauses: tuple[str, ...]  # Of the stricter answer.
    says: str


class _Question(NamedTuple):
    act: Act
    party: str
    about: str


def changes(before: Portfolio, after: Portfolio, period: tuple[int, int]) -> list[Changed]:
    """The answers that differ in a period, neighbours joined, in order of act, party and matter.

    Asked is the plainest ask of each kind, of parties, purposes and assets that both know.
    """
    edges = sorted({*turns(before.clauses, *period), *turns(after.clauses, *period)})
    return [row for asked in _questions(before, after) for row in _of(asked, before, after, edges)]


def _questions(before: Portfolio, after: Portfolio) -> Iterator[_Question]:
    parties = [before.names.parties[index] for index in suppliers_of(before)]
    known = [party for party in parties if party in after.names.parties]
    purposes = [name for name in before.names.purposes if name in after.names.purposes]
    for act in (Act.SUPPLY, Act.RUN):
        for party in known:
            yield from (_Question(act, party, purpose) for purpose in purposes)
    assets = [name for name in before.names.assets if name in after.names.assets]
    for party in before.names.parties:
        if party in after.names.parties:
            yield from (_Question(Act.USE, party, asset) for asset in assets)


def _of(
    asked: _Question, before: Portfolio, after: Portfolio, edges: Sequence[int]
) -> list[Changed]:
    found: list[Changed] = []
    for from_s, until_s in pairwise(edges):
        old, new = _answer(before, asked, from_s), _answer(after, asked, from_s)
        if old.verdict == new.verdict:
            continue
        strict, names = (old, before.names) if old.verdict > new.verdict else (new, after.names)
        row = Changed(
            WORDS[asked.act],
            asked.party,
            asked.about,
            from_s,
            until_s,
            old.verdict.name.lower(),
            new.verdict.name.lower(),
            causes(strict),
            says(strict, names),
        )
        same = found and found[-1].until_s == from_s and found[-1][5:8] == row[5:8]
        if same:
            found[-1] = found[-1]._replace(until_s=until_s)
        else:
            found.append(row)
    return found


def _answer(portfolio: Portfolio, asked: _Question, at_s: int) -> Decision:
    names = portfolio.names
    party = names.parties.index(asked.party)
    if asked.act != Act.USE:
        purpose = names.purposes.index(asked.about)
        ask = ask_about(asked.act, supplier=party, purpose=purpose, at_s=at_s)
    else:
        ask = Ask(
            Act.USE,
            user=party,
            asset=names.assets.index(asked.about),
            capacity=Capacity.EXISTING,
            start_s=at_s,
            end_s=at_s + 1,
        )
    return decide(portfolio.clauses, NO_FACTS, ask, at_s)
