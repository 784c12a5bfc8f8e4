"""Recording where the parts of an environment come from, and loading them again.

Functions are kept as ``FILE:function``, documents by their paths, an MCP server by its name alone: its
command may hold secrets. Versions tell whether what is there now is what a design was found with.
"""

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from masdesign.environments._registry import ENVIRONMENTS
from masdesign.environments.combined import Combined
from masdesign.environments.corpus import Corpus
from masdesign.environments.parse import parse_tools, together
from masdesign.environments.toolbox import Toolbox
from masdesign.errors import InputError
from masdesign.protocols import Environment


def parts_of(environment: Environment | None) -> tuple[Environment, ...]:
    """The parts of a combined environment; of any other, itself."""
    if isinstance(environment, Combined):
        return environment.parts
    return () if environment is None else (environment,)


def references(environment: Environment | None) -> list[dict[str, Any]]:
    """Each part's name, version, and where it comes from, as JSON values."""
    return [
        {"name": part.name, "version": part.version, "from": _origin(part)} for part in parts_of(environment)
    ]


def recall(
    rows: Iterable[Mapping[str, Any]], given: Environment | None = None
) -> tuple[Environment | None, str]:
    """The environment that `references` tells of, and a note on what is not as it was; mostly empty.

    Parameters:
        given: parts of these stand in place of those of the same name; the others are added. Where there are
            such, a part that cannot be had is left out, and the note says so.

    Raises:
        InputError: a part is not there any more, or its origin is in no record.
    """
    at_hand = {part.name: part for part in parts_of(given)}
    parts, changed, lost = [], [], []
    for row in rows:
        name = str(row["name"])
        try:
            part = at_hand.pop(name, None) or _again(name, [str(place) for place in row.get("from", ())])
            version = part.version
        except InputError:
            if given is None:
                raise
            lost.append(name)
            continue
        parts.append(part)
        if version != row["version"]:
            changed.append(f"{name} (version {row['version']} then, {version} now)")
    notes = []
    if changed:
        notes.append(f"what it acts with has changed since the design was found: {', '.join(changed)}")
    if lost:
        notes.append(f"it was found with {', '.join(lost)}, too, and acts without")
    return together([*parts, *at_hand.values()]), "; ".join(notes)


def _origin(part: Environment) -> list[str]:
    if isinstance(part, Toolbox):
        functions = [inspect.unwrap(one.function) for one in part.functions.values()]
        return [f"{Path(inspect.getfile(f)).resolve()}:{f.__name__}" for f in functions if _has_file(f)]
    return [str(place) for place in part.places_read] if isinstance(part, Corpus) else []


def _again(name: str, places: list[str]) -> Environment:
    if name == Corpus.name and places:
        return Corpus.read([Path(place) for place in places])
    if name in ENVIRONMENTS.names():
        return ENVIRONMENTS.get(name)
    if not places:
        raise InputError(
            f"the design was found with {name}, which no record says how to get (an MCP server's command, or "
            "functions at hand); give it again under the same name"
        )
    environment = parse_tools(places).environment
    assert environment is not None  # of functions
    return environment


def _has_file(function: Any) -> bool:
    try:
        return Path(inspect.getfile(function)).is_file()
    except TypeError:
        return False
