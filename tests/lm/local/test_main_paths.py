"""The main paths on a real pretrained model: evaluate, search and replay, solve, distill, run, serve.

About a hundred calls of SmolLM2, one after another (``slots=1``: the same request is the same text).
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

import masdesign as md
from masdesign.lm import ModelSpec
from masdesign.lm.local.smollm2 import model_file

AT_HAND = find_spec("xllamacpp") is not None and model_file().is_file()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not AT_HAND, reason="needs the extra `local` and `masdesign models fetch smollm2`"),
]
OPTIONS = {"slots": 1, "threads": 1, "longest": 48}
FLAGS = [part for name, value in OPTIONS.items() for part in ("--model-option", f"{name}={value}")]
ANIMALS = ("dog", "cat", "horse", "sparrow", "trout", "cow", "eagle", "salmon", "sheep", "lion")
THINGS = ("table", "hammer", "car", "spoon", "lamp", "chair", "brick", "shirt", "phone", "window")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of the user's, with questions of a label each."""
    folder = tmp_path_factory.mktemp("smollm2")
    rows = [
        {"question": f"Is a {word} an animal?", "target": target}
        for words, target in ((ANIMALS, "yes"), (THINGS, "no"))
        for word in words
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def task(folder: Path) -> md.Task:
    return md.load_task(folder / "rows.jsonl", labels=("yes", "no"), items=2, test_items=2)


@pytest.fixture(scope="module")
def model() -> ModelSpec:
    return ModelSpec("smollm2").with_options(OPTIONS)


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch) -> None:
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("block", ["direct", "chain_of_thought", "self_consistency", "self_refine"])
def test_a_block_answers_and_is_scored(task: md.Task, model: ModelSpec, block: str) -> None:
    result = md.run_evaluate(block, task, model=model)
    assert result.items == 2
    assert result.failures["provider"] == 0
    assert result.tokens_per_item > 20
    answers = [each.answer.text for each in result.results if each.answer is not None]
    assert answers
    assert set(answers) <= {"yes", "no"}


def test_a_search_is_made_again_from_its_records(task: md.Task, model: ModelSpec, folder: Path) -> None:
    place = str(folder / "found.db")
    result = md.run_search(task, model=model, budget="90calls", archive=place)
    assert 0 < result.spend.calls <= 90
    assert result.best.source.startswith("async def workflow")
    again = md.run_replay(result.run, archive=place, task=task)
    assert again.same, again.differences


def test_a_question_is_solved_by_a_workflow_of_its_own(model: ModelSpec) -> None:
    solved = md.run_solve("Is a hen an animal? Is a stone an animal?", model=model, budget="25calls")
    assert solved.solution.answer is not None


def test_a_distilled_prompt_is_measured(task: md.Task, model: ModelSpec, folder: Path) -> None:
    result = md.run_distill("self_refine", task, model=model, method="transcribe", budget="60calls")
    assert result.val.student.items == result.val.teacher.items == 2
    assert result.val.student.tokens_per_item > 20


def test_a_design_is_served(folder: Path) -> None:
    command = [sys.executable, "-m", "masdesign", "serve", "direct", "--model", "smollm2", "--port", "0"]
    with subprocess.Popen(
        [*command, *FLAGS], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:  # fmt: skip
        assert server.stdout is not None
        address = next(
            match.group() for line in server.stdout if (match := re.search(r"http://\S+/v1", line))
        )
        body = {"model": "direct", "messages": [{"role": "user", "content": "Is a dog an animal?"}]}
        reply = httpx.post(f"{address}/chat/completions", json=body, timeout=120).json()
        server.terminate()
        server.stdout.read()
    assert reply["choices"][0]["message"]["content"]
    assert reply["usage"]["completion_tokens"] > 0
