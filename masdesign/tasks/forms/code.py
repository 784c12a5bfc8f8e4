"""The form ``code``: a whole program, every character of it."""

import ast
import re
import textwrap
import warnings
from collections.abc import Sequence

from masdesign.syntax import tree_of
from masdesign.tasks.forms._form import TextForm
from masdesign.tasks.forms.text import tag_content
from masdesign.tasks.replies import fenced_blocks, unified_lines, without_thoughts

_NOT_CODE = frozenset({"bash", "sh", "shell", "console", "text", "txt", "output", "plaintext", "markdown"})
_DEFINES = re.compile(
    r"^[ \t]*(?:async def|def|class|function|func|fn|public|private|static|template|struct|impl|module|"
    r"package|const|let|var|#include|import|from|int|void|export|sub|defmodule|object)\b",
    re.MULTILINE,
)
_ONLY_TESTS = re.compile(r"^(?:async )?(?:def|class) (?!test|Test|check\b)", re.MULTILINE)
_LABEL = re.compile(
    r"^[ \t*_#>]{0,10}(?:final )?answer[ \t*_]{0,6}:[ \t*_]{0,6}$", re.IGNORECASE | re.MULTILINE
)
_CODE_RUN_ON = re.compile(
    r"^[ \t]{0,8}(?:\*\*)?(?:problem|question|user|human)\b[^\n:]{0,5}:", re.IGNORECASE | re.MULTILINE
)
_TOO_LONG = 200_000


class Code(TextForm):
    """A program. Read is the answer's fenced block, or a reply that is nothing but a program.

    >>> Code().read("Here it is:\\n```python\\ndef f(x):\\n    return x\\n```\\nDone.", ())
    'def f(x):\\n    return x'
    """

    name = "code"

    def instruction(self, labels: Sequence[str]) -> str:
        return "Then give the whole program in one fenced block, and nothing after it."

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        text = without_thoughts(unified_lines(reply))
        tagged = tag_content(text)
        if tagged is not None and tagged.strip():
            return _trim(_best_block(fenced_blocks(tagged)) or tagged) or None
        label = list(_LABEL.finditer(text))
        after = text[label[-1].end() :] if label else ""
        block = _best_block(fenced_blocks(after)) or _best_block(fenced_blocks(_before_run_on(text)))
        if block is not None:
            return _trim(block) or None
        for program in (after, text):
            if looks_like_code(program):
                return _trim(program) or None
        return None

    def equal(self, a: str, b: str) -> bool:
        if not a.strip():
            return False
        if [line.rstrip() for line in _trim(a).split("\n")] == [
            line.rstrip() for line in _trim(b).split("\n")
        ]:
            return True
        left, right = _tree(a), _tree(b)
        return left is not None and left == right


CODE = Code()


def looks_like_code(text: str) -> bool:
    """Whether a text is a program rather than prose.

    >>> [looks_like_code(text) for text in ("def f():\\n    return 1", "    return x + 1", "billing")]
    [True, True, False]
    """
    tree = _parse(text)
    if tree is not None:
        return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body)
    first = next((line for line in text.split("\n") if line.strip()), "")
    return _DEFINES.match(first) is not None and text.rstrip()[-1:] in tuple("};)]")


def _best_block(blocks: Sequence[tuple[str, str]]) -> str | None:
    """Of several fenced blocks the last that defines something, tests apart; else the last."""
    programs = [body for language, body in blocks if language not in _NOT_CODE and body.strip()]
    if not programs:
        return None
    defining = [body for body in programs if _DEFINES.search(body)]
    proper = [
        body for body in defining if _ONLY_TESTS.search(body) or not re.search(r"^(?:def|class) ", body, re.M)
    ]
    return (proper or defining or programs)[-1]


def _before_run_on(text: str) -> str:
    """A reply up to where, after its first block, the model goes on with a problem of its own making."""
    first = text.find("```")
    for match in _CODE_RUN_ON.finditer(text, first if first >= 0 else len(text)):
        if text.count("```", 0, match.start()) % 2 == 0:
            return text[: match.start()]
    return text


def _trim(program: str) -> str:
    """A program without empty lines around it; the indent of its first line stays."""
    lines = program.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines).rstrip()


def _tree(program: str) -> str | None:
    tree = _parse(program)
    return ast.dump(tree) if tree is not None else None


def _parse(program: str) -> ast.Module | None:
    """The tree of a Python program, or of the body of a function."""
    if len(program) > _TOO_LONG:
        return None
    indented = program.lstrip("\n")[:1] in (" ", "\t")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is the program's own affair
        for source in (program, textwrap.dedent(program), f"def body():\n{program}" if indented else ""):
            try:
                tree = tree_of(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            if tree.body:
                return tree
    return None
