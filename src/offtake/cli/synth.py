"""Draw synthetic jobs from a seed: like those of a real trace, or as stated; for years, growing.

examples:
  offtake synth --like cluster01.csv --out copy.csv --report fit.svg     # or fit.png
  offtake synth --like traces/ --days 3650 --growth 20 --seed 7 --out ten-years.parquet
  offtake synth --jobs 10000 --days 30 --sizes 1:70,8:25,64:5 --out plain.csv
  offtake synth --jobs 500 --tenants a:60,b:40 --run-median 2h --run-p95 1d --out small.csv

What is drawn from is printed, with how far it is from the real trace. The same inputs and seed
give the same bytes. The file reads back as the jobs it holds: `offtake run --trace` takes it.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from offtake.cli.demand import columns
from offtake.cli.output import Invalid, drawn_file, parsed, print_json, written_file

if TYPE_CHECKING:
    from offtake.demand.columns import JobTrace
    from offtake.demand.synthetic import Asked, Model

STATED = {"sizes": "1:70,2:10,4:8,8:10,16:2", "tenants": "lab:1"}
STATED_S = {"run_median": "1h", "run_p95": "1d"}
DAYS = 30
SEED = 1


class Source(NamedTuple):
    """What jobs are drawn from; the trace and its purposes where there is one."""

    model: "Model"
    real: "JobTrace | None" = None
    purposes: tuple[str, ...] = ()  # Of the model's tenants.


def arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of this verb."""
    parser.add_argument("--like", metavar="FILE", help="fit a trace of jobs (file or folder)")
    parser.add_argument("--format", metavar="NAME", help="its format; recognized if absent")
    columns(parser)
    parser.add_argument("--mapping", metavar="FILE", help="YAML: the purpose of each tenant")
    parser.add_argument(
        "--run-times", choices=("quantiles", "lognormal"), help="how they are fitted; quantiles"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="expected jobs in all")
    parser.add_argument("--days", type=int, metavar="D", help="how long; as the trace, or 30")
    parser.add_argument("--growth", metavar="PERCENT", help="of arrivals, a year; 0")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help="of chance; 1")
    parser.add_argument("--sizes", metavar="GPUS:WEIGHT,...", help=f"or {STATED['sizes']}")
    parser.add_argument("--tenants", metavar="NAME:WEIGHT,...", help=f"or {STATED['tenants']}")
    parser.add_argument("--run-median", metavar="TIME", help="half run no longer; 1h")
    parser.add_argument("--run-p95", metavar="TIME", help="19 in 20 run no longer; 1d")
    parser.add_argument("--out", required=True, metavar="FILE", help="the jobs, .csv or .parquet")
    parser.add_argument("--report", metavar="FILE", help="draw the fit, .svg or .png")


def run(given: argparse.Namespace) -> int:
    """Draw, compare, write."""
    from offtake.demand.synthetic import draw
    from offtake.demand.write import file_of

    _check_flags(given)
    out, kind = _out_file(given.out)
    picture = drawn_file(given.report, "--report") if given.report is not None else None
    source = _fitted(given) if given.like is not None else _stated(given)
    asked = _asked(given, source)
    jobs = draw(source.model, asked)
    if not jobs.jobs:
        raise Invalid("bad-value", "--days", "no job came in that time", "Ask for more.")
    if picture is not None and source.real is not None:
        from offtake.report import charts, fit_figures

        title = f"{Path(given.like).name}, {asked.days:,} days from seed {asked.seed}"
        figure = fit_figures.picture(title, source.real, jobs)
        picture.path.write_bytes(charts.panels(figure, picture.kind))
    data = file_of(jobs, source.purposes, kind)
    out.write_bytes(data)
    _tell(given, source, jobs, data)
    return 0


def _check_flags(given: argparse.Namespace) -> None:
    """Refuse flags that do not go together."""
    of_stated = [name for name in (*STATED, *STATED_S) if getattr(given, name) is not None]
    only_like = ("format", "columns", "mapping", "run_times", "report")
    of_like = [name for name in only_like if getattr(given, name) is not None]
    if given.like is None and given.jobs is None:
        raise Invalid("usage", "offtake synth", "--like or --jobs is missing", "Give one.")
    wrong = of_stated if given.like is not None else of_like
    if wrong:
        flag = f"--{wrong[0].replace('_', '-')}"
        says = "goes without --like" if given.like is not None else "needs --like"
        raise Invalid("usage", flag, says, "See `offtake synth --help`.")


def _out_file(path: str) -> tuple[Path, str]:
    from offtake.demand.write import KINDS

    kind = path.rpartition(".")[2].lower()
    if kind not in KINDS:
        says = f"`{path}` is neither .csv nor .parquet"
        raise Invalid("bad-path", "--out", says, "Name one.")
    return written_file(path, "--out"), kind


def _fitted(given: argparse.Namespace) -> Source:
    from offtake.contract.file import text_of
    from offtake.contract.problem import Unreadable
    from offtake.demand.columns import UnreadableTrace
    from offtake.demand.mapping import purposes_named, purposes_of
    from offtake.demand.synthetic import RUN_TIMES, fit
    from offtake.demand.trace import open_trace

    try:
        real = open_trace(Path(given.like), given.format, given.columns)
        model = fit(real, given.run_times or RUN_TIMES[0])
        if given.mapping is None:
            return Source(model, real, _purposes_of(real, model))
        text = text_of(Path(given.mapping))
        known = purposes_named(text, given.mapping)
        words = purposes_of(text, given.mapping, real.tenants, known)
    except UnreadableTrace as wrong:
        raise Invalid("bad-trace", wrong.place, wrong.says, wrong.remedy) from wrong
    except Unreadable as unreadable:
        raise Invalid.of(unreadable.problems) from unreadable
    by_tenant = dict(zip(real.tenants, words, strict=True))
    return Source(model, real, tuple(by_tenant[tenant] for tenant in model.tenants))


def _purposes_of(real: "JobTrace", model: "Model") -> tuple[str, ...]:
    """The purposes that the trace itself states."""
    by_tenant = dict(zip(real.tenants, real.purposes, strict=False))
    return tuple(by_tenant[tenant] for tenant in model.tenants) if by_tenant else ()


def _stated(given: argparse.Namespace) -> Source:
    from offtake.demand.synthetic import Stated, stated

    sizes = _weights("--sizes", given.sizes or STATED["sizes"])
    gpus = [(_whole_size(name), weight) for name, weight in sizes]
    median_s, p95_s = (
        parsed(_seconds, getattr(given, name) or text, f"--{name.replace('_', '-')}")
        for name, text in STATED_S.items()
    )
    if p95_s < median_s:
        raise Invalid("bad-value", "--run-p95", "is below --run-median", "Give a longer one.")
    tenants = _weights("--tenants", given.tenants or STATED["tenants"])
    return Source(stated(Stated(tuple(gpus), tenants, median_s, p95_s)))


def _weights(flag: str, text: str) -> tuple[tuple[str, float], ...]:
    """``a:60,b:40`` as names and weights."""
    found = []
    for part in text.split(","):
        name, _, weight = part.strip().rpartition(":")
        if not name or not weight.replace(".", "", 1).isdecimal() or float(weight) <= 0:
            says = f"`{part.strip()}` is not NAME:WEIGHT with a weight above 0"
            raise Invalid("bad-value", flag, says, "Write such as 1:70,8:30.")
        found.append((name.strip(), float(weight)))
    if len({name for name, _ in found}) < len(found):
        raise Invalid("bad-value", flag, "a name is there twice", "Give each one weight.")
    return tuple(found)


def _whole_size(word: str) -> int:
    if not word.isdecimal() or not 0 < int(word) <= 2**20:
        says = f"`{word}` is no number of GPUs from 1 to {2**20:,}"
        raise Invalid("bad-value", "--sizes", says, "Write such as 1:70,8:30.")
    return int(word)


def _seconds(text: str) -> int:
    """A run time: seconds, minutes, hours, days or weeks.

    Raises:
        ValueError: Not such a duration, or none.
    """
    from offtake.units.time import parse_duration

    length = parse_duration(text)
    if length.unit in ("bd", "mo", "y") or length.number < 1:
        raise ValueError(f"`{text}` is not a run time such as `90min`, `2h` or `1d`")
    return length.longest_s


def _asked(given: argparse.Namespace, source: Source) -> "Asked":
    from offtake.demand.synthetic import DAYS_MAX, JOBS_MAX, Asked, days_of, hourly

    own = DAYS if source.real is None else days_of(source.real)
    days = own if given.days is None else given.days
    _within("--days", days, range(1, DAYS_MAX + 1))
    _within("--seed", given.seed, range(2**63))
    jobs = -1 if given.jobs is None else given.jobs
    if given.jobs is not None:
        _within("--jobs", jobs, range(1, JOBS_MAX + 1))
    growth_ppm = parsed(_growth_ppm, given.growth or "0", "--growth")
    asked = Asked(days, given.seed, growth_ppm, jobs)
    expected = float(hourly(source.model, asked).sum())
    if expected > JOBS_MAX:
        says = f"{expected:,.0f} jobs are expected; the limit is {JOBS_MAX:,}"
        raise Invalid("bad-value", "--days", says, "Ask for fewer days, less growth or --jobs.")
    return asked


def _within(flag: str, value: int, limits: range) -> None:
    if value not in limits:
        says = f"{value} is outside {limits[0]} to {limits[-1]:,}"
        raise Invalid("bad-value", flag, says, "Give a whole number within the limits.")


def _growth_ppm(text: str) -> int:
    """Percent a year as millionths.

    Raises:
        ValueError: Not a number from -99 to 1,000.
    """
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        raise ValueError(f"`{text}` is not a percentage such as 20 or -5.5") from None
    if not -99 <= percent <= 1_000:
        raise ValueError(f"`{text}` is outside -99 to 1000 percent a year")
    return round(percent * 10_000)


def _tell(given: argparse.Namespace, source: Source, jobs: "JobTrace", data: bytes) -> None:
    """What was drawn, from what, and how far it is from the real trace."""
    from hashlib import sha256

    digest = sha256(data).hexdigest()
    written = [path for path in (given.out, given.report) if path is not None]
    if given.output == "json":
        print_json(_data(source, jobs) | {"written": written, "sha256": digest})
        return
    from offtake.core.explain import one_line
    from offtake.demand.describe import describe
    from offtake.report import demand_figures
    from offtake.report.tables import show

    description = describe(jobs)
    show(demand_figures.summary(jobs, description))
    show(demand_figures.spreads(description))
    if source.real is not None:
        from offtake.demand.fit import compare
        from offtake.report import fit_figures

        compared = compare(source.real, jobs)
        show(fit_figures.rates(compared.rates))
        show(fit_figures.distances(compared.distances))
    print("What it was drawn from:")
    for choice in jobs.choices:
        print(f"  - {one_line(choice)}")
    print(f"wrote {', '.join(written)}; sha256 {digest[:16]}")


def _data(source: Source, jobs: "JobTrace") -> dict[str, Any]:
    from offtake.demand.describe import describe
    from offtake.demand.fit import compare

    description = describe(jobs)
    found: dict[str, Any] = {
        "jobs": jobs.jobs,
        "span_s": jobs.span_s,
        "gpu_s": description.gpu_s,
        "peak_gpus": description.spread.most,
        "choices": list(jobs.choices),
    }
    if source.real is not None:
        compared = compare(source.real, jobs)
        found["rates"] = [one._asdict() for one in compared.rates]
        found["distances"] = [one._asdict() for one in compared.distances]
    return found
