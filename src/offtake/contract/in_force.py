"""Which version of which clause is in force when: agreements with their amendments applied."""

from dataclasses import replace
from typing import NamedTuple

from offtake.contract.model import Agreement, Clause, Document
from offtake.units.time import FOREVER_S


class Version(NamedTuple):
    """A clause as it reads during ``[from_s, until_s)``; ``origin`` is where it is written."""

    agreement: str
    clause: Clause
    from_s: int
    until_s: int
    origin: str  # "agreements.MSFT-1.clauses.exclusivity"
    source: str
    agreed_until_s: int  # Its end as agreed, whatever later amendments made of it.

    @property
    def clause_id(self) -> str:
        """The id that survives amendments: ``MSFT-1/exclusivity``."""
        return f"{self.agreement}/{self.clause.id}"


def versions(document: Document) -> tuple[Version, ...]:
    """All versions of all clauses, in the order of the file, then of time."""
    return tuple(
        version for agreement in document.agreements for version in _of_agreement(agreement)
    )


def _of_agreement(agreement: Agreement) -> list[Version]:
    """Apply the amendments in order of date: each ends, replaces or adds from its day on."""
    path = f"agreements.{agreement.id}"
    found = [
        _version(agreement, clause, agreement.starts, f"{path}.clauses.{clause.id}", "")
        for clause in agreement.clauses
    ]
    for amendment in sorted(agreement.amendments, key=lambda amendment: amendment.starts):
        ended = {*amendment.removes, *(clause.id for clause in amendment.replaces)}
        found = [
            version._replace(until_s=min(version.until_s, amendment.starts))
            if version.clause.id in ended
            else version
            for version in found
        ]
        below = f"{path}.amendments.{amendment.id}"
        for section, clauses in (("replace", amendment.replaces), ("add", amendment.adds)):
            found += [
                _version(
                    agreement,
                    clause,
                    amendment.starts,
                    f"{below}.{section}.{clause.id}",
                    amendment.source,
                )
                for clause in clauses
            ]
    return [version for version in found if version.from_s < version.until_s]


def _version(
    agreement: Agreement, clause: Clause, from_s: int, origin: str, source: str
) -> Version:
    starts = from_s if clause.starts is None else max(clause.starts, from_s)
    ends = agreement.ends if clause.ends is None else min(clause.ends, agreement.ends)
    return Version(
        agreement.id,
        clause,
        starts,
        min(ends, FOREVER_S),
        origin,
        clause.source or source or agreement.source,
        min(ends, FOREVER_S),
    )


def as_it_stood(document: Document, at_s: int) -> Document:
    """The portfolio with only those agreements and amendments that had begun by then."""
    agreements = tuple(
        replace(
            agreement,
            amendments=tuple(item for item in agreement.amendments if item.starts <= at_s),
        )
        for agreement in document.agreements
        if agreement.starts <= at_s
    )
    return replace(document, agreements=agreements)
