"""A user's own blocks on other machines: their files travel as text, and are loaded there."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import is_shipped
from masdesign.errors import InputError
from masdesign.plugins import load_plugins
from masdesign.registry import overlay
from masdesign.syntax import tree_of
from masdesign.versions import SOURCE, namespace_of
from masdesign.workflow import Block

_folders: list[TemporaryDirectory[str]] = []
"""Kept as long as the process, since a function of a plug-in may import its neighbour late."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a node needs for the blocks that did not come with the package."""

    files: tuple[tuple[str, str], ...] = ()
    """Name and text: plug-ins, what they import from their own folder, their templates."""
    modules: tuple[str, ...] = ()
    """Parts of installed packages, which a node imports by name."""


def ship(blocks: Mapping[str, Block[..., Any]]) -> Shipped:
    """What a node needs for these blocks.

    Raises:
        InputError: a block has no file of its own, or two files have the same name.
    """
    files: dict[str, str] = {}
    modules = set[str]()
    for block in blocks.values():
        if is_shipped(block):
            continue
        names = namespace_of(block)
        path = Path(str(names.get("__file__", "")))
        if names.get("__package__"):
            modules.add(str(names["__name__"]))
        elif names.get("__name__") == "__main__" or not path.is_file():
            cure = "define it in a file of its own"
            raise InputError(f"block {block.name} cannot be sent to a cluster; {cure}")
        else:
            _take(files, path, str(names.get(SOURCE) or path.read_text(encoding="utf-8-sig")))
            for name, text in block.prompts:
                _put(files, f"{name}.j2", text)
    return Shipped(tuple(sorted(files.items())), tuple(sorted(modules)))


@lru_cache(16)
def blocks_of(shipped: Shipped) -> dict[str, Block[..., Any]]:
    """The blocks of this machine with those that were sent.

    Raises:
        InputError: a plug-in cannot be loaded here.
    """
    if shipped == Shipped():
        return blocks()
    folder = TemporaryDirectory(prefix="masdesign-plugins-", ignore_cleanup_errors=True)
    _folders.append(folder)
    for name, text in shipped.files:
        Path(folder.name, name).write_text(text, encoding="utf-8")
    paths = [str(Path(folder.name, name)) for name, _ in shipped.files if name.endswith(".py")]
    with overlay():
        load_plugins([*paths, *shipped.modules])
        return {name: _complete(block) for name, block in blocks().items()}


def _complete(block: Block[..., Any]) -> Block[..., Any]:
    if not is_shipped(block):
        _ = block.prompts  # read now, since they are kept
    return block


def _take(files: dict[str, str], path: Path, text: str) -> None:
    """Take a file, and those beside it that it imports."""
    if files.get(path.name) == text:
        return
    _put(files, path.name, text)
    for name in _list_imports(text):
        beside = path.with_name(f"{name}.py")
        if beside.is_file():
            _take(files, beside, beside.read_text(encoding="utf-8-sig"))


def _put(files: dict[str, str], name: str, text: str) -> None:
    if files.setdefault(name, text) != text:
        raise InputError(f"two files of plug-ins are called {name}; a cluster needs one name for each")


def _list_imports(text: str) -> Iterator[str]:
    for node in ast.walk(tree_of(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
