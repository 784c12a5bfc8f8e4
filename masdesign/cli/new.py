"""masdesign new: writes a plug-in of your own with its test, ready for --plugin."""

import ast
import keyword
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.errors import InputError
from masdesign.files import writing

_ENDING = ".txt"
_USES = {
    "block": "masdesign evaluate NAME arithmetic --plugin NAME.py",
    "scorer": "masdesign evaluate direct arithmetic --scorer NAME --plugin NAME.py",
    "model": "masdesign evaluate direct arithmetic --model NAME --plugin NAME.py",
    "strategy": "masdesign search arithmetic --strategy NAME --plugin NAME.py",
    "tool": "masdesign tools NAME --plugin NAME.py",
    "environment": "masdesign tools NAME --plugin NAME.py",
}
"""How a plug-in of each kind is used first."""


def _kinds() -> dict[str, Traversable]:
    """The skeletons by kind: each a folder, so that adding a kind is adding one."""
    return {folder.name: folder for folder in files("masdesign.skeletons").iterdir() if folder.is_dir()}


@click.command()
@click.argument("kind", metavar="block|scorer|model|strategy|tool|environment")
@click.argument("name")
@opt.flag("--force", "Write over files that are there.")
def command(kind: str, name: str, force: bool) -> None:
    """Write NAME.py, a working plug-in of KIND, and test_NAME.py into the working folder.

    \b
    masdesign new block shout
    pytest test_shout.py
    masdesign evaluate shout arithmetic --plugin shout.py
    """
    folder = _kinds().get(kind)
    if folder is None:
        raise InputError(f"{kind!r} is no kind of plug-in; choose one of {', '.join(sorted(_kinds()))}")
    _check_name(kind, name)
    _check_words(name, (file for file in folder.iterdir() if file.name.endswith(f".py{_ENDING}")))
    texts = {_fill(file.name.removesuffix(_ENDING), name): file for file in folder.iterdir()}
    there = sorted(path for path in texts if Path(path).exists())
    if there and not force:
        raise InputError(f"{there[0]} is there already; choose another name, or write over it with --force")
    for path, file in sorted(texts.items()):
        with writing(path) as out:
            out.write(_fill(file.read_text(encoding="utf-8"), name).encode())
        say(path)
    if kind in _USES:
        install = "" if find_spec("pytest") else "pip install pytest; "
        say(f"try it: {install}pytest test_{name}.py; {_fill(_USES[kind], name)}")


def _check_name(kind: str, name: str) -> None:
    """Raise `InputError` where a plug-in of that name could not be told from another thing or module."""
    from masdesign.building_blocks import BLOCKS
    from masdesign.environments import ENVIRONMENTS, TOOLS
    from masdesign.environments.parse import BUILT_IN
    from masdesign.lm.providers import PROVIDERS
    from masdesign.search.strategies import STRATEGIES
    from masdesign.tasks.scorers import SCORERS

    if not (name.isidentifier() and name.isascii() and name == name.lower()) or keyword.iskeyword(name):
        raise InputError(f"name {name!r}: write it in lower case with underscores, as careful_vote")
    kinds = (BLOCKS, ENVIRONMENTS, TOOLS, PROVIDERS, STRATEGIES, SCORERS)
    taken = any(registry.kind == kind and name in registry.names() for registry in kinds)
    if taken or (kind == "tool" and name in BUILT_IN):
        raise InputError(f"name {name!r}: masdesign has a {kind} of that name; choose another")
    if _is_elsewhere(name):
        cure = "which yours would hide; choose another"
        raise InputError(f"name {name!r}: Python has a module of that name, {cure}")


def _is_elsewhere(name: str) -> bool:
    """Whether a module of that name is found outside the working folder."""
    try:
        spec = find_spec(name)
    except ValueError:  # __main__
        return True
    if spec is None or spec.origin is None:  # a folder of that name gives way
        return False
    return not (spec.has_location and Path(spec.origin).resolve().parent == Path.cwd())


def _check_words(name: str, skeleton: Iterable[Traversable]) -> None:
    """Raise `InputError` where the code of a skeleton uses the name, or the class's, for something else."""
    nodes = [node for file in skeleton for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
    words = {node.id for node in nodes if isinstance(node, ast.Name)}
    if words & {name, _title(name)}:
        raise InputError(
            f"name {name!r}: the plug-in's own code uses that word for something else; choose another"
        )


def _fill(text: str, name: str) -> str:
    return text.replace("NAME", name).replace("TITLE", _title(name))


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
