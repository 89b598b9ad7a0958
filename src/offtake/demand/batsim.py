"""Workloads of the simulator Batsim: jobs and their profiles in one JSON document.

Source: github.com/oar-team/batsched, ``test/workloads``, and any workload that Batsim reads.
Licence: none stated for the workloads. Cite: P.-F. Dutot et al., "Batsim: A Realistic
Language-Independent Resources and Jobs Management Systems Simulator", JSSPP 2016; for KTH-SP2,
D. Feitelson et al., "Experience with using the Parallel Workloads Archive", JPDC 2014.

What this reader decides, because the data does not:

- A resource (node) counts as one GPU.
- Computing profiles (``msg_par_hg``, ``parallel_homogeneous``) run ``cpu`` flops on every
  resource at 1e8 flops a second, the speed that converted workloads assume; communication is
  not counted, but jobs that have some are. ``delay`` profiles run their delay.
- Jobs of other or unknown profiles, and jobs without resources, are dropped and counted.
- Times are seconds, rounded down. A walltime that is absent, below 0 or shorter than the run
  is raised to it, and counted.
- There are no users: the one tenant is the file's name without its ending.
- ``id`` places a job in messages. More than one job in a hundred that is none, and the file is
  refused.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.cells import whole_of
from offtake.demand.columns import BAD_SHARE_MAX, Dropped, JobTrace, UnreadableTrace
from offtake.demand.document import document_of, number_of
from offtake.demand.jobs import Found, one_tenant, sound, trace_of
from offtake.demand.lines import head_of, stem_of

NAME = "batsim"
FLOPS_PER_S = 1e8
COMPUTING = ("msg_par_hg", "parallel_homogeneous")


class Profile(NamedTuple):
    """What a profile says of its jobs; nan seconds where it is of no known kind."""

    run_s: float
    communicates: bool
    kind: str


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    head = head_of(path) if path.is_file() else ""
    marks = ('"subtime"', '"profile"', '"res"')
    found = head.lstrip().startswith("{") and all(mark in head for mark in marks)
    return "jobs with subtime, res and profile, as Batsim's" if found else ""


def read(path: Path) -> JobTrace:
    """Read a workload.

    Raises:
        UnreadableTrace: Not such a document, no jobs, or too many that are none.
    """
    document = document_of(path)
    jobs, profiles = document.get("jobs"), document.get("profiles")
    if not isinstance(jobs, list) or not isinstance(profiles, dict):
        says = "no list `jobs` or no mapping `profiles`"
        raise UnreadableTrace(str(path), says, "Give a workload of Batsim.")
    known = {str(name): _profile(profile) for name, profile in profiles.items()}
    unknown = Profile(float("nan"), communicates=False, kind="absent")
    own = [known.get(str(_get(job, "profile")), unknown) for job in jobs]
    run_s = np.array([profile.run_s for profile in own], np.float64)
    asked = {
        name: np.array([number_of(_get(job, name)) for job in jobs], np.float64)
        for name in ("subtime", "res", "walltime")
    }
    held = ~np.isnan(run_s)
    whole = {name: whole_of(values) for name, values in {**asked, "run": run_s}.items()}
    fit = sound(whole["subtime"], np.maximum(whole["run"], 0), whole["res"])
    fit &= ~held | (whole["run"] >= 0)
    dropped = _dropped(path, jobs, own, fit)
    kept = held & fit
    tenant, tenants = one_tenant(stem_of(path), int(kept.sum()))
    talking = sum(p.communicates for p, keep in zip(own, kept.tolist(), strict=True) if keep)
    choices = ["a resource counts as a GPU", "computing runs at 1e8 flops a second"]
    choices += [f"communication not counted: {talking} jobs"] if talking else []
    return trace_of(
        NAME,
        Found(
            submit_s=whole["subtime"][kept],
            run_s=whole["run"][kept],
            gpus=whole["res"][kept],
            tenant=tenant,
            tenants=tenants,
            requested_s=whole["walltime"][kept],
            dropped=dropped,
            choices=tuple(choices),
            files=(path,),
        ),
    )


def _get(job: Any, name: str) -> Any:
    return job.get(name) if isinstance(job, dict) else None


def _profile(profile: Any) -> Profile:
    kind = str(_get(profile, "type"))
    if kind in COMPUTING:
        run_s = number_of(_get(profile, "cpu")) / FLOPS_PER_S
        return Profile(run_s, communicates=number_of(_get(profile, "com")) > 0, kind=kind)
    run_s = number_of(_get(profile, "delay")) if kind == "delay" else float("nan")
    return Profile(run_s, communicates=False, kind=kind)


def _dropped(path: Path, jobs: list[Any], own: list[Profile], fit: Any) -> tuple[Dropped, ...]:
    """What is left out: jobs that are none, and those of other profiles."""

    def found(reason: str, places: list[int]) -> tuple[Dropped, ...]:
        first = f"{path.name}, job {_get(jobs[places[0]], 'id')}" if places else ""
        return (Dropped(reason, len(places), first),) if places else ()

    none = np.flatnonzero(~fit).tolist()
    if len(none) > BAD_SHARE_MAX * len(jobs):
        says = f"{len(none)} of {len(jobs)} jobs have no submission or no resources"
        place = f"{path}, job {_get(jobs[none[0]], 'id')}"
        raise UnreadableTrace(place, says, "Check that this is a workload of Batsim.")
    other = [n for n, p in enumerate(own) if fit[n] and np.isnan(p.run_s)]
    kinds = ", ".join(sorted({own[n].kind for n in other}))
    return (*found("not a job", none), *found(f"profiles of other kinds: {kinds}", other))
