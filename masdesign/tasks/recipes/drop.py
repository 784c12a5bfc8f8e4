"""DROP: reading with discrete reasoning. Dua et al. 2019, arXiv:1903.00161."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe
from masdesign.tasks.scorers.drop import official_answers


def _with_targets(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A target a right answer; of several spans, one text. The scorer reads the record itself."""
    answers = official_answers(row)
    targets = [", ".join(spans) for spans in answers]
    return {**row, "targets": list(dict.fromkeys(targets))}


drop = Recipe(
    name="drop",
    description="Answer a question about a passage that asks for counting, sorting or arithmetic.",
    licence="CC BY-SA 4.0",
    source="https://huggingface.co/datasets/ucinlp/drop (drop_dataset_dev.json)",
    official="F1 on the 9,535 questions of the development set (the test set's answers are not public)",
    scorer="drop",
    columns={
        "rows": "[].qa_pairs[]", "id": "query_id", "question": "question", "context": "passage",
        "target": "targets",
    },
    files={"test": "drop/drop_dataset_dev.json", "train": "drop/drop_dataset_train.json"},
    prepare=_with_targets,
)  # fmt: skip


def _from_adas(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Passage and question stand in one text, the right answers in another."""
    passage, _, question = str(row["context"]).partition("\nQuestion:")
    question = question.rpartition("\nAnswer:")[0].strip()
    targets = [target for target in str(row["ref_text"]).split("|") if target.strip()]
    return {
        **row,
        "question": question,
        "passage": passage.removeprefix("Passage:").strip(),
        "targets": targets,
    }


drop_adas = Recipe(
    name="drop_adas",
    description="DROP as the ADAS project keeps it: passage, question and right answers in two texts.",
    licence="CC BY-SA 4.0",
    source="https://github.com/ShengranHu/ADAS (dataset/drop_v0_dev.jsonl.gz)",
    official="mean F1, as ADAS reports it",
    scorer="drop",
    columns={"question": "question", "context": "passage", "target": "targets"},
    files={"test": "drop/dev_300.jsonl"},
    keys=frozenset({"context", "completion", "ref_text"}),
    prepare=_from_adas,
)
