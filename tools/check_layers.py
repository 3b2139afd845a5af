#!/usr/bin/env python3
"""Holds every #include and every room's DEPS to the doors of docs/ARCHITECTURE.md section 2.

    tools/check_layers.py [ROOT]

The floors and the door table are read from that page, so the page is the law and stays true.
Beside the doors it checks what floors F0-F6 may use: standard C++ headers only, save the named
backend files, and no file, stream or thread of their own (house laws 2 and 5).
"""

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from cpp_source import includes

HOUSE = "docs/ARCHITECTURE.md"
PURE_FLOOR_MAX = 6  # up to here: standard C++ only, no I/O

STANDARD = frozenset("""
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath codecvt compare complex concepts condition_variable
    coroutine csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar
    cwctype deque exception execution filesystem format forward_list fstream functional future
    initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
    memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio
    regex scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view syncstream system_error thread tuple type_traits
    typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
    """.split())
# Standard, yet not for F0-F6: they take rows, bytes and `now` from their caller.
NOT_PURE = frozenset("filesystem fstream future iostream stop_token syncstream thread".split())
NOT_PURE_EXCEPT = ("base/parallel.cc",)  # law 2: the one way the core uses threads

# Third-party headers of F0-F6: path under src/florin, headers by pattern. A header in
# crypto/backend/ is for the sources beside it.
BACKENDS = (
    ("num/*", "immintrin.h"),
    ("crypto/*", "immintrin.h"),
    ("crypto/backend/*", "openssl/*"),
    ("crypto/backend/*", "sodium.h"),
    ("job/yaml.cc", "yaml-cpp/*"),
)
TEST_HEADERS = ("gtest/*", "gmock/*", "benchmark/*", "nlohmann/json.hpp", "rapidcheck.h",
                "rapidcheck/*")
TEST_STEM = re.compile(r"(^|_)(test|bench|fuzz|testing)$")

# Rooms whose tests need a door that the room does not have. Empty is the goal.
TEST_DOORS: dict[str, frozenset[str]] = {}


@dataclass(frozen=True)
class House:
    floors: dict[str, int]  # room -> floor
    doors: dict[str, frozenset[str]]  # room -> rooms it may include


class HouseError(Exception):
    """The page itself is broken: `file:line: what is wrong [LAYER-TABLE]`."""

    def __init__(self, line: int, text: str):
        super().__init__(f"{HOUSE}:{line}: {text} [LAYER-TABLE]")


def _read_floors(lines: list[str]) -> dict[str, int]:
    """Lines like `F6  site | round   <- two engines (pure)`."""
    floors = {}
    for line in lines:
        if match := re.match(r"F(\d)  +(.*)", line):
            names = re.sub(r"\([^)]*\)", "", match[2].split("<-")[0])
            for room in re.findall(r"[a-z_]+", names):
                floors[room] = int(match[1])
    return floors


def _expand(cell: str, room: str, floors: dict[str, int], line: int) -> frozenset[str]:
    """`F0-F3 (not data) + strategy job` -> the rooms it names. `any` is every lower floor."""
    excluded = {word for group in re.findall(r"\(not ([^)]*)\)", cell) for word in group.split()}
    doors = set()
    for word in re.sub(r"\([^)]*\)", "", cell).replace("+", " ").split():
        if word in ("-", "–"):
            continue
        if word == "any":
            doors |= {other for other in floors if floors[other] < floors[room]}
        elif match := re.fullmatch(r"F(\d)(?:-F(\d))?", word):
            low, high = int(match[1]), int(match[2] or match[1])
            doors |= {other for other in floors if low <= floors[other] <= high}
        elif word in floors:
            doors.add(word)
        else:
            raise HouseError(line, f'room "{room}": no room or floor is called "{word}"')
    for word in excluded - doors:
        raise HouseError(line, f'room "{room}": "not {word}" takes away nothing')
    for other in sorted(doors - excluded):
        if floors[other] >= floors[room]:
            raise HouseError(line, f'room "{room}" (F{floors[room]}) has a door to "{other}" '
                                   f"(F{floors[other]}), which is not below it")
    return frozenset(doors - excluded)


def read_house(root: Path) -> House:
    lines = (root / HOUSE).read_text(encoding="utf-8").splitlines()
    floors, doors, in_table = _read_floors(lines), {}, False
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells[:2] == ["room", "may include"]:
            in_table = True
        elif not cells:
            in_table = False
        elif in_table and not set(cells[0]) <= {"-", ":"}:
            if cells[0] not in floors:
                raise HouseError(number, f'room "{cells[0]}" stands on no floor')
            doors[cells[0]] = _expand(cells[1], cells[0], floors, number)
    if not floors or not doors:
        raise HouseError(1, "no floors (`F0  base`) or no table `| room | may include |`")
    return House(floors, doors)


@dataclass(frozen=True)
class Place:
    """A file as the rules see it."""

    shown: str  # path from the root
    room: str
    inside: str  # path under src/florin, or from the root for apps and bindings
    is_test: bool

    def may_enter(self, house: House, other: str) -> bool:
        doors = house.doors[self.room]
        if self.is_test:
            doors |= TEST_DOORS.get(self.room, frozenset())
        return other == self.room or other in doors


def places(root: Path, pattern: str) -> list[tuple[Path, Place]]:
    """All files of that name pattern in rooms. apps/ and bindings/ are one room each."""
    found = []
    for base, depth in (("src/florin", 2), ("apps", 0), ("bindings", 0)):
        for path in sorted((root / base).rglob(pattern)):
            parts = path.relative_to(root).parts
            if len(parts) > depth + 1:
                found.append((path, Place("/".join(parts), parts[depth],
                                          "/".join(parts[2 if depth else 0:]),
                                          TEST_STEM.search(path.stem) is not None)))
    return found


PROTO_ROOMS = ("transport", "api")  # who may include what protoc generates


def _room_fault(house: House, place: Place, other: str) -> str | None:
    if other not in house.doors:
        return f'no room is called "{other}" ({HOUSE} section 2). [LAYER-ROOM]'
    if not place.may_enter(house, other):
        return (f'room "{place.room}" may not include "{other}" ({HOUSE} section 2). '
                "[LAYER-DOOR]")
    return None


def _foreign_fault(house: House, place: Place, header: str) -> str | None:
    """Rules for <header> in the pure floors."""
    if house.floors[place.room] > PURE_FLOOR_MAX:
        return None
    if header in STANDARD:
        if header in NOT_PURE and not place.is_test and place.inside not in NOT_PURE_EXCEPT:
            return (f"<{header}> below F{PURE_FLOOR_MAX + 1}: the core is sans-I/O; let an "
                    "adapter bring it, or use base::ParallelFor. [LAYER-SANS-IO]")
        return None
    if place.is_test and any(fnmatch(header, pattern) for pattern in TEST_HEADERS):
        return None
    if any(fnmatch(place.inside, file) and fnmatch(header, pattern) for file, pattern in BACKENDS):
        return None
    return (f'<{header}> is not a standard C++ header; room "{place.room}" may use third-party '
            f"code only in its named backend file ({HOUSE} section 2). [LAYER-THIRD-PARTY]")


def _check_include(house: House, place: Place, included: str) -> str | None:
    header = included[1:-1]
    if included.startswith("<"):
        return _foreign_fault(house, place, header)
    parts = header.split("/")
    if parts[0] == "florin" and len(parts) > 2:
        if parts[1] == "v1":
            return None if place.room in PROTO_ROOMS else (
                f'"{header}" is generated from proto/: only {" and ".join(PROTO_ROOMS)} may '
                "see it. [LAYER-PROTO]")
        if parts[2] == "backend" and not place.inside.startswith(f"{parts[1]}/backend/"):
            return f'"{header}" is for the files beside it, which name a library. [LAYER-BACKEND]'
        return _room_fault(house, place, parts[1])
    if place.room in ("apps", "bindings"):
        return None  # their own headers
    return f'"{header}" is not written from src/: "florin/room/file.h". [LAYER-PATH]'


def _check_deps(house: House, place: Place, text: str) -> list[str]:
    """DEPS and TEST_DEPS of florin_room(...) are doors too."""
    faults = []
    text = re.sub(r"#.*", "", text)
    for call in re.finditer(r"\bflorin_room\s*\(([^)]*)\)", text):
        keyword = ""
        for word in re.finditer(r"\S+", call[1]):
            if re.fullmatch(r"[A-Z_]+", word[0]):
                keyword = word[0]
            elif keyword in ("DEPS", "TEST_DEPS"):
                line = text.count("\n", 0, call.start(1) + word.start()) + 1
                as_test = Place(place.shown, place.room, place.inside, keyword == "TEST_DEPS")
                if fault := _room_fault(house, as_test, word[0]):
                    faults.append(f"{place.shown}:{line}: {keyword}: {fault}")
    return faults


def check(root: Path) -> list[str]:
    """All faults of a tree, as printed."""
    try:
        house = read_house(root)
    except HouseError as error:
        return [str(error)]
    faults = []
    for pattern in ("*.h", "*.cc", "*.inc", "CMakeLists.txt"):
        for path, place in places(root, pattern):
            if place.room not in house.doors:
                faults.append(f'{place.shown}:1: folder "{place.room}" is no room of '
                              f"{HOUSE} section 2. [LAYER-ROOM]")
                continue
            text = path.read_text(encoding="utf-8")
            if pattern == "CMakeLists.txt":
                faults += _check_deps(house, place, text)
                continue
            for line, included in includes(text):
                if fault := _check_include(house, place, included):
                    faults.append(f"{place.shown}:{line}: {fault}")
    return faults


def main(argv: list[str]) -> int:
    root = Path(argv[0]) if argv else Path(__file__).resolve().parent.parent
    faults = check(root)
    for fault in faults:
        print(fault)
    count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
    print(f"layers: {count}" if faults else "layers: every include goes down")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
