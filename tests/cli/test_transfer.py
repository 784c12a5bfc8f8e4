"""`masdesign transfer`: a table of tasks and models, each cell beside its own plain ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.cli import main
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.types import Request


def weak(request: Request) -> str:
    """By steps right on even numbers, at once never."""
    prompt = request.messages[-1].content
    number = int(re.findall(r"(\d+) doubled", prompt)[-1])
    right = number % 2 == 0 and "at once" not in prompt
    return f"Answer: {2 * number if right else 1}"


def strong(request: Request) -> str:
    prompt = request.messages[-1].content
    return f"Answer: {2 * int(re.findall(r'([0-9]+) doubled', prompt)[-1])}"


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path: Path) -> Path:
    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(
            Limited(Scripted({"weak": weak, "strong": strong}[name.model], name.model), concurrency), cache
        )

    monkeypatch.setattr(session, "load_lm", load)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MASDESIGN_ARCHIVE", "archive.db")
    for name, first in (("one", 0), ("two", 500)):
        lines = [{"question": f"{n} doubled =", "target": str(2 * n)} for n in range(first, first + 100)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path


@pytest.mark.slow
def test_every_cell_has_its_own_baseline_and_intervals(capsys) -> None:
    command = ["transfer", "direct", "--tasks=one.jsonl,two.jsonl", "--models=weak,strong", "--items=30"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cells = {(cell["task"], cell["model"]): cell for cell in found["cells"]}
    assert set(cells) == {(f"{t}.jsonl", m) for t in ("one", "two") for m in ("weak", "strong")}
    for (_, model), cell in cells.items():
        assert cell["low"] <= cell["score"] <= cell["high"]
        assert 20 < cell["items"] <= 30  # a file of 100 items is split by hash
        assert cell["better"] is False
        assert cell["chosen_here"] is False
        if model == "weak":
            assert cell["score"] == 0.0
            assert cell["baseline"]["name"] == "step_by_step"
            assert cell["difference"]["high"] < 0
            assert cell["difference"]["p_holm"] == pytest.approx(4 * cell["difference"]["p"], rel=1)
            assert cell["advantage"]["score"] <= 0
        else:
            assert cell["score"] == cell["baseline"]["score"] == 1.0
            assert cell["baseline"]["name"] == "direct"  # of equal ones the cheapest
    assert found["spend"]["calls"] > 0


@pytest.mark.slow
def test_a_design_whose_code_answers_is_said_to(here: Path, capsys) -> None:
    answer = "str(2 * int(task.question.split()[0]))"
    (here / "coded.py").write_text(
        f"async def workflow(task):\n    await direct(task)\n    return {answer}\n"
    )
    command = ["transfer", "coded.py", "--tasks=one.jsonl", "--models=weak", "--items=12"]
    assert main(command) == 0
    assert "with a blank model, too: its code answers" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    (cell,) = json.loads(capsys.readouterr().out)["cells"]
    assert (cell["blank_control"], cell["answers_without_model"]) == (1.0, True)


@pytest.mark.slow
def test_a_better_design_is_said_to_be_better_and_where_it_was_chosen(here: Path, capsys) -> None:
    """It is better than any plain way where odd numbers are asked for as the even ones that come before."""
    (here / "trick.py").write_text(
        "async def workflow(task):\n"
        "    number = int(task.question.split()[0])\n"
        "    even = number - number % 2\n"
        "    found = await ask(f'{even} doubled =')\n"
        "    return str(2 * number) if found else found\n"
    )
    assert main(["transfer", "trick.py", "--tasks=one.jsonl", "--models=weak", "--items=40"]) == 0
    captured = capsys.readouterr()
    assert "better than the best plain way, after Holm: in 1 of 1 cells (one.jsonl)" in captured.out
    assert "chosen here" not in captured.out
    _choose(here)
    assert main(["transfer", "trick.py", "--tasks=one.jsonl", "--models=weak", "--items=40"]) == 0
    captured = capsys.readouterr()
    assert "one.jsonl *" in captured.out
    assert "partly luck; --split test is fresh" in captured.out
    assert "(0 sent)" in captured.out


def _choose(here: Path) -> None:
    """Note a run that chose the design on this task with this model."""
    with Archive("archive.db") as archive:
        (evaluation,) = archive.evaluations(split="val")
        record = RunRecord("r", evaluation.task, evaluation.task_version, evaluation.model, "random")
        archive.start_run(record)
        archive.finish_run("r", {"best": {"id": evaluation.design_id}})


@pytest.mark.slow
def test_a_look_at_test_is_an_opening(capsys) -> None:
    command = [
        "transfer",
        "direct",
        "--tasks=one.jsonl",
        "--models=strong",
        "--split=test",
        "--test-items=20",
    ]
    assert main([*command, "--budget=7apples"]) == 2
    with Archive("archive.db") as archive:
        assert archive.openings() == []  # nothing was looked at
    assert main(command) == 0
    with Archive("archive.db") as archive:
        (opening,) = archive.openings()
    assert len(opening.items) == 20


@pytest.mark.slow
def test_a_budget_that_ends_shows_what_was_finished(capsys) -> None:
    command = ["transfer", "direct", "--tasks=one.jsonl,two.jsonl", "--models=strong", "--items=20"]
    assert main([*command, "--budget=300calls", "--json"]) == 0
    captured = capsys.readouterr()
    assert [cell["task"] for cell in json.loads(captured.out)["cells"]] == ["one.jsonl"]
    assert "shown is what was finished" in captured.err
    assert main([*command, "--seed=7", "--budget=30calls"]) == 3


@pytest.mark.parametrize("tasks", ["", "one.jsonl,one.jsonl", "nothing"])
def test_wrong_input_is_one_line_and_exit_2(tasks, capsys) -> None:
    assert main(["transfer", "direct", f"--tasks={tasks}", "--models=weak"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.slow
def test_each_task_has_the_scorer_that_is_named_for_it(here: Path, capsys) -> None:
    (here / "rule.py").write_text("def half(answer, item):\n    return 0.5\n")
    rows = [{"question": f"{n} doubled =", "answer": f"the number {2 * n}"} for n in range(100)]
    (here / "text.jsonl").write_text("\n".join(map(json.dumps, rows)))
    command = ["transfer", "direct", "--tasks=text.jsonl,one.jsonl", "--models=strong", "--items=5", "--json"]
    assert main(command) == 2
    assert "which scorer fits is not certain" in capsys.readouterr().err
    assert main([*command, "--scorer=exact", "--scorer=one.jsonl=rule.py:half"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert {cell["task"]: cell["score"] for cell in cells} == {"text.jsonl": 0.0, "one.jsonl": 0.5}
    for wrong in ("=exact", "two.jsonl=exact", "one.jsonl="):
        assert main([*command, f"--scorer={wrong}"]) == 2
        assert "give one scorer for all, or one a task" in capsys.readouterr().err
