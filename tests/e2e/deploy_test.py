"""The same job between processes as in one: same hash, kill -9 anywhere, the owner's word first."""

import base64
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
import unittest

from federation import PATIENCE, POLICY, Federation, Process, virtual_secret, wait_for
from florin_run import SOURCE, florin, florin_json

EXAMPLE = SOURCE / "examples" / "01_hello_round"
SITES = ("graz", "lisbon", "vienna")
JOB = "mailing-response"
KILLS = int(os.environ.get("FLORIN_KILLS", "24"))
OVER = ("done", "failed", "cancelled")


class Deploy(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)
        self.federation = self.enterContext(Federation(self.root))

    def add_sites(self, sites=SITES, **options):
        for site in sites:
            self.federation.add_site(site, EXAMPLE / "sites" / site, **options)
        self.federation.await_sites(len(sites))

    def submit(self, rounds=None, deadline=None, minimum=None, patience=None, protocol=None):
        """The example's job, changed; its file."""
        text = (EXAMPLE / "job.yaml").read_text("utf-8")
        if rounds is not None:
            text = text.replace("rounds: 10", f"rounds: {rounds}")
        if deadline is not None:
            text = text.replace("deadline: 30s", f"deadline: {deadline}s")
        if minimum is not None:
            text = text.replace("cohort: {minimum: 2", f"cohort: {{minimum: {minimum}")
        if patience is not None:
            text = text.replace("cohort: {", f"cohort: {{patience: {patience}, ")
        if protocol is not None:
            text = text.replace("privacy: {", f"privacy: {{protocol: {protocol}, ")
        path = self.root / "job.yaml"
        path.write_text(text, "utf-8")
        self.federation.ask("job", "submit", path)
        return path

    def simulated(self, job):
        """The model hash of the same files in one process."""
        rows = florin_json("sim", job, "--sites", EXAMPLE / "sites")
        hashes = {row["model hash"] for row in rows}
        self.assertEqual(len(hashes), 1)
        return hashes.pop()

    def await_end(self, patience=120):
        return wait_for(lambda: (job := self.federation.job(JOB))["status"] in OVER and job,
                        "the job's end", patience)

    def assert_done_as_simulated(self, path, patience=120):
        job = self.await_end(patience)
        self.assertEqual(job["status"], "done", job)
        self.assertEqual(job["model"][:12], self.simulated(path)[:12])
        return job


class SameHash(Deploy):
    def test_every_agent_keeps_a_trail_that_verifies(self):
        self.add_sites()
        job = self.assert_done_as_simulated(self.submit())
        self.assertEqual(job["updates.accepted"], 3)
        for site in SITES:
            report = florin_json("audit", "verify", self.root / site / "audit.jsonl")
            self.assertGreaterEqual(report[0]["entries"], 20)  # ten rounds, trained and measured

    def test_case80_no_secret_is_in_a_log(self):
        self.add_sites()
        token = self.federation.ask("site", "add", "spare")[0]["token"]
        florin("agent", "join", token, "--dir", self.root / "spare", "--site", "spare")
        self.submit(rounds=2)
        self.assertEqual(self.await_end()["status"], "done")
        secrets = [token.encode(), b"PRIVATE KEY"]
        sealed = []
        for path in self.root.rglob("*"):
            if path.name in ("site.secret", "identity.key", "key.pem") and not path.is_symlink():
                self.assertEqual(path.read_bytes()[:4], b"FSE1", path)
                sealed.append(path)
        self.assertGreaterEqual(len(sealed), 15)
        folders = [self.federation.workspace, self.federation.operator,
                   *(self.root / site for site in (*SITES, "spare"))]
        for folder in folders:
            kek = (folder / "kek").read_bytes()
            secrets += [kek.hex().encode(), base64.b64encode(kek)]
            for name in ("identity.key", "site.secret"):
                if (folder / name).exists():
                    out = self.root / "opened"
                    florin("keys", "export", name, "--dir", folder, "--out", out)
                    raw = out.read_bytes()
                    out.unlink()
                    self.assertEqual(len(raw), 32)
                    if name == "site.secret" and folder.name in SITES:
                        self.assertEqual(raw, virtual_secret(folder.name))
                    secrets += [raw, raw.hex().encode(), base64.b64encode(raw)]
        self.assertEqual(len(secrets), 2 + 12 + 30)
        for process in (self.federation.coordinator, *self.federation.agents.values()):
            process.kill()
        written = [path for path in self.root.rglob("*")
                   if path.is_file() and not path.is_symlink()]
        self.assertGreaterEqual(len([path for path in written if path.suffix == ".log"]), 4)
        for path in written:
            text = path.read_bytes()
            self.assertEqual([secret for secret in secrets if secret in text], [], path)


class Keys(Deploy):
    """The key that opens a folder's secrets is replaced, whoever dies, under running agents."""

    def listed(self, folder):
        return florin_json("keys", "list", "--dir", folder)

    def test_rotation_is_killed_anywhere_and_the_federation_goes_on(self):
        self.add_sites()
        folders = [self.federation.workspace, *(self.root / site for site in SITES)]
        before = {folder: self.listed(folder)[0]["kek"] for folder in folders}
        for place in ("keys.kek", "keys.wrap", "keys.place"):
            for folder in folders:
                process = Process(self.root / "rotate.log", "keys", "rotate", "--dir", folder)
                process.start(FLORIN_FAILPOINT=place)
                self.assertEqual(process.running.wait(PATIENCE), -signal.SIGKILL)
                self.assertTrue(all(row["sealed"] in (True, "yes") for row in self.listed(folder)))
                rotated = florin_json("keys", "rotate", "--dir", folder)
                self.assertNotEqual(rotated[0]["value"], before[folder])
                before[folder] = self.listed(folder)[0]["kek"]
                self.assertEqual(rotated[0]["value"], before[folder])
        florin("agent", "renew", "--dir", self.root / "graz")
        for process in (self.federation.coordinator, *self.federation.agents.values()):
            process.kill()
            process.start()
        self.federation.await_coordinator()
        self.federation.await_sites(len(SITES))
        self.assert_done_as_simulated(self.submit(rounds=2))

    def test_the_key_lies_elsewhere_and_a_wrong_one_is_named(self):
        self.add_sites(("graz", "lisbon"))
        folder, kek = self.root / "graz", self.root / "graz.kek"
        self.federation.agents["graz"].kill()
        florin("keys", "rotate", "--dir", folder, "--kek", kek)
        self.assertFalse((folder / "kek").exists())

        def code(**environment):
            run = Process(self.root / "refused.log", "agent", "run", "--dir", folder)
            run.start(**environment)
            self.assertNotEqual(run.running.wait(PATIENCE), 0)
            return run.log.read_text("utf-8").strip().splitlines()[-1]
        self.assertIn("[KEYS-MISSING]", code())
        other = str(self.root / "lisbon" / "kek")
        self.assertIn("[KEYS-WRONG]", code(FLORIN_KEK_FILE=other))
        kek.chmod(0o644)
        self.assertIn("[KEYS-FILE]", code(FLORIN_KEK_FILE=str(kek)))
        kek.chmod(0o600)
        self.federation.agents["graz"].start(FLORIN_KEK_FILE=str(kek))
        self.federation.await_sites(2)


class Sealed(Deploy):
    """Sealed sums between processes: the hash of the sums in the open, whoever dies."""

    def add_sites(self, sites=SITES, policy=POLICY + "peers: [any]\n"):
        super().add_sites(sites, policy=policy)

    def test_peers_wait_for_the_owner_and_an_open_sum_is_refused(self):
        self.add_sites(("graz", "lisbon"))
        strict = POLICY + "minimum_protocol: secagg\n"
        self.federation.add_site("vienna", EXAMPLE / "sites" / "vienna", policy=strict)
        self.federation.await_sites(3)
        path = self.submit(minimum=3, protocol="secagg")
        plans = self.root / "vienna" / "plans.json"
        wait_for(lambda: "peers" in plans.read_text("utf-8"), "vienna to be asked", PATIENCE)
        asked = florin_json("agent", "pending", "--dir", self.root / "vienna")[0]
        for site in ("graz", "lisbon"):
            shown = florin_json("agent", "show", "--dir", self.root / site)
            key = next(row["value"] for row in shown if row["name"] == "identity key")
            self.assertIn(f"{site}: {key}", list(asked.values())[-1])
        self.assertEqual(self.federation.job(JOB)["committed"], 0)
        florin("agent", "approve", "peers", "--dir", self.root / "vienna")
        self.assert_done_as_in_the_open(path)

    def test_a_site_that_wants_sealed_sums_refuses_open_ones(self):
        self.add_sites(policy=POLICY + "peers: [any]\nminimum_protocol: secagg\n")
        self.submit(rounds=1, minimum=3, deadline=2)
        self.assertEqual(self.await_end()["status"], "failed")
        log = (self.root / "vienna.log").read_text("utf-8")
        self.assertIn("POLICY-PROTOCOL", log)

    def assert_done_as_in_the_open(self, path, patience=120):
        job = self.await_end(patience)
        self.assertEqual(job["status"], "done", job)
        text = path.read_text("utf-8").replace("protocol: secagg", "protocol: plain")
        path.write_text(text, "utf-8")
        self.assertEqual(job["model"][:12], self.simulated(path)[:12])
        return job

    def test_sealed_rounds_give_the_model_of_open_ones(self):
        self.add_sites()
        job = self.assert_done_as_in_the_open(self.submit(minimum=3, protocol="secagg"))
        self.assertEqual(job["updates.accepted"], 3)

    def test_kills_of_coordinator_and_agents_at_random_moments(self):
        rng = random.Random(6)
        self.add_sites()
        path = self.submit(rounds=8 * KILLS, minimum=3, deadline=60, protocol="secagg")
        everyone = [self.federation.coordinator, *self.federation.agents.values()]
        for _ in range(KILLS):
            victim = rng.choice(everyone)
            victim.kill()
            victim.start()
            time.sleep(rng.expovariate(1 / 0.15))
        self.federation.await_coordinator()
        job = self.federation.job(JOB)
        print(f"{KILLS} kills, round {job['committed']} of {job['rounds']}", file=sys.stderr)
        self.assert_done_as_in_the_open(path, 240 + 2 * KILLS)


class KillNine(Deploy):
    """Everything may die at any moment; the job ends with the undisturbed hash."""

    def test_kills_of_coordinator_and_agents_at_random_moments(self):
        rng = random.Random(5)
        self.add_sites()
        # All three sites count in every round, so the cohort is that of the undisturbed run.
        path = self.submit(rounds=20 * KILLS, minimum=3, deadline=60)
        everyone = [self.federation.coordinator, *self.federation.agents.values()]
        for _ in range(KILLS):
            victim = rng.choice(everyone)
            victim.kill()
            victim.start()
            time.sleep(rng.expovariate(1 / 0.15))
        self.federation.await_coordinator()
        # How many rounds are left depends on the machine; where none is, the last kills hit rest.
        job = self.federation.job(JOB)
        print(f"{KILLS} kills, round {job['committed']} of {job['rounds']}", file=sys.stderr)
        self.assert_done_as_simulated(path, 240 + 2 * KILLS)

    def test_kills_at_named_places(self):
        self.add_sites()
        path = self.submit(rounds=400, minimum=3, deadline=60)
        coordinator, agent = self.federation.coordinator, self.federation.agents["lisbon"]
        for process, places in (
                (coordinator, ("commit.begin", "commit.end", "offer.send", "receipt.send")),
                (agent, ("commit.begin", "commit.end", "contribution.keep", "contribution.send",
                         "receipt.forget"))):
            for place in places:
                process.kill()
                process.start(FLORIN_FAILPOINT=f"{place}:3")
                self.assertEqual(process.running.wait(PATIENCE), -signal.SIGKILL, place)
                process.start()
        self.federation.await_coordinator()
        self.assert_done_as_simulated(path, 240)


class Bystanders(Deploy):
    """A round goes on without those who are missing."""

    def test_a_site_that_dies_is_done_without_and_comes_back(self):
        self.add_sites()
        self.submit(rounds=5000, deadline=2)  # more than it will get to
        wait_for(lambda: self.federation.job(JOB)["committed"] >= 3, "three rounds")
        self.federation.agents["vienna"].kill()
        before = self.federation.job(JOB)["committed"]
        wait_for(lambda: self.federation.job(JOB)["committed"] >= before + 2, "rounds without it")
        self.assertNotIn("present.vienna", self.federation.job(JOB))
        self.federation.agents["vienna"].start()
        wait_for(lambda: self.federation.job(JOB)["updates.accepted"] == 3, "a round with it")
        self.federation.ask("job", "cancel", JOB)
        self.assertEqual(self.await_end()["status"], "cancelled")

    def test_a_revoked_site_is_out_at_once(self):
        self.add_sites()
        self.federation.ask("site", "revoke", "graz")
        wait_for(lambda: self.federation.agents["graz"].says("PEER-REVOKED"), "the goodbye")
        self.submit(rounds=2)
        job = self.await_end()
        self.assertEqual(job["status"], "done")
        self.assertNotIn("cohort.graz.update", job)


class OwnersWord(Deploy):
    """The coordinator cannot make a site do what its owner has not allowed."""

    def test_a_new_plan_waits_for_its_yes(self):
        self.add_sites(sites=("lisbon", "vienna"))
        self.federation.add_site("graz", EXAMPLE / "sites" / "graz", policy=None)
        self.federation.await_sites(3)
        self.submit(rounds=5000, deadline=2)
        folder = self.root / "graz"
        waiting = wait_for(lambda: (folder / "plans.json").is_file() and
                           florin_json("agent", "pending", "--dir", folder), "a plan that waits")
        self.assertEqual(waiting[0]["job"], JOB)
        self.assertTrue(self.federation.agents["graz"].says("APPROVAL-PENDING"))
        florin("agent", "approve", JOB, "--dir", folder, "--who", "maria")
        wait_for(lambda: not florin_json("agent", "pending", "--dir", folder), "the yes")
        wait_for(lambda: self.federation.job(JOB)["updates.accepted"] == 3, "a round of three")
        self.federation.ask("job", "cancel", JOB)
        self.assertEqual(self.await_end()["status"], "cancelled")
        self.assertIn("owner maria", (folder / "audit.jsonl").read_text("utf-8"))

    def add_sites_but_graz_undecided(self):
        self.add_sites(sites=("lisbon", "vienna"))
        self.federation.add_site("graz", EXAMPLE / "sites" / "graz", policy=None)
        self.federation.await_sites(3)

    def await_waiting(self):
        wait_for(lambda: "waiting.graz" in self.federation.job(JOB), "the job to wait")
        job = wait_for(lambda: (job := self.federation.job(JOB))["phase"] == "Planned" and job,
                       "the round to be planned anew")
        self.assertEqual((job["status"], job["committed"]), ("running", 0))
        self.assertIn('"graz"', job["reason"])

    def decide(self, word):
        folder = self.root / "graz"
        wait_for(lambda: (folder / "plans.json").is_file() and
                 florin_json("agent", "pending", "--dir", folder), "a plan that waits")
        florin("agent", word, JOB, "--dir", folder, "--who", "maria")

    def count_recorded(self, event):
        """In the trail, which has each once; a log may say again what was said before a kill."""
        return [row["event"] for row in self.federation.ask("audit", "show", "--job", JOB)].count(
            event)

    def test_a_quorum_that_waits_for_an_owner_goes_on_with_the_yes(self):
        self.add_sites_but_graz_undecided()
        path = self.submit(minimum=3)
        self.await_waiting()
        # Neither site nor coordinator that starts anew ends the wait, or says it again.
        for count, process in ((2, self.federation.agents["graz"]),
                               (3, self.federation.coordinator)):
            process.kill()
            process.start()
            self.federation.await_coordinator()
            wait_for(lambda n=count: self.count_recorded("round.replanned") == n,
                     "the site to be asked again")
            self.await_waiting()
        self.assertEqual(self.count_recorded("round.waiting"), 1)
        self.decide("approve")
        self.assert_done_as_simulated(path)
        self.assertEqual(self.count_recorded("round.abandoned"), 0)
        self.assertNotIn("waiting.graz", self.federation.job(JOB))

    def test_a_no_ends_the_wait_for_that_site(self):
        self.add_sites_but_graz_undecided()
        self.submit(minimum=3, deadline=1)
        self.await_waiting()
        self.decide("refuse")
        job = self.await_end()
        self.assertEqual(job["status"], "failed")
        self.assertIn("2 may be asked", job["reason"])

    def test_patience_ends(self):
        self.add_sites_but_graz_undecided()
        self.submit(minimum=3, patience="2s")
        job = self.await_end()
        self.assertEqual(job["status"], "failed")
        self.assertIn("[ROUND-APPROVAL]", job["reason"])
        self.assertIn('"graz"', job["reason"])

    def test_what_the_policy_forbids_is_refused_in_both_logs(self):
        self.add_sites(sites=("lisbon", "vienna"))
        policy = POLICY.replace("approve:", "jobs: [churn-*]\napprove:")
        self.federation.add_site("graz", EXAMPLE / "sites" / "graz", policy=policy)
        self.federation.await_sites(3)
        self.submit(rounds=2)
        self.assertEqual(self.await_end()["status"], "done")
        self.assertTrue(self.federation.agents["graz"].says("POLICY-JOB"))
        self.assertTrue(self.federation.coordinator.says("POLICY-JOB"))
        self.assertIn("POLICY-JOB", (self.root / "graz" / "audit.jsonl").read_text("utf-8"))


if __name__ == "__main__":
    unittest.main()
