"""A coordinator's disk over many rounds: models of the newest versions, lineages of all."""

import json
import unittest

from deploy_test import EXAMPLE, JOB, Deploy
from federation import wait_for
from florin_run import florin

KEPT = 20  # what coordinator.yaml says by itself
LINEAGE_MAX = 6_000  # bytes a round: the lineage, and six audit entries twice


class KeptVersions(Deploy):
    def size_at(self, rounds):
        """(rounds made, bytes of the workspace) of a coordinator at rest, after that many."""
        ask = self.federation.ask
        wait_for(lambda: self.federation.job(JOB)["committed"] >= rounds, f"round {rounds}", 600)
        ask("job", "pause", JOB)
        paused = wait_for(lambda: (job := self.federation.job(JOB))["status"] == "paused" and job,
                          "the pause")
        self.assertEqual(self.federation.coordinator.stop(), 0)
        files = [path for path in self.federation.workspace.rglob("*") if path.is_file()]
        blobs = self.federation.workspace / "store" / "blobs"
        self.assertEqual(len(list(blobs.iterdir())), KEPT)
        size = sum(path.stat().st_size for path in files)
        self.federation.coordinator.start()
        self.federation.await_coordinator()
        return paused["committed"], size

    def refused(self, *args):
        run = florin(*args, "--dir", self.federation.operator, expect=3)
        self.assertIn(f"expected one of the {KEPT} newest", run.stderr)
        self.assertIn("[VERSION-DROPPED]", run.stderr)

    def test_rounds_add_their_lineage_and_no_model(self):
        self.add_sites()
        text = (EXAMPLE / "job.yaml").read_text("utf-8").replace("rounds: 10", "rounds: 5000")
        wide = text.replace("one_hot: [mail, web, shop]", "hash: 20000")
        self.assertNotEqual(wide, text)  # a model of 80 kB, a file of its own
        path = self.root / "job.yaml"
        path.write_text(wide, "utf-8")
        ask = self.federation.ask
        ask("job", "submit", path)
        early_rounds, early = self.size_at(60)
        ask("job", "resume", JOB)
        rounds, size = self.size_at(300)
        self.assertLess((size - early) / (rounds - early_rounds), LINEAGE_MAX)

        versions = ask("model", "list", "--from", JOB)
        self.assertEqual([row["kept"] for row in versions],
                         [False] * (rounds + 1 - KEPT) + [True] * KEPT)
        for row in versions[1:]:
            self.assertTrue(row["parent"] and row["model"] and row["metrics"], row)
        shown = [str(value) for value in self.federation.job(JOB).values()]
        self.assertEqual(sum("model dropped" in text for text in shown), rounds + 1 - KEPT)
        dropped, oldest = versions[-KEPT - 1]["version"], versions[-KEPT]["version"]
        self.refused("model", "rollback", JOB, dropped)
        self.refused("model", "export", "--from", JOB, "--version", dropped)
        exported = florin("model", "export", "--from", JOB, "--version", oldest, "--dir",
                          self.federation.operator)
        self.assertEqual(json.loads(exported.stdout)["round"], rounds + 1 - KEPT)
        (back,) = ask("model", "rollback", JOB, oldest)
        self.assertEqual(back["version"], oldest)
        ask("job", "resume", JOB)
        wait_for(lambda: self.federation.job(JOB)["committed"] > rounds, "a round on what was kept")


if __name__ == "__main__":
    unittest.main()
