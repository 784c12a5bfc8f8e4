"""Where rows come from: one reader a file format or place, each found by a file's ending or a prefix.

A reader gives the rows of a source one by one, so that a file of a million rows is never held whole; what it
cannot read is an `InputError` with the place, in one line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from masdesign.errors import InputError
from masdesign.registry import Registry

__all__ = ["READERS", "Reader", "Record", "is_source", "read_records", "reader_for", "records_of"]


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a source, and where it stands there, for messages."""

    where: str
    fields: Mapping[str, Any]

    def wrong(self, what: str, cure: str) -> InputError:
        return InputError(f"{self.where}: {what}; {cure}")


@runtime_checkable
class Reader(Protocol):
    """Reads one format, or from one place.

    **Contract.** `read` yields a `Record` a row, in the source's order, each a mapping from names to JSON
    values. It raises `InputError`, in one line with the row's number, for whatever it cannot read.
    """

    @property
    def name(self) -> str: ...

    @property
    def endings(self) -> tuple[str, ...]:
        """Endings of the files that it reads, as ``.csv``; ``.gz`` after them is taken off before."""
        ...

    @property
    def prefix(self) -> str:
        """What its sources begin with, as ``hf:``; empty where it reads files."""
        ...

    def read(self, source: str) -> Iterator[Record]:
        """The rows of a file, or of what follows the prefix."""
        ...


READERS: Registry[Reader] = Registry("reader", Reader, home=__name__, several=True)


def reader_for(source: str) -> Reader | None:
    """The reader whose prefix or ending the source has."""
    path = source.removesuffix(".gz").lower()
    for reader in READERS.all().values():
        if source.startswith(reader.prefix) if reader.prefix else path.endswith(reader.endings):
            return reader
    return None


def is_source(source: str) -> bool:
    """Whether a text is meant as a file, a folder or a place, rather than as a name."""
    path = Path(source)
    return reader_for(source) is not None or path.exists() or bool(path.suffix) or len(path.parts) > 1


def read_records(source: str | Path) -> Iterator[Record]:
    """The rows of a file, a folder or a place.

    Raises:
        InputError: it does not exist, is of no known kind, or cannot be read.
    """
    from masdesign.tasks.readers._text import first_character

    source = str(source)
    reader = reader_for(source)
    if reader is not None and reader.prefix and source.startswith(reader.prefix):
        return reader.read(source.removeprefix(reader.prefix))
    if Path(source).is_dir():
        return READERS.get("folder").read(source)
    if reader is None:
        if not Path(source).exists():
            raise InputError(f"{source} does not exist; check the path")
        if first_character(source) not in ("{", "[", ""):
            endings = sorted({ending for each in READERS.all().values() for ending in each.endings})
            raise InputError(
                f"{source}: {Path(source).suffix or 'a file without ending'} is no format that is read; "
                f"save it as one of {', '.join(endings)}"
            )
        reader = READERS.get("json")
    return reader.read(source)


def records_of(rows: Iterable[Any], name: str = "items") -> Iterator[Record]:
    """Rows at hand (mappings, or a DataFrame) as records.

    >>> [record.where for record in records_of([{"question": "?"}])]
    ['items, row 1']
    """
    as_rows = getattr(rows, "to_dict", None)
    if as_rows is not None and hasattr(rows, "columns"):  # a pandas DataFrame
        rows = as_rows("records")
    elif hasattr(rows, "to_dicts"):  # a polars one
        rows = rows.to_dicts()
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Record):
            yield row
            continue
        if not isinstance(row, Mapping):
            raise InputError(
                f"{name}, row {number} is {type(row).__name__}; give a mapping with question and target"
            )
        yield Record(f"{name}, row {number}", {str(key): _plain(value) for key, value in row.items()})


def _plain(value: Any) -> Any:
    """A value without NumPy's types, and with ``None`` for a missing number."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    return None if isinstance(value, float) and value != value else value
