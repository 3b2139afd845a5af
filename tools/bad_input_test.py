"""Every test that docs/spec/bad_input.md names is there."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "spec" / "bad_input.md"
CPP = re.compile(r"TEST(?:_F|_P)?\((\w+),\s*(\w+)\)")
PYTHON = re.compile(r"^class (\w+)|^    def (test_\w+)", re.MULTILINE)


def tests() -> set[str]:
    found = set()
    for top in ("src", "apps"):
        for path in (ROOT / top).rglob("*_test.cc"):
            found |= {".".join(names) for names in CPP.findall(path.read_text("utf-8"))}
    for path in (ROOT / "tests").rglob("*_test.py"):
        suite = ""
        for name, case in PYTHON.findall(path.read_text("utf-8")):
            suite = name or suite
            found.add(f"{suite}.{case}")
    return found


class BadInputTest(unittest.TestCase):
    def test_the_tests_that_are_named_are_there(self):
        named = re.findall(r"`(\w+\.(?:Case|test_|[A-Z])\w+)`", PAGE.read_text("utf-8"))
        self.assertGreater(len(named), 70)
        self.assertEqual(sorted(set(named) - tests()), [])

    def test_every_numbered_test_is_named(self):
        page = PAGE.read_text("utf-8")
        numbered = {name for name in tests() if re.search(r"\.(Case|test_case)\d", name)}
        self.assertEqual(sorted(name for name in numbered if name not in page), [])


if __name__ == "__main__":
    unittest.main()
