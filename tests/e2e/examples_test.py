"""Walks through each example's README: every command of its ```sh blocks, copied literally."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from florin_run import FLORIN, SOURCE

EXAMPLES = ("01_hello_round", "02_your_own_csv")


def commands(readme):
    """The commands of the fenced sh blocks, continuation lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.S | re.M)
    text = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


class Examples(unittest.TestCase):
    def test_every_command_works_as_written(self):
        for example in EXAMPLES:
            readme = (SOURCE / "examples" / example / "README.md").read_text(encoding="utf-8")
            steps = commands(readme)
            self.assertGreater(len(steps), 1, f"{example}: no commands found in its README")
            with tempfile.TemporaryDirectory(prefix="florin_example_") as folder:
                root = pathlib.Path(folder)
                shutil.copytree(SOURCE / "examples", root / "examples")
                environment = dict(os.environ)
                environment["PATH"] = f"{pathlib.Path(FLORIN).parent}:{environment['PATH']}"
                for step in steps:
                    with self.subTest(example=example, command=step):
                        run = subprocess.run(step, shell=True, cwd=root, env=environment,
                                             capture_output=True, text=True, timeout=300,
                                             check=False)
                        self.assertEqual(run.returncode, 0, run.stdout[-2000:] + run.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
