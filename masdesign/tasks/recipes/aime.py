"""AIME: the American Invitational Mathematics Examination; whole numbers from 0 to 999."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _lower(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The years' files write their columns differently (``Problem``, ``problem``)."""
    fields = {name.lower(): value for name, value in row.items()}
    return {**fields, "answer": str(fields.get("answer", "")).strip().lstrip("0") or "0"}


aime = Recipe(
    name="aime",
    description="Solve a problem of the AIME; the answer is a whole number from 0 to 999.",
    licence="of the Mathematical Association of America; the files carry their own",
    source="https://huggingface.co/datasets/Maxwell-Jia/AIME_2024, https://huggingface.co/datasets/math-ai/aime25",
    official="share of the year's 30 problems solved, usually the mean of many samples",
    scorer="numeric",
    instruction="The answer is a whole number from 0 to 999.",
    columns={"question": "problem", "target": "answer"},
    files={"test": "aime/aime.jsonl"},
    hub={"test": "Maxwell-Jia/AIME_2024:train"},
    keys=frozenset({"ID", "Problem", "Solution", "Answer"}),
    prepare=_lower,
)
