"""What the comparisons share: Florin's figures, CPU time, the table."""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

ENTRIES = 1_000_000


def arguments(what: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("florin", help="the program, a release build")
    parser.add_argument("--entries", type=int, default=ENTRIES,
                        help="of a vector, of the rival alone: to see that it runs")
    options = parser.parse_args()
    if options.entries != ENTRIES:
        print(f"{options.entries} entries against {ENTRIES} of Florin: the ratios mean nothing.")
    return options


def florin_figures(program: str) -> dict[str, float]:
    """The rows of `florin bench privacy`, measured now."""
    done = subprocess.run([program, "bench", "privacy", "--output", "json"],
                          stdout=subprocess.PIPE, check=True)
    return {row["id"]: row["value"] for row in json.loads(done.stdout)["results"]}


class Clock:
    """CPU seconds of this process, all its threads, by the name of a part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start


class Table:
    """Both sides of each figure, and what each side promises."""

    def __init__(self, rival: str, threats: str) -> None:
        print(f"\n{rival}\n{threats}\n")
        print(f"{'':44} {'rival':>12} {'Florin':>12} {'unit':5} {'ratio':>8}")

    @staticmethod
    def row(what: str, rival: float, ours: float, unit: str, note: str = "") -> None:
        ratio = rival / ours if ours > 0 else float("inf")
        print(f"{what:44} {rival:12,.3f} {ours:12,.3f} {unit:5} {ratio:7,.1f}x"
              + (f"  {note}" if note else ""))


def machine() -> str:
    model = "unknown processor"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((line.split(":")[1].strip() for line in lines
                          if line.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} cores; all times are CPU time"
