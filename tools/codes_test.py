"""Every code that a deployed program prints is explained, and nothing else is."""

import re
import unittest
from pathlib import Path

from codes import codes

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "operate" / "troubleshooting.md"


class CodesTest(unittest.TestCase):
    def setUp(self):
        rows = re.findall(r"^\| (`[^|]+`) \|", PAGE.read_text("utf-8"), re.MULTILINE)
        self.explained = [code for row in rows for code in re.findall(r"`([A-Z0-9-]+)`", row)]

    def test_every_code_is_on_the_page(self):
        missing = {code: file for code, file in codes(ROOT).items() if code not in self.explained}
        self.assertEqual(missing, {}, f"codes without a row in {PAGE.name}")

    def test_every_row_is_of_a_code_and_there_once(self):
        self.assertEqual([code for code in self.explained if code not in codes(ROOT)], [])
        self.assertEqual(len(self.explained), len(set(self.explained)))


if __name__ == "__main__":
    unittest.main()
