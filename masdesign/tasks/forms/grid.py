"""The form ``grid``: rows of cells, as in ARC."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from masdesign.tasks.forms.text import stated_block
from masdesign.tasks.replies import fenced_blocks, spoken_text

_ROW = re.compile(
    r"[ \t|,\[\]]{0,10}(?:-?\d{1,6}|[A-Za-z.#_])(?:[ \t|,]{1,6}(?:-?\d{1,6}|[A-Za-z.#_]))*[ \t|,\[\];]{0,10}"
)
_CELLS = re.compile(r"-?\d{1,6}|[A-Za-z.#_]")
_DIGITS = re.compile(r"[ \t]{0,10}\d{2,100}[ \t]{0,10}")
_MOST_CELLS = 1_000_000


class Grid:
    """A grid of cells; read is the last one, as a list of lists or as rows, and written row by row.

    >>> Grid().read("It turns.\\nAnswer:\\n0 1\\n2 3", ()), Grid().equal("[[0, 1], [2, 3]]", "01\\n23")
    ('0 1\\n2 3', True)
    """

    name = "grid"

    def instruction(self, labels: Sequence[str]) -> str:
        return (
            "Then give the grid below a last line Answer: one row a line, with a blank between the cells, "
            "and nothing after it."
        )

    def read(self, reply: str, choices: Sequence[str]) -> str | None:
        text = spoken_text(reply)
        places = [stated_block(reply) or "", *(body for _, body in reversed(fenced_blocks(text))), text]
        for place in places:
            rows = last_grid(place)
            if rows is not None:
                return grid_text(rows)
        return None

    def equal(self, a: str, b: str) -> bool:
        left, right = last_grid(a), last_grid(b)
        return left is not None and left == right

    def schema(self) -> Mapping[str, Any] | None:
        rows = {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}
        return {"type": "object", "properties": {"answer": rows}, "required": ["answer"]}


GRID = Grid()


def grid_text(rows: Sequence[Sequence[str]]) -> str:
    """A grid as text: one row a line, a blank between the cells."""
    return "\n".join(" ".join(row) for row in rows)


def last_grid(text: str) -> list[list[str]] | None:
    """The last grid of a text, its rows equally long; ``None`` where there is none.

    >>> last_grid("Input:\\n1 2\\n3 4\\nOutput:\\n[[5, 6]]")
    [['5', '6']]
    """
    if len(text) > 4 * _MOST_CELLS:
        return None
    listed = _find_list(text)
    rows, at = _in_rows(text)
    if listed is not None and listed[1] >= at:
        return listed[0]
    return rows


def _find_list(text: str) -> tuple[list[list[str]], int] | None:
    """The last ``[[…], …]`` of a text, and where it starts."""
    start = text.rfind("[[")
    match = re.search(r"\[[ \t\n]{1,20}\[(?!.*\[[ \t\n]{1,20}\[)", text, re.DOTALL) if start < 0 else None
    start = match.start() if match is not None else start
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, list) or not all(isinstance(row, list) and row for row in value):
        return None
    if any(isinstance(cell, (list, dict, float)) for row in value for cell in row):
        return None
    rows = [[str(cell) for cell in row] for row in value]
    return (rows, start) if len({len(row) for row in rows}) == 1 else None


def _in_rows(text: str) -> tuple[list[list[str]] | None, int]:
    """The last run of lines that are rows of one length, and where it starts; a single cell is no grid."""
    best: list[list[str]] | None = None
    current: list[list[str]] = []
    best_at, at, current_at = -1, 0, 0
    for line in [*text.split("\n"), "!"]:
        cells = _cells(line)
        if cells is not None and (not current or len(current[0]) == len(cells)):
            current_at = current_at if current else at
            current = [*current, cells] if len(current) < 200 else current
        else:
            if current and (len(current) > 1 or len(current[0]) > 1):
                best, best_at = current, current_at
            current, current_at = ([cells], at) if cells is not None else ([], at)
        at += len(line) + 1
    return best, best_at


def _cells(line: str) -> list[str] | None:
    if _DIGITS.fullmatch(line):
        return list(line.strip())
    return _CELLS.findall(line) if _ROW.fullmatch(line) else None
