"""Walks through each example's README: every command of its ```sh blocks, copied literally."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from federation import free_port, wait_for
from florin_run import FLORIN, SOURCE

PATIENCE = 30  # seconds in which a step may be tried again, and processes may stop


def commands(readme):
    """The commands of the fenced sh blocks, continuation lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.S | re.M)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


def is_running(pid):
    """Whether the process is there and is florin: ids are used again."""
    try:
        return b"florin" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class Examples(unittest.TestCase):
    def walk(self, example, expected=()):
        """Takes every step; `expected` are words that its output has to have."""
        readme = (SOURCE / "examples" / example / "README.md").read_text(encoding="utf-8")
        for port in (7443, 7444):
            readme = readme.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
        steps = commands(readme)
        self.assertGreater(len(steps), 1, f"{example}: no commands found in its README")
        with tempfile.TemporaryDirectory(prefix="florin_example_") as folder:
            root = pathlib.Path(folder)
            shutil.copytree(SOURCE / "examples", root / "examples")
            try:
                said = "".join(self.take(step, root) for step in steps)
            finally:
                left = self.stop_all(root)
            self.assertEqual(left, [], "these were not stopped by the example itself")
        for words in expected:
            self.assertIn(words, said)

    def take(self, step, root):
        """What the step said. A process that it leaves running writes elsewhere."""
        environment = dict(os.environ)
        environment["PATH"] = f"{pathlib.Path(FLORIN).parent}:{environment['PATH']}"
        deadline = time.monotonic() + PATIENCE
        while True:
            run = subprocess.run(step, shell=True, cwd=root, env=environment, text=True,
                                 capture_output=True, stdin=subprocess.DEVNULL, timeout=300,
                                 check=False)
            is_early = "[OWNER-PLAN]" in run.stderr  # the agent has not written down what waits
            if run.returncode == 0 or not is_early or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        self.assertEqual(run.returncode, 0, f"{step}\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        if serving := re.search(r"> (\S+\.log) 2>&1 &", step):
            self.await_serving(root / serving[1])
        return run.stdout + run.stderr

    def await_serving(self, log):
        """Where a person looks again, a slow machine is waited for."""
        words = re.compile(r" (coordinator\.serving|site\.connected)")
        wait_for(lambda: words.search(log.read_text("utf-8")), f"{log.name} to say so")

    def stop_all(self, root):
        """Ends what NAME.pid files name and is still there after a while; which that was."""
        running = {path.name: int(path.read_text("utf-8")) for path in root.glob("*.pid")}
        deadline = time.monotonic() + PATIENCE
        while any(map(is_running, running.values())) and time.monotonic() < deadline:
            time.sleep(0.1)
        left = [name for name, pid in running.items() if is_running(pid)]
        for name in left:
            os.kill(running[name], signal.SIGKILL)
        return left

    def test_hello_round(self):
        self.walk("01_hello_round")

    def test_your_own_csv(self):
        self.walk("02_your_own_csv")

    def test_three_companies(self):
        self.walk("03_three_companies", expected=(
            "round 1/10 committed: 2 of 3 sites", "round 10/10 committed: 2 of 2 sites",
            "metrics withheld", "[APPROVAL-PENDING]",
            "round 100/100 committed: 3 of 3 sites", "POLICY-WORK", "owner maria"))


if __name__ == "__main__":
    unittest.main()
