"""A coordinator and a site come back from one file each, and the federation goes on."""

import contextlib
import hashlib
import pathlib
import shutil
import sqlite3
import stat
import tempfile
import unittest

from federation import Federation, wait_for
from florin_run import SOURCE, florin, florin_json

EXAMPLE = SOURCE / "examples" / "01_hello_round"
SITES = ("graz", "lisbon", "vienna")
JOB = "mailing-response"
OVER = ("done", "failed", "cancelled")


class Backup(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        self.federation = self.enterContext(Federation(self.root))
        self.file = self.root / "kept.florin"

    def fails(self, code, exit_code, *args):
        last = florin(*args, expect=exit_code).stderr.strip().splitlines()[-1]
        self.assertTrue(last.endswith(f"[{code}]"), last)

    def run_job(self, name):
        text = (EXAMPLE / "job.yaml").read_text("utf-8").replace("rounds: 10", "rounds: 2")
        text = text.replace(JOB, name).replace("minimum: 2", "minimum: 3")
        path = self.root / f"{name}.yaml"
        path.write_text(text, "utf-8")
        self.federation.ask("job", "submit", path)
        wait_for(lambda: self.federation.job(name)["status"] in OVER, f"the end of {name}")
        job = self.federation.job(name)
        self.assertEqual(job["status"], "done", job)
        return job

    def add_sites(self):
        for site in SITES:
            self.federation.add_site(site, EXAMPLE / "sites" / site)
        self.federation.await_sites(len(SITES))

    def verify_calls(self):
        """The chain of operators' calls, as a file: how many entries hold."""
        raw = florin("audit", "show", "--raw", "--dir", self.federation.operator).stdout
        file = self.root / "calls.audit.jsonl"
        file.write_text(raw, "utf-8")
        return florin_json("audit", "verify", file)[0]["entries"]

    def test_a_coordinator_comes_back(self):
        self.add_sites()
        before = self.run_job(JOB)
        workspace = self.federation.workspace
        rows = florin_json("backup", workspace, self.file)  # while it runs
        kek = self.root / "kek"
        shutil.copy(workspace / "kek", kek)
        kept = {row["entry"]: row["in the backup"] for row in rows}
        self.assertEqual({kept[name] for name in ("coordinator.yaml", "operators", "store", "tls")},
                         {"yes"})
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        entries = self.verify_calls()
        self.federation.coordinator.kill()
        shutil.rmtree(workspace)
        self.fails("KEYS-MISSING", 3, "restore", self.file, workspace)
        self.assertFalse(workspace.exists())
        self.assertFalse(kek.read_bytes() in self.file.read_bytes())
        florin("restore", self.file, workspace, "--kek", kek)
        for path in (workspace, *workspace.rglob("*")):
            if not path.is_symlink():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)
        self.federation.coordinator.start()
        self.federation.await_coordinator()
        self.federation.await_sites(len(SITES))
        self.assertEqual(self.federation.job(JOB)["model"], before["model"])
        self.run_job("the-next")
        self.assertGreater(self.verify_calls(), entries)

    def test_a_site_comes_back_without_its_views(self):
        self.add_sites()
        self.run_job(JOB)
        agent, folder = self.federation.agents["lisbon"], self.root / "lisbon"
        kept = {row["entry"]: row["in the backup"] for row in
                florin_json("backup", folder, self.file, "--with-kek")}
        self.assertRegex(kept["views"], "^no: ")
        self.assertEqual(kept["audit.jsonl"], "yes")
        agent.kill()
        entries = florin_json("audit", "verify", folder / "audit.jsonl")[0]["entries"]
        shutil.rmtree(folder)
        folder.mkdir()  # an empty folder will do
        florin("restore", self.file, folder)
        self.assertFalse((folder / "views").exists())
        shutil.copytree(EXAMPLE / "sites" / "lisbon", folder / "views")
        agent.start()
        self.federation.await_sites(len(SITES))
        self.run_job("the-next")  # all three are needed
        report = florin_json("audit", "verify", folder / "audit.jsonl")
        self.assertGreater(report[0]["entries"], entries)

    def test_nothing_is_overwritten_and_nothing_half_is_taken(self):
        workspace = self.federation.workspace
        florin("backup", workspace, self.file)
        before = self.file.read_bytes()
        self.fails("STORE-BACKUP", 1, "backup", workspace, self.file)
        self.assertEqual(self.file.read_bytes(), before)
        self.fails("STORE-BACKUP", 1, "restore", self.file, workspace)
        self.fails("STORE-BACKUP", 1, "restore", self.root / "none", self.root / "again")
        half = self.root / "half"
        half.write_bytes(before[:len(before) // 2])
        self.fails("STORE-BACKUP", 1, "restore", half, self.root / "again")
        florin("restore", self.file, self.root / "again", "--dry-run")
        self.assertFalse((self.root / "again").exists())
        self.fails("STORE-BACKUP", 1, "backup", self.federation.operator, self.root / "kit")
        self.fails("WORKSPACE-MISSING", 3, "backup", self.root, self.root / "nothing")

    def test_a_backup_of_another_hand_writes_nowhere_else(self):
        florin("backup", self.federation.workspace, self.file)
        for name in ("../evil", "operators/../identity.key", "tls/current/../evil", "policy",
                     "agent.yaml"):
            forged = self.root / "forged"
            shutil.copy(self.file, forged)
            with contextlib.closing(sqlite3.connect(forged)) as database, database:
                database.execute("INSERT INTO backup_files VALUES (?, ?, ?)",
                                 (name, hashlib.sha256(b"x").digest(), b"x"))
            self.fails("STORE-BACKUP", 1, "restore", forged, self.root / "again")
            self.assertFalse((self.root / "again").exists())

    def test_case75_a_backup_of_a_newer_program_is_left_alone(self):
        florin("backup", self.federation.workspace, self.file)
        with contextlib.closing(sqlite3.connect(self.file)) as database, database:
            database.execute("INSERT INTO migrations VALUES (9999, '9999_future', x'00')")
        self.fails("STORE-NEWER", 4, "restore", self.file, self.root / "again")
        self.assertFalse((self.root / "again").exists())

    def test_what_lies_beside_a_decision_is_no_obstacle(self):
        self.federation.add_site("graz", EXAMPLE / "sites" / "graz")
        self.federation.await_sites(1)
        self.federation.agents["graz"].kill()
        decisions = self.root / "graz" / "decisions"
        (decisions / "Odd Folder").mkdir(parents=True)
        (decisions / "Notes~").write_text("x", "utf-8")
        (decisions / "job.0123.json").write_text("{}", "utf-8")
        florin("backup", self.root / "graz", self.file, "--with-kek")
        florin("restore", self.file, self.root / "again")
        self.assertEqual([path.name for path in (self.root / "again" / "decisions").iterdir()],
                         ["job.0123.json"])


if __name__ == "__main__":
    unittest.main()
