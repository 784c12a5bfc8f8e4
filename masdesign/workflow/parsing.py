"""Parse an untrusted source, within limits that bound the work of everything that reads its tree.

The limits are far above what people and models write, and are decided from the source alone, so that a
source which is accepted on one machine is accepted on every other.
"""

import ast

from masdesign.errors import SourceError
from masdesign.syntax import tree_of

MAX_SOURCE_CHARACTERS = 100_000
MAX_NODES = 30_000
"""Nodes of the syntax tree; a file of a thousand lines has about 10,000."""
MAX_DEPTH = 100
"""Levels of the syntax tree, below the limit of every Python version's recursion and of the interpreter's."""
MAX_NESTED_CALLS = 12
"""Calls within the arguments of calls: the type checker's time doubles with each level of an overload."""
MAX_LITERAL_BITS = 1_000
"""Bits of an integer literal. Above 4,300 digits Python itself refuses to print one."""


def parse(source: str) -> ast.Module:
    """Return the syntax tree of ``source``.

    Raises:
        SourceError: it is not Python, or is past one of the limits above.
    """
    if len(source) > MAX_SOURCE_CHARACTERS:
        raise SourceError(
            f"the source has {len(source)} characters", cure=f"keep it under {MAX_SOURCE_CHARACTERS}"
        )
    try:
        tree = tree_of(source)
    except SyntaxError as error:
        raise SourceError(
            f"not valid Python: {error.msg}", line=error.lineno, cure="correct the syntax"
        ) from None
    except (RecursionError, MemoryError):
        raise SourceError("the source nests too deeply", cure="name the parts") from None
    except ValueError as error:
        raise SourceError(
            f"not valid Python: {error}", cure="remove the characters that are not text"
        ) from None
    _check_limits(tree)
    return tree


def _check_limits(tree: ast.Module) -> None:
    count = 0
    stack: list[tuple[ast.AST, int, int, int]] = [(tree, 0, 0, 1)]  # node, depth, calls around it, line
    while stack:
        node, depth, calls, line = stack.pop()
        count += 1
        line = getattr(node, "lineno", line)
        if count > MAX_NODES:
            raise SourceError(f"the source has more than {MAX_NODES} parts", cure="write a shorter one")
        if depth > MAX_DEPTH:
            reason = f"the source nests too deeply (more than {MAX_DEPTH} levels)"
            raise SourceError(reason, line=line, cure="name the parts")
        if calls > MAX_NESTED_CALLS:
            reason = f"calls nest too deeply (more than {MAX_NESTED_CALLS} levels)"
            raise SourceError(reason, line=line, cure="name the parts")
        if isinstance(node, ast.Constant) and _is_too_large(node.value):
            reason = f"a number literal has more than {MAX_LITERAL_BITS} bits"
            raise SourceError(reason, line=line, cure="write it as a power, or compute it")
        function = node.func if isinstance(node, ast.Call) else node  # a chain of methods does not nest
        for child in ast.iter_child_nodes(node):
            within = calls + 1 if isinstance(node, ast.Call) and child is not function else calls
            stack.append((child, depth + 1, within, line))


def _is_too_large(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > MAX_LITERAL_BITS
