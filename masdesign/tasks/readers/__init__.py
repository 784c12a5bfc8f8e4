"""Where rows come from: one reader a file format or place, each found by a file's ending or a prefix.

A reader gives the rows of a source one by one, so that a file of a million rows is never held whole; what it
cannot read is an `InputError` with the place, in one line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from masdesign.errors import InputError
from masdesign.files import require_file
from masdesign.registry import Registry

__all__ = ["READERS", "Reader", "Record", "is_frame", "is_source", "read_records", "reader_for", "records_of"]


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
        InputError: it does not exist, is of no known kind, is a device or a pipe, or cannot be read.
    """
    from masdesign.tasks.readers._text import first_character

    source = str(source)
    reader = reader_for(source)
    if reader is not None and reader.prefix and source.startswith(reader.prefix):
        return reader.read(source.removeprefix(reader.prefix))
    require_file(source)
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
    """Rows at hand (mappings, or a DataFrame of pandas or polars) as records.

    >>> [record.where for record in records_of([{"question": "?"}])]
    ['items, row 1']
    """
    for number, row in enumerate(_mappings(rows, name), start=1):
        if isinstance(row, Record):
            yield row
            continue
        if not isinstance(row, Mapping):
            raise InputError(
                f"{name}, row {number} is {type(row).__name__}; give a mapping with question and target"
            )
        yield Record(f"{name}, row {number}", {str(key): _plain(value) for key, value in row.items()})


def is_frame(rows: Any) -> bool:
    """Whether these are a DataFrame of pandas or polars."""
    return hasattr(type(rows), "itertuples") or hasattr(type(rows), "iter_rows")


def _mappings(rows: Any, name: str) -> Iterable[Any]:
    """The rows of a DataFrame by their columns' names, one by one; anything else as it is."""
    if not is_frame(rows):
        return rows  # type: ignore[no-any-return]
    if hasattr(rows, "iter_rows"):
        return rows.iter_rows(named=True)  # type: ignore[no-any-return]
    columns = list(map(str, rows.columns))
    for column, count in Counter(columns).items():
        if count > 1:
            raise InputError(
                f'{name}: the column "{column}" stands {count} times; give each a name of its own'
            )
    return (dict(zip(columns, row, strict=True)) for row in rows.itertuples(index=False, name=None))


def _plain(value: Any) -> Any:
    """A JSON value: no NumPy types, ``None`` for what is missing, dates as ISO 8601."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
