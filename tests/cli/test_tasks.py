"""masdesign tasks: one line each, or one card."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from masdesign import cli
from masdesign.cli import main
from masdesign.tasks.families import families


def test_the_list(capsys):
    assert main(["tasks"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in out} >= {*families(), "gsm8k", "humaneval"}
    assert main(["tasks", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows.keys() >= {*families(), "gsm8k"}
    assert rows["gsm8k"]["licence"] == "MIT"


@pytest.mark.slow
def test_a_card_with_two_examples_from_train(capsys):
    assert main(["tasks", "boolean", "--items", "20", "--json"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["name"], card["metric"], card["val"], len(card["examples"])) == ("boolean", "exact", 20, 2)
    assert main(["tasks", "boolean", "--items", "20"]) == 0
    out = capsys.readouterr().out
    assert out.count("example from train") == 2
    assert "only 20 val items" in out


def test_a_file(tmp_path, capsys):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(f'{{"q": "{n} + {n}", "target": "{2 * n}"}}\n' for n in range(90)))
    assert main(["tasks", str(path), "--columns", "question=q", "--description", "Add."]) == 0
    assert "metric numeric" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["boolean", "--metric", "x"], ["missing.jsonl"], ["."]])
def test_bad_input_is_one_line_and_exit_2(arguments, capsys):
    assert main(["tasks", *arguments]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert len(caught.err.strip().splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ["search", "--dry-run", "--budget", "900calls"],
        ["evaluate", "direct"],
        ["transfer", "direct", "--split", "val", "--tasks"],
    ],
)
def test_a_target_that_stands_in_its_question_is_told_before_anything_is_measured(tmp_path, capsys, command):
    rows = [{"question": f"The code is word{i}. What is the code?", "target": f"word{i}"} for i in range(30)]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    name, *rest = command
    design, flags = ([], rest) if name == "search" else (rest, [])
    place = ["--archive", str(tmp_path / "archive.db")]
    assert main([name, *design, str(file), "--scorer", "exact", "--items", "3", *flags, *place]) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("rows.jsonl: ")]
    assert any(" in their item's question can be read" in line for line in notes)


def test_no_command_loads_its_task_without_its_notes():
    """`masdesign tasks` prints them as a part of the card."""
    loads = {p.name for p in Path(cli.__file__).parent.rglob("*.py") if "md.load_task(" in p.read_text()}
    assert loads == {"_task.py", "tasks.py"}


@pytest.mark.slow
def test_a_task_of_another_embedded_model_says_so(capsys):
    assert main(["tasks", "house"]) == 0
    assert "abacus:3 has learnt it" in capsys.readouterr().out
    assert main(["tasks", "ledger"]) == 0
    assert "has learnt it" not in capsys.readouterr().out
