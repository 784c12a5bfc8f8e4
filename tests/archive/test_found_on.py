"""The task that a design was found on: what it was evaluated with, it runs with."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from masdesign.archive import RunRecord
from masdesign.archive.found_on import belongings, found_on, shows_examples
from masdesign.errors import InputError
from masdesign.tasks import Task, load_task
from masdesign.types import Asking, Item
from masdesign.workflow import Design


def workflow(call: str) -> Design:
    return Design(f"async def workflow(task):\n    return await {call}\n")


EXAMPLES, PLAIN = workflow("auto_chain_of_thought(task)"), workflow("chain_of_thought(task)")


@pytest.fixture
def task_file(tmp_path, monkeypatch):
    """A task file in the working folder."""
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"question": f"{n} + {n} =", "target": str(2 * n)}) for n in range(60)]
    (tmp_path / "sums.jsonl").write_text("\n".join(lines))
    return tmp_path / "sums.jsonl"


def evaluated(archive, make, design, task, **fields):
    archive.add_design(design)
    archive.add_evaluation(
        make.evaluation(design, 50, task=task.name, task_version=task.version, **fields), run=None
    )


def test_blocks_that_show_examples_are_known_wherever_they_are_called():
    assert shows_examples(EXAMPLES)
    assert not shows_examples(PLAIN)
    inner = "async def tried(task):\n    return await similar_cases(task)\n\n"
    assert shows_examples(Design(inner + "async def workflow(task):\n    return await tried(task)\n"))


@pytest.mark.slow
def test_a_generated_task_comes_back_with_its_difficulty_and_tools(archive, make):
    task = load_task("arithmetic", difficulty=3, tools=("python",))
    evaluated(archive, make, EXAMPLES, load_task("boolean"), split="test")
    evaluated(archive, make, EXAMPLES, task)
    again = found_on(archive, EXAMPLES.id).load()
    assert (again.name, again.version, again.tools) == ("arithmetic", task.version, {"python"})
    given = belongings(archive, EXAMPLES)
    assert given.train() == task.train
    assert given.tools == {"python"}


@pytest.mark.slow
def test_a_file_is_found_by_name_and_must_be_the_same(archive, make, task_file):
    task = load_task(task_file, tools=("calculator",))
    evaluated(archive, make, EXAMPLES, task)
    assert belongings(archive, EXAMPLES).train() == task.train
    task_file.write_text('{"question": "100 + 1 =", "target": "101"}\n' + task_file.read_text())
    with pytest.raises(
        InputError, match=r"sums\.jsonl .*is another one here .*name the task, or go on without"
    ):
        belongings(archive, EXAMPLES)
    task_file.unlink()
    with pytest.raises(InputError, match=r"cannot be loaded here \(sums\.jsonl does not exist"):
        belongings(archive, EXAMPLES)
    assert belongings(archive, EXAMPLES, examples=False).train() == ()
    assert belongings(archive, EXAMPLES, task="boolean").train() == load_task("boolean").train
    assert belongings(archive, PLAIN).train() == ()


@pytest.mark.slow
def test_the_run_says_which_tools_there_were(archive, make, task_file):
    task = load_task(task_file, tools=("python",))
    settings = {"tools": ["python"], "metric": "numeric"}
    archive.start_run(RunRecord("r", task.name, task.version, "abacus-1@3f2a", "random", 0, settings))
    evaluated(archive, make, PLAIN, task)
    task_file.unlink()  # a design that shows no examples does not need it
    assert belongings(archive, PLAIN).tools == {"python"}


@pytest.mark.slow
def test_a_searched_file_is_found_from_any_folder(archive, make, task_file, tmp_path, monkeypatch):
    rows = [json.loads(line) for line in task_file.read_text().splitlines()]
    lines = [json.dumps({"ask": row["question"], "gold": row["target"]}) for row in rows]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "odd.jsonl").write_text("\n".join(lines[20:]))
    (tmp_path / "shown.jsonl").write_text("\n".join(lines[:20]))
    given = {"columns": {"question": "ask", "target": "gold"}, "train": "shown.jsonl", "items": 5}
    task = load_task("data/odd.jsonl", **given)
    facts = {"task": "data/odd.jsonl", "task_arguments": given, "folder": str(tmp_path)}
    run = RunRecord("r", task.name, task.version, "abacus-1@3f2a", "random", facts=facts)
    archive.start_run(run)
    archive.start_run(replace(run, name="later", strategy="distill-transcribe", facts={}))
    evaluated(archive, make, EXAMPLES, task)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert belongings(archive, EXAMPLES).train() == task.train
    (tmp_path / "data" / "odd.jsonl").rename("odd.jsonl")  # moved, and here again
    assert belongings(archive, EXAMPLES).train() == task.train
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"\(.*data/odd\.jsonl does not exist.*\); name the task"):
        belongings(archive, EXAMPLES)


@pytest.mark.slow
def test_an_import_opens_no_file(archive, make, task_file, tmp_path):
    task = load_task(task_file)
    evaluated(archive, make, EXAMPLES, task)
    archive.export(tmp_path / "out.jsonl")
    with type(archive)(tmp_path / "other.db") as other:
        other.import_(tmp_path / "out.jsonl")
        assert found_on(other, EXAMPLES.id).foreign
        with pytest.raises(InputError, match="named by an import"):
            belongings(other, EXAMPLES)


def test_without_an_evaluation_there_is_a_note(archive):
    archive.add_design(EXAMPLES)
    assert "name the task" in belongings(archive, EXAMPLES).note
    assert belongings(None, PLAIN).note == ""


def test_a_design_runs_as_its_task_asks(archive, make):
    """Instruction, labels and answer form of the task that it was chosen on; also where no file is there."""
    items = [Item(str(n), f"ticket {n}", "bug", choices=("bug", "wish")) for n in range(4)]
    task = Task.of("tickets", val=items, instruction="Sort it.", labels=("bug", "wish"), answer="label")
    settings = {"metric": task.metric.name, "tools": [], **task.asking.settings()}
    archive.start_run(RunRecord("one", task.name, task.version, "scripted", "evolution", 1, settings, {}))
    evaluated(archive, make, PLAIN, task)
    assert belongings(archive, PLAIN).asking == Asking("Sort it.", ("bug", "wish"), "label")
    assert belongings(archive, PLAIN, task=load_task("boolean")).asking == Asking()
    assert belongings(None, PLAIN).asking == Asking()


def test_settings_say_only_what_is_not_plain():
    assert Asking().settings() == {}
    asking = Asking("Sort it.", ("a", "b"), "label")
    assert Asking.recorded(json.loads(json.dumps(asking.settings()))) == asking
    assert Asking.recorded({"labels": "a", "form": 3, "metric": "exact"}) == Asking()
