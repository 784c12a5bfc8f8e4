"""The sentences that composite blocks put beside a problem, read from their sources.

Abacus learns no skill from them; it learns their words, and to solve the problem beside them.
"""

import ast
from functools import cache
from pathlib import Path

import masdesign.building_blocks

_LEAST_WORDS = 4


@cache
def instructions() -> tuple[str, ...]:
    """Every sentence of at least four words in a block's code; no docstrings; sorted."""
    sentences = set()
    for folder in masdesign.building_blocks.__path__:
        for path in sorted(Path(folder).glob("[a-z]*.py")):
            sentences |= set(_sentences(ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(sorted(sentences))


def _sentences(tree: ast.Module) -> list[str]:
    out = []
    skipped: set[ast.AST] = set()  # what an error says, and docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            skipped |= set(ast.walk(node))
        if isinstance(node, ast.Expr):
            skipped.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            text = node.value.strip()
            if len(text.split()) >= _LEAST_WORDS and text[0].isupper() and text[-1] in ".?:":
                out.append(text)
    return out
