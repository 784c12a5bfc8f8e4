"""A resumable file of answers, one line a question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from masdesign.errors import InputError
from masdesign.files import writing
from masdesign.types import SCORED_FAILURES

if TYPE_CHECKING:
    from masdesign.types import Item

Row = dict[str, Any]


class AnswerFile:
    """The rows of a batch in a file (JSONL).

    A row that is there already is not asked for again, unless the provider failed on it. Each row is in
    the file as soon as it is there; at the end the file is in the order of the questions.

    Parameters:
        path: the file; made where it is missing.
        items: the questions of the batch.
        made_by: what the answers depend on (design, model …); it stands in every row.

    Raises:
        InputError: the file holds something else, or answers that were made otherwise.
    """

    def __init__(self, path: Path, items: Sequence[Item], made_by: Row) -> None:
        self.path, self.items, self._made_by = path, items, made_by
        if self.path.exists() and not self.path.is_file():  # a device would be replaced by a file
            raise InputError(f"{path} is no file that answers could be kept in; name another")
        self._rows = {_key(row["id"], row["question"]): row for row in self._read()}
        self._file: IO[str] | None = None

    def left(self) -> list[Item]:
        """The questions that have no answer yet, in order."""
        return [item for item in self.items if _key(item.id, item.question) not in self._rows]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keeps the file open for `add`; leaves it in the order of the questions."""
        self._rewrite()  # without half a line of a run that was killed, and without failed calls
        with self.path.open("a", encoding="utf-8") as self._file:
            yield
        self._rewrite()

    def add(self, row: Row) -> None:
        """Writes one more row."""
        assert self._file is not None  # within `open`
        row = {**row, **self._made_by}
        self._rows[_key(row["id"], row["question"])] = row
        self._file.write(_line(row))
        self._file.flush()

    def _read(self) -> list[Row]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self.path} cannot be read ({error}); name another file") from error
        rows = []
        for number, line in enumerate(text.split("\n"), 1):
            row = _parse(line)
            if row is None and number <= text.count("\n"):
                raise InputError(f"{self.path}, line {number}: no answer of masdesign run; name another file")
            if row is not None:
                self._check(row)
                rows.append(row)
        return [row for row in rows if (row.get("failure") or {}).get("kind", "design") in SCORED_FAILURES]

    def _check(self, row: Row) -> None:
        for name, value in self._made_by.items():
            if row.get(name) != value:
                other = f"{name} {row.get(name)!r}, not {value!r}"
                raise InputError(f"{self.path} has answers with {other}; name another file")

    def _rewrite(self) -> None:
        ours = [_key(item.id, item.question) for item in self.items]
        order = dict.fromkeys([*ours, *self._rows])  # those of an earlier, longer input stay, at the end
        with writing(self.path) as out:
            out.writelines(_line(self._rows[key]).encode() for key in order if key in self._rows)


def _key(item_id: object, question: object) -> tuple[str, str]:
    return str(item_id), str(question)


def _line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=True) + "\n"


def _parse(line: str) -> Row | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and {"id", "question", "answer"} <= row.keys() else None
