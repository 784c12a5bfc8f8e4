"""`masdesign solve` from the command line, its model a script: output, exit codes, what is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.evaluation import session
from masdesign.lm import LM, Cached, Limited, Scripted
from masdesign.records.cache import Cache
from masdesign.types import Request

QUESTION = "2 + 3 ="


def reply(request: Request) -> str:
    prompt = request.messages[-1].content
    if "Write a workflow for this one question" in prompt:
        code = "async def workflow(task):\n    return await ask('Add up.', task)"
        return f"Thought: It adds.\nName: adding\n```python\n{code}\n```"
    if "unreadable" in prompt:
        return "Hm.\nHm."
    if "Check the solution" in prompt:
        return f"Verdict: {'right' if 'Answer: 5' in prompt else 'wrong'}"
    return "Answer: 5" if request.sample else "Answer: 6"


@pytest.fixture
def run(monkeypatch, tmp_path: Path, capsys):
    """Runs the command and gives exit code, standard output and standard error."""

    def load(name: str, *, cache: Cache, concurrency: int, **_: object) -> LM:
        return Cached(Limited(Scripted(reply), concurrency), cache)

    monkeypatch.setattr(session, "load_lm", load)

    def run(*arguments: str, command: str = "solve"):
        code = main([command, *arguments, f"--archive={tmp_path / 'archive.db'}"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def test_the_answer_alone_is_on_standard_output(run) -> None:
    code, out, err = run(QUESTION)
    assert (code, out) == (0, "5\n")
    assert "vote of 5: " in err
    assert "judged right" in err


def test_the_fields_that_scripts_read(run) -> None:
    code, out, err = run(QUESTION, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["answer"] == "5"
    assert document["failure"] is None
    assert len(document["design"]) == 12
    assert set(document["spend"]) == {"calls", "tokens", "usd", "seconds", "paid_calls", "paid_usd"}
    assert document["spend"]["calls"] > len(document["tried"]) >= 4
    assert {one["answer"] for one in document["answers"]} == {"5", "6"}
    assert "vote of 5" in err


def test_the_workflow_is_kept_and_can_be_run_again(run) -> None:
    design = json.loads(run(QUESTION, "--json")[1])["design"]
    code, out, _ = run(design, "--question", QUESTION, command="run")
    assert (code, out) == (0, "5\n")


def test_with_a_meta_model_that_writes_the_workflow(run) -> None:
    code, out, _ = run(QUESTION, "--meta-model", "large", "--json")
    document = json.loads(out)
    assert code == 0
    assert "adding" in [tried["name"] for tried in document["tried"]]
    assert document["answer"] == "5"


def test_the_trace_is_that_of_the_workflow_that_answered(run) -> None:
    _, out, _ = run(QUESTION, "--trace")
    assert out.splitlines()[1].startswith("workflow: 5")


def test_a_question_without_an_answer(run) -> None:
    code, out, err = run("unreadable")
    assert (code, out) == (1, "")
    assert "no answer (parse)" in err
    code, out, _ = run("unreadable", "--json")
    assert code == 0
    assert json.loads(out)["failure"]["kind"] == "parse"
    assert json.loads(out)["answer"] is None


def test_a_budget_too_small_for_any_answer_ends_with_3(run) -> None:
    code, out, err = run(QUESTION, "--budget", "5tokens")
    assert (code, out) == (3, "")
    assert "larger budget" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([" "], "empty"),
        ([], "QUESTION"),
        ([QUESTION, "--budget", "lots"], "lots"),
        ([QUESTION, "--tools", "hammer"], "hammer"),
        ([QUESTION, "--rounds", "-1"], "--rounds"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run, arguments, said) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert said in err


def test_a_file_of_questions_gives_a_line_each(run, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [{"id": "a", "question": QUESTION}, {"id": "b", "question": "unreadable"}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, _ = run("--input", str(file), "--json")
    documents = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(row["id"], row["answer"]) for row in documents] == [("a", "5"), ("b", None)]
    assert documents[1]["failure"]["kind"] == "parse"
    assert documents[0]["spend"]["calls"] > 0
    code, out, err = run("--input", str(file))
    assert (code, out) == (0, "a\t5\n")
    assert "b\tno answer (parse)" in err


@pytest.mark.slow
def test_a_file_is_learnt_from_and_what_was_learnt_is_used(run, tmp_path: Path) -> None:
    file = tmp_path / "sums.jsonl"
    rows = [{"question": f"{n} + {6 - n} =", "target": 6} for n in range(18)]
    file.write_text("\n".join(map(json.dumps, rows)))
    code, out, err = run("--input", str(file), "--learn", "--memory=sums")
    assert code == 0
    assert "learnt: sums@1; see masdesign memory show sums@1" in err
    calls = [int(line.split("; ")[1].split()[0]) for line in err.splitlines() if "calls in all" in line]
    assert calls[0] > calls[-1]
    code, out, _ = run("--input", str(file), "--memory=sums")
    assert code == 0
    assert out.count("\t6\n") == 18


def test_a_memory_that_is_not_there_is_one_line(run) -> None:
    code, _, err = run(QUESTION, "--memory=none")
    assert code == 2
    assert "memory 'none' is not in this archive" in err
