"""A file or a folder from elsewhere: which system wrote it, and what is in it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from masdesign.archive.elsewhere import adas, aflow, evoagentx
from masdesign.archive.elsewhere.brought import Brought, Rejected, Unreadable, plain_value, text_of
from masdesign.archive.exchange.untrusted import Skip, parse_entries
from masdesign.errors import InputError
from masdesign.files import require_file
from masdesign.workflow.design import Design

MOST_BYTES = 64 * 2**20
"""Of one file."""
MOST_DESIGNS = 10_000
MOST_FILES = 2_000
"""Files of a folder that are looked at."""
_KNOWN = (
    "an export (.jsonl), an ADAS or MAS-Zero archive (.json, a list of agents with code), an EvoAgentX "
    "workflow graph (.json), a MAS-Zero block (.py), or a folder of AFlow rounds (graph.py and prompt.py)"
)


def read_elsewhere(path: Path) -> list[Brought | Rejected] | None:
    """What other systems have written at the path; ``None`` for a file that is none of theirs by its ending.

    Raises:
        InputError: it cannot be read, is too large, or is of no kind that is known.
    """
    if path.is_dir():
        entries = list(_folder(path))
    elif path.suffix == ".json":
        entries = list(_json(path))
    elif path.suffix == ".py":
        entries = list(_module(path))
    else:
        return None
    if not entries:
        what = "is a folder that holds" if path.is_dir() else "holds"
        raise InputError(f"{path} {what} nothing that can be imported; that is {_KNOWN}")
    if len(entries) > MOST_DESIGNS:
        raise InputError(f"{path} holds {len(entries)} designs, more than {MOST_DESIGNS}; split it")
    return entries


def _json(path: Path) -> Iterator[Brought | Rejected]:
    value = _value(path)
    if adas.is_agents(value):
        yield from adas.read_agents(value, f"import of {path.name}")
    elif isinstance(value, dict) and evoagentx.is_graph(value):
        yield evoagentx.read_graph(value, path.stem, f"EvoAgentX, import of {path.name}")
    else:
        raise InputError(f"{path} is of no kind that can be imported; that is {_KNOWN}")


def _value(path: Path) -> Any:
    try:
        value = parse_entries(_read(path))
        if isinstance(value, list) and value and all(isinstance(entry, Skip) for entry in value):
            raise value[0]
        return value
    except Skip as error:
        raise InputError(f"{path}: {error}; check the file") from None


def _module(path: Path) -> Iterator[Brought | Rejected]:
    prompts = path.with_name("prompt.py")
    if path.name == "graph.py" and prompts.is_file():
        yield from _round(path.parent, {})
    else:
        yield from adas.read_block(_text(path), path.stem, f"MAS-Zero, import of {path.name}")


def _folder(path: Path) -> Iterator[Brought | Rejected]:
    """The rounds below a folder, in order, else the files in it that are known."""
    graphs = sorted((p for p in _files(path, "graph.py") if p.with_name("prompt.py").is_file()), key=_number)
    if not graphs:
        for file in sorted([*path.glob("*.json"), *path.glob("*.py")])[:MOST_FILES]:
            if file.name != "__init__.py":
                try:
                    yield from _json(file) if file.suffix == ".json" else _module(file)
                except InputError as error:
                    yield Rejected(file.name, str(error))
        return
    ids: dict[int, str] = {}
    for graph in graphs:
        for entry in _readable(graph.parent, ids):
            if isinstance(entry, Brought):
                ids[_number(graph)] = entry.design.id
            yield entry


def _readable(folder: Path, ids: dict[int, str]) -> Iterator[Brought | Rejected]:
    """A round; one whose files cannot be read is refused, and the others are not."""
    try:
        yield from _round(folder, ids)
    except InputError as error:
        yield Rejected(folder.name, str(error))


def _files(path: Path, name: str) -> list[Path]:
    files = []
    for file in path.rglob(name):
        files.append(file)
        if len(files) > MOST_FILES:
            raise InputError(f"{path} has more than {MOST_FILES} files called {name}; import a part of it")
    return files


def _number(graph: Path) -> int:
    digits = re.search(r"(\d{1,6})$", graph.parent.name)
    return int(digits.group(1)) if digits else 0


def _round(folder: Path, ids: dict[int, str]) -> Iterator[Brought | Rejected]:
    """One round of AFlow: its workflow, what it changed of its parent, and the scores that were claimed."""
    try:
        source = aflow.from_aflow(_text(folder / "graph.py"), _text(folder / "prompt.py"))
    except Unreadable as error:
        yield Rejected(folder.name, str(error))
        return
    document, scores = _optional(folder / "experience.json"), _optional(folder.parent / "results.json")
    experience = document if isinstance(document, dict) else {}
    number = _number(folder / "graph.py")
    father = experience.get("father node")
    parents = (ids[father],) if isinstance(father, int) and father in ids else ()
    thought = text_of(experience, "modification", 20_000)
    design = Design(source, f"AFlow {folder.name}", thought, parents, f"AFlow, import of {folder.name}")
    rows = (
        [r for r in scores if isinstance(r, dict) and r.get("round") == number]
        if isinstance(scores, list)
        else []
    )
    claim = {"round": number, **({"experience": plain_value(experience)} if experience else {})}
    yield Brought(design, claim | ({"scores": plain_value(rows)} if rows else {}))


def _optional(path: Path) -> Any:
    try:
        return _value(path) if path.is_file() else None
    except InputError:
        return None


def _read(path: Path) -> bytes:
    require_file(path)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError(f"{path} has more than {MOST_BYTES} bytes; split it")
        return data
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from error


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8; save it as UTF-8") from None
