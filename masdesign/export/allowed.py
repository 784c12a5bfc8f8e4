"""What a design may hold to become a script: an allowlist of syntax, names and attributes.

In the sandbox a design has nothing to reach for: there is no file, no module behind a value, no frame
behind a coroutine. In a script all of that is there again. So nothing is searched for that is bad; only what
is known to be harmless passes: the node types below, names whose every use resolves to the design itself,
a block, a helper or a harmless built-in, attributes of plain values, and listed names of a few modules.
"""

import ast
import itertools
import keyword
import math
import string
import symtable
from collections import Counter, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from masdesign.errors import SourceError
from masdesign.workflow.parsing import parse

_NODES = (
    ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Return, ast.Delete, ast.Assign,
    ast.AugAssign, ast.AnnAssign, ast.For, ast.While, ast.If, ast.Raise, ast.Try, ast.Assert, ast.Import,
    ast.ImportFrom, ast.Nonlocal, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.ExceptHandler,
    ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.Compare, ast.Call,
    ast.FormattedValue, ast.JoinedStr, ast.Constant, ast.Attribute, ast.Subscript, ast.Starred, ast.Name,
    ast.List, ast.Tuple, ast.Slice, ast.comprehension, ast.arguments, ast.arg, ast.keyword, ast.alias,
    ast.Match, ast.match_case, ast.MatchValue, ast.MatchSingleton, ast.MatchSequence, ast.MatchMapping,
    ast.MatchClass, ast.MatchStar, ast.MatchAs, ast.MatchOr,
    ast.expr_context, ast.boolop, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = _names(
    """
    abs all any bool bytes chr dict divmod enumerate filter float frozenset hash int isinstance iter len
    list map max min next object ord pow range repr reversed round set slice sorted str sum tuple zip
    ArithmeticError AssertionError AttributeError Exception IndexError KeyError LookupError
    NotImplementedError OverflowError RecursionError RuntimeError StopIteration TimeoutError TypeError
    ValueError ZeroDivisionError True False None NotImplemented
    """
)
"""Built-ins that give no more than values."""

_ONLY_CALLED = frozenset({"getattr", "hasattr", "type", "print"})
"""Built-ins that may be called in a harmless form, and not passed on as values."""

_MODULES: dict[str, frozenset[str]] = {
    "__future__": frozenset({"annotations"}),
    "bisect": frozenset({"bisect", "bisect_left", "bisect_right", "insort", "insort_left", "insort_right"}),
    "collections": frozenset({"Counter", "defaultdict", "deque", "namedtuple"}),
    "copy": frozenset({"copy", "deepcopy"}),
    "dataclasses": frozenset({"dataclass", "field", "replace", "asdict", "astuple"}),
    "functools": frozenset({"reduce", "partial", "cmp_to_key"}),
    "itertools": frozenset(n for n in dir(itertools) if not n.startswith("_")),
    "json": frozenset({"loads", "dumps", "JSONDecodeError"}),
    "math": frozenset(n for n in dir(math) if not n.startswith("_")),
    "random": frozenset({"random", "randint", "choice", "choices", "shuffle", "sample", "uniform", "seed"}),
    "re": _names(
        "compile search match fullmatch findall finditer split sub subn escape error A ASCII I IGNORECASE M "
        "MULTILINE S DOTALL X VERBOSE"
    ),
    "typing": _names(
        "Any Callable Dict Iterable Iterator List Literal Mapping NamedTuple Optional Sequence Set Tuple "
        "TypeVar Union"
    ),
}
"""Modules that a script may import for a design, and all that it may have of them. Not asyncio: its futures
lead to the event loop, and that to processes."""
_INSTEAD = {"asyncio": "gather is there without an import"}

_VALUES: tuple[object, ...] = ("", 0, 0.0, [], {}, set(), (), Counter(), deque())
_OF_VALUES = {name for value in _VALUES for name in dir(value) if not name.startswith("_")}
_ATTRIBUTES = frozenset(_OF_VALUES - {"format", "format_map"}) | _names(
    "question context choices text reasoning ok critique "  # the values of the design language
    "group groups groupdict start end span pattern search match fullmatch findall finditer sub subn "
    "args default_factory most_common msg pos"
)
"""Attributes of plain values; those that a class of the design defines are added."""

_BEHIND = ("_", "cr_", "gi_", "ag_", "f_", "tb_", "co_", "func_", "mro")
"""What attributes begin with that lead from a value to the interpreter behind it."""

_OPERATIONS = "eq ne lt le gt ge hash len bool contains getitem setitem iter next call add sub mul"
_METHODS = frozenset(f"__{name}__" for name in ("init", "post_init", "str", "repr", *_OPERATIONS.split()))
"""Special methods that a class may define."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a source is not allowed, and where."""

    line: int
    reason: str
    cure: str


def check_allowed(source: str, given: Collection[str], taken: Collection[str]) -> ast.Module:
    """The tree of a source that holds nothing but what is allowed.

    Parameters:
        given: names that the script gives to the design: blocks, helpers, values.
        taken: further names at the top level of the script, which the design must not use.

    Raises:
        SourceError: with the line, and what is to be done.
    """
    tree = parse(source)
    try:
        scopes = symtable.symtable(source, "design", "exec")
    except SyntaxError as error:  # what only a compiler finds
        raise SourceError(f"not valid Python: {error.msg}", line=error.lineno, cure="correct it") from None
    imported, attributes = _imports(tree), _ATTRIBUTES | _own_attributes(tree)
    problems = [*_of_nodes(tree, imported, attributes), *_of_scopes(scopes, tree, given, taken)]
    if problems:
        first = min(problems, key=lambda p: p.line or 10**9)  # some nodes have no line
        raise SourceError(f"it cannot be exported: {first.reason}", line=first.line or None, cure=first.cure)
    return tree


def _imports(tree: ast.Module) -> dict[str, str]:
    """Modules by the name that they have in the source."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return {alias.asname or alias.name: alias.name for node in imports for alias in node.names}


def _own_attributes(tree: ast.Module) -> set[str]:
    """Attributes that the classes of the source define: fields, methods, what is set on ``self``."""
    attributes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                targets = inner.targets if isinstance(inner, ast.Assign) else [getattr(inner, "target", None)]
                attributes |= {t.id for t in targets if isinstance(t, ast.Name)}
                attributes |= {str(getattr(inner, "name", ""))}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            attributes.add(node.attr)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "namedtuple":
            constants = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
            texts = (value for value in constants if isinstance(value, str))
            attributes |= {word for text in texts for word in text.replace(",", " ").split()}
    return {name for name in attributes if not name.startswith(_BEHIND)} - {"format", "format_map"}


def _of_nodes(tree: ast.Module, imported: dict[str, str], attributes: Collection[str]) -> Iterator[Problem]:
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    seen = _find_inspected(tree)
    of_modules = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if not isinstance(node, _NODES):
            kind = type(node).__name__
            yield Problem(line, f"a script takes no {kind}", "write it in plain statements")
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _of_import(node)
        elif isinstance(node, ast.Attribute):
            yield from _of_attribute(node, imported, attributes, called)
        elif isinstance(node, ast.Name):
            if node.id in imported and id(node) not in of_modules:
                yield Problem(line, f"the module {node.id} is passed on as a value", "call its functions")
            elif node.id in _ONLY_CALLED:
                yield from _of_builtin(node, called.get(id(node)), seen)
        elif isinstance(node, ast.MatchClass):
            for name in (name for name in node.kwd_attrs if name not in attributes):
                yield Problem(line, f"the attribute {name} in a pattern", "match values of the task")
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _of_definition(node)


def _of_import(node: ast.Import | ast.ImportFrom) -> Iterator[Problem]:
    listed = "a script may import " + ", ".join(sorted(_MODULES.keys() - {"__future__"}))
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name not in _MODULES or alias.name == "__future__":
                yield Problem(node.lineno, f"import of {alias.name}", _INSTEAD.get(alias.name, listed))
        return
    names = _MODULES.get(node.module or "") if node.level == 0 else None
    for alias in node.names:
        if names is None:
            cure = _INSTEAD.get(node.module or "", listed)
            yield Problem(node.lineno, f"import from {node.module or '.'}", cure)
        elif alias.name not in names:
            cure = f"a script may import {', '.join(sorted(names))} of it"
            yield Problem(node.lineno, f"import of {alias.name} from {node.module}", cure)


def _of_attribute(
    node: ast.Attribute, imported: dict[str, str], attributes: Collection[str], called: dict[int, ast.Call]
) -> Iterator[Problem]:
    if isinstance(node.value, ast.Name) and node.value.id in imported:
        names = _MODULES.get(imported[node.value.id], frozenset())
        if node.attr not in names or not isinstance(node.ctx, ast.Load):
            yield Problem(node.lineno, f"{node.value.id}.{node.attr}", "use what the sandbox has of it")
    elif node.attr == "format" and _is_plain_format(getattr(node.value, "value", None)):
        if id(node) not in called:
            yield Problem(node.lineno, "the method format is passed on as a value", "write an f-string")
    elif node.attr == "__name__" and isinstance(node.ctx, ast.Load):
        return
    elif node.attr not in attributes or node.attr.startswith(_BEHIND):
        cure = "write an f-string" if node.attr.startswith("format") else "a script reads plain values only"
        yield Problem(node.lineno, f"the attribute {node.attr}", cure)


def _is_plain_format(text: object) -> bool:
    """Whether a format string looks into no value."""
    if not isinstance(text, str):
        return False
    try:
        fields = [(name or "", spec or "") for _, name, spec, _ in string.Formatter().parse(text)]
    except ValueError:
        return False
    plain = (not name or name.isdigit() or name.isidentifier() for name, _ in fields)
    return all(plain) and not any("{" in spec for _, spec in fields)


def _find_inspected(tree: ast.Module) -> set[int]:
    """Expressions that are only compared, or of which only the ``__name__`` is read."""
    nodes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "__name__":
            nodes.add(id(node.value))
        elif isinstance(node, ast.Compare):
            nodes |= {id(part) for part in (node.left, *node.comparators)}
    return nodes


def _of_builtin(node: ast.Name, call: ast.Call | None, looked_at: Collection[int]) -> Iterator[Problem]:
    """``getattr(x, "name"[, default])``, ``hasattr``, ``type(x)``, ``print(…)``: called, in plain form."""
    if not isinstance(node.ctx, ast.Load):
        return
    if call is None:
        yield Problem(node.lineno, f"{node.id} is passed on as a value", "call it")
    elif node.id in ("getattr", "hasattr"):
        name = call.args[1] if len(call.args) > 1 else None
        text = name.value if isinstance(name, ast.Constant) else None
        plain = isinstance(text, str) and text in _ATTRIBUTES and not call.keywords
        if not plain or any(isinstance(a, ast.Starred) for a in call.args):
            cure = "read the attribute itself"
            yield Problem(node.lineno, f"{node.id} with a name that is not plain", cure)
    elif node.id == "type" and (len(call.args) != 1 or call.keywords or id(call) not in looked_at):
        yield Problem(node.lineno, "a type as a value", "compare it, or read its __name__")
    elif node.id == "print" and call.keywords:
        yield Problem(node.lineno, "print with keywords", "leave it out")


def _of_definition(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[Problem]:
    for decorator in node.decorator_list:
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not (isinstance(node, ast.ClassDef) and isinstance(name, ast.Name) and name.id == "dataclass"):
            yield Problem(decorator.lineno, "a decorator", "write a plain function")
    if isinstance(node, ast.ClassDef) and (node.keywords or node.bases):
        yield Problem(node.lineno, f"class {node.name} inherits", "write a plain class")
    if node.name.startswith("__") and node.name not in _METHODS:
        yield Problem(node.lineno, f"the special method {node.name}", "write a plain method")


def _of_scopes(
    top: symtable.SymbolTable, tree: ast.Module, given: Collection[str], taken: Collection[str]
) -> Iterator[Problem]:
    """Names that are read where the design does not define them, or that it must not define."""
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        name = str(next(filter(None, (getattr(node, n, None) for n in ("id", "name", "arg"))), ""))
        lines.setdefault(name, getattr(node, "lineno", 0))
    own = {symbol.get_name() for symbol in top.get_symbols() if _is_defined(symbol)}
    needed = "which the script needs itself"
    open_names = BUILTINS | _ONLY_CALLED | set(given) | own
    for table in _tables(top):
        for symbol in table.get_symbols():
            name = symbol.get_name()
            line = lines.get(name, 0)
            local = _is_defined(symbol) or symbol.is_parameter()
            # to the script's names, and the built-ins
            falls_through = table.get_type() in ("module", "class")
            if _is_special(name) and name not in _METHODS:
                yield Problem(line, f"the name {name}", "choose another name")
            elif local and table is top and (name in taken or name in given or name in _ONLY_CALLED):
                yield Problem(line, f"it defines {name}, {needed}", "choose another name")
            elif local and falls_through and _is_hidden_builtin(name):
                yield Problem(line, f"it defines {name}, which is a built-in", "choose another name")
            elif local and table.get_type() == "class" and name in taken:
                yield Problem(line, f"it defines {name}, {needed}", "choose another name")
            elif symbol.is_declared_global() and local:
                yield Problem(line, f"global {name}", "pass the value on, and return it")
            elif _is_read_outside(symbol, falls_through and not local) and name not in open_names:
                yield Problem(line, f"{name} is not a name of the design language", "use blocks and helpers")


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _is_defined(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _is_read_outside(symbol: symtable.Symbol, falls_through: bool) -> bool:
    """Whether the name is read, and means what stands at the top level or is built in."""
    return symbol.is_referenced() and (symbol.is_global() or falls_through)


def _is_special(name: str) -> bool:
    return name.startswith("__") and not keyword.iskeyword(name)


def _is_hidden_builtin(name: str) -> bool:
    import builtins

    return hasattr(builtins, name) and name not in BUILTINS
