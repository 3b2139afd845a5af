"""A workspace is made, and joining says what is wrong, as a person at a terminal meets it."""

import base64
import hashlib
import pathlib
import stat
import tempfile
import unittest

from florin_run import florin, florin_json


def token_for(address):
    """A token of docs/spec/identity.md, section 3."""
    body = bytes([len(address)]) + address.encode() + bytes(range(32)) + bytes(range(128, 160))
    body += hashlib.sha256(b"florin1." + body).digest()[:4]
    return "florin1." + base64.urlsafe_b64encode(body).decode().rstrip("=")


TOKEN = token_for("127.0.0.1:1")  # nobody listens there


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def fails(self, code, exit_code, *args):
        run = florin(*args, expect=exit_code)
        last = run.stderr.strip().splitlines()[-1]
        self.assertTrue(last.endswith(f"[{code}]"), last)
        self.assertEqual(run.stdout, "")
        return last


class Init(Folder):
    def test_a_workspace_is_made_and_the_next_step_named(self):
        folder = self.root / "retail"
        run = florin("init", folder, "--address", "Coordinator.Example")
        for words in ("coordinator.example:7443", "coordinator.example:7444",
                      "florin coordinator", "florin site add"):
            self.assertIn(words, run.stdout)
        self.assertEqual(run.stderr, "")
        self.assertIn('workspace: "retail"', (folder / "coordinator.yaml").read_text("utf-8"))
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)
        for name in ("store/florin.db", "tls/current/chain.pem", "operators/admin/identity.key",
                     "operators/admin/agent.yaml"):
            self.assertTrue((folder / name).is_file(), name)

    def test_programs_read_the_same(self):
        rows = florin_json("init", self.root / "a", "--name", "trial", "--listen",
                           "127.0.0.1:7000", "--enrol-listen", "[::1]:7001")
        items = {row["item"]: row["value"] for row in rows}
        self.assertEqual(items["workspace"], "trial")
        self.assertEqual(items["address"], "127.0.0.1:7000")
        self.assertEqual(len(items["root fingerprint"]), 64)
        self.assertEqual(len(items["audit key"]), 64)

    def test_what_is_there_stays(self):
        folder = self.root / "retail"
        florin("init", folder)
        before = sorted(path.name for path in folder.rglob("*"))
        self.fails("INIT-EXISTS", 4, "init", folder)
        self.assertEqual(sorted(path.name for path in folder.rglob("*")), before)

    def test_usage(self):
        self.fails("USAGE", 2, "init")
        self.fails("USAGE", 2, "init", self.root / "a", "--listen", "7443")
        self.fails("USAGE", 2, "init", self.root / "a", "--listen", "0.0.0.0:7444")
        self.fails("USAGE", 2, "init", self.root / "a", "--address", "host:7443")
        self.fails("USAGE", 2, "init", self.root / "Odd Name")
        self.fails("NAME", 78, "init", self.root / "a", "--name", "Odd Name")
        self.assertFalse((self.root / "a").exists())


class Join(Folder):
    def test_what_is_no_token_is_named_before_anything_is_made(self):
        folder = self.root / "acme"
        self.fails("TOKEN-FORM", 1, "agent", "join", "token", "--dir", folder)
        self.fails("TOKEN-DAMAGED", 1, "agent", "join", TOKEN[:-1], "--dir", folder)
        self.fails("TOKEN-DAMAGED", 1, "operator", "join", TOKEN.replace("A", "B"), "--dir", folder)
        self.fails("USAGE", 2, "agent", "join", TOKEN)
        self.fails("USAGE", 2, "agent", "join", TOKEN, "--dir", folder, "--site", "Acme Inc")
        self.assertFalse(folder.exists())

    def test_an_address_that_does_not_answer_is_named_and_the_join_can_be_repeated(self):
        folder = self.root / "acme"
        run = florin("agent", "join", TOKEN, "--dir", folder, expect=6)
        self.assertRegex(run.stderr, r"127\.0\.0\.1:1: .*\[NET-REFUSED\]")
        asked = (folder / "join.pending").read_bytes()
        self.assertEqual(stat.S_IMODE((folder / "join.pending").stat().st_mode), 0o600)
        florin("agent", "join", TOKEN, "--dir", folder, expect=6)
        self.assertEqual((folder / "join.pending").read_bytes(), asked)

    def test_a_coordinators_folder_is_not_joined_into(self):
        florin("init", self.root / "retail")
        self.fails("JOIN-EXISTS", 4, "agent", "join", TOKEN, "--dir", self.root / "retail")
        self.fails("JOIN-EXISTS", 4, "operator", "join", TOKEN, "--dir",
                   self.root / "retail/operators/admin")


if __name__ == "__main__":
    unittest.main()
