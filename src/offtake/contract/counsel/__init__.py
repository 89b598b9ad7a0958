"""What a lawyer would want flagged before signing: lawful, but probably not meant.

One matter, one file; each yields problems that stop nothing.
"""

from collections.abc import Sequence

from offtake.contract.counsel import (
    commitment,
    conflict,
    first_refusal,
    price,
    service,
    waiver,
)
from offtake.contract.counsel.case import Case
from offtake.contract.problem import Problem
from offtake.contract.read import Reading
from offtake.core.names import Names
from offtake.core.vocabulary import BoundClause

MATTERS = (conflict, service, commitment, first_refusal, waiver, price)


def advise(reading: Reading, names: Names, clauses: Sequence[BoundClause]) -> list[Problem]:
    """All matters worth a look, none of which stops anything."""
    case = Case(reading, names, tuple(clauses))
    return [problem for matter in MATTERS for problem in matter.flags(case)]
