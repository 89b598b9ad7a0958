"""A desk with pools whose permits it signs, behind its door."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar.testing import TestClient

from desk.served import ORIGIN, Desk
from desk.stories import Clock
from offtake.desk.head import pair
from offtake.desk.start import adopt, assembled, parts, signing_permits

PORTFOLIO = """
currency: USD
parties: {lab: {roles: [buyer]}, alpha: {}, beta: {}, gamma: {}}
accelerators: {H100: {power: 1.3 kW}}
pools:
  west: {supplier: alpha, accelerator: H100, capacity: 100, rate: $2.17}
  east:
    supplier: beta
    accelerator: H100
    capacity: [{from: 2025-01-01, size: 8}, {from: 2025-05-01, size: 4}]
agreements:
  A:
    from: 2025-01-01
    until: 2030-01-01
    clauses:
      api-only: {kind: exclusivity, holder: alpha, purposes: [api]}
      later: {kind: exclusivity, holder: alpha, purposes: [research], from: 2025-06-01}
"""
KEYS = pair(b"k" * 32)
WANTED = {"pool": "west", "purpose": "training", "gpus": 60, "start": "2025-03-01"}
WANTED |= {"end": "2025-03-12"}
DRAW = {"engine": "slurm", "key": "job-1", "gpus": 40}


@contextmanager
def permitting(url: str, *, private: bytes | None = KEYS.private) -> Iterator[Desk]:
    clock = Clock()
    made = parts(url, ORIGIN, clock)
    if made.is_new:
        adopt(made.writer, PORTFOLIO, "first")
    made = made if private is None else signing_permits(made, private)
    with TestClient(assembled(made, clock), raise_server_exceptions=False) as client:
        yield Desk(made, clock, client)
    made.engine.dispose()
