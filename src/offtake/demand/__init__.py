"""What is needed: traces of real jobs, one reader a format, all as the same columns."""

from offtake.demand import (
    batsim,
    chronus,
    gavel,
    itp,
    kubernetes,
    muri,
    openb,
    own,
    own_columns,
    philly,
    sacct,
    swf,
)

READERS = {
    reader.NAME: reader
    for reader in (
        *(itp, swf, philly, chronus, gavel, muri, openb, batsim),
        *(sacct, kubernetes, own, own_columns),
    )
}
