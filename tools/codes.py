"""The error codes that a deployed program prints, as they stand in the sources."""

import re
from pathlib import Path

ROOMS = ("api", "govern", "identity", "protocol", "round", "site", "store", "transport")
COMMANDS = ("agent_*", "audit*", "backup*", "coordinator*", "doctor*", "enrol*", "files*", "init*",
            "join*", "keys*", "live_tls*", "members*", "owner*", "remote*", "secrets*",
            "workspace*")
NOT_SHIPPED = re.compile(r"(_test|_testing|_fuzz|_bench|_conformance|testing)\.(cc|h)$")
CODE = re.compile(r'["\[]([A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+)\]?"')  # "CODE" or "why. [CODE]"


def shipped(root: Path):
    for room in ROOMS:
        yield from (root / "src" / "florin" / room).rglob("*")
    yield from (root / "src" / "florin" / "job").glob("exchange*")
    for pattern in COMMANDS:
        yield from (root / "apps" / "florin").glob(pattern)


def codes(root: Path) -> dict[str, str]:
    """Code -> a file that has it."""
    found = {}
    for path in sorted(shipped(root)):
        if path.suffix not in (".cc", ".h") or NOT_SHIPPED.search(path.name):
            continue
        for code in CODE.findall(path.read_text("utf-8")):
            found.setdefault(code, path.relative_to(root).as_posix())
    return found
