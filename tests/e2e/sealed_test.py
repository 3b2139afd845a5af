"""What a coordinator has of one site: its memory, its store and its log are searched in mid-round."""

import itertools
import pathlib
import re
import struct
import tempfile
import unittest

from federation import PATIENCE, POLICY, Federation, wait_for

JOB = """job: {job}
view: rows
model: {{kind: counts, backoff: [2]}}
schema:
  label: {{field: class, classes: 8}}
  contexts:
    - {{field: place, hash: 4}}
cohort: {{minimum: 3, maximum: 10, deadline: 60s}}
privacy: {{protocol: {protocol}}}
"""
VIEW = """view: rows
csv: {path: rows.csv}
fields: {place: place, class: class}
"""
# Rows of each class at the one place there is: what a site sends, and nobody else may see.
COUNTS = {
    "graz": (173, 39, 211, 5, 97, 222, 61, 148),
    "lisbon": (88, 190, 7, 133, 201, 45, 166, 29),
    "vienna": (54, 117, 230, 71, 18, 159, 93, 204),
}
SUM = tuple(map(sum, zip(*COUNTS.values())))


def pattern(counts):
    """The counts as bytes, however a vector of them is kept: words of 8, 4 or 2 bytes, or words of
    2 with the place before each."""
    dense = [re.escape(struct.pack(f"<8{code}", *counts)) for code in "QIH"]
    sparse = b"".join(b"." + re.escape(struct.pack("<H", count)) for count in counts)
    return re.compile(b"|".join([*dense, sparse]), re.DOTALL)


def memory(pid):
    """Everything the process may write to, region by region."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            span, access = line.split()[:2]
            if not access.startswith("rw"):
                continue
            first, last = (int(end, 16) for end in span.split("-"))
            if last - first > 1 << 36:
                raise unittest.SkipTest("a sanitizer's memory is too much to search")
            try:
                mem.seek(first)
                yield mem.read(last - first)
            except (OSError, ValueError):  # gone meanwhile, or not to be read
                continue


class Sight(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = pathlib.Path(holder.name)

    def add_site(self, federation, name, **environment):
        rows = self.root / f"{name}-rows"
        rows.mkdir()
        (rows / "rows.view.yaml").write_text(VIEW, "utf-8")
        lines = itertools.chain.from_iterable([f"here,{i}"] * count
                                              for i, count in enumerate(COUNTS[name]))
        (rows / "rows.csv").write_text("place,class\n" + "\n".join(lines) + "\n", "utf-8")
        federation.add_site(name, rows, policy=POLICY + "peers: [any]\n")
        agent = federation.agents[name]
        agent.kill()
        agent.start(**environment)

    def seen(self, federation, counts):
        """Where the coordinator has them: "memory", "files"."""
        wanted = pattern(counts)
        places = set()
        if any(wanted.search(region) for region in memory(federation.coordinator.running.pid)):
            places.add("memory")
        files = [path for path in federation.workspace.rglob("*") if path.is_file()]
        if any(wanted.search(path.read_bytes()) for path in [*files, federation.coordinator.log]):
            places.add("files")
        return places

    def look(self, protocol, step):
        """In mid-round, with the vector of graz there and the others' not; then when it is over."""
        with Federation(self.root / protocol) as federation:
            self.add_site(federation, "graz")
            for name in ("lisbon", "vienna"):  # killed before they send theirs
                self.add_site(federation, name, FLORIN_FAILPOINT=f"contribution.send:{step}")
            federation.await_sites(3)
            job = self.root / protocol / "job.yaml"
            job.write_text(JOB.format(job=protocol, protocol=protocol), "utf-8")
            federation.ask("job", "submit", job)
            wait_for(lambda: federation.job(protocol)["updates.accepted"] >= 1, "graz", PATIENCE)
            during = self.seen(federation, COUNTS["graz"])
            for name in ("lisbon", "vienna"):
                agent = federation.agents[name]
                agent.running.wait(PATIENCE)
                agent.kill()
                agent.start()
            wait_for(lambda: federation.job(protocol)["status"] == "done", "the end", PATIENCE)
            self.assertTrue(self.seen(federation, SUM), "the search finds what is there")
            after = set().union(*(self.seen(federation, counts) for counts in COUNTS.values()))
            return during, after

    def test_under_plain_a_coordinator_has_what_a_site_sent(self):
        during, _ = self.look("plain", step=1)
        self.assertIn("memory", during)

    def test_under_secagg_it_never_has(self):
        during, after = self.look("secagg", step=3)
        self.assertEqual((during, after), (set(), set()))


if __name__ == "__main__":
    unittest.main()
