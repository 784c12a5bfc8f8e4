"""A folder: the rows of all its files, in order of their names.

Files that are named for a split (``train``, ``validation`` or ``val`` or ``dev``, ``test``, as a whole word
of their names) are kept apart by `split_files`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from masdesign.errors import InputError
from masdesign.tasks.readers import Record, read_records, reader_for
from masdesign.types import Split

SPLIT_WORDS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "evaluation": "test",
}  # fmt: skip


class Folder:
    """Reads all files of a folder that another reader knows."""

    name = "folder"
    endings: tuple[str, ...] = ()
    prefix = ""

    def read(self, source: str) -> Iterator[Record]:
        for path in files_in(Path(source)):
            yield from read_records(path)


def files_in(folder: Path) -> list[Path]:
    """The files of a folder, and below it, that a reader knows. Raises `InputError` where there are none."""
    files = sorted(path for path in folder.rglob("*") if _is_read(path.relative_to(folder), path))
    if not files:
        raise InputError(
            f"{folder} is a folder without a file that is read; name a .jsonl, .csv or .parquet file"
        )
    return files


def _is_read(inside: Path, path: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    return not hidden and path.is_file() and reader_for(str(path)) is not None


def split_files(folder: Path) -> dict[Split, Path]:
    """Files and folders that are named for a split, where each split has at most one, and there is a test.

    Empty where the names say nothing certain.
    """
    named: dict[Split, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not (path.is_dir() or reader_for(str(path)) is not None):
            continue
        words = set(re.split(r"[\W_\d]+", path.name.lower()))
        splits = {SPLIT_WORDS[word] for word in words & SPLIT_WORDS.keys()}
        if len(splits) != 1 or (split := splits.pop()) in named:
            return {}
        named[split] = path
    return named if "test" in named or len(named) > 1 else {}


folder = Folder()
