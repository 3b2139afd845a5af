"""Real processes on loopback: a coordinator, three agents, and what an operator asks of them."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from federation import Federation, wait_for
from florin_run import FLORIN, SOURCE, florin, florin_json

HELLO = SOURCE / "examples/01_hello_round"
SITES = ("graz", "lisbon", "vienna")
ROUNDS = 10  # of the example's job


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.federation = cls.enterClassContext(Federation(cls.root))
        cls.admin = cls.federation.operator
        for site in SITES:
            cls.federation.add_site(site, HELLO / "sites" / site)
        cls.federation.await_sites(len(SITES))

    @classmethod
    def tearDownClass(cls):
        stopped = [process.stop() for process in (*cls.federation.agents.values(),
                                                  cls.federation.coordinator)]
        assert stopped == [0, 0, 0, 0], stopped

    def ask(self, *args):
        return self.federation.ask(*args)

    def job(self, name, minimum=3):
        text = (HELLO / "job.yaml").read_text(encoding="utf-8")
        path = self.root / f"{name}.yaml"
        path.write_text(text.replace("job: mailing-response", f"job: {name}")
                        .replace("minimum: 2, maximum", f"minimum: {minimum}, maximum"),
                        encoding="utf-8")
        return path

    def fails(self, code, exit_code, *args, folder=None):
        run = florin(*args, "--dir", folder or self.admin, expect=exit_code)
        last = run.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("error: ") and last.endswith(f"[{code}]"), last)
        return run.stderr

    def is_serving(self):
        run = subprocess.run([FLORIN, "job", "list", "--dir", str(self.admin)], check=False,
                             capture_output=True)
        return run.returncode == 0

    def test_nothing_is_taken_down_under_the_threads_of_grpc_at_the_end(self):
        # They may close a connection yet, and need OpenSSL for it: no exit handler may run.
        log = self.root / "loader"
        with subprocess.Popen([FLORIN, "job", "list", "--dir", str(self.admin)],
                              stdout=subprocess.DEVNULL,
                              env={**os.environ, "LD_DEBUG": "files",
                                   "LD_DEBUG_OUTPUT": str(log)}) as run:
            self.assertEqual(run.wait(60), 0)
        said = log.with_name(f"{log.name}.{run.pid}").read_text("utf-8", "replace")
        self.assertIn("calling init", said)
        self.assertNotIn("calling fini", said)

    def test_a_job_from_submission_to_its_model(self):
        run = florin("job", "submit", self.job("watched"), "--watch", "--output", "json",
                     "--dir", self.admin)
        self.assertEqual([line.split(" sites")[0] for line in run.stderr.splitlines()],
                         [f"round {n}/{ROUNDS} committed: 3 of 3" for n in range(1, ROUNDS + 1)])
        end = json.loads(run.stdout)
        self.assertEqual({row["metric"] for row in end} & {"auc", "logloss"}, {"auc", "logloss"})
        self.assertEqual({(row["status"], row["committed"]) for row in end}, {("done", ROUNDS)})
        self.assertEqual(florin("job", "watch", "watched", "--dir", self.admin).stderr, run.stderr)
        self.assertEqual(florin("job", "watch", "watched", "--quiet", "--dir", self.admin).stderr,
                         "")
        versions = self.ask("model", "list", "--from", "watched")
        self.assertEqual([row["current"] for row in versions], [False] * ROUNDS + [True])
        model = self.root / "watched.florin"
        florin("model", "export", "--from", "watched", "--to", "florin", "--out", model,
               "--dir", self.admin)
        shown = {row["item"]: row["value"] for row in florin_json("model", "show", model)}
        self.assertTrue(shown["version"].startswith(versions[-1]["version"]))
        earlier = versions[4]["version"]
        exported = florin("model", "export", "--from", "watched", "--version", earlier,
                          "--dir", self.admin)
        self.assertEqual(json.loads(exported.stdout)["round"], 4)
        (back,) = self.ask("model", "rollback", "watched", earlier)
        self.assertEqual(back["version"], earlier)
        self.fails("VERSION-UNKNOWN", 3, "model", "rollback", "watched", "ffffffffffff")

        self.assertIn("watched", {row["job"] for row in self.ask("job", "list")})
        detail = {row["item"]: row["value"] for row in self.ask("job", "show", "watched")}
        self.assertEqual(detail["text"], (self.root / "watched.yaml").read_text("utf-8"))
        self.assertEqual(detail["evaluations.accepted"], 3)
        trail = self.ask("audit", "show", "--job", "watched")
        self.assertIn("round.committed", {row["event"] for row in trail})

    def test_pause_resume_cancel_and_who_asked(self):
        self.ask("job", "submit", self.job("waits", minimum=9))
        self.assertEqual(self.ask("job", "pause", "waits")[0]["status"], "paused")
        self.assertEqual(self.ask("job", "resume", "waits")[0]["status"], "running")
        (ended,) = self.ask("job", "cancel", "waits", "--reason", "wrong view")
        self.assertEqual(ended["status"], "cancelled")
        self.assertIn("wrong view", ended["reason"])
        self.fails("JOB-STATE", 4, "job", "pause", "waits")
        self.fails("JOB-CANCELLED", 1, "job", "watch", "waits")
        asked = [row for row in self.ask("audit", "show") if "job=waits" in row["what"]]
        self.assertEqual([row["event"] for row in asked],
                         ["submit-job", "pause-job", "resume-job", "cancel-job", "pause-job",
                          "pause-job-failed"])
        self.assertEqual({row["actor"] for row in asked}, {"operator admin"})

    def test_a_watch_goes_on_when_the_coordinator_comes_back(self):
        self.ask("job", "submit", self.job("followed", minimum=9))
        with subprocess.Popen([FLORIN, "job", "watch", "followed", "--dir", str(self.admin)],
                              stderr=subprocess.PIPE, text=True) as watch:
            self.assertIn("waits", watch.stderr.readline())
            self.assertEqual(self.federation.coordinator.stop(), 0)
            self.federation.coordinator.start()
            wait_for(self.is_serving, "the coordinator")
            self.ask("job", "cancel", "followed")
            self.assertIn("[JOB-CANCELLED]", watch.communicate(timeout=60)[1])
            self.assertEqual(watch.returncode, 1)
        self.federation.await_sites(len(SITES))

    def test_audit_chains_verify(self):
        self.ask("site", "add", "later")
        self.ask("job", "submit", self.job("audited"), "--watch", "--quiet")
        for chain in ("calls", "members", "rounds"):
            lines = florin("audit", "show", "--chain", chain, "--raw", "--dir", self.admin).stdout
            path = self.root / f"{chain}.audit.jsonl"
            path.write_text(lines, encoding="utf-8")
            (report,) = florin_json("audit", "verify", path, "--key", self.federation.audit_key)
            florin("audit", "verify", path, "--key", "00" * 32, expect=1)
            self.assertGreater(report["entries"], 0, chain)
            self.assertIn('"signature"', lines.splitlines()[-1], chain)
            self.assertEqual(report["signed by"], self.federation.audit_key)
            # Two entries less under the same head: the cut shows.
            cut = lines.splitlines()[:-2] + lines.splitlines()[-1:]
            path.write_text("\n".join(cut) + "\n", encoding="utf-8")
            run = florin("audit", "verify", path, expect=1)
            self.assertRegex(run.stderr, r"\[AUDIT-(TAIL|GAP|BYTE)\]")

    def test_members_come_and_go(self):
        (made,) = self.ask("operator", "add", "bob")
        bob = self.root / "bob"
        florin("operator", "join", made["token"], "--dir", bob)
        self.assertEqual({row["operator"] for row in florin_json("operator", "list", "--dir", bob)},
                         {"admin", "bob"})
        self.ask("operator", "remove", "bob")
        self.fails("PEER-REVOKED", 5, "job", "list", folder=bob)
        self.fails("OPERATOR-LAST", 4, "operator", "remove", "admin")
        self.fails("PEER-UNKNOWN", 5, "site", "revoke", "nobody")
        self.fails("ROSTER-EXISTS", 4, "site", "add", "graz")
        self.fails("USAGE", 2, "site", "add", "rome", "--ttl", "soon")

    def test_refusals(self):
        self.fails("JOB-UNKNOWN", 3, "job", "show", "no-such-job")
        self.fails("OPERATOR-DIR", 2, "job", "list", folder=self.root / "graz")
        self.fails("WORKSPACE-MISSING", 3, "job", "list", folder=self.root / "missing")
        broken = self.job("broken")
        broken.write_text(broken.read_text("utf-8").replace("rounds: 10", "rounds: -3"), "utf-8")
        self.assertRegex(self.fails("JOB-RANGE", 78, "job", "submit", broken),
                         r"broken\.yaml:\d+:\d+: training\.rounds")
        self.fails("USAGE", 2, "model", "list")
        self.fails("USAGE", 2, "model", "export", "--from", "watched", "--to", "florin")


if __name__ == "__main__":
    unittest.main()
