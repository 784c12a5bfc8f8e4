"""CSV and TSV: the first line names the columns, but where columns are asked for by number."""

import csv as standard
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from masdesign.errors import InputError
from masdesign.tasks.readers import Record
from masdesign.tasks.readers._text import CURE, text_lines

standard.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True, slots=True)
class Table:
    """Reads rows whose cells one character separates."""

    name: str
    endings: tuple[str, ...]
    separator: str
    prefix: str = ""

    def read(self, source: str) -> Iterator[Record]:
        """The rows by the names in the first line, and by number (``"1"``, ``"2"`` …) as well.

        A CSV whose first line has semicolons and no comma is separated by these.
        """
        lines = (line for _, line in text_lines(source))
        first = next(lines, "")
        separator = ";" if self.separator == "," and "," not in first and ";" in first else self.separator
        rows = standard.reader(chain([first], lines), delimiter=separator, strict=True)
        names: list[str] | None = None
        try:
            for row in rows:
                if not any(cell.strip() for cell in row):
                    continue
                where = f"{source}, line {rows.line_num}"
                if names is None:
                    names = [name.strip() for name in row]
                    yield Record(where, Header(_number(row)))
                else:
                    yield self._record(where, names, row)
        except standard.Error as error:
            raise InputError(
                f"{source}, line {rows.line_num}: broken {self.name} ({error}); {CURE}"
            ) from None
        if names is None:
            raise InputError(f"{source} is empty; {CURE}")

    def _record(self, where: str, names: list[str], row: list[str]) -> Record:
        if len(row) > len(names):
            raise InputError(
                f"{where}: {len(row)} cells where the first line names {len(names)}; quote cells that hold "
                f"{self.separator!r}"
            )
        cells = dict(zip(names, row, strict=False))
        return Record(where, _Row(cells, row))


class Header(dict[str, str]):
    """The first row of a table by number: a row only where columns are asked for by number."""


class _Row(dict[str, str]):
    """A row by name, which answers to its cells' numbers, too."""

    def __init__(self, cells: dict[str, str], row: list[str]) -> None:
        super().__init__(cells)
        self._row = row

    def __missing__(self, name: str) -> str:
        if name.isascii() and name.isdigit() and 1 <= int(name) <= len(self._row):
            return self._row[int(name) - 1]
        raise KeyError(name)


def is_table_row(fields: Mapping[str, Any]) -> bool:
    """Whether a row is one of a table, whose first line was taken for names."""
    return isinstance(fields, _Row)


def _number(row: list[str]) -> dict[str, str]:
    return {str(number): cell for number, cell in enumerate(row, start=1)}


csv = Table("csv", (".csv",), ",")
tsv = Table("tsv", (".tsv", ".tab"), "\t")
