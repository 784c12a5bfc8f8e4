"""CommonsenseQA: five options. Talmor et al. 2019, arXiv:1811.00937."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _flat(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Both published layouts as one; a row without a key (the hidden test set) is left out."""
    question, choices = row["question"], row.get("choices")
    if isinstance(question, Mapping):
        question, choices = question["stem"], question["choices"]
    if isinstance(choices, Mapping):
        choices = [
            {"label": label, "text": text}
            for label, text in zip(choices["label"], choices["text"], strict=True)
        ]
    options = [f"({choice['label']}) {choice['text']}" for choice in choices or ()]
    key = row.get("answerKey")
    return {**row, "question": question, "options": options} if key else None


commonsenseqa = Recipe(
    name="commonsenseqa",
    description="Answer a question of common sense with five options.",
    licence="MIT",
    source="https://www.tau-nlp.org/commonsenseqa (dev_rand_split.jsonl)",
    official="accuracy on the 1,221 questions of the development set (the test set's keys are not public)",
    scorer="choice",
    form="choice",
    columns={"id": "id", "question": "question", "choices": "options", "target": "answerKey"},
    files={"test": "commonsenseqa/dev_rand_split.jsonl", "train": "commonsenseqa/train_rand_split.jsonl"},
    hub={"test": "tau/commonsense_qa:validation", "train": "tau/commonsense_qa:train"},
    keys=frozenset({"id", "question.stem", "question.question_concept", "question.choices", "answerKey"}),
    layouts=(frozenset({"id", "question", "question_concept", "choices", "answerKey"}),),
    prepare=_flat,
)
arc_challenge = Recipe(
    name="arc_challenge",
    description="Answer a question of grade-school science with three to five options.",
    licence="CC BY-SA 4.0",
    source="https://allenai.org/data/arc (ARC-Challenge-Test.jsonl)",
    official="accuracy on the 1,172 questions of the challenge test set",
    scorer="choice",
    form="choice",
    columns={"id": "id", "question": "question", "choices": "options", "target": "answerKey"},
    files={
        "test": "arc/ARC-Challenge-Test.jsonl", "val": "arc/ARC-Challenge-Dev.jsonl",
        "train": "arc/ARC-Challenge-Train.jsonl",
    },
    hub={
        "test": "allenai/ai2_arc:ARC-Challenge:test", "val": "allenai/ai2_arc:ARC-Challenge:validation",
        "train": "allenai/ai2_arc:ARC-Challenge:train",
    },
    keys=frozenset({"id", "question.stem", "question.choices", "answerKey"}),
    layouts=(frozenset({"id", "question", "choices", "answerKey"}),),
    prepare=_flat,
    note="ARC-Easy and OpenBookQA have ARC-Challenge's columns: a score is one on the file that you gave",
)  # fmt: skip
