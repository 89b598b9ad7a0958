"""Every job of a run as a row of a Parquet file: where it came from, and what became of it."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from offtake.core.vocabulary import NONE
from offtake.demand.columns import Column
from offtake.sim.played import Played
from offtake.sim.world import Workload


class Origin(NamedTuple):
    """Where each job of a run came from; columns of shape (jobs,), NONE where it did not."""

    listed: Column  # The place among the portfolio's jobs.
    traced: Column  # The place among the trace's jobs, in the reader's order, from 0.


def origin_of(played: Played, workload: Workload | None) -> Origin:
    """Find each job again: those within the period by submission, listed ones first (J3)."""
    world = played.world
    listed = np.array([job.submitted for job in world.document.jobs], np.int64)
    traced = np.zeros(0, np.int64)
    if workload is not None and workload.trace is not None:
        traced = workload.trace.submit_s + world.from_s
    submit = np.concatenate([listed, traced])
    inside = np.flatnonzero((submit >= world.from_s) & (submit < world.until_s))
    place = inside[np.argsort(submit[inside], kind="stable")]
    assert np.array_equal(submit[place], np.asarray(world.jobs.submit_s, np.int64)), "same jobs"
    own = place < len(listed)
    return Origin(np.where(own, place, NONE), np.where(own, NONE, place - len(listed)))


def schedule_of(played: Played, workload: Workload | None) -> bytes:
    """The Parquet file; its columns are in docs/reference/summary.md."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    world, jobs, origin = played.world, played.world.jobs, origin_of(played, workload)
    purposes = [world.names.purposes[kind.purpose] for kind in world.kinds]
    table = pa.table(
        {
            "trace_row": pa.array(origin.traced, pa.int64(), mask=origin.traced == NONE),
            "job": _words([job.id for job in world.document.jobs], origin.listed),
            "tenant": _words(*_tenants(workload, origin.traced)),
            "submit_s": pa.array(jobs.submit_s, pa.int64()),
            "start_s": pa.array(played.start_s, pa.int64()),
            "run_s": pa.array(played.run_s, pa.int64()),
            "gpus": pa.array(jobs.gpus, pa.int64()),
            "purpose": _words(purposes, np.asarray(jobs.kind, np.int64)),
            "pool": _words([site.pool for site in played.sites], np.asarray(played.pool)),
        }
    )
    out = BytesIO()
    words = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    steps = {name: "DELTA_BINARY_PACKED" for name in table.column_names if name not in words}
    pq.write_table(table, out, compression="zstd", use_dictionary=words, column_encoding=steps)
    return out.getvalue()


def _tenants(workload: Workload | None, traced: Column) -> tuple[tuple[str, ...], Column]:
    """The tenants of a trace, and whose each job is."""
    if workload is None or workload.trace is None or not workload.trace.jobs:
        return (), traced
    own = workload.trace.tenant[np.maximum(traced, 0)]
    return workload.trace.tenants, np.where(traced == NONE, NONE, own)


def _words(words: Sequence[str], place: Column) -> Any:
    """A column of words by place, each word kept once; null where there is none."""
    import pyarrow as pa

    places = pa.array(place.astype(np.int32), mask=place == NONE)
    return pa.DictionaryArray.from_arrays(places, pa.array(list(words), pa.string()))
