"""Just enough C++ to check a tree in a second: comments and strings, includes, function lengths.

Not a parser. It relies on code that compiles and is formatted, and errs on the side of silence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LITERAL = re.compile(
    r"""(?P<comment>//(?:[^\\\n]|\\[\s\S])*|/\*[\s\S]*?\*/)
      | (?P<text>(?:(?<!\w)(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\([\s\S]*?\)(?P=mark)"
                  | "(?:[^"\\\n]|\\[\s\S])*"
                  | (?<![\w'])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+'))""", re.VERBOSE)
_NOT_NEWLINE = re.compile(r"[^\n]")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>\n]*>|"[^"\n]*")', re.MULTILINE)


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)


def without_comments(text: str) -> str:
    """Comments become spaces; lines and columns stay where they are."""
    return _LITERAL.sub(lambda m: _blank(m[0]) if m["comment"] else m[0], text)


def without_literals(text: str) -> str:
    """Comments and the insides of strings and characters become spaces."""
    def blank(match: re.Match[str]) -> str:
        if match["comment"]:
            return _blank(match[0])
        quote = match[0][-1]
        return quote + _blank(match[0][1:-1]) + quote
    return _LITERAL.sub(blank, text)


def includes(text: str) -> list[tuple[int, str]]:
    """(line, '<vector>' or '"florin/base/status.h"') of every #include outside comments."""
    text = without_comments(text) if "/*" in text else text
    return [(text.count("\n", 0, match.start(1)) + 1, match[1])
            for match in _INCLUDE.finditer(text)]


# -- function lengths


@dataclass(frozen=True)
class Function:
    name: str
    first_line: int  # of the signature, template header included
    last_line: int  # of the closing brace

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)(?:\\\n|[^\n])*", re.MULTILINE)
_MARK = re.compile(r"[{}();]")
_TEMPLATE = re.compile(r"\btemplate\s*<")
_CLASS_KEY = re.compile(r"\b(?:namespace|class|struct|union|enum)\b|\bextern\s*\"")
_BASE_CLAUSE = re.compile(r"[^:]:(?!:)")
_INIT_LIST = re.compile(r"\)\s*(?:noexcept\s*)?:(?!:)")
_ACCESS = re.compile(r"\s*(?:(?:public|private|protected)\s*:(?!:)\s*)*")
_NAME = re.compile(r"(operator\s*[^\s\w(]+|operator\s*\(\)|[\w:~]+)\s*\(")


def _one_branch(code: str) -> str:
    """Blanks directives, and every #else branch, so that braces balance."""
    out, at, depth, hidden_from, hidden_depth = [], 0, 0, -1, 0
    for match in _DIRECTIVE.finditer(code):
        word = match[1]
        if word in ("if", "ifdef", "ifndef"):
            depth += 1
        elif word in ("else", "elif") and hidden_from < 0:
            hidden_from, hidden_depth = match.start(), depth
        elif word == "endif":
            if hidden_from >= 0 and depth == hidden_depth:
                out += [code[at:hidden_from], _blank(code[hidden_from:match.end()])]
                at, hidden_from = match.end(), -1
            depth -= 1
        if hidden_from < 0 and match.end() > at:
            out += [code[at:match.start()], _blank(match[0])]
            at = match.end()
    return "".join(out) + code[at:]


def _without_template_header(head: str) -> str:
    """Drops `template <...>`, whose `class` is no class and whose `=` is no initialiser."""
    while match := _TEMPLATE.search(head):
        end, depth = match.end(), 1
        while depth and end < len(head):
            depth += {"<": 1, ">": -1}.get(head[end], 0)
            end += 1
        head = head[:match.start()] + head[end:]
    return head


def _kind_of_block(head: str) -> str:
    """What a brace at namespace or class scope opens: "scope", "function" or "value"."""
    head = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", "", _without_template_header(head)).rstrip()
    before_parameters = head.split("(", 1)[0]
    if _CLASS_KEY.search(before_parameters):
        if "(" not in head or _BASE_CLAUSE.search(before_parameters):
            return "scope"
    if head.endswith(("=", ",")):
        return "value"
    if _INIT_LIST.search(head) and re.search(r"[\w>]$", head):
        return "value"  # a member initialiser: Type() : member_{1} {
    return "function" if "(" in head or head.endswith("]") else "value"


def _function(code: str, head_at: int, brace: int, end: int) -> Function:
    first = _ACCESS.match(code, head_at).end()
    head = _without_template_header(code[first:brace])
    match = _NAME.search(head)
    name = match[1] if match else "lambda"
    if re.fullmatch(r"[A-Z][A-Z0-9_]+", name):  # TEST(Suite, Name)
        name = " ".join(head.split())
    return Function(name, code.count("\n", 0, first) + 1, code.count("\n", 0, end) + 1)


def functions(code: str) -> Iterator[Function]:
    """Every function with a body; lambdas and local classes count for the function around them.

    code: of without_literals().
    """
    code = _one_branch(code)
    head_at = parens = depth = 0
    kind, brace = "", 0  # of the block that is being skipped, while depth > 0
    for match in _MARK.finditer(code):
        mark, at = match[0], match.start()
        if depth:
            depth += {"{": 1, "}": -1}.get(mark, 0)
            if depth == 0 and kind == "function":
                yield _function(code, head_at, brace, at)
                head_at, parens = at + 1, 0
        elif mark == "{":
            kind = "value" if parens > 0 else _kind_of_block(code[head_at:at])
            if kind == "scope":
                head_at = at + 1
            else:
                brace, depth = at, 1
        elif mark == "}" or (mark == ";" and parens <= 0):
            head_at, parens = at + 1, 0
        else:
            parens += {"(": 1, ")": -1}.get(mark, 0)
