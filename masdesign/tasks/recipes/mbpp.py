"""MBPP: short Python programs from a sentence. Austin et al. 2021, arXiv:2108.07732."""

from collections.abc import Mapping
from typing import Any

from masdesign.tasks.recipes import Recipe


def _with_prompt(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The task with its tests, which name the function, as the paper's prompt shows them."""
    tests = "\n".join(row["test_list"])
    text = row.get("text") or row.get("prompt")
    return {**row, "prompt": "", "question": f"{text}\nYour program should pass these tests:\n{tests}"}


mbpp = Recipe(
    name="mbpp",
    description="Write a short Python program that passes the tests shown.",
    licence="CC BY 4.0",
    source="https://github.com/google-research/google-research/tree/master/mbpp (mbpp.jsonl)",
    official="pass@1: share of the 500 test problems (task_id 11 to 510) whose program passes",
    scorer="code",
    form="code",
    columns={"id": "task_id", "question": "question"},
    files={"test": "mbpp/mbpp.jsonl"},
    hub={
        "test": "google-research-datasets/mbpp:full:test",
        "train": "google-research-datasets/mbpp:full:train",
    },
    keys=frozenset({"task_id", "code", "test_list"}),
    prepare=_with_prompt,
)
