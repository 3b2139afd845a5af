"""Simulated and deployed are one engine: every bundled example that is small, and its job under
each strategy, model and setting, gives between processes the versions it gives in one. A version's
id covers parameters, released metrics, round, plan and parent, so one comparison says all of it."""

import json
import pathlib
import tempfile
import unittest

from federation import Federation, wait_for
from florin_run import SOURCE, florin

EXAMPLES = SOURCE / "examples"
HELLO = EXAMPLES / "01_hello_round"
OVER = ("done", "failed", "cancelled")
TRAINING = "training: {strategy: fedavg, rounds: 10, epochs: 2, batch_size: 16, learning_rate: 0.2}"
MODEL = "model: {kind: logistic, l2: 0.001}"
COHORT = "cohort: {minimum: 2, maximum: 10, deadline: 30s}"
PRIVACY = "privacy: {clipping_norm: 10, weight_max: 10000}"


def gradient(strategy, more=""):
    return {TRAINING: f"training: {{strategy: {strategy}, rounds: 4, epochs: 2, batch_size: 16, "
                      f"learning_rate: 0.1{more}}}"}


# Of the first example: what is another line than in its file.
HELLO_JOBS = {
    "as-it-is": {},
    "fedadam": gradient("fedadam", ", server_learning_rate: 0.05"),
    "fedprox": gradient("fedprox", ", proximal_mu: 0.1"),
    "newton": {TRAINING: "training: {strategy: sum, rounds: 6}", PRIVACY: ""},
    "mlp": {MODEL: "model: {kind: mlp, hidden: [4]}", **gradient("fedavg")},
    "fraction": {COHORT: "cohort: {minimum: 2, maximum: 10, fraction: 60%, deadline: 30s}",
                 **gradient("fedavg")},
    "withheld": {"minimum_rows: 50": "minimum_rows: 100000", **gradient("fedavg")},
    "fine-grid": {PRIVACY: "privacy: {clipping_norm: 1, entry_max: 1000, weight_max: 500}",
                  **gradient("fedavg")},
}

COUNTS = """job: counts
view: mailings
model: {kind: counts, personalise: true}
schema:
  label: {field: channel, names: [mail, web, shop]}
  user: customer
  contexts: [{field: age, hash: 64}]
split: {share: 25%, seed: 7}
training: {strategy: sum}
cohort: {minimum: 2, maximum: 10, deadline: 30s}
evaluation: {metrics: [logloss, accuracy], minimum_rows: 50, minimum_sites: 2}
"""


class SameVersions(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def simulated(self, job, sites):
        out = self.root / f"{job.stem}.json"
        florin("sim", job, "--sites", sites, "--compare", "--replicates", 100,
               "--json-file", out)
        federation, = (f for f in json.loads(out.read_text("utf-8"))["federations"])
        return ([round_["version"][:12] for round_ in federation["rounds"]],
                federation["model_hash"])

    def deployed(self, federation, job):
        name = federation.ask("job", "submit", job)[0]["job"]
        shown = wait_for(lambda: (job := federation.job(name))["status"] in OVER and job,
                         f"the end of {name}", 240)
        self.assertEqual(shown["status"], "done", shown)
        versions = [row["item"][len("version."):] for row in federation.ask("job", "show", name)
                    if row["item"].startswith("version.")]
        return versions[1:], shown["model"]  # without the first, which no round made

    def compare(self, jobs, sites):
        federation = self.enterContext(Federation(self.root / "federation"))
        names = sorted(path.name for path in sites.iterdir())
        for name in names:
            federation.add_site(name, sites / name)
        federation.await_sites(len(names))
        for job in jobs:
            with self.subTest(job=job.name):
                expected = self.simulated(job, sites)
                self.assertGreaterEqual(len(expected[0]), 1)
                self.assertEqual(self.deployed(federation, job), expected)

    def test_the_first_example_under_every_strategy_and_setting(self):
        jobs = []
        for name, changes in HELLO_JOBS.items():
            text = (HELLO / "job.yaml").read_text("utf-8")
            for before, after in {"job: mailing-response": f"job: {name}", **changes}.items():
                self.assertIn(before, text)
                text = text.replace(before, after)
            jobs.append(self.root / f"{name}.yaml")
            jobs[-1].write_text(text, "utf-8")
        jobs += [self.root / "counts.yaml", EXAMPLES / "03_three_companies" / "job.yaml"]
        jobs[-2].write_text(COUNTS, "utf-8")
        (self.root / "federation").mkdir()
        self.compare(jobs, HELLO / "sites")

    def test_the_second_example(self):
        example = EXAMPLES / "02_your_own_csv"
        header, *rows = (example / "customers.csv").read_text("utf-8").splitlines()
        sites = self.root / "sites"
        for index, name in enumerate(("north", "south", "west")):
            (sites / name).mkdir(parents=True)
            (sites / name / "customers.csv").write_text(
                "\n".join([header, *rows[index::3]]) + "\n", "utf-8")
            (sites / name / "customers.view.yaml").write_bytes(
                (example / "customers.view.yaml").read_bytes())
        (self.root / "federation").mkdir()
        self.compare([example / "job.yaml"], sites)


if __name__ == "__main__":
    unittest.main()
