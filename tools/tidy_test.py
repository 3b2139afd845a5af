"""Tests of tools/tidy.py and tools/cpp_source.py on small trees made here."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import tidy
from cpp_source import functions, includes, without_comments, without_literals

HOUSE = """\
F8  sim
F7  telemetry  source
F2  crypto
F0  base

| room | may include |
|---|---|
| base | – |
| crypto | base |
| source | base |
| telemetry | base |
| sim | F0-F7 |
"""


def names_and_lines(text: str) -> list[tuple[str, int, int]]:
    return [(f.name, f.first_line, f.last_line) for f in functions(without_literals(text))]


class LiteralTest(unittest.TestCase):
    def test_comments_and_texts_become_spaces_in_place(self):
        text = 'int a; // b "c\nchar d = \'"\'; /* e\n f */ g("h // i", 1\'000);\n'
        self.assertEqual(without_comments(text),
                         'int a;        \nchar d = \'"\';     \n      g("h // i", 1\'000);\n')
        self.assertEqual(without_literals(text),
                         'int a;        \nchar d = \' \';     \n      g("      ", 1\'000);\n')

    def test_digit_separators_open_no_character(self):
        self.assertEqual(without_literals("x = 1'000; y = '{'; z = 0xFF'FFu; w = u8'}';"),
                         "x = 1'000; y = ' '; z = 0xFF'FFu; w = '   ';")

    def test_raw_strings_and_escapes_end_where_they_end(self):
        text = 'f(R"x({ " )" // })x", "\\"{", L\'\\\'\'); // }'
        self.assertNotIn("{", without_literals(text))
        self.assertEqual(len(without_literals(text)), len(text))
        self.assertTrue(without_comments(text).endswith("L'\\'');     "))

    def test_includes_are_found_with_their_lines(self):
        text = '/* x\n#include <a>\n*/\n# include <vector> // y\n#include "florin/a/b.h"\n'
        self.assertEqual(includes(text), [(4, "<vector>"), (5, '"florin/a/b.h"')])


class FunctionTest(unittest.TestCase):
    def test_plain_function_in_namespaces(self):
        self.assertEqual(names_and_lines("namespace a::b {\nnamespace {\n\nint F(\n    int x) {\n"
                                         "  if (x) { return 1; }\n  return 0;\n}\n}\n}\n"),
                         [("F", 4, 8)])

    def test_methods_constructors_and_operators(self):
        text = """\
class [[nodiscard]] A final : public B<C> {
 public:
  A() : b_{1}, c_(2),
        d_{} {
    Run();
  }
  explicit A(int x = {}) noexcept : b_{x} {}
  ~A() override { Stop(); }
  bool operator==(const A& other) const {
    return true;
  }
  int operator()(int x) const { return x; }
 private:
  int b_ = 0, c_{1};
};
"""
        self.assertEqual(names_and_lines(text), [
            ("A", 3, 6), ("A", 7, 7), ("~A", 8, 8), ("operator==", 9, 11), ("operator()", 12, 12)])

    def test_template_header_belongs_to_the_function(self):
        text = ("template <class T, typename U = std::vector<T>>\nauto F(T t) -> U {\n"
                "  return {};\n}\ntemplate <class T>\nstruct S {\n  T Get() const {\n"
                "    return t;\n  }\n};\n"
                "template <class T = decltype(Zero())>\nT G() { return {}; }\n")
        self.assertEqual(names_and_lines(text), [("F", 1, 4), ("Get", 7, 9), ("G", 11, 12)])

    def test_lambdas_and_local_classes_count_for_the_function_around(self):
        text = ("int F() {\n  struct L { int G() { return 1; } };\n  auto f = [](int x) {\n"
                "    return x;\n  };\n  return f(L{}.G());\n}\n")
        self.assertEqual(names_and_lines(text), [("F", 1, 7)])

    def test_values_are_no_functions(self):
        text = ("constexpr int kA[] = {1, 2};\nconst std::map<int, int> kB{\n{1, 2},\n};\n"
                "const auto kC = Make({\n1,\n});\nenum class E : int { kX, kY };\n"
                "const Kind kD[] = {\n{\"a\", [](int x) { return x; }},\n};\n"
                "int F() { return 1; }\n")
        self.assertEqual(names_and_lines(text), [("F", 12, 12)])

    def test_test_macros_keep_their_names(self):
        self.assertEqual(names_and_lines("TEST(Ring, AddsUp) {\n  Run();\n}\n"),
                         [("TEST(Ring, AddsUp)", 1, 3)])

    def test_conditional_branches_do_not_unbalance(self):
        text = ("#if A\nint F() {\n#else\nlong F() {\n#if B\n#endif\n#endif\n  return 1;\n}\n"
                "#define M(x) \\\n  if (x) {\nint G() { return 2; }\n"
                "extern \"C\" {\nint H() {\n}\n}\n")
        self.assertEqual(names_and_lines(text), [("F", 2, 9), ("G", 12, 12), ("H", 14, 15)])

    def test_defaults_and_requires_clauses(self):
        text = ("template <typename T>\n  requires std::integral<T>\n"
                "T F(Options o = {.x = 1}) {\n}\nStatus G(int) noexcept(false);\nint H() {\n}\n")
        self.assertEqual(names_and_lines(text), [("F", 1, 4), ("H", 6, 7)])


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.write("docs/ARCHITECTURE.md", HOUSE)
        self.write("src/florin/base/README.md", "# base: words\n")
        self.write("src/florin/base/CMakeLists.txt", "florin_room(base SOURCES a.cc)\n")
        self.write("src/florin/base/a.cc", "int a;\n")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def room(self, name: str, **files: str) -> None:
        """A tidy room; file names have _ for the dot."""
        self.write(f"src/florin/{name}/README.md", f"# {name}: an idea\n")
        paths = {file.replace("_", "."): text for file, text in files.items()}
        self.write(f"src/florin/{name}/CMakeLists.txt", f"florin_room({name} {' '.join(paths)})\n")
        for path, text in paths.items():
            self.write(f"src/florin/{name}/{path}", text)

    def expect(self, *codes: str) -> list[str]:
        faults = tidy.check(self.root)
        found = [fault[fault.rindex("[") + 1:-1] for fault in faults]
        self.assertEqual(found, list(codes), "\n".join(faults))
        return faults


class SizeTest(TreeTest):
    def test_bounds_are_inclusive(self):
        body = "  x += 1;\n" * (tidy.FUNCTION_LINES_MAX - 2)
        self.write("src/florin/base/a.cc", f"int F() {{\n{body}}}\n"
                   + "int x;\n" * (tidy.FILE_LINES_MAX - tidy.FUNCTION_LINES_MAX - 1)
                   + "//" + "x" * (tidy.COLUMNS_MAX - 2) + "\n")
        self.expect()

    def test_long_file_function_and_line_are_faults(self):
        body = "  x += 1;\n" * (tidy.FUNCTION_LINES_MAX - 1)
        self.write("src/florin/base/a.cc", "int x;\n" * tidy.FILE_LINES_MAX
                   + f"int F() {{\n{body}}}\n// {'y' * tidy.COLUMNS_MAX}\n")
        faults = self.expect("TIDY-FILE", "TIDY-LINE", "TIDY-FUNCTION")
        self.assertTrue(faults[0].startswith("src/florin/base/a.cc:1: file of 572 lines"))
        self.assertTrue(faults[2].startswith("src/florin/base/a.cc:501: F: function of 71 lines"))

    def test_an_address_may_be_long(self):
        self.write("src/florin/base/a.cc", f"// https://{'x' * 120}\nint a;\n")
        self.expect()

    def test_columns_are_characters_not_bytes(self):
        self.write("src/florin/base/a.cc", "//" + "é" * 98 + "\n")
        self.expect()

    def test_excuse_needs_a_reason(self):
        long = "int a;  // " + "x" * 90
        self.write("src/florin/base/a.cc", f"{long}  // tidy-ok: a table row\n")
        self.expect()
        self.write("src/florin/base/a.cc", f"{long}  // tidy-ok:\n")
        self.expect("TIDY-LINE")

    def test_python_is_held_to_the_same_sizes(self):
        self.write("tools/t.py", "def f():\n" + "    x = 1\n" * 70)
        self.assertIn("tools/t.py:1: f: function of 71 lines", self.expect("TIDY-FUNCTION")[0])


class WordTest(TreeTest):
    def test_banned_words_name_their_replacement(self):
        self.write("src/florin/base/a.cc",
                   "int a = rand();\nauto t = std::chrono::system_clock::now();\nstd::regex r;\n"
                   "void F() { out << std::endl; }\nauto s = steady_clock::now();\n")
        faults = self.expect(*["TIDY-WORD"] * 5)
        self.assertIn("src/florin/base/a.cc:1: banned: rand(. Use base::Rng.", faults[0])

    def test_comments_texts_and_lookalikes_are_free(self):
        self.write("src/florin/base/a.cc",
                   "// rand() and memcmp( and a simulation\nint operand(int);\n"
                   "auto s = \"std::endl\";\n")
        self.expect()

    def test_wall_clock_is_for_programs_and_adapters(self):
        now = "auto t = std::chrono::system_clock::now();\n"
        self.room("telemetry", log_cc=now)
        self.room("base", clock_cc=now)
        (self.root / "src/florin/base/a.cc").unlink()
        self.expect()
        self.room("source", csv_cc=now)
        self.expect("TIDY-WORD")

    def test_memcmp_is_banned_in_crypto_alone(self):
        self.room("source", csv_cc="int x = memcmp(a, b, 1);\n")
        self.expect()
        self.room("crypto", tag_cc="int x = std::memcmp(a, b, 1);\n")
        self.expect("TIDY-WORD")

    def test_no_room_below_the_simulator_knows_of_it(self):
        self.room("sim", run_cc="if (is_simulated) {}\n")
        self.expect()
        self.room("source", csv_cc="// for simulation too\nif (simulation) {}\n"
                                   "auto text = \"Simulated\";\n")
        self.assertIn("source/csv.cc:2:", self.expect("TIDY-WORD", "TIDY-WORD")[0])


class RoomTest(TreeTest):
    def test_room_without_its_line_is_a_fault(self):
        self.write("src/florin/base/README.md", "# Base\n")
        self.write("src/florin/sim/x.txt", "")
        self.expect("TIDY-README", "TIDY-README")

    def test_file_that_nobody_builds_is_dead(self):
        self.write("src/florin/base/b.cc", "int b;\n")
        self.write("src/florin/base/b.h", "// b\n#pragma once\n")
        self.write("apps/florin/main.cc", "int main() {}\n")
        self.expect("TIDY-DEAD", "TIDY-DEAD", "TIDY-DEAD")

    def test_included_or_listed_files_live(self):
        self.write("src/florin/base/a.cc", '#include "florin/base/b.h"\n')
        self.write("src/florin/base/b.h", "// b\n#pragma once\n")
        self.write("src/florin/base/sub/kernels_avx2.cc", "int k;\n")
        self.write("src/florin/base/CMakeLists.txt",
                   "florin_room(base SOURCES a.cc sub/kernels_${isa}.cc) # dead.cc\n")
        self.write("apps/florin/main.cc", '#include "report.h"\n')
        self.write("apps/florin/report.h", "// report\n#pragma once\n")
        self.write("apps/florin/CMakeLists.txt", "add_executable(florin main.cc)\n")
        self.expect()

    def test_header_says_what_it_is_and_guards_itself(self):
        self.room("source", a_h="#pragma once\n", b_h="// b\nint b;\n",
                  c_h="// c\n\n#pragma once\n")
        self.expect("TIDY-HEADER", "TIDY-HEADER")
        self.room("source", x_h="// x\n#pragma once\n")
        self.write("src/florin/source/CMakeLists.txt", "a.h b.h c.h x.h scan_impl.h\n")
        self.write("src/florin/source/scan_impl.h", "// Included once per instruction set.\n")
        self.expect("TIDY-HEADER", "TIDY-HEADER")


class LinkTest(TreeTest):
    def test_links_resolve_to_files_and_headings(self):
        self.write("README.md", "# Top\n[a](docs/GUIDE.md) [b](docs/GUIDE.md#two-words-a_b)\n"
                                "![c](docs/) [d](https://x.y/z) [e](#top) [f](mailto:a@b.c)\n"
                                "`[g](none.md)`\n```\n[h](none.md)\n```\n")
        self.write("docs/GUIDE.md", "# Guide\n## Two words: `a_b`!\n[up](../README.md \"title\")\n")
        self.expect()

    def test_broken_links_are_faults(self):
        self.write("README.md", "# Top\n\n[a](docs/NONE.md)\n[b](#no-such)\n[c]: gone.md\n"
                                '<img src="no.png">\n')
        faults = self.expect(*["TIDY-LINK"] * 4)
        self.assertIn('README.md:3: link to "docs/NONE.md": no such file.', faults[0])
        self.assertIn('README.md:4: link to "#no-such": no such heading.', faults[1])

    def test_built_folders_are_not_read(self):
        self.write("build/x/README.md", "[a](none.md)\n")
        self.write("demo-output/README.md", "[a](none.md)\n")
        self.expect()


class MainTest(TreeTest):
    def test_exit_status_and_closing_line(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(tidy.main([str(self.root)]), 0)
            self.write("src/florin/base/a.cc", "int x = rand();\n")
            self.assertEqual(tidy.main([str(self.root)]), 1)
        self.assertTrue(said.getvalue().startswith("tidy: nothing to mend\n"))
        self.assertTrue(said.getvalue().endswith("tidy: 1 fault\n"))

    def test_page_without_house_is_one_fault(self):
        self.write("docs/ARCHITECTURE.md", "")
        self.expect("LAYER-TABLE")


if __name__ == "__main__":
    unittest.main()
