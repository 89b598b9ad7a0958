"""Histories of prices, from rows in the original layout: means by hand, and what a run pays."""

import gzip
from pathlib import Path

import pytest

from offtake.cli.output import Invalid, load
from offtake.contract.model import ListPrice, Regime
from offtake.contract.portfolio import Portfolio
from offtake.demand.columns import UnreadableTrace
from offtake.study.run import play
from offtake.supply.price_history import lines_of
from offtake.units.time import FOREVER_S, Duration, instant_text, parse_instant

HEAD = (
    "commit_time_utc,source_commit,instance_type,accelerator,accelerator_count,region,"
    "availability_zone,price_usd_hour,spot_price_usd_hour\n"
)
ROWS = """\
2023-01-01T00:00:00+00:00,a1,p4d.24xlarge,A100,8.0,us-east-1,use1-az1,32.0,16.0
2023-01-01T04:00:00-08:00,a2,p4d.24xlarge,A100,8.0,us-east-1,use1-az2,32.0,8.0
2023-01-02T12:00:00+00:00,a3,p4d.24xlarge,A100,8.0,us-east-1,use1-az1,32.0,24.0
2023-01-03T00:00:00+00:00,a4,p4d.24xlarge,A100,8.0,us-east-1,use1-az2,32.0,
2023-01-04T06:00:00+00:00,a5,p4d.24xlarge,A100,8.0,us-east-1,use1-az1,,
2023-01-06T06:00:00+00:00,a6,p4d.24xlarge,A100,8.0,eu-west-1,euw1-az1,40.0,8.8
2023-01-02T00:00:00+00:00,a7,g5.48xlarge,A10G,8.0,us-east-1,use1-az1,16.0,4.0
"""
HEADERS = """
parties: {lab: {roles: [buyer]}, aws: {}}
pools: {p: {supplier: aws, accelerator: A100, capacity: 10}}
services: {chat: {purpose: inference, demand: 10}}
simulation: {from: 2023-01-01, until: 2023-01-05}
"""


def written(tmp_path: Path, rows: str = ROWS, head: str = HEAD) -> Path:
    path = tmp_path / "aws.csv"
    path.write_text(head + rows, encoding="utf-8")
    return path


def item(**terms) -> ListPrice:
    return ListPrice(supplier="aws", price_history="aws.csv", **terms)


def names():
    return Portfolio.loads(HEADERS).names


def lines(path: Path, **terms) -> list[tuple[str, str, int]]:
    found, _ = lines_of(path, item(**terms), names())
    return [(instant_text(row.starts), end(row.ends), row.price.micros) for row in found]


def end(at_s: int) -> str:
    return "open" if at_s == FOREVER_S else instant_text(at_s)


def test_each_day_has_the_mean_of_offers_weighed_by_how_long_they_stand(tmp_path: Path) -> None:
    found = lines(written(tmp_path), market="spot")

    # First day: $2 a GPU all day, $1 from noon: (2 * 24 + 1 * 12) / 36. Second: $2, $3 from noon,
    # and $1 all day: (2 * 12 + 3 * 12 + 1 * 24) / 48. Third and fourth: $3, until it is gone at
    # six. Fifth: nothing. From the sixth on: $1.10, wherever it is.
    assert found == [
        ("2023-01-01", "2023-01-02", 1_666_667),
        ("2023-01-02", "2023-01-03", 1_750_000),
        ("2023-01-03", "2023-01-05", 3_000_000),
        ("2023-01-06", "open", 1_100_000),
    ]


def test_on_demand_prices_stand_where_there_is_no_spot(tmp_path: Path) -> None:
    found = lines(written(tmp_path), market="on_demand", ends=parse_instant("2023-01-06"))

    # az1 is gone on the fourth at six; az2 stays. All at $4: one line.
    assert found == [("2023-01-01", "2023-01-06", 4_000_000)]


def test_regions_asked_for_have_means_of_their_own(tmp_path: Path) -> None:
    found, choices = lines_of(
        written(tmp_path), item(market="spot", regions=("eu-west-1",)), names()
    )

    assert [(row.regions, row.price) for row in found] == [(("eu-west-1",), (1_100_000, "USD"))]
    assert choices[0] == (
        "1 changes of 1 offers, 2023-01-06T06:00:00Z to 2023-01-06T06:00:00Z, spot prices"
    )


def test_a_longer_step_has_fewer_prices(tmp_path: Path) -> None:
    found = lines(written(tmp_path), market="spot", step=Duration(1, "mo"))

    first = 36 * 2 + (12 + 24 + 6) * 3  # Hours times dollars of the first zone.
    second = (12 + 24) * 1
    third = (26 * 24 - 6) * 1.1  # From the sixth at six to the end of January.
    shown = (36 + 42) + 36 + (26 * 24 - 6)
    assert found == [("2023-01-01", "open", round((first + second + third) / shown * 1e6))]


def test_a_price_holds_only_within_the_period_of_its_line(tmp_path: Path) -> None:
    terms = {"starts": parse_instant("2023-01-02"), "ends": parse_instant("2023-01-04")}
    found = lines(written(tmp_path), market="spot", **terms)

    assert found == [
        ("2023-01-02", "2023-01-03", 1_750_000),
        ("2023-01-03", "2023-01-04", 3_000_000),
    ]


def test_what_was_left_out_is_counted_and_located(tmp_path: Path) -> None:
    good = "".join(
        f"2023-01-01T{n // 60:02}:{n % 60:02}:00Z,c,p4d,A100,8,r,z,32,16\n" for n in range(200)
    )
    bad = "2023-01-02T00:00:00Z,c,p4d,A100,8,r,z,-1,-1\n2023-01-02T00:00:00Z,c,p4d,,8,r,z,1,1\n"
    _, choices = lines_of(written(tmp_path, good + bad), item(), names())

    assert choices[2:] == (
        "1 rows left out: of no accelerator asked for (aws.csv:203)",
        "1 rows left out: no change of a price (aws.csv:202)",
    )


@pytest.mark.parametrize(
    ("rows", "place", "says"),
    [
        ("2023-01-01T00:00:00Z,c,p4d,A100,8,r,z,-32,16\n", "aws.csv:2", "no change of a price"),
        ("2023-01-01T00:00:00Z,c,p4d,A100,0,r,z,32,16\n", "aws.csv:2", "no change of a price"),
        ("2023-01-01T00:00:00Z,c,p4d,A100,8,r,z,9999,16\n", "aws.csv:2", "no change of a price"),
        ("2023-01-01T00:00:00Z,c,p5,H100,8,r,z,32,16\n", "aws.csv", "no on-demand price of A100"),
        ("2023-01-01T00:00:00Z,c,p4d,A100,8,r,z,,16\n", "aws.csv", "no on-demand price of A100"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(
    tmp_path: Path, rows: str, place: str, says: str
) -> None:
    with pytest.raises(UnreadableTrace) as caught:
        lines_of(written(tmp_path, rows), item(), names())

    assert caught.value.place.endswith(place)
    assert says in caught.value.says


def test_a_run_pays_the_price_of_each_day_and_says_what_it_rests_on(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "aws.csv.gz", "wt") as file:
        file.write(HEAD + ROWS)
    text = HEADERS + "prices: [{supplier: aws, price_history: aws.csv.gz, market: spot}]\n"
    (tmp_path / "p.yaml").write_text(text)
    portfolio = load(str(tmp_path / "p.yaml"))
    simulation = portfolio.document.simulation
    period = (simulation.starts, simulation.ends)
    result = play(portfolio, Regime(id="all"), None, period)

    daily = (1_666_667, 1_750_000, 3_000_000, 3_000_000)
    assert result.measured.cost.total == sum(240 * micros for micros in daily)
    assert {line.clause_id for line in result.measured.settlement.lines} == {"prices[0]"}
    assert "aws.csv.gz" in portfolio.hashes
    assert portfolio.document.notes[0].path == "prices[0].price_history"


def test_a_list_price_that_changes_within_a_month_splits_what_is_charged() -> None:
    first = "{supplier: aws, price: $1, until: 2023-01-02}"
    second = "{supplier: aws, price: $3, from: 2023-01-02}"
    portfolio = Portfolio.loads(HEADERS + f"prices: [{first}, {second}]\n")
    period = (parse_instant("2023-01-01"), parse_instant("2023-01-05"))

    assert play(portfolio, Regime(id="all"), None, period).measured.cost.total == (
        240 * 1_000_000 + 3 * 240 * 3_000_000
    )


@pytest.mark.parametrize(
    ("line", "currency", "code"),
    [
        ("price_history: gone.csv", "USD", "bad-prices"),
        ("price_history: aws.csv", "EUR", "other-currency"),
        ("price_history: aws.csv, price: $1", "USD", "price-or-history"),
        ("regions: []", "USD", "price-or-history"),
    ],
)
def test_a_portfolio_whose_history_cannot_be_used_is_refused(
    tmp_path: Path, line: str, currency: str, code: str
) -> None:
    written(tmp_path)
    text = f"currency: {currency}\n" + HEADERS + "prices: [{supplier: aws, " + line + "}]\n"
    (tmp_path / "p.yaml").write_text(text)

    with pytest.raises(Invalid) as caught:
        load(str(tmp_path / "p.yaml"))
    assert [row["code"] for row in caught.value.rows] == [code]
