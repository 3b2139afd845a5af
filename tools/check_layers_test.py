"""Tests of tools/check_layers.py on small trees made here, and on the real door table."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import check_layers

HOUSE = """\
## 2. Floors and doors

```
F9  apps   bindings                 web (HTTP only, no include)
F8  sim ------------- api
F7  transport  source        <- the only floor with sockets, base threads
F6  site | round
F5  job
F4  task | strategy
F3  model dp
F2  crypto   data
F1  num
F0  base                     <- F0-F6 are std C++ only
                                 backend files: crypto/backend/openssl.cc
```

| room | may include | holds | may never hold |
|---|---|---|---|
| base | – | words | a word of FL |
| num | base | math | policy |
| crypto | base num | primitives | I/O |
| data | base num | rows | models |
| model | base num data | functions | files |
| dp | base num crypto | bounds | keys |
| task | base num data model | work | sending |
| strategy | base num model | rules | rows |
| job | F0-F4 | the spec | execution |
| site | F0-F3 + task job | one offer | strategy |
| round | F0-F3 (not data) + strategy job | phases | rows |
| transport | base site round | delivery | decisions |
| source | base data | files | writes |
| sim | base F1-F7 | assembly | engines |
| api | base job round | calls | sites |
| apps | any | wiring | logic |
| bindings | base sim | shims | logic |

Later text with a | bar | in it.
"""


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write(check_layers.HOUSE, HOUSE)

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def expect(self, *codes: str) -> list[str]:
        faults = check_layers.check(self.root)
        found = [fault[fault.rindex("[") + 1:-1] for fault in faults]
        self.assertEqual(found, list(codes), "\n".join(faults))
        return faults


class DoorTableTest(TreeTest):
    def doors(self, room: str) -> set[str]:
        return set(check_layers.read_house(self.root).doors[room])

    def test_floors_are_read_without_remarks(self):
        floors = check_layers.read_house(self.root).floors
        self.assertEqual(floors["base"], 0)
        self.assertEqual((floors["site"], floors["round"]), (6, 6))
        self.assertEqual((floors["sim"], floors["api"], floors["web"]), (8, 8, 9))
        self.assertNotIn("http", floors)
        self.assertNotIn("sockets", floors)

    def test_entries_expand(self):
        below = {"base", "num", "crypto", "data", "model", "dp"}
        self.assertEqual(self.doors("base"), set())
        self.assertEqual(self.doors("dp"), {"base", "num", "crypto"})
        self.assertEqual(self.doors("job"), below | {"task", "strategy"})
        self.assertEqual(self.doors("site"), below | {"task", "job"})
        self.assertEqual(self.doors("round"), below - {"data"} | {"strategy", "job"})
        self.assertEqual(self.doors("sim"), below | {"task", "strategy", "job", "site", "round",
                                                     "transport", "source"})
        self.assertEqual(self.doors("apps"), self.doors("sim") | {"sim", "api"})

    def expect_broken(self, old: str, new: str, part: str) -> None:
        self.assertIn(old, HOUSE)
        self.write(check_layers.HOUSE, HOUSE.replace(old, new))
        self.assertIn(part, self.expect("LAYER-TABLE")[0])

    def test_door_upward_breaks_the_table(self):
        self.expect_broken("| num | base |", "| num | base job |", '"num" (F1) has a door to "job"')

    def test_door_to_the_same_floor_breaks_the_table(self):
        self.expect_broken("| site | F0-F3 + task job |", "| site | F0-F3 + round |",
                           "which is not below it")

    def test_unknown_room_breaks_the_table(self):
        self.expect_broken("| num | base |", "| num | base cellar |", '"cellar"')

    def test_room_on_no_floor_breaks_the_table(self):
        self.expect_broken("| num | base |", "| attic | base |", 'room "attic" stands on no floor')

    def test_exclusion_of_nothing_breaks_the_table(self):
        self.expect_broken("(not data)", "(not api)", "takes away nothing")

    def test_page_without_table_is_broken(self):
        self.write(check_layers.HOUSE, "# Nothing\n")
        self.assertIn("no floors", self.expect("LAYER-TABLE")[0])


class IncludeTest(TreeTest):
    def test_clean_tree_passes(self):
        self.write("src/florin/data/batch.h", '#include <vector>\n#include "florin/base/span.h"\n')
        self.write("src/florin/data/features/hash.cc", '#include "florin/data/batch.h"\n')
        self.write("src/florin/sim/run.cc", '#include <thread>\n#include "florin/site/site.h"\n')
        self.write("apps/florin/main.cc", '#include <CLI/CLI.hpp>\n#include "report.h"\n'
                                          '#include "florin/api/calls.h"\n')
        self.expect()

    def test_missing_door_is_named_with_its_line(self):
        self.write("src/florin/site/engine.cc",
                   '// engine\n#include "florin/job/plan.h"\n'
                   '  #  include "florin/round/decide.h"\n')
        self.assertEqual(self.expect("LAYER-DOOR")[0],
                         'src/florin/site/engine.cc:3: room "site" may not include "round" '
                         "(docs/ARCHITECTURE.md section 2). [LAYER-DOOR]")

    def test_door_upward_from_a_subfolder_is_refused(self):
        self.write("src/florin/data/features/hash.h", '#include "florin/model/model.h"\n')
        self.expect("LAYER-DOOR")

    def test_floor_below_without_a_door_is_refused(self):
        self.write("src/florin/strategy/avg.cc", '#include "florin/crypto/sha256.h"\n')
        self.expect("LAYER-DOOR")

    def test_commented_and_quoted_includes_do_not_count(self):
        self.write("src/florin/base/a.cc", '// #include "florin/job/plan.h"\n'
                                           '/*\n#include "florin/job/plan.h"\n*/\n'
                                           'const char* kUrl = "http://x"; // "\n')
        self.expect()

    def test_unknown_room_and_folder_are_refused(self):
        self.write("src/florin/base/a.cc", '#include "florin/cellar/a.h"\n')
        self.write("src/florin/cellar/a.h", "")
        self.expect("LAYER-ROOM", "LAYER-ROOM")

    def test_generated_headers_stay_with_transport_and_api(self):
        self.write("src/florin/transport/grpc/server.cc", '#include "florin/v1/site.pb.h"\n')
        self.expect()
        self.write("src/florin/job/plan.cc", '#include "florin/v1/site.pb.h"\n')
        self.expect("LAYER-PROTO")

    def test_include_not_from_the_root_is_refused(self):
        self.write("src/florin/base/a.cc", '#include "status.h"\n#include "../num/x.h"\n')
        self.expect("LAYER-PATH", "LAYER-PATH")

    def test_test_is_held_to_the_same_doors_but_for_its_own(self):
        self.write("src/florin/data/batch_test.cc", '#include "florin/source/csv.h"\n')
        self.expect("LAYER-DOOR")
        with mock.patch.dict(check_layers.TEST_DOORS, {"data": frozenset({"source"})}):
            self.expect()
            self.write("src/florin/data/batch.cc", '#include "florin/source/csv.h"\n')
            self.expect("LAYER-DOOR")


class ForeignHeaderTest(TreeTest):
    def test_third_party_header_in_the_core_is_refused(self):
        self.write("src/florin/job/parse.cc", "#include <yaml-cpp/yaml.h>\n")
        self.write("src/florin/crypto/hash.cc", "#include <openssl/evp.h>\n")
        self.write("src/florin/base/a.h", "#include <unistd.h>\n")
        faults = self.expect("LAYER-THIRD-PARTY", "LAYER-THIRD-PARTY", "LAYER-THIRD-PARTY")
        self.assertTrue(faults[0].startswith("src/florin/base/a.h:1: <unistd.h>"))

    def test_named_backend_files_may(self):
        self.write("src/florin/job/yaml.cc", "#include <yaml-cpp/yaml.h>\n")
        self.write("src/florin/crypto/backend/openssl.cc", "#include <openssl/evp.h>\n")
        self.write("src/florin/num/kernels_avx2.cc", "#include <immintrin.h>\n")
        self.expect()

    def test_headers_of_a_backend_are_for_the_files_beside_them(self):
        self.write("src/florin/crypto/backend/handles.h", "#include <openssl/evp.h>\n")
        line = '#include "florin/crypto/backend/handles.h"\n'
        self.write("src/florin/crypto/backend/keys.cc", line)
        self.expect()
        self.write("src/florin/crypto/hash.cc", line)
        self.expect("LAYER-BACKEND")

    def test_backend_headers_stay_with_their_backend(self):
        self.write("src/florin/job/yaml.cc", "#include <openssl/evp.h>\n")
        self.write("src/florin/model/fast.cc", "#include <immintrin.h>\n")
        self.expect("LAYER-THIRD-PARTY", "LAYER-THIRD-PARTY")

    def test_test_libraries_are_for_tests(self):
        self.write("src/florin/num/ring_test.cc",
                   "#include <gtest/gtest.h>\n#include <rapidcheck/gtest.h>\n#include <fstream>\n")
        self.write("src/florin/num/ring_bench.cc", "#include <benchmark/benchmark.h>\n")
        self.write("src/florin/num/testing.h", "#include <gtest/gtest.h>\n")
        self.expect()
        self.write("src/florin/num/ring.cc", "#include <gtest/gtest.h>\n")
        self.expect("LAYER-THIRD-PARTY")

    def test_core_opens_no_file_and_starts_no_thread(self):
        self.write("src/florin/base/parallel.cc", "#include <thread>\n")
        self.write("src/florin/source/csv.cc", "#include <fstream>\n#include <sys/mman.h>\n")
        self.expect()
        self.write("src/florin/model/state.cc", "#include <fstream>\n#include <thread>\n")
        self.expect("LAYER-SANS-IO", "LAYER-SANS-IO")


class DepsTest(TreeTest):
    def test_deps_are_doors(self):
        self.write("src/florin/strategy/CMakeLists.txt",
                   "# florin_room(DEPS job)\nflorin_room(strategy\n  SOURCES avg.cc  # DEPS job\n"
                   "  DEPS base num  # not crypto\n       data\n  LIBS Threads::Threads)\n")
        self.assertTrue(self.expect("LAYER-DOOR")[0].startswith(
            'src/florin/strategy/CMakeLists.txt:5: DEPS: room "strategy" may not include "data"'))

    def test_test_deps_follow_the_doors_of_tests(self):
        self.write("src/florin/data/CMakeLists.txt",
                   "florin_room(data SOURCES a.cc DEPS base TEST_DEPS source)\n")
        self.expect("LAYER-DOOR")
        with mock.patch.dict(check_layers.TEST_DOORS, {"data": frozenset({"source"})}):
            self.expect()


class MainTest(TreeTest):
    def test_exit_status_and_closing_line(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(check_layers.main([str(self.root)]), 0)
            self.write("src/florin/base/a.cc", '#include "florin/job/a.h"\n')
            self.assertEqual(check_layers.main([str(self.root)]), 1)
        self.assertTrue(said.getvalue().startswith("layers: every include goes down\n"))
        self.assertTrue(said.getvalue().endswith("layers: 1 fault\n"))


class RealHouseTest(unittest.TestCase):
    def test_the_page_of_this_tree_is_sound(self):
        house = check_layers.read_house(Path(__file__).resolve().parent.parent)
        self.assertEqual(len(house.doors), 25)
        self.assertNotIn("data", house.doors["round"])
        self.assertNotIn("round", house.doors["site"])


if __name__ == "__main__":
    unittest.main()
