"""Pods of a Kubernetes cluster, as ``kubectl get pods -A -o json`` prints them.

Source: the user's own clusters; kubernetes.io/docs/reference/kubernetes-api explains the
fields. Licence: the data is the user's. Cite: B. Burns et al., "Borg, Omega, and Kubernetes",
ACM Queue 14, 2016.

What this reader decides, because the data does not:

- A pod's GPUs are ``nvidia.com/gpu`` of the requests (else the limits) of its containers,
  summed; init containers run before them, one after another: the larger counts. Pods without
  GPUs are dropped and counted. Parts of GPUs (MIG, time slices) have other names: no GPUs.
- Submitted at creationTimestamp, running from status.startTime to the last finishedAt of its
  containers. Times count from the earliest creation.
- A pod that still runs counts up to the latest instant that the list holds: the list is a
  picture of that moment. They are counted. Pods that never started are dropped and counted,
  and so are those that ended when nobody recorded.
- The tenant is the namespace; the priority is spec.priority, 0 where absent.
- Nobody asked for a run time: it is the run time, or activeDeadlineSeconds where it is longer.
- An entry without creationTimestamp is no pod; more than one in a hundred, and the file is
  refused. Kubernetes forgets pods: what was deleted before is not in the list.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from offtake.demand.columns import BAD_SHARE_MAX, Dropped, JobTrace, UnreadableTrace
from offtake.demand.document import document_of, number_of
from offtake.demand.jobs import Found, clock_from, sound, trace_of
from offtake.demand.lines import head_of

NAME = "kubernetes"
GPU = "nvidia.com/gpu"
ENDED = ("Succeeded", "Failed")


class Pod(NamedTuple):
    """What counts of a pod; times in seconds since the epoch, -1 where there is none."""

    place: str  # "pods.json, pod ml/train-1"
    namespace: str
    gpus: int
    created_s: int
    started_s: int
    ended_s: int
    latest_s: int  # The latest instant that it holds.
    ended: bool
    priority: int
    limit_s: int


def recognizes(path: Path) -> str:
    """Why a file seems to be of this format; empty when it does not."""
    head = head_of(path) if path.is_file() else ""
    found = re.match(r"\s*\{", head) and re.search(r'"kind":\s*"(Pod|PodList)"', head)
    return "a list of pods, as kubectl's" if found and '"items"' in head else ""


def read(path: Path) -> JobTrace:
    """Read a list of pods.

    Raises:
        UnreadableTrace: Not such a document, no jobs, or too many entries that are no pods.
    """
    items = document_of(path).get("items")
    if not isinstance(items, list):
        remedy = "Give the output of: kubectl get pods -A -o json"
        raise UnreadableTrace(str(path), "no list `items`", remedy)
    pods = [_pod(path, number, item) for number, item in enumerate(items, start=1)]
    now_s = max((pod.latest_s for pod in pods), default=-1)
    sorted_out = _sorted_out(pods)
    wrong = sorted_out.get("not a pod", [])
    if len(wrong) > BAD_SHARE_MAX * len(pods):
        says = f"{len(wrong)} of {len(pods)} entries have no creationTimestamp"
        raise UnreadableTrace(wrong[0].place, says, "Check that this is a list of pods.")
    held = sorted_out.pop("", [])
    dropped = [Dropped(why, len(found), found[0].place) for why, found in sorted_out.items()]
    return _trace(path, held, now_s, tuple(dropped))


def _sorted_out(pods: list[Pod]) -> dict[str, list[Pod]]:
    """Pods by the reason why they are no jobs; empty for those that are."""
    found: dict[str, list[Pod]] = {}
    for pod in pods:
        found.setdefault(_reason(pod), []).append(pod)
    return found


def _reason(pod: Pod) -> str:
    if pod.created_s < 0:
        return "not a pod"
    if pod.gpus <= 0:
        return "no GPUs"
    if pod.started_s < 0:
        return "never started"
    return "ended at a time that is not recorded" if pod.ended and pod.ended_s < 0 else ""


def _trace(path: Path, pods: list[Pod], now_s: int, dropped: tuple[Dropped, ...]) -> JobTrace:
    rows = [
        (pod.created_s, (pod.ended_s if pod.ended else now_s) - pod.started_s, pod.gpus)
        for pod in pods
    ]
    created_s, run_s, gpus = np.array(rows, np.int64).reshape(-1, 3).T
    run_s = np.maximum(run_s, 0)  # A clock of a node may be behind that of another.
    fits = sound(created_s, run_s, gpus)
    if not fits.all():
        place = pods[int(np.argmin(fits))].place
        raise UnreadableTrace(place, "beyond the limits of a job", "Check its times and GPUs.")
    submit_s, starts = clock_from(created_s)
    tenants = tuple(sorted({pod.namespace for pod in pods}))
    running = sum(not pod.ended for pod in pods)
    choices = [f"times count from {starts} UTC", "tenants are namespaces"]
    if running:
        choices.append(f"still running, counted up to the latest instant: {running} pods")
    return trace_of(
        NAME,
        Found(
            submit_s=submit_s,
            run_s=run_s,
            gpus=gpus,
            tenant=np.array([tenants.index(pod.namespace) for pod in pods], np.int64),
            tenants=tenants,
            requested_s=np.maximum(np.array([pod.limit_s for pod in pods], np.int64), run_s),
            priority=np.array([pod.priority for pod in pods], np.int64),
            dropped=dropped,
            choices=tuple(choices),
            files=(path,),
        ),
    )


def _pod(path: Path, number: int, item: Any) -> Pod:
    meta, spec, status = (_of(item, key) for key in ("metadata", "spec", "status"))
    name = f"{meta.get('namespace')}/{meta.get('name')}" if meta else f"number {number}"
    created_s = _instant_s(meta.get("creationTimestamp"))
    started_s = _instant_s(status.get("startTime"))
    states = [_of(own, "state") for own in _list(status, "containerStatuses")]
    ends_s = [_instant_s(_of(state, "terminated").get("finishedAt")) for state in states]
    begins_s = [_instant_s(_of(state, "running").get("startedAt")) for state in states]
    return Pod(
        place=f"{path.name}, pod {name}",
        namespace=str(meta.get("namespace", "default")),
        gpus=_gpus(spec),
        created_s=created_s,
        started_s=started_s,
        ended_s=max(ends_s, default=-1),
        latest_s=max([created_s, started_s, *ends_s, *begins_s]),
        ended=status.get("phase") in ENDED,
        priority=_whole(spec.get("priority"), 0),
        limit_s=_whole(spec.get("activeDeadlineSeconds"), -1),
    )


def _gpus(spec: Any) -> int:
    """GPUs of all containers, or of an init container that wants more."""
    own = sum(_requests(_list(spec, "containers")))
    return max([own, *_requests(_list(spec, "initContainers"))])


def _requests(containers: list[Any]) -> Iterator[int]:
    for container in containers:
        resources = _of(container, "resources")
        asked = _of(resources, "requests").get(GPU, _of(resources, "limits").get(GPU, 0))
        yield int(asked) if re.fullmatch(r"\d{1,7}", str(asked)) else 0


def _of(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _list(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _whole(value: Any, missing: int) -> int:
    number = number_of(value)
    return int(number) if abs(number) < 2**40 else missing


def _instant_s(text: Any) -> int:
    """An RFC 3339 instant as seconds since the epoch; -1 for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (TypeError, ValueError):
        return -1
