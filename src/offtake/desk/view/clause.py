"""The clauses of the portfolio in force: what each says, when it holds, and where it comes from."""

from collections.abc import Iterator

from offtake.contract.model import Clause, Document
from offtake.core.vocabulary import BoundClause
from offtake.desk.state import State
from offtake.desk.view.requirement import Data
from offtake.desk.view.words import instant


def clauses(state: State) -> list[Data]:
    """Every clause with its versions, the earliest first; one that has ended is still named."""
    document = state.in_force.portfolio.document
    said = {id(clause.text): clause.says for clause in _written(document)}
    titles = {source.id: source.title for source in document.sources}
    found: dict[str, Data] = {}
    for version in state.in_force.clauses:
        row = found.setdefault(
            version.clause_id,
            {
                "clause": version.clause_id,
                "agreement": version.agreement,
                "kind": version.kind.name,
                "versions": [],
            },
        )
        row["versions"].append(_version(version, said, titles))
    for row in found.values():
        row["versions"].sort(key=lambda one: one["start"] or "")
    return list(found.values())


def _version(version: BoundClause, said: dict[int, str], titles: dict[str, str]) -> Data:
    return {
        "start": instant(version.from_s),
        "end": instant(version.until_s),
        "says": said.get(id(version.text), ""),
        "source": titles.get(version.source, version.source) or None,
    }


def _written(document: Document) -> Iterator[Clause]:
    """Every clause as it is written: of agreements, and of their amendments."""
    for agreement in document.agreements:
        yield from agreement.clauses
        for amendment in agreement.amendments:
            yield from (*amendment.replaces, *amendment.adds)
