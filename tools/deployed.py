#!/usr/bin/env python3
"""Puts what processes made beside what one process made: figures, cohorts, model hashes.

    tools/deployed.py SIMULATED.json VERSIONS.json ...

SIMULATED is the document of `florin sim --compare`, VERSIONS the output of
`florin model list --from JOB --output json`; of each job one pair.
"""

import itertools
import json
import pathlib
import sys


def cohorts(contributions: list[int]) -> str:
    """[3, 4, 4, 4] -> "3, then 4"."""
    return ", then ".join(str(count) for count, _ in itertools.groupby(contributions))


def simulated(document: dict) -> tuple[str, list[int], str]:
    """Of the largest federation: figure, contributions of each round, model hash."""
    federation = max(document["federations"], key=lambda one: len(one["members"]))
    headline = document["headline"]
    rounds = federation["rounds"]
    return (f"{headline} {rounds[-1]['released'][headline]:.4f}",
            [one["contributions"] for one in rounds], federation["model_hash"][:12])


def deployed(versions: list[dict], headline: str) -> tuple[str, list[int], str]:
    last = next(one for one in versions if one["current"])
    figures = dict(pair.split("=") for pair in last["metrics"].split())
    return (f"{headline} {figures[headline]}",
            [one["contributions"] for one in versions if one["round"] > 0], last["model"])


def compare(document: dict, versions: list[dict]) -> list[tuple[str, ...]]:
    one = simulated(document)
    many = deployed(versions, document["headline"])
    if one[2] == many[2]:
        verdict = "the same model, bit for bit"
    elif one[1] != many[1]:
        verdict = "another model: other sites on the way"
    else:
        verdict = "another model"
    return [(document["job"]["id"], where, cohorts(run[1]), str(len(run[1])), run[0], run[2], note)
            for where, run, note in (("one process", one, ""), ("processes", many, verdict))]


def main(paths: list[str]) -> int:
    if not paths or len(paths) % 2:
        print(__doc__, file=sys.stderr)
        return 2
    files = [json.loads(pathlib.Path(path).read_text(encoding="utf-8")) for path in paths]
    rows = [("job", "run as", "sites", "rounds", "figure", "model hash", "")]
    for document, versions in zip(files[::2], files[1::2]):
        rows += compare(document, versions)
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
