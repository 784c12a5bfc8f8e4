"""TruthfulQA, single true answer (mc1). Lin et al. 2021, arXiv:2109.07958."""

import hashlib
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _shuffle(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options in an order of their own: in the file the true one stands first."""
    targets = row["mc1_targets"]
    if "choices" in targets:
        targets = dict(zip(targets["choices"], targets["labels"], strict=True))
    true = next(text for text, label in targets.items() if label)
    options = sorted(targets, key=lambda text: hashlib.sha256(f"{row['question']}\0{text}".encode()).digest())
    return {**row, "options": options, "target": true}


truthfulqa = Recipe(
    name="truthfulqa",
    description="Choose the one true answer to a question that people often answer wrongly.",
    licence="Apache-2.0",
    source="https://github.com/sylinrl/TruthfulQA (data/mc_task.json)",
    official="mc1: share of the 817 questions whose true answer is chosen (officially by likelihood)",
    scorer="choice",
    form="choice",
    columns={"question": "question", "choices": "options", "target": "target"},
    files={"test": "truthfulqa/mc_task.json"},
    hub={"test": "truthfulqa/truthful_qa:multiple_choice:validation"},
    keys=frozenset({"question", "mc1_targets"}),
    prepare=_shuffle,
)
