"""An operator's commands against a coordinator on loopback with mutual TLS."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from florin_run import florin, florin_json

JOB = """\
job: {name}
view: mailings
model: {{kind: logistic}}
schema:
  label: {{field: answered}}
  features:
    - {{field: age, vocabulary: {{file: ages.csv}}}}
training: {{strategy: fedavg, rounds: 3}}
cohort: {{minimum: {minimum}}}
"""


class Operator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.coordinator = subprocess.Popen([os.environ["FLORIN_COORDINATOR"], str(cls.folder)],
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert cls.coordinator.stdout.readline() == "ready\n"
        (cls.folder / "ages.csv").write_text("age\nyoung\nold\n", encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.coordinator.communicate()
        cls.temporary.cleanup()

    def job(self, name, minimum=2):
        path = self.folder / f"{name}.yaml"
        path.write_text(JOB.format(name=name, minimum=minimum), encoding="utf-8")
        return path

    def ask(self, *args, **options):
        return florin_json(*args, "--dir", self.folder / "ada", **options)

    def fails(self, code, exit_code, *args, who="ada"):
        run = florin(*args, "--dir", self.folder / who, expect=exit_code)
        last = run.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("error: ") and last.endswith(f"[{code}]"), last)
        return run.stderr

    def test_a_job_from_submission_to_its_model(self):
        run = florin("job", "submit", self.job("watched"), "--watch", "--output", "json",
                     "--dir", self.folder / "ada")
        self.assertEqual([line.split(":")[0] for line in run.stderr.splitlines()],
                         [f"round {n}/3 committed" for n in (1, 2, 3)])
        (end,) = json.loads(run.stdout)
        self.assertEqual((end["status"], end["committed"]), ("done", 3))
        again = florin("job", "watch", "watched", "--dir", self.folder / "ada")
        self.assertEqual(again.stderr, run.stderr)
        self.assertEqual(florin("job", "watch", "watched", "--quiet", "--dir",
                                self.folder / "ada").stderr, "")

        versions = self.ask("model", "list", "--from", "watched")
        self.assertEqual([row["current"] for row in versions], [False, False, False, True])
        model = self.folder / "watched.florin"
        florin("model", "export", "--from", "watched", "--to", "florin", "--out", model,
               "--dir", self.folder / "ada")
        shown = {row["item"]: row["value"] for row in florin_json("model", "show", model)}
        self.assertTrue(shown["version"].startswith(versions[3]["version"]))
        exported = json.loads(florin("model", "export", "--from", "watched", "--version",
                                     versions[1]["version"], "--dir",
                                     self.folder / "ada").stdout)
        self.assertEqual(exported["round"], 1)
        (back,) = self.ask("model", "rollback", "watched", versions[1]["version"])
        self.assertEqual(back["version"], versions[1]["version"])
        self.fails("VERSION-UNKNOWN", 3, "model", "rollback", "watched", "ffffffffffff")
        self.assertIn("watched", {row["job"] for row in self.ask("job", "list")})
        detail = {row["item"]: row["value"] for row in self.ask("job", "show", "watched")}
        self.assertEqual(detail["text"], JOB.format(name="watched", minimum=2))
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
        asked = [(row["actor"], row["event"]) for row in self.ask("audit", "show")
                 if row["what"].startswith("job=waits") or "job=waits" in row["what"]]
        self.assertEqual([event for _, event in asked],
                         ["submit-job", "pause-job", "resume-job", "cancel-job", "pause-job",
                          "pause-job-failed"])
        self.assertEqual({actor for actor, _ in asked}, {"operator ada"})
        lines = florin("audit", "show", "--raw", "--dir", self.folder / "ada").stdout
        self.assertTrue(all(json.loads(line) for line in lines.splitlines()))

    def test_members(self):
        (made,) = self.ask("site", "add", "us", "--ttl", "24h")
        self.assertEqual(made["token"], "token-of-us-86400000000")
        self.fails("USAGE", 2, "site", "add", "us", "--ttl", "soon")
        self.fails("ROSTER-EXISTS", 4, "site", "add", "eu")
        self.assertEqual(self.ask("site", "list")[0]["site"], "eu")
        self.assertEqual(self.ask("operator", "list")[0]["operator"], "ada")
        self.assertIn("bob", self.ask("operator", "add", "bob")[0]["token"])
        self.fails("PEER-UNKNOWN", 5, "site", "revoke", "nobody")
        self.fails("PEER-UNKNOWN", 5, "operator", "remove", "nobody")

    def test_refusals(self):
        self.fails("JOB-UNKNOWN", 3, "job", "show", "no-such-job")
        self.fails("OPERATOR-ONLY", 5, "job", "list", who="site")
        self.fails("OPERATOR-DIR", 78, "job", "list", who="missing")
        self.assertIn("127.0.0.1:1", self.fails("NET-REFUSED", 6, "job", "list", who="nobody"))
        broken = self.job("broken")
        broken.write_text(broken.read_text(encoding="utf-8").replace("rounds: 3", "rounds: -3"),
                          encoding="utf-8")
        self.assertRegex(self.fails("JOB-RANGE", 78, "job", "submit", broken),
                         r"broken\.yaml:8:38: ")
        self.fails("USAGE", 2, "model", "list")
        self.fails("USAGE", 2, "model", "export", "--from", "watched", "--to", "florin")


if __name__ == "__main__":
    unittest.main()
