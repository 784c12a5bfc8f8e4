"""SQuAD 1.1: the answer is a span of the passage. Rajpurkar et al. 2016, arXiv:1606.05250."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _with_targets(row: Mapping[str, Any]) -> Mapping[str, Any]:
    answers = row.get("answers") or []
    texts = answers["text"] if isinstance(answers, Mapping) else [answer["text"] for answer in answers]
    return {**row, "targets": list(dict.fromkeys(texts))} if texts else {**row, "targets": None}


_COLUMNS = {"id": "id", "question": "question", "context": "context", "target": "targets"}

squad = Recipe(
    name="squad",
    description="Answer a question with a span of the passage.",
    licence="CC BY-SA 4.0",
    source="https://rajpurkar.github.io/SQuAD-explorer (dev-v1.1.json)",
    official="word F1 (and exact match) on the 10,570 questions of the development set",
    scorer="squad",
    columns={"rows": "paragraphs[].qas[]", **_COLUMNS},
    files={"test": "squad/dev-v1.1.json", "train": "squad/train-v1.1.json"},
    prepare=_with_targets,
)
squad_rows = Recipe(
    name="squad_rows",
    description="SQuAD in the hub's layout: one row a question.",
    licence="CC BY-SA 4.0",
    source="https://huggingface.co/datasets/rajpurkar/squad",
    official="word F1 (and exact match) on the 10,570 questions of the development set",
    scorer="squad",
    columns=_COLUMNS,
    files={"test": "squad/validation.parquet", "train": "squad/train.parquet"},
    hub={"test": "rajpurkar/squad:validation", "train": "rajpurkar/squad:train"},
    keys=frozenset({"id", "title", "context", "question", "answers"}),
    prepare=_with_targets,
)
