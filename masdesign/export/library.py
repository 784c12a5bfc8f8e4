"""The part of masdesign that a script needs, definition by definition, as source.

What a block's code names is followed to where it is defined, through every module of the package; where
a script has something of its own (`standalone`) in place of the package's, that is taken. All of it is
the package's own, trusted code: a design's source never comes here.
"""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.util import resolve_name
from pathlib import Path

from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.export import standalone
from masdesign.syntax import tree_of
from masdesign.tasks.forms import form_named
from masdesign.versions import SOURCE

Symbol = tuple[str, str]
"""A module and a name in it."""

OWN = standalone.__name__
ACTING = "masdesign.export.acting"
"""What a script has of its own where its workflow acts."""
_TYPES = "masdesign.types"
_INSTEAD = frozenset(
    {"Message", "Question", "ToolError", "running", "current_run", "gather", "render", "bm25", "form_named",
     "AnswerForm", "takes_tools"}
)  # fmt: skip
"""Names that a script has its own of, wherever the package's code imports them from."""
_DROPPED = frozenset({"block", "workflow", "annotations"})
SETTINGS = frozenset(
    {"MODELS", "BASE_URL", "BASE_URLS", "MAX_TOKENS", "WINDOW", "TOOLS", "EXAMPLES", "TEMPLATES",
     "INSTRUCTION", "LABELS", "FORM", "FORMS", "ACTIONS", "RUN"}
)  # fmt: skip
"""What differs from script to script, and is written by `python`."""
_UNUSED = {"McpServer": frozenset({"parse", "tools", "version", "_listed"})}
"""Methods of a class that no script calls: what a server lists stands in the script."""
_NOQA = re.compile(r"\s*#\s*(?:noqa|type:|fmt:).*$")


@dataclass(frozen=True)
class SourceModule:
    """A module's source, and what its top level defines and imports."""

    name: str
    lines: list[str] = field(repr=False)
    doc: str
    defined: dict[str, ast.stmt] = field(repr=False)
    imported: dict[str, tuple[str, str | None]] = field(repr=False)
    """For each name, the module that it comes from and its name there (none: the module itself)."""

    @property
    def order(self) -> list[ast.stmt]:
        """The definitions, in the order of the source, each once."""
        return sorted({id(node): node for node in self.defined.values()}.values(), key=lambda n: n.lineno)


def module(name: str) -> SourceModule:
    """The module of that name, read; of a plug-in, the text that was loaded."""
    loaded = import_module(name)
    return _read(name, vars(loaded).get(SOURCE) or inspect.getsource(loaded))


@cache
def _read(name: str, source: str) -> SourceModule:
    tree = tree_of(source)
    defined: dict[str, ast.stmt] = {}
    imported: dict[str, tuple[str, str | None]] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            defined[node.name] = node
        elif isinstance(node, ast.Assign):
            names = (n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name))
            defined.update(dict.fromkeys(names, node))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            defined[node.target.id] = node
        elif isinstance(node, ast.ImportFrom):
            package = import_module(name).__package__ if node.level else None
            source_name = resolve_name("." * node.level + (node.module or ""), package)
            imported.update({a.asname or a.name: (source_name, a.name) for a in node.names})
        elif isinstance(node, ast.Import):
            imported.update({a.asname or a.name: (a.name, None) for a in node.names})
    doc = (ast.get_docstring(tree) or "").partition("\n")[0]
    return SourceModule(name, source.splitlines(), doc, defined, imported)


@dataclass
class ScriptLibrary:
    """All that some names lead to: definitions by module, and imports from the standard library."""

    retrieval: bool = False
    """Whether the script retrieves passages."""
    wanted: dict[str, set[str]] = field(default_factory=dict)
    imports: set[tuple[str, str | None, str]] = field(default_factory=set)
    """(module, name or none, name here)."""

    def add(self, symbol: Symbol) -> None:
        """Take in a definition and, transitively, what it names."""
        waiting = [symbol]
        while waiting:
            place, name = waiting.pop()
            if name in _DROPPED:
                continue
            home = module(OWN if name in _INSTEAD else place)
            if name in home.defined:
                taken = self.wanted.setdefault(home.name, set())
                if name not in taken:
                    taken.add(name)
                    waiting += [(home.name, n) for n in _read_names(home.defined[name], self._without(name))]
            elif name in home.imported:
                source, original = home.imported[name]
                if source.split(".")[0] in sys.stdlib_module_names:
                    self.imports.add((source, original, name))
                elif _is_followed(source, home.name):
                    waiting.append(_follow(home.name, source, original))
                else:
                    self.imports.add((source, original, name))

    def _without(self, name: str) -> frozenset[str]:
        """Methods that are left out of a class."""
        return _UNUSED.get(name, frozenset[str]()) | ({"retrieve"} if not self.retrieval else set())

    def names(self) -> dict[str, str]:
        """Every name at the script's top level, and the module that it comes from."""
        places = {name: place for place, names in self.wanted.items() for name in names}
        return places | {name: source for source, _, name in self.imports}

    def uses(self, attribute: str) -> bool:
        """Whether any of it reads the attribute, as ``running().run_python``."""
        nodes = (module(p).defined[n] for p, names in self.wanted.items() if p != OWN for n in names)
        return any(isinstance(n, ast.Attribute) and n.attr == attribute for d in nodes for n in ast.walk(d))

    def templates(self) -> dict[str, str]:
        """The sources of the prompt templates that it renders, those that they include too."""
        from masdesign.building_blocks._prompt import own_templates, template_names, template_source

        registered, texts = blocks(), dict[str, str]()
        wanted = [registered[name] for taken in self.wanted.values() for name in taken if name in registered]
        rendered = [(t, own_templates(block)) for block in wanted for t in block.templates]
        for template, own in [*rendered, *((name, ()) for name in self._rendered())]:
            for name in template_names(template, own):
                text = template_source(name, own).rstrip() + "\n"
                if texts.setdefault(f"{name}.j2", text) != text:
                    raise InputError(f"two blocks have a template {name}.j2; rename one of them")
        return dict(sorted(texts.items()))

    def _rendered(self) -> Iterator[str]:
        """Templates that shared code renders by name, whatever block calls it."""
        for place, names in self.wanted.items():
            for node in (module(place).defined[name] for name in names if place.startswith("masdesign.")):
                for call in (n for n in ast.walk(node) if isinstance(n, ast.Call)):
                    name = getattr(call.args[0], "value", None) if call.args else None
                    if getattr(call.func, "id", "") == "render" and isinstance(name, str):
                        yield name

    def requirements(self) -> list[str]:
        """Distributions that plug-ins of the script import, sorted."""
        from importlib.metadata import packages_distributions

        tops = {source.split(".")[0] for source, _, _ in self.imports} - sys.stdlib_module_names
        packages = packages_distributions() if tops else {}
        return sorted({packages.get(top, [top])[0] for top in tops})

    def import_lines(self) -> list[str]:
        """The imports as source, sorted."""
        plain = sorted(source for source, original, _ in self.imports if original is None)
        named: dict[str, set[str]] = {}
        for source, original, _ in self.imports:
            if original is not None:
                named.setdefault(source, set()).add(original)
        lines = [f"import {name}" for name in plain]
        listed = ((source, ", ".join(sorted(names))) for source, names in sorted(named.items()))
        return lines + [f"from {source} import {names}" for source, names in listed]

    def _ordered(self, places: Set[str]) -> list[str]:
        """Modules, each after those that it imports: a class needs its bases."""
        graph = {
            place: sorted({source for source, _ in module(place).imported.values()} & places)
            for place in sorted(places)
        }
        return list(TopologicalSorter(graph).static_order())

    def sections(self) -> Iterator[tuple[str, str]]:
        """A title and source for each module, in an order in which they can be read and run."""
        modules = {b.function.__module__ for b in blocks().values()}
        late = self.wanted.keys() & {ACTING}
        first = self._ordered(self.wanted.keys() - modules - {_TYPES, OWN, ACTING})
        for place in (_TYPES, *first, OWN, *late, *sorted(self.wanted.keys() & modules)):
            if self.wanted.get(place):
                home = module(place)
                nodes = [n for n in home.order if _names_of(n) & self.wanted[place] - SETTINGS]
                text = "".join(
                    _source(home, node, self._without(getattr(node, "name", ""))) for node in nodes
                ).strip("\n")
                if text:
                    own = place.split(".")[0] != "masdesign"
                    yield f"Your own, as it stands: {home.doc or place}" if own else home.doc, text


def library(
    names: Iterable[str],
    *,
    retrieval: bool = False,
    forms: Iterable[str] = ("line",),
    more: Iterable[Symbol] = (),
) -> ScriptLibrary:
    """What a workflow needs that calls the blocks, helpers and values of these names, in these forms; and
    ``more``."""
    registered = blocks()
    gathered = ScriptLibrary(retrieval)
    for name in ("main", "answer", *names):
        if name in registered:
            gathered.add((registered[name].function.__module__, name))
        elif name in module("masdesign.workflow.helpers").defined:
            gathered.add(("masdesign.workflow.helpers", name))
        else:
            gathered.add((OWN, name))
    for symbol in (*map(form_symbol, forms), *more):
        gathered.add(symbol)
    return gathered


def _is_followed(source: str, home: str) -> bool:
    """Whether what is imported is copied: it is the package's own, or lies beside the plug-in."""
    if source.split(".")[0] == "masdesign":
        return True
    file = getattr(import_module(source), "__file__", None)
    beside = getattr(import_module(home), "__file__", None)
    return bool(file and beside and Path(file).parent == Path(beside).parent)


def _follow(home: str, source: str, original: str | None) -> Symbol:
    """Where an imported name is defined; a package of ours may give it from another module.

    Raises:
        InputError: a plug-in imports a module as a whole.
    """
    if original is None:
        raise InputError(
            f"plug-in {home} cannot be exported: it imports {source} as a whole; write from {source} import …"
        )
    if source.split(".")[0] == "masdesign" and original not in {
        **module(source).defined,
        **module(source).imported,
    }:
        value = inspect.unwrap(getattr(import_module(source), original))
        return str(value.__module__), original
    return source, original


def form_symbol(name: str) -> Symbol:
    """Where an answer form is defined, and the name of its object there."""
    form = form_named(name)
    place = type(form).__module__
    symbol = next((n for n, value in vars(import_module(place)).items() if value is form), None)
    if symbol is None:
        raise InputError(
            f"the answer form {name!r} cannot be exported: {place} holds no object of it; name it there"
        )
    return place, symbol


def _read_names(node: ast.AST, without: frozenset[str]) -> set[str]:
    """The names that a definition reads, but for the decorator of a block and the methods left out."""
    parts: list[ast.AST] = [node]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        kept = [d for d in node.decorator_list if not _is_block(d)]
        parts = [node.args, *node.body, *kept, *([node.returns] if node.returns else [])]
    elif isinstance(node, ast.ClassDef):
        body = [n for n in node.body if getattr(n, "name", "") not in without]
        parts = [*node.bases, *node.decorator_list, *body]
    return {n.id for part in parts for n in ast.walk(part) if isinstance(n, ast.Name)}


def _is_block(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in ("block", "md.block")


def _names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _source(home: SourceModule, node: ast.stmt, without: frozenset[str]) -> str:
    """A definition as it stands, without the decorator of a block and all but the head of docstrings."""
    lines = list(home.lines[node.lineno - 1 : node.end_lineno])
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return "\n".join(_NOQA.sub("", line) for line in lines) + "\n"
    shown = dict(enumerate(lines, node.lineno))
    for inner in ast.walk(node):
        if not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if inner is not node and inner.name in without:  # the block `retrieve` is no such method
            first = min(d.lineno for d in (*inner.decorator_list, inner))
            gone = range(first - 1, (inner.end_lineno or first) + 1)  # with the empty line before it
        elif ast.get_docstring(inner) is not None:
            doc = inner.body[0]
            gone = range(doc.lineno + 1, (doc.end_lineno or doc.lineno) + 1)
            shown[doc.lineno] = _summary(inner, doc.col_offset)
        else:
            continue
        for number in gone:
            shown.pop(number, None)
    decorators = [f"@{ast.unparse(d)}" for d in node.decorator_list if not _is_block(d)]
    text = "\n".join([*decorators, *(_NOQA.sub("", line) for line in shown.values())])
    return f"\n\n{text}\n\n\n"


def _summary(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, indent: int) -> str:
    paragraph = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
    text = paragraph.split(". ")[0].rstrip(".") + "."
    wrapped = textwrap.wrap(text, 100 - indent)
    pad = " " * indent
    prefix = "r" if "\\" in text else ""
    closing = '"""' if len(wrapped) == 1 else f'\n{pad}"""'
    return f'{pad}{prefix}"""' + f"\n{pad}".join(wrapped) + closing
