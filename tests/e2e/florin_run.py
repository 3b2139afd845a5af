"""Runs the built program the way a user does, and checks what a user sees."""

import json
import os
import pathlib
import subprocess

FLORIN = os.environ["FLORIN"]
SOURCE = pathlib.Path(os.environ["FLORIN_SOURCE"])


def florin(*args, cwd=SOURCE, expect=0, timeout=300):
    """Runs `florin ARGS`; returns the finished process. `expect` is the exit code it must
    have; None: any."""
    run = subprocess.run([FLORIN, *map(str, args)], cwd=cwd, capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=timeout, check=False)
    assert expect is None or run.returncode == expect, (
        f"florin {' '.join(map(str, args))}: exit code {run.returncode}, expected {expect}\n"
        f"stdout: {run.stdout[-2000:]}\nstderr: {run.stderr[-2000:]}")
    return run


def florin_json(*args, **options):
    """The same with --output json, parsed."""
    return json.loads(florin(*args, "--output", "json", **options).stdout)
