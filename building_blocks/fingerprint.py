"""What a score rests on besides the design: the versions of the blocks and templates that it uses.

Two evaluations of a design are the same evaluation only where these agree. Code counts by its
canonical form, so that a comment or a docstring changes nothing.
"""

import ast
import hashlib
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

from masdesign.building_blocks import (
    _acting,
    _agent,
    _asking,
    _by_need,
    _examples,
    _fit,
    _lessons,
    _notes,
    _passages,
    _step,
    _structured,
    _tools,
    _window,
    kit,
    read,
)
from masdesign.building_blocks._prompt import (
    Own,
    is_shipped,
    own_templates,
    template_names,
    template_source,
    template_version,
)
from masdesign.building_blocks._registry import blocks as discovered
from masdesign.building_blocks._same_versions import SAME
from masdesign.environments import call_text
from masdesign.syntax import canonical, variables
from masdesign.tasks import replies
from masdesign.tasks.forms import line
from masdesign.versions import reached, short_hash, version_of
from masdesign.workflow import Block, adas, adas_arc, adas_fields, answers, helpers, promoted
from masdesign.workflow.parsing import parse

_HELPERS = frozenset(name for name, _ in inspect.getmembers(helpers, inspect.isfunction))
_PRIVATE = {
    name: module
    for module in (_acting, _agent, _by_need, _examples, _fit, _lessons, _passages, _tools, _window, kit)
    for name, value in inspect.getmembers(module, lambda v: inspect.isfunction(v) or inspect.isclass(v))
    if value.__module__ == module.__name__
}
"""What composite blocks share, by name: the module that it is in."""
_PARTS: Mapping[ModuleType, tuple[ModuleType, ...]] = {
    read: (replies, line),
    _step: (_asking, answers),
    _acting: (call_text, _fit),
    _agent: (_acting, _fit, _notes, call_text),
}
"""Modules that do part of another's work: how a line is read, a question asked, a tool called in words."""


def versions(source: str, blocks: Mapping[str, Block[..., Any]] | None = None) -> dict[str, str]:
    """The versions of all that ``source`` uses, by name: blocks, templates (``name.j2``), shared code.

    Blocks count that the source names and, transitively, those that a composite block calls; a
    template counts with those that it includes; the pure helpers count where one is named, and a
    private module of the blocks where a block that counts names one of its functions. Empty
    for a source that names nothing of these.

    Raises:
        SourceError: the source is not Python.

    >>> sorted(versions("async def workflow(task):\\n    return await direct(task)"))
    ['_problem.j2', '_step.py', 'direct', 'direct.j2', 'read.py']
    """
    registered = discovered() if blocks is None else blocks
    used = _used(source, registered)
    modules = [read, _step] if used else []
    named = frozenset[str]().union(*(_names_of(registered[name]) for name in used))
    if _HELPERS & (_names(source) | named):
        modules.append(helpers)
    modules += {_PRIVATE[name] for name in named & _PRIVATE.keys()}
    modules += [adas, adas_fields] if adas.ENTRY in _names(source) else []
    modules += [adas_arc] if adas_arc.asks_arc(parse(textwrap.dedent(source))) else []
    listed = {name: _block_version(registered[name]) for name in used}
    for name in used:
        listed |= _template_versions(registered[name])
    listed |= {f"{module.__name__.rpartition('.')[2]}.py": _module_version(module) for module in modules}
    return {name: SAME.get(name, {}).get(version, version) for name, version in sorted(listed.items())}


def fingerprint(source: str, blocks: Mapping[str, Block[..., Any]] | None = None) -> str:
    """Twelve hex digits that change when anything does that `versions` lists.

    >>> a = fingerprint("async def workflow(task):\\n    return await direct(task)")
    >>> a == fingerprint("async def workflow(t):\\n    return await direct(t, role='A poet.')")
    True
    """
    listed = "\n".join(f"{name} {version}" for name, version in versions(source, blocks).items())
    return hashlib.sha256(listed.encode()).hexdigest()[:12]


def structured_version() -> str:
    """The version of what models are asked that take a schema natively."""
    return _module_version(_structured)


def templates(source: str, blocks: Mapping[str, Block[..., Any]] | None = None) -> dict[str, int]:
    """Declared versions of the templates that ``source`` can render, by name (without ``.j2``).

    >>> list(templates("async def workflow(task):\\n    return await self_consistency(task, n=9)"))
    ['_problem', 'chain_of_thought']
    """
    registered = discovered() if blocks is None else blocks
    declared: dict[str, int] = {}
    for block in (registered[name] for name in _used(source, registered)):
        own = own_templates(block)
        declared |= {name: template_version(name, own) for name in _templates(block)}
    return dict(sorted(declared.items()))


def _used(source: str, registered: Mapping[str, Block[..., Any]]) -> list[str]:
    used: dict[str, None] = {}
    waiting = set(_names(source) - _variables(source))
    while waiting:
        name = waiting.pop()
        if name in registered and name not in used:
            used[name] = None
            called = _names_of(registered[name])
            waiting |= called - variables(_code(registered[name]))
            waiting |= frozenset[str]().union(
                *(_names_in(_PRIVATE[part]) for part in called & _PRIVATE.keys())
            )
    return list(used)


@lru_cache(1024)  # a search asks again and again for the same few blocks, and once for each design
def _names(source: str) -> frozenset[str]:
    tree = parse(textwrap.dedent(source))
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


@lru_cache(1024)
def _variables(source: str) -> frozenset[str]:
    return variables(parse(textwrap.dedent(source)))


@cache
def _names_in(module: ModuleType) -> frozenset[str]:
    return _names(inspect.getsource(module))


def _names_of(block: Block[..., Any]) -> frozenset[str]:
    """Names in the definition of a block, and in what it reaches in its own file."""
    return frozenset(node.id for node in ast.walk(_code(block)) if isinstance(node, ast.Name))


def _code(block: Block[..., Any]) -> ast.Module:
    """The definition of a block with what it reaches in its own file; of a shipped one without imports.

    What a shipped block imports is counted by its own version (`versions`), or is not the blocks' own.
    """
    if _is_plugin(block):
        return reached(block.function)
    tree = parse(textwrap.dedent(block.source))
    if not is_shipped(block):
        return tree
    own, imports = block.function.__name__, ast.Import | ast.ImportFrom
    rest = [part for part in reached(block.function).body if not isinstance(part, imports)]
    return ast.Module([*(part for part in rest if getattr(part, "name", "") != own), *tree.body], [])


def _is_plugin(block: Block[..., Any]) -> bool:
    """Whether the block is neither of this folder nor a promoted design."""
    return not is_shipped(block) and block.function.__module__ != promoted.__name__


@lru_cache(1024)  # a search asks again and again for the same few blocks
def _block_version(block: Block[..., Any]) -> str:
    return version_of(block.function) if _is_plugin(block) else short_hash(canonical(_code(block)))


def _templates(block: Block[..., Any]) -> set[str]:
    own = own_templates(block)
    return {part for template in block.templates for part in template_names(template, own)}


def _template_versions(block: Block[..., Any]) -> dict[str, str]:
    """By file; those that a plug-in's block brings with it by its own name too."""
    own = own_templates(block)
    return {
        f"{block.name}/{name}.j2" if name in dict(own) else f"{name}.j2": _template_version(name, own)
        for name in _templates(block)
    }


@cache
def _template_version(name: str, own: Own) -> str:
    digest = hashlib.sha256(template_source(name, own).encode()).hexdigest()[:8]
    return f"{template_version(name, own)}:{digest}"


def _canonical(source: str) -> str:
    return canonical(parse(textwrap.dedent(source)))


@cache
def _module_version(module: ModuleType) -> str:
    """The version of a module, with that of the modules in which the rest of its work is done."""
    parts = [_canonical(inspect.getsource(part)) for part in (module, *_PARTS.get(module, ()))]
    return short_hash("\n".join(parts))
