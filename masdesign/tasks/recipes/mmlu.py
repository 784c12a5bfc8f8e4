"""MMLU: four options, 57 subjects. Hendrycks et al. 2020, arXiv:2009.03300."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _add_letters(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Both published layouts as one: CSV without a header, and the hub's index into ``choices``."""
    if "choices" in row:
        return {**row, "target": "ABCD"[int(row["answer"])]}
    return {"question": row["1"], "choices": [row[n] for n in ("2", "3", "4", "5")], "target": row["6"]}


mmlu = Recipe(
    name="mmlu",
    description="Answer an exam question with four options.",
    licence="MIT",
    source="https://github.com/hendrycks/test (data.tar), https://huggingface.co/datasets/cais/mmlu",
    official="share of right letters over all 14,042 test questions",
    scorer="choice",
    form="choice",
    columns={"question": "question", "choices": "choices", "target": "target"},
    files={"test": "mmlu/test", "val": "mmlu/val", "train": "mmlu/dev"},
    hub={"test": "cais/mmlu:all:test", "val": "cais/mmlu:all:validation", "train": "cais/mmlu:all:dev"},
    keys=frozenset({"question", "subject", "choices", "answer"}),
    prepare=_add_letters,
)
