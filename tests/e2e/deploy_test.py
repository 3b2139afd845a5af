"""The same job between processes as in one: same hash, kill -9 anywhere, the owner's word first."""

import pathlib
import random
import tempfile
import time
import unittest

from federation import Federation, wait_for
from florin_run import SOURCE, florin, florin_json

EXAMPLE = SOURCE / "examples" / "01_hello_round"
SITES = ("graz", "lisbon", "vienna")
JOB = "mailing-response"


def expected_hash(root):
    """What the one-process run of the same files, cohort and seed makes."""
    report = pathlib.Path(root) / "sim.json"
    florin("sim", EXAMPLE / "job.yaml", "--sites", EXAMPLE / "sites", "--json-file", report)
    import json
    return json.loads(report.read_text("utf-8"))["federations"][-1]["model_hash"]


class Deploy(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def federation(self, **options):
        federation = Federation(self.root, **options)
        self.enterContext(federation)
        return federation

    def test_a_deployed_job_has_the_hash_of_the_simulated_one(self):
        federation = self.federation()
        for site in SITES:
            federation.add_site(site, EXAMPLE / "sites" / site)
        federation.await_sites(len(SITES))
        federation.ask("job", "submit", EXAMPLE / "job.yaml", "--watch")
        job = federation.job(JOB)
        print(job)
        self.assertEqual(job["status"], "done")


if __name__ == "__main__":
    unittest.main()
