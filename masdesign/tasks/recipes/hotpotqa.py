"""HotpotQA: questions that take two passages. Yang et al. 2018, arXiv:1809.09600."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _with_passages(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A text a passage, title first, of either published layout."""
    context = row["context"]
    if isinstance(context, Mapping):
        context = list(zip(context["title"], context["sentences"], strict=True))
    passages = [f"{title}\n{''.join(sentences).strip()}" for title, sentences in context]
    return {**row, "_id": row.get("_id") or row.get("id"), "passages": passages}


hotpotqa = Recipe(
    name="hotpotqa",
    description="Answer a question whose answer takes facts of two of ten passages.",
    licence="CC BY-SA 4.0",
    source="https://hotpotqa.github.io (hotpot_dev_distractor_v1.json)",
    official="answer F1 (and exact match) on the 7,405 questions of the distractor development set",
    scorer="hotpot",
    columns={"id": "_id", "question": "question", "context": "passages", "target": "answer"},
    files={"test": "hotpotqa/hotpot_dev_distractor_v1.json", "train": "hotpotqa/hotpot_train_v1.1.json"},
    hub={"test": "hotpotqa/hotpot_qa:distractor:validation", "train": "hotpotqa/hotpot_qa:distractor:train"},
    keys=frozenset({"question", "answer", "supporting_facts", "context"}),
    prepare=_with_passages,
)
