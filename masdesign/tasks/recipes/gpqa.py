"""GPQA: graduate-level questions. Rein et al. 2023, arXiv:2311.12022."""

import hashlib
from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe

_RIGHT = "Correct Answer"
_OPTIONS = (_RIGHT, "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")


def _shuffle(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options in an order that depends on the question and the option alone."""
    texts = [str(row[name]).strip() for name in _OPTIONS]
    order = sorted(range(4), key=lambda n: hashlib.sha256(f"{row['Question']}\0{texts[n]}".encode()).digest())
    return {**row, "options": [texts[n] for n in order], "letter": "ABCD"[order.index(0)]}


gpqa = Recipe(
    name="gpqa",
    description="Answer a question of graduate-level science with four options.",
    licence="CC BY 4.0; its authors ask not to publish questions in the open",
    source="https://github.com/idavidrein/gpqa (gpqa_diamond.csv, gpqa_main.csv; password in the README)",
    official="share of right options of gpqa_diamond's 198 questions",
    scorer="choice",
    form="choice",
    columns={"question": "Question", "choices": "options", "target": "letter"},
    files={"test": "gpqa/gpqa_diamond.csv"},
    hub={"test": "Idavidrein/gpqa:gpqa_diamond:train"},
    keys=frozenset({"Question", *_OPTIONS}),
    prepare=_shuffle,
)
