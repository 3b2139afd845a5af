"""Expedia: one log of hotel searches and bookings, cut into one file per market.

posa_continent (the continent of the point of sale) is anonymous in the log. The market names are
inferred from the log's own distances between visitors and hotels, and are shown as inferred.
"""

import csv
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from datasets_lib.fault import Fault


@dataclass(frozen=True)
class Market:
    folder: str
    name: str  # inferred
    posa_continents: tuple[str, ...]
    points_of_sale: int
    rows: int


@dataclass(frozen=True)
class Expected:
    """What the cut must find. A difference is a fault, never a warning."""

    markets: tuple[Market, ...]
    bookings: int
    train_rows: int
    test_rows: int
    destinations: int
    country_markets: int


EXPECTED = Expected(
    markets=(
        Market("europe", "Europe", ("1",), 14, 11_833),
        Market("latin-america", "Latin America", ("0",), 3, 721),
        Market("asia-pacific", "Asia-Pacific", ("2", "4"), 19, 12_634),
        Market("north-america", "North America", ("3",), 6, 74_812),
    ),
    bookings=7_855,
    train_rows=63_542,
    test_rows=36_458,
    destinations=8_891,
    country_markets=1_902,
)

TEST_FROM = "2014-08-01"  # date_time is ISO 8601, so text order is time order
DROPPED = ("cnt", "orig_destination_distance")
DERIVED = "country_market"
NEEDED = ("date_time", "site_name", "posa_continent", "srch_destination_id", "is_booking",
          "hotel_country", "hotel_market", "hotel_cluster", *DROPPED)


@dataclass
class MarketCount:
    rows: int = 0
    bookings: int = 0
    train_rows: int = 0
    points_of_sale: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """What was found while cutting."""

    markets: dict[str, MarketCount]
    destinations: set[str] = field(default_factory=set)
    country_markets: set[str] = field(default_factory=set)

    def total(self, count: str) -> int:
        return sum(getattr(market, count) for market in self.markets.values())


def cut(lines: Iterable[str], folder: Path, origin: str, expected: Expected = EXPECTED) -> None:
    """Writes MARKET/searches.csv, catalogue/*.csv and ORIGIN.txt into an empty folder."""
    tally = _cut_markets(lines, folder, expected)
    _check(tally, expected)
    _write_catalogue(tally, folder / "catalogue")
    text = origin + "\n" + "\n".join(_market_lines(tally, expected)) + "\n"
    (folder / "ORIGIN.txt").write_text(text, encoding="utf-8")


def _cut_markets(lines: Iterable[str], folder: Path, expected: Expected) -> Tally:
    rows = csv.reader(lines)
    header = next(rows, [])
    at = {name: index for index, name in enumerate(header)}
    for name in NEEDED:
        if name not in at:
            raise Fault("DATA-COLUMN", "expedia.csv header", f'a column "{name}"',
                        ", ".join(header) or "an empty file",
                        "The package does not hold the log this recipe reads.")
    kept = [index for index, name in enumerate(header) if name not in DROPPED]
    tally = Tally({market.folder: MarketCount() for market in expected.markets})
    owner = {posa: market for market in expected.markets for posa in market.posa_continents}
    with ExitStack() as files:
        writers = {}
        for market in expected.markets:
            (folder / market.folder).mkdir(parents=True)
            path = folder / market.folder / "searches.csv"
            file = files.enter_context(path.open("w", encoding="utf-8", newline=""))
            writers[market.folder] = csv.writer(file, lineterminator="\n")
            writers[market.folder].writerow([header[index] for index in kept] + [DERIVED])
        for row in rows:
            _check_row(row, len(header), rows.line_num)
            market = owner.get(row[at["posa_continent"]])
            if market is None:
                raise Fault("DATA-VALUE", f"expedia.csv:{rows.line_num}: posa_continent",
                            f"one of {', '.join(sorted(owner))}", row[at["posa_continent"]],
                            "The package does not hold the log this recipe reads.")
            country_market = _count(tally, market.folder, row, at)
            writers[market.folder].writerow([row[index] for index in kept] + [country_market])
    return tally


def _check_row(row: list[str], width: int, line: int) -> None:
    if len(row) != width:
        raise Fault("DATA-ROW", f"expedia.csv:{line}", f"{width} fields", str(len(row)),
                    "The file is damaged; delete it from the cache and try again.")


def _count(tally: Tally, folder: str, row: list[str], at: dict[str, int]) -> str:
    """Counts a row and returns its country_market."""
    country_market = f"{row[at['hotel_country']]}:{row[at['hotel_market']]}"
    market = tally.markets[folder]
    market.rows += 1
    market.bookings += row[at["is_booking"]] == "1"
    market.train_rows += row[at["date_time"]] < TEST_FROM
    market.points_of_sale.add(row[at["site_name"]])
    tally.destinations.add(row[at["srch_destination_id"]])
    tally.country_markets.add(country_market)
    return country_market


def _check(tally: Tally, expected: Expected) -> None:
    facts = []
    for market in expected.markets:
        found = tally.markets[market.folder]
        facts.append((f"rows of {market.name}", market.rows, found.rows))
        facts.append((f"points of sale of {market.name}", market.points_of_sale,
                      len(found.points_of_sale)))
    rows, train_rows = tally.total("rows"), tally.total("train_rows")
    facts += [
        ("rows", sum(market.rows for market in expected.markets), rows),
        ("bookings", expected.bookings, tally.total("bookings")),
        (f"rows before {TEST_FROM}", expected.train_rows, train_rows),
        (f"rows from {TEST_FROM}", expected.test_rows, rows - train_rows),
        ("distinct destinations", expected.destinations, len(tally.destinations)),
        ("distinct country:market pairs", expected.country_markets, len(tally.country_markets)),
    ]
    for subject, wanted, found in facts:
        if wanted != found:
            raise Fault("DATA-COUNT", f"expedia.csv: {subject}", f"{wanted:,}", f"{found:,}",
                        "Nothing was written; the package does not hold the log known here.")


def _write_catalogue(tally: Tally, folder: Path) -> None:
    folder.mkdir()
    lists = {
        "destination": sorted(tally.destinations, key=int),
        DERIVED: sorted(tally.country_markets, key=lambda pair: [int(n) for n in pair.split(":")]),
    }
    for header, values in lists.items():
        path = folder / f"{header}s.csv"
        path.write_text("\n".join([header, *values]) + "\n", encoding="utf-8")


def _market_lines(tally: Tally, expected: Expected) -> list[str]:
    lines = [f"{'market (inferred)':<20}{'folder':<16}{'posa_continent':<16}"
             f"{'points of sale':>14}{'rows':>9}{'booked':>8}{'train':>8}{'test':>8}"]
    for market in expected.markets:
        found = tally.markets[market.folder]
        lines.append(f"{market.name:<20}{market.folder:<16}"
                     f"{' and '.join(market.posa_continents):<16}{len(found.points_of_sale):>14}"
                     f"{found.rows:>9,}{found.bookings:>8,}{found.train_rows:>8,}"
                     f"{found.rows - found.train_rows:>8,}")
    return lines
