#!/usr/bin/env python3
"""The tree is tested: sizes, banned words, room folders, headers, and the links of documents.

    tools/tidy.py [ROOT]

Where a rule makes a piece of code worse, its line may say so: `// tidy-ok: why`. The line of a
function is that of its signature, the line of a file its first.
"""

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from check_layers import TEST_STEM, House, HouseError, read_house
from cpp_source import functions, includes, without_comments, without_literals

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

CPP_FOLDERS = ("src", "apps", "bindings", "tests", "bench", "cmake", "examples")
CPP_ENDINGS = (".cc", ".h", ".inc")
PYTHON_FOLDERS = ("tools", "tests", "bench", "bindings")
SKIPPED_FOLDER = re.compile(r"\..*|build.*|demo-output|node_modules|__pycache__")
EXCUSE = re.compile(r"(//|#)\s*tidy-ok:\s*\w")


class Source:
    """A file under its path from the root. The views of its text are made when a rule asks."""

    def __init__(self, root: Path, path: Path):
        self.path = path
        self.shown = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        parts = self.shown.split("/")
        self.room = parts[2] if parts[:2] == ["src", "florin"] and len(parts) > 3 else ""
        self.is_test = TEST_STEM.search(path.stem) is not None

    @cached_property
    def code(self) -> str:
        return without_literals(self.text)

    @cached_property
    def code_and_texts(self) -> str:
        return without_comments(self.text)

    def fault(self, line: int, text: str, code: str) -> str | None:
        """The message, or None where the line excuses itself."""
        if line <= len(self.lines) and EXCUSE.search(self.lines[line - 1]):
            return None
        return f"{self.shown}:{line}: {text} [{code}]"


Faults = Iterator[str | None]


def walk(root: Path, folders: tuple[str, ...], endings: tuple[str, ...]) -> list[Source]:
    found = []
    for name in folders:
        for folder, inner, files in os.walk(root / name):
            inner[:] = sorted(entry for entry in inner if not SKIPPED_FOLDER.fullmatch(entry))
            found += [Source(root, Path(folder) / file)
                      for file in sorted(files) if file.endswith(endings)]
    return found


# -- sizes


def check_lines(source: Source) -> Faults:
    if len(source.lines) > FILE_LINES_MAX:
        yield source.fault(1, f"file of {len(source.lines)} lines, at most {FILE_LINES_MAX}; "
                              "split it by subject.", "TIDY-FILE")
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX and not (len(line.split()) <= 2 and "://" in line):
            yield source.fault(number, f"line of {len(line)} columns, at most {COLUMNS_MAX}.",
                               "TIDY-LINE")


def _long_function(source: Source, name: str, first: int, lines: int) -> Faults:
    if lines > FUNCTION_LINES_MAX:
        yield source.fault(first, f"{name}: function of {lines} lines, at most "
                                  f"{FUNCTION_LINES_MAX}; give its parts names.", "TIDY-FUNCTION")


def check_cpp_functions(source: Source) -> Faults:
    if len(source.lines) > FUNCTION_LINES_MAX:
        for function in functions(source.code):
            yield from _long_function(source, function.name, function.first_line, function.lines)


def check_python_functions(source: Source) -> Faults:
    for node in ast.walk(ast.parse(source.text, source.shown)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno] + [mark.lineno for mark in node.decorator_list])
            yield from _long_function(source, node.name, first, node.end_lineno - first + 1)


# -- banned words


@dataclass(frozen=True)
class Ban:
    part: str  # lower case; a file without it needs no closer look
    pattern: str
    word: str
    instead: str
    holds: Callable[[Source, House], bool]  # for this file?
    in_texts: bool = False  # string literals too


def _everywhere(source: Source, house: House) -> bool:
    return True


def _below(floor: int) -> Callable[[Source, House], bool]:
    return lambda source, house: house.floors.get(source.room, 99) < floor


def _reads_no_wall_clock(source: Source, house: House) -> bool:
    """All but programs and clock adapters."""
    return source.room != "telemetry" and not source.shown.startswith(
        ("apps/", "src/florin/base/clock"))


BANS = (
    Ban("rand", r"\bs?rand\s*\(", "rand(", "base::Rng", _everywhere),
    Ban("system_clock", r"\bsystem_clock\b", "system_clock",
        "base::Clock, or `now` from the caller", _reads_no_wall_clock),
    Ban("_clock", r"\b(?:steady|high_resolution)_clock\b", "a clock below F7",
        "`now` from the caller",
        lambda source, house: not source.is_test and _below(7)(source, house)),
    Ban("memcmp", r"\bmemcmp\s*\(", "memcmp( in crypto", "ConstantTimeEqual",
        lambda source, house: source.room == "crypto"),
    Ban("simulat", r"(?i:simulat)", "simulation below F8",
        "the same code for every world; what differs comes in through a port",
        _below(8), in_texts=True),
    Ban("regex", r"\bstd::w?regex\b|#\s*include\s*<regex>", "std::regex",
        "a parser of our own (std::regex is slow and recurses on its input)", _everywhere),
    Ban("endl", r"\bstd::endl\b", "std::endl", r"'\n'", _everywhere),
)


def check_words(source: Source, house: House) -> Faults:
    lower = source.text.lower()
    for ban in BANS:
        if ban.part not in lower or not ban.holds(source, house):
            continue
        text = source.code_and_texts if ban.in_texts else source.code
        for match in re.finditer(ban.pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            yield source.fault(line, f"banned: {ban.word}. Use {ban.instead}.", "TIDY-WORD")


# -- headers and rooms


def check_header(source: Source) -> Faults:
    """What the file is comes first, then #pragma once. x_impl.h is a body, included many times."""
    code = [line for line in source.lines if line.strip() and not line.startswith("//")]
    if not source.lines or not source.lines[0].startswith("//"):
        yield source.fault(1, "a header starts with a comment that says what it is.",
                           "TIDY-HEADER")
    if code[:1] != ["#pragma once"] and not source.path.stem.endswith("_impl"):
        yield source.fault(1, "#pragma once is the first line after that comment.", "TIDY-HEADER")


def check_readmes(root: Path) -> Faults:
    for room in sorted(path for path in root.glob("src/florin/*") if path.is_dir()):
        readme = room / "README.md"
        first = readme.read_text(encoding="utf-8").split("\n", 1)[0] if readme.is_file() else ""
        if not re.match(rf"# {re.escape(room.name)}: \S", first):
            yield (f"{readme.relative_to(root).as_posix()}:1: the first line is "
                   f'"# {room.name}: <the idea in one line>". [TIDY-README]')


def _listed(root: Path) -> re.Pattern[str]:
    """The C++ files that any CMakeLists.txt names, as one pattern of paths from the root."""
    paths = []
    for cmake in (*root.glob("src/florin/**/CMakeLists.txt"), *root.glob("apps/**/CMakeLists.txt")):
        text = re.sub(r"#.*", "", cmake.read_text(encoding="utf-8"))
        for file in re.findall(r"[\w./${}+-]+\.(?:cc|h|inc)\b", text):
            path = f"{cmake.parent.relative_to(root).as_posix()}/{file}"
            parts = re.split(r"\$\{\w+\}", path)  # kernels_${isa}.cc names them all
            paths.append("[^/]*".join(map(re.escape, parts)))
    return re.compile("|".join(paths) or r"(?!)")


def check_dead(root: Path, sources: list[Source]) -> Faults:
    """Every source file is built, every header is built or included."""
    included = set()
    for source in sources:
        here = source.path.parent
        for _, name in includes(source.text):
            included.add(f"src/{name[1:-1]}")
            if name[0] == '"':
                local = os.path.relpath(os.path.normpath(here / name[1:-1]), root)
                included.add(Path(local).as_posix())
    listed = _listed(root)
    for source in sources:
        if not source.shown.startswith(("src/florin/", "apps/")) or source.shown in included:
            continue
        if not listed.fullmatch(source.shown):
            yield source.fault(1, "neither listed in its folder's CMakeLists.txt nor included: "
                                  "list it or delete it.", "TIDY-DEAD")


# -- documents

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\)[^()\s<>]*)?)>?(?:\s+\"[^\"]*\")?\s*\)"
                   r"|^\s*\[[^\]]+\]:\s*(\S+)|\b(?:href|src)=\"([^\"]+)\"", re.MULTILINE)
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def _keep_lines(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _anchors(text: str) -> set[str]:
    """The ids GitHub gives to headings, and explicit ones."""
    text = _FENCE.sub(_keep_lines, text)
    anchors: set[str] = set(re.findall(r"\b(?:id|name)=\"([^\"]+)\"", text))
    for title in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", text, re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        copies = sum(anchor == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", anchor) is not None
                     for anchor in anchors)
        anchors.add(f"{slug}-{copies}" if copies else slug)
    return anchors


def check_links(root: Path) -> Faults:
    top = [Source(root, path) for path in sorted(root.glob("*.md"))]
    folders = tuple(sorted(path.name for path in root.iterdir()
                           if path.is_dir() and not SKIPPED_FOLDER.fullmatch(path.name)))
    for source in top + walk(root, folders, (".md",)):
        text = _CODE_SPAN.sub(_keep_lines, _FENCE.sub(_keep_lines, source.text))
        for match in _LINK.finditer(text):
            link = match[1] or match[2] or match[3]
            if _REMOTE.match(link):
                continue
            name, _, anchor = link.partition("#")
            target = source.path.parent / unquote(name) if name else source.path
            line = text.count("\n", 0, match.start()) + 1
            if not target.exists():
                yield source.fault(line, f'link to "{link}": no such file.', "TIDY-LINK")
            elif anchor and target.suffix == ".md" and \
                    anchor not in _anchors(target.read_text(encoding="utf-8")):
                yield source.fault(line, f'link to "{link}": no such heading.', "TIDY-LINK")


def check(root: Path) -> list[str]:
    """All faults of a tree, as printed."""
    try:
        house = read_house(root)
    except HouseError as error:
        return [str(error)]
    sources = walk(root, CPP_FOLDERS, CPP_ENDINGS)
    faults: list[str | None] = []
    for source in sources:
        faults += check_lines(source)
        faults += check_cpp_functions(source)
        faults += check_words(source, house)
        if source.path.suffix == ".h":
            faults += check_header(source)
    for source in walk(root, PYTHON_FOLDERS, (".py",)):
        faults += check_lines(source)
        faults += check_python_functions(source)
    faults += check_readmes(root)
    faults += check_dead(root, sources)
    faults += check_links(root)
    return [fault for fault in faults if fault]


def main(argv: list[str]) -> int:
    root = Path(argv[0]).resolve() if argv else Path(__file__).resolve().parent.parent
    faults = check(root)
    for fault in faults:
        print(fault)
    count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
    print(f"tidy: {count}" if faults else "tidy: nothing to mend")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
