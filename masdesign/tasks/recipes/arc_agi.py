"""ARC-AGI 1 and 2: grids from a few examples. Chollet 2019, arXiv:1911.01547; 2025, arXiv:2505.11831."""

import json
from collections.abc import Mapping
from typing import Any

from masdesign.environments.arc import ARC
from masdesign.tasks.recipes import Recipe


def _with_question(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The examples and the test's input as text; of several tests the first."""
    if not row.get("test") or "output" not in row["test"][0]:
        return None
    examples = "\n\n".join(
        f"Input {n}:\n{grid_text(pair['input'])}\nOutput {n}:\n{grid_text(pair['output'])}"
        for n, pair in enumerate(row["train"], start=1)
    )
    question = f"{examples}\n\nTest input:\n{grid_text(row['test'][0]['input'])}\nWhat is its output?"
    return {**row, "question": question, "target": json.dumps(row["test"][0]["output"])}


def grid_text(grid: list[list[int]]) -> str:
    """A grid as rows of digits.

    >>> grid_text([[1, 2], [3, 4]])
    '1 2\\n3 4'
    """
    return "\n".join(" ".join(map(str, row)) for row in grid)


def _recipe(name: str, version: str, folder: str) -> Recipe:
    return Recipe(
        name=name,
        description=f"Find the rule of pairs of grids, and give the output of another (ARC-AGI {version}).",
        licence="Apache-2.0",
        source=f"https://github.com/fchollet/ARC-AGI{'-2' if version == '2' else ''} (folder data)",
        official="share of the public evaluation set's grids that are right; officially in two tries",
        scorer="grid",
        form="grid",
        instruction="Each grid is rows of digits from 0 to 9. Give the whole output grid.",
        columns={"question": "question", "target": "target"},
        files={"test": f"{folder}/evaluation", "train": f"{folder}/training"},
        keys=frozenset({"train", "test"}) if version == "1" else frozenset(),
        prepare=_with_question,
        environment=ARC,
    )


arc_agi = (_recipe("arc_agi_1", "1", "arc_agi_1"), _recipe("arc_agi_2", "2", "arc_agi_2"))
