"""What a source may not hold, before anything runs: what the interpreter lacks, what cannot work."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from masdesign.errors import SourceError
from masdesign.workflow.block import Block

MODULES = frozenset(
    {
        "__future__", "asyncio", "base64", "binascii", "bisect", "collections", "copy", "csv",
        "dataclasses", "datetime", "decimal", "functools", "hashlib", "itertools", "json", "math",
        "random", "re", "time", "typing", "unicodedata",
    }
)  # fmt: skip
"""Standard modules that the interpreter has and that a workflow may import."""

_COLLECTIONS = frozenset({"Counter", "defaultdict", "deque", "namedtuple"})
_OUTSIDE = frozenset(
    {
        "builtins", "ctypes", "ftplib", "glob", "http", "importlib", "io", "multiprocessing", "os",
        "pathlib", "pickle", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys",
        "tempfile", "threading", "urllib", "requests", "httpx", "openai",
    }
)  # fmt: skip
_NAMES = {
    "open": ("a workflow has no files", "use the task alone"),
    "input": ("nobody is there to ask", "use the task alone"),
    "eval": ("a workflow runs no text as code", "use write_program where the task declares the tool python"),
    "exec": ("a workflow runs no text as code", "use write_program where the task declares the tool python"),
    "compile": ("a workflow runs no text as code", "write the code itself"),
    "__import__": ("a workflow loads nothing by name", "write an import"),
    "globals": ("the interpreter has no such table", "use a dict of your own"),
    "locals": ("the interpreter has no such table", "use a dict of your own"),
    "vars": ("the interpreter has no such table", "read task.question, task.context, task.choices"),
    "dir": ("the interpreter has no such table", "read task.question, task.context, task.choices"),
    "super": ("the interpreter has no inheritance", "write a plain class or functions"),
    "callable": ("the interpreter does not have it", "use isinstance or try"),
    "issubclass": ("the interpreter has no inheritance", "use isinstance"),
    "delattr": ("the interpreter does not have it", "set the attribute to None"),
    "breakpoint": ("there is no debugger", "remove it"),
}
_ASYNCIO = frozenset({"gather", "sleep"})
_STATEMENTS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Yield: ("yield: the interpreter has no generators", "build a list"),
    ast.YieldFrom: ("yield: the interpreter has no generators", "build a list"),
    ast.AsyncFor: (
        "async for: there are no asynchronous iterators",
        "await gather(...) and loop over its list",
    ),
    ast.AsyncWith: ("async with: the interpreter does not have it", "call gather"),
    ast.With: ("with: there is nothing to open", "remove it"),
    ast.TryStar: ("except*: the interpreter does not have it", "use except"),
}
_DECORATORS = frozenset({"property", "staticmethod", "classmethod"})
_TAKES_FUNCTION = frozenset({"map", "filter", "reduce"})


_RESERVED = "_md_"
"""How the names of the guest's prelude begin."""

Problem = tuple[int, str, str]


def lint(tree: ast.Module, blocks: Mapping[str, Block[Any, Any]]) -> None:
    """Raise `SourceError` for the first thing in the tree, by line, that cannot work."""
    _raise_first(_problems(tree, blocks))


def check_models(tree: ast.Module, blocks: Mapping[str, Block[Any, Any]], models: Collection[str]) -> None:
    """Raise `SourceError` where a block is to ask a model that is not among ``models``."""
    callable_blocks = blocks.keys() - _find_defined(tree)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    _raise_first(problem for call in calls for problem in _unknown_model(call, callable_blocks, models))


def _raise_first(problems: Iterable[Problem]) -> None:
    first = min(problems, key=lambda problem: problem[0], default=None)
    if first is not None:
        line, reason, cure = first
        raise SourceError(reason, line=line or None, cure=cure)


def _problems(tree: ast.Module, blocks: Mapping[str, Block[Any, Any]]) -> Iterator[Problem]:
    yield from _entry(tree)
    own = _find_defined(tree)
    callable_blocks = blocks.keys() - own
    for node in ast.walk(tree):
        yield from _syntax(node)
        yield from _imports(node)
        yield from _reserved(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in own:
            if node.id in _NAMES:
                reason, cure = _NAMES[node.id]
                yield node.lineno, f"{node.id} is not there: {reason}", cure
        elif isinstance(node, ast.Attribute):
            yield from _attribute(node)
        elif isinstance(node, ast.Call):
            yield from _call(node, callable_blocks)


def _find_defined(tree: ast.Module) -> set[str]:
    """Names that the source defines anywhere: functions, classes, parameters, variables."""
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return names


def _reserved(node: ast.AST) -> Iterator[Problem]:
    """The prelude's own names are not bound anew: nothing stands between a block and the host."""
    if isinstance(node, (ast.Attribute, ast.Constant, ast.keyword)) or isinstance(
        getattr(node, "ctx", None), ast.Load
    ):
        return
    for _, value in ast.iter_fields(node):
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, str) and name.startswith(_RESERVED):
                reason = f"{name} cannot be defined: the names in {_RESERVED} are the interpreter's own"
                yield getattr(node, "lineno", 0), reason, "choose another name"


def _entry(tree: ast.Module) -> Iterator[Problem]:
    workflows = [n for n in tree.body if getattr(n, "name", None) == "workflow"]
    cure = "define `async def workflow(task):` at the top level"
    if not workflows:
        yield 0, "the source has no workflow", cure
        return
    last = workflows[-1]
    if not isinstance(last, ast.AsyncFunctionDef):
        yield last.lineno, "workflow is not an async function", cure
        return
    required = len(last.args.args) + len(last.args.posonlyargs) - len(last.args.defaults)
    keywords = sum(d is None for d in last.args.kw_defaults)
    if not last.args.args or required > 1 or keywords:
        yield last.lineno, "workflow must take the task and nothing else", cure


def _syntax(node: ast.AST) -> Iterator[Problem]:
    line = getattr(node, "lineno", 0)
    if type(node) in _STATEMENTS:
        yield line, *_STATEMENTS[type(node)]
    elif type(node).__name__ == "TypeAlias":
        yield line, "type: the interpreter has no type aliases", "leave it out"
    elif isinstance(node, ast.ClassDef):
        if node.bases or node.keywords:
            yield line, f"class {node.name}: the interpreter has no inheritance", "write a plain class"
        for method in node.body:
            for decorator in getattr(method, "decorator_list", []):
                if isinstance(decorator, ast.Name) and decorator.id in _DECORATORS:
                    cure = "write a plain method or function"
                    yield decorator.lineno, f"the interpreter has no @{decorator.id}", cure
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            if isinstance(target, ast.Attribute):
                yield line, "del of an attribute: the interpreter does not have it", "set it to None"
    elif isinstance(node, (ast.FunctionDef, ast.Lambda)):
        for inner in _own_body(node):
            if isinstance(inner, ast.Await):
                yield inner.lineno, "await in a function that is not async", "write `async def`"


def _own_body(function: ast.FunctionDef | ast.Lambda) -> Iterator[ast.AST]:
    """Nodes of a function that belong to no function within it."""
    stack: list[ast.AST] = [*function.body] if isinstance(function, ast.FunctionDef) else [function.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(node))


def _imports(node: ast.AST) -> Iterator[Problem]:
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = [node.module or ""]
        for alias in node.names:
            if alias.name == "*":
                yield node.lineno, "import *: the interpreter does not have it", "name what you need"
            elif node.module == "collections" and alias.name not in _COLLECTIONS:
                cure = "a dict keeps its order" if alias.name == "OrderedDict" else "write it yourself"
                yield node.lineno, f"the interpreter has no collections.{alias.name}", cure
    else:
        return
    for module in modules:
        root = module.split(".")[0]
        if root in _OUTSIDE:
            reason = f"import of {module}: a workflow has no files, processes, network or environment"
            yield node.lineno, reason, "use the task and the blocks alone"
        elif root == "statistics":
            yield node.lineno, "the interpreter has no statistics", "use mean, sorted"
        elif root not in MODULES:
            allowed = ", ".join(sorted(MODULES - {"__future__"}))
            yield node.lineno, f"the interpreter has no module {module or '.'}", f"it has {allowed}"


def _attribute(node: ast.Attribute) -> Iterator[Problem]:
    if node.attr.startswith("__") and node.attr.endswith("__") and node.attr not in {"__name__", "__init__"}:
        yield (
            node.lineno,
            f".{node.attr} is not there",
            "a workflow sees values, not the interpreter behind them",
        )
    elif isinstance(node.value, ast.Name) and node.value.id == "asyncio" and node.attr not in _ASYNCIO:
        yield node.lineno, f"the interpreter has no asyncio.{node.attr}", "run coroutines at once with gather"


def _call(node: ast.Call, blocks: Collection[str]) -> Iterator[Problem]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    functions = [k.value for k in node.keywords if k.arg == "key"]
    if name in _TAKES_FUNCTION:
        functions.extend(node.args[:1])
    for function in functions:
        for block in _blocks_within(function, blocks):
            yield (
                function.lineno,
                f"{block} is a block, and an ordinary function is needed here",
                f"await the calls first: results = await gather(*[{block}(…) for …])",
            )
    if name == "gather" and node.keywords:
        yield node.lineno, f"gather takes no {node.keywords[0].arg}=", "pass coroutines only"


def _unknown_model(node: ast.Call, blocks: Collection[str], models: Collection[str]) -> Iterator[Problem]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    for keyword in node.keywords:
        model = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        names_model = keyword.arg is not None and (keyword.arg == "model" or keyword.arg.endswith("_model"))
        if names_model and name in blocks and model and model not in models:
            names = ", ".join(sorted(m for m in models if m)) or "none but the default"
            yield node.lineno, f"unknown model {model!r:.60}", f"this run knows: {names}"


def _blocks_within(node: ast.AST, blocks: Collection[str]) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in blocks:
            yield inner.id
