"""A federation of real processes on loopback: a coordinator, agents with rows of their own, and an
operator; everything that was started is stopped by its process id."""

import hashlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from florin_run import FLORIN, florin, florin_json

POLICY = """policy: shop
approve: rule
rules:
  - jobs: ["*"]
"""
PATIENCE = 60  # seconds that anything may take


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def virtual_secret(site, seed=1):
    """The secret that `florin sim` gives a site: with it an agent rounds alike."""
    label = b"virtual site secret"
    name = site.encode()
    return hashlib.sha256(bytes([len(label)]) + label + seed.to_bytes(8, "little") +
                          bytes([len(name)]) + name).digest()


def wait_for(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s for {what}")


class Process:
    """One serving process; its log lies beside its folder and grows over restarts."""

    def __init__(self, log, *args):
        self.log = pathlib.Path(log)
        self.args = [FLORIN, *map(str, args)]
        self.running = None

    def start(self, **environment):
        with open(self.log, "ab") as log:
            self.running = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env={**os.environ, **environment})

    def kill(self):
        """kill -9, and gone."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait(PATIENCE)
            self.running = None

    def stop(self):
        """SIGTERM; its exit code."""
        if self.running is None:
            return 0
        self.running.terminate()
        try:
            return self.running.wait(PATIENCE)
        finally:
            self.kill()

    def says(self, words):
        return words in self.log.read_text("utf-8", "replace")


class Federation:
    """Made in `root`; `with` starts and stops it."""

    def __init__(self, root, name="trial", host=None):
        self.root = pathlib.Path(root)
        self.workspace = self.root / "workspace"
        ports = [free_port(), free_port()]
        made = florin_json("init", self.workspace, "--name", name, "--listen",
                           f"127.0.0.1:{ports[0]}", "--enrol-listen", f"127.0.0.1:{ports[1]}",
                           *(("--address", host) if host else ()))
        self.audit_key, = (row["value"] for row in made if row["item"] == "audit key")
        self.port = ports[0]
        self.operator = self.workspace / "operators" / "admin"
        self.coordinator = Process(self.root / "coordinator.log", "coordinator", "--dir",
                                   self.workspace)
        self.agents = {}

    def __enter__(self):
        self.coordinator.start()
        self.await_coordinator()
        return self

    def await_coordinator(self):
        def answers():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        wait_for(answers, "the coordinator")

    def __exit__(self, *_):
        for process in (*self.agents.values(), self.coordinator):
            process.kill()

    def ask(self, *args, **options):
        """An operator's command, as JSON."""
        return florin_json(*args, "--dir", self.operator, **options)

    def add_site(self, name, rows, policy=POLICY):
        """Enrols a site that serves the views in `rows`, and starts its agent."""
        token = self.ask("site", "add", name)[0]["token"]
        folder = self.root / name
        florin("agent", "join", token, "--dir", folder, "--site", name)
        shutil.copytree(rows, folder / "views")
        if policy is not None:
            (folder / "policy.yaml").write_text(policy, "utf-8")
        secret = folder / "site.secret"  # left open: the agent seals it when it starts
        secret.write_bytes(virtual_secret(name))
        self.agents[name] = Process(self.root / f"{name}.log", "agent", "run", "--dir", folder,
                                     "--retry-ms", 50)
        self.agents[name].start()

    @staticmethod
    def open_tls(folder, into):
        """A member's certificate and its key, opened: two paths for other programs."""
        into.mkdir(parents=True, exist_ok=True)
        key, certificate = into / "key.pem", into / "certificate.pem"
        key.unlink(missing_ok=True)
        florin("keys", "export", "tls/key.pem", "--dir", folder, "--out", key)
        shutil.copy(folder / "tls" / "current" / "certificate.pem", certificate)
        return certificate, key

    def await_sites(self, count):
        def connected():
            rows = self.ask("site", "list")
            return sum(1 for row in rows if row.get("connected") in (True, "yes")) >= count
        wait_for(connected, f"{count} sites")

    def job(self, name):
        """{item: value} of a job."""
        return {row["item"]: row["value"] for row in self.ask("job", "show", name)}
