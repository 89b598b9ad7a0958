"""AccaSim 1.1.3 on one pool, first in, first out: ``accasim_fifo.py FOLDER GPUS``.

FOLDER has ``rows``, native int64 (submit, run, GPUs) a job; the starts are written beside them and
the seconds of the simulation printed. AccaSim is given one node with all GPUs as its cores: with
a node for each GPU it takes half as long again. It imports a name that Python dropped in 3.10
(``collections.Mapping``), which is put back here; nothing else of it is changed.
"""

import collections
import collections.abc
import json
import sys
from calendar import timegm
from pathlib import Path
from time import perf_counter, strptime

import numpy as np

collections.Mapping = collections.abc.Mapping

from accasim.base.allocator_class import FirstFit  # noqa: E402
from accasim.base.scheduler_class import FirstInFirstOut  # noqa: E402
from accasim.base.simulator_class import Simulator  # noqa: E402
from accasim.utils.reader_class import DefaultTweaker  # noqa: E402


class OneNode(DefaultTweaker):
    """Every job asks for cores of one node."""

    def tweak_function(self, fields: dict) -> dict:
        """The fields of a job as the simulator wants them."""
        found = super().tweak_function(fields)
        found["requested_resources"] = {"core": found["core"]}
        found["requested_nodes"] = 1
        return found


def main(folder: Path, gpus: int) -> None:
    """Write what AccaSim reads, simulate, and read what it wrote."""
    rows = np.fromfile(folder / "rows", np.int64).reshape(-1, 3)
    lines = [
        f"{number} {submit} -1 {run} {size} -1 -1 {size} {run} -1 1 1 1 1 1 1 -1 -1\n"
        for number, (submit, run, size) in enumerate(rows.tolist())
    ]
    (folder / "jobs.swf").write_text("".join(lines), encoding="utf-8")
    equivalence = {"processor": {"core": 1}}
    system = {
        "groups": {"all": {"core": gpus}},
        "resources": {"all": 1},
        "equivalence": equivalence,
        "start_time": 0,
    }
    (folder / "system.json").write_text(json.dumps(system), encoding="utf-8")
    simulator = Simulator(
        str(folder / "jobs.swf"),
        str(folder / "system.json"),
        FirstInFirstOut(FirstFit()),
        statistics_output=False,
        show_statistics=False,
        tweak_function=OneNode(0, equivalence=equivalence),
        RESULTS_FOLDER_PATH=str(folder),
        LOG_LEVEL="WARNING",
    )
    began = perf_counter()
    written = simulator.start_simulation()
    taken = perf_counter() - began
    starts = np.full(len(rows), -1, np.int64)
    for line in Path(next(iter(written.values()))).read_text(encoding="utf-8").splitlines():
        number, start = line.split(";")[0], line.split("__")[-1].split(";")[0]
        starts[int(number)] = timegm(strptime(start, "%Y-%m-%d %H:%M:%S"))
    starts.tofile(folder / "starts")
    print(taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
