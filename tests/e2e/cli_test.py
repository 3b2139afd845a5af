"""The program as scripts and people meet it: exit codes, error lines, formats, repeatability."""

import csv
import io
import json
import pathlib
import tempfile
import unittest

from florin_run import SOURCE, florin, florin_json

HELLO = SOURCE / "examples/01_hello_round"
JOB = HELLO / "job.yaml"
SITES = HELLO / "sites"


class Repeatability(unittest.TestCase):
    def hashes(self, *options):
        rows = florin_json("sim", JOB, "--sites", SITES, "--quiet", *options)
        return {row["model hash"] for row in rows}

    def test_threads_delays_and_crashes_do_not_change_the_model(self):
        plain = self.hashes("--threads", 1)
        self.assertEqual(len(plain), 1)
        for options in (("--threads", 2), ("--threads", 5, "--delay", 10),
                        ("--restart", 0.3, "--delay", 5), ("--duplicate", 0.5)):
            with self.subTest(options=options):
                self.assertEqual(self.hashes(*options), plain)

    def test_another_seed_of_the_job_is_another_model(self):
        with tempfile.TemporaryDirectory() as folder:
            job = pathlib.Path(folder) / "job.yaml"
            job.write_text(JOB.read_text(encoding="utf-8") + "\nseed: 99\n", encoding="utf-8")
            other = florin_json("sim", job, "--sites", SITES, "--quiet")
        self.assertNotEqual({row["model hash"] for row in other}, self.hashes())


class Sealed(unittest.TestCase):
    """The example's job under secure aggregation."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.job = pathlib.Path(holder.name) / "job.yaml"
        text = JOB.read_text(encoding="utf-8").replace("privacy: {", "privacy: {protocol: secagg, ")
        self.job.write_text(text.replace("minimum: 2", "minimum: 3"), encoding="utf-8")

    def test_the_plan_says_who_could_learn_what_and_what_it_costs(self):
        plan = {row["item"]: row for row in florin_json("job", "plan", self.job)}
        self.assertEqual(plan["privacy.coordinator_sees"]["value"], "sums only")
        self.assertEqual(plan["sealed.3_sites.shares"]["value"], "2 of 3")
        self.assertIn("1 site may leave", plan["sealed.3_sites.shares"]["meaning"])
        self.assertIn("with 1 site: opens", plan["sealed.3_sites.colluders"]["meaning"])
        self.assertEqual(plan["sealed.10_sites.shares"]["value"], "7 of 10")
        self.assertIn("with 4 sites", plan["sealed.10_sites.colluders"]["meaning"])
        self.assertLess(float(plan["sealed.3_sites.core_seconds"]["value"]),
                        float(plan["sealed.10_sites.core_seconds"]["value"]))

    def test_the_comparison_shows_the_same_model_in_the_open(self):
        document = florin_json("sim", self.job, "--sites", SITES, "--compare", "--quiet",
                               "--replicates", 50)
        for run in document["federations"]:
            self.assertEqual(run["plain"]["model_hash"], run["model_hash"])
            self.assertGreater(run["traffic"]["bytes_up"], run["plain"]["traffic"]["bytes_up"])

    def test_two_sites_are_too_few(self):
        text = self.job.read_text(encoding="utf-8").replace("minimum: 3", "minimum: 2")
        self.job.write_text(text, encoding="utf-8")
        error = florin("job", "validate", self.job, expect=78).stderr
        self.assertIn("[JOB-COMPAT-18]", error)


class Formats(unittest.TestCase):
    def test_comparison_has_every_column_in_json_and_csv(self):
        options = ("sim", JOB, "--sites", SITES, "--compare", "--quiet", "--replicates", 50)
        document = florin_json(*options)
        self.assertEqual(document["format"], "florin.simulation.v1")
        self.assertEqual(len(document["markets"]), 3)
        for market in document["markets"]:
            columns = [cell["column"] for cell in market["cells"]]
            self.assertEqual(columns, ["floor", "local-only", "one-shot average", "federated",
                                       "pooled"])
            for cell in market["cells"][2:]:
                gain = cell["gain_over_local"]
                self.assertLessEqual(gain["low"], gain["high"])
        rows = list(csv.reader(io.StringIO(florin(*options, "--output", "csv").stdout)))
        self.assertEqual(rows[0][0], "market")
        self.assertEqual(len(rows), 4)
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})

    def test_data_goes_to_standard_output_and_progress_does_not(self):
        run = florin("sim", JOB, "--sites", SITES, "--output", "json")
        json.loads(run.stdout)
        self.assertIn("committed: 3 of 3 sites", run.stderr)
        self.assertEqual(florin("sim", JOB, "--sites", SITES, "--quiet").stderr, "")

    def test_report_is_one_page_without_outside_requests(self):
        with tempfile.TemporaryDirectory() as folder:
            result = pathlib.Path(folder) / "result.json"
            page = pathlib.Path(folder) / "report.html"
            florin("sim", JOB, "--sites", SITES, "--compare", "--quiet", "--json-file", result,
                   "--origin", "invented <rows>")
            florin("report", result, "--out", page)
            text = page.read_text(encoding="utf-8")
        self.assertIn("invented &lt;rows&gt;", text)
        self.assertIn("vienna", text)
        for outside in ("http:", "https:", "<script", "url("):
            self.assertNotIn(outside, text)


class Errors(unittest.TestCase):
    def fails(self, code, exit_code, *args):
        run = florin(*args, expect=exit_code)
        last = run.stderr.strip().splitlines()[-1]
        self.assertTrue(last.startswith("error: "), last)
        self.assertTrue(last.endswith(f"[{code}]"), last)
        self.assertEqual(run.stdout, "")
        return run.stderr

    def test_usage(self):
        self.assertIn('Did you mean "sim"?', self.fails("USAGE", 2, "simm"))
        self.fails("USAGE", 2, "sim", JOB)
        self.fails("USAGE", 2, "sim", JOB, "--sites", SITES, "--drop", 2)
        self.assertIn('Did you mean "vienna"?',
                      self.fails("USAGE", 2, "sim", JOB, "--sites", SITES, "--join", "viena"))

    def test_missing_files(self):
        self.fails("FILE-NOT-FOUND", 3, "job", "validate", "no-such-job.yaml")
        self.fails("SIM-SITES", 3, "sim", JOB, "--sites", SOURCE / "docs")
        self.fails("FILE-NOT-FOUND", 3, "report", "no-such-result.json")

    def test_all_faults_of_a_job_are_told_with_their_places(self):
        with tempfile.TemporaryDirectory() as folder:
            job = pathlib.Path(folder) / "job.yaml"
            job.write_text("job: Bad Name\nview: rows\nmodle: {kind: logistic}\n"
                           "schema: {label: {field: y}, features: [x]}\n"
                           "privacy: {clipping_norm: -1}\n", encoding="utf-8")
            run = florin("job", "validate", job, expect=78)
        self.assertRegex(run.stderr, r"job\.yaml:1:\d+: ")
        self.assertRegex(run.stderr, r'job\.yaml:3:\d+: .*Did you mean "model"\?')
        self.assertRegex(run.stderr,
                         r"job\.yaml:5:\d+: privacy\.clipping_norm: expected .* found -1")

    def test_a_result_of_another_kind_is_no_report(self):
        with tempfile.TemporaryDirectory() as folder:
            other = pathlib.Path(folder) / "other.json"
            other.write_text('{"format": "something"}', encoding="utf-8")
            self.fails("REPORT-FORMAT", 1, "report", other)

    def test_a_job_that_never_reaches_its_quorum_says_so(self):
        message = self.fails("SIM-FAILED", 1, "sim", JOB, "--sites", SITES, "--drop", 1)
        self.assertIn("abandoned", message)


class Policy(unittest.TestCase):
    def check(self, text, *options, expect=0):
        with tempfile.TemporaryDirectory() as folder:
            policy = pathlib.Path(folder) / "acme.policy.yaml"
            policy.write_text(text, encoding="utf-8")
            run = florin("policy", "check", policy, "--job", JOB, *options, "--output", "json",
                         expect=expect)
        return {(row["rule"], row["work"]): row for row in json.loads(run.stdout or "[]")}, run

    def test_job_that_keeps_the_policy_waits_for_its_owner(self):
        rows, run = self.check("policy: acme\nrounds_max: 1000\nminimum_rows: 5\n")
        self.assertEqual(run.stderr, "")
        self.assertEqual(rows["rounds_max", "all"]["status"], "met")
        self.assertEqual(rows["rounds_max", "all"]["line"], 2)
        self.assertEqual(rows["minimum_rows", "all"]["status"], "later")
        self.assertEqual(rows["jobs", "all"]["status"], "no rule")
        self.assertEqual(rows["approve", "all"]["status"], "asks")

    def test_rule_that_takes_the_plan_needs_no_yes(self):
        rows, _ = self.check('policy: acme\napprove: rule\nrules:\n  - jobs: ["*"]\n')
        self.assertEqual(rows["approve", "all"]["status"], "met")
        self.assertEqual(rows["approve", "all"]["line"], 4)

    def test_broken_rules_are_refused_with_their_codes(self):
        rows, run = self.check("policy: acme\nminimum_protocol: secagg\n"
                               "purposes: [ad-measurement]\nminimum_rows: 9\nwork: [train]\n",
                               "--rows", 8, expect=8)
        codes = {row["code"] for row in rows.values() if row["status"] == "broken"}
        self.assertEqual(codes, {"POLICY-PROTOCOL", "POLICY-PURPOSE", "POLICY-ROWS",
                                 "POLICY-WORK"})
        self.assertEqual(rows["work", "train"]["status"], "met")
        self.assertEqual(rows["work", "evaluate"]["status"], "broken")
        last = run.stderr.strip().splitlines()[-1]
        self.assertIn('acme.policy.yaml:3: purposes: expected one of ad-measurement, found '
                      'unspecified. ', last)
        self.assertTrue(last.endswith("[POLICY-PURPOSE]"), last)

    def test_faults_of_a_policy_are_told_with_their_places(self):
        _, run = self.check("policy: acme\npurposs: [ads]\n", expect=78)
        self.assertRegex(run.stderr, r'policy\.yaml:2:1: purposs: .*Did you mean "purposes"\?')


class Bench(unittest.TestCase):
    def test_every_figure_has_a_stable_id_and_says_what_it_measures(self):
        document = florin_json("bench", "machine", "sim", "newton", "csv", "fold", "privacy",
                               "--fast", "--quiet")
        self.assertEqual(set(document), {"machine", "results"})
        ids = [result["id"] for result in document["results"]]
        self.assertEqual(len(ids), len(set(ids)))
        for wanted in ("machine.fma_peak", "sim.client_update", "sim.client_overhead",
                       "newton.fma_share", "csv.to_batch", "fold.bandwidth_share",
                       "fold.memory_ratio", "privacy.mask_u32", "privacy.secagg_sparse.client",
                       "privacy.secagg_sparse.coordinator", "privacy.lattice.all"):
            self.assertIn(wanted, ids)
        for result in document["results"]:
            self.assertEqual(set(result), {"id", "value", "unit", "goal", "pass", "note"})
            self.assertGreater(result["value"], 0, result["id"])


if __name__ == "__main__":
    unittest.main()
