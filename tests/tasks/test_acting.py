"""Tasks with tools beside their own, and customer service as a task."""

import json
from pathlib import Path

import pytest

from masdesign.cli import main
from masdesign.errors import InputError
from masdesign.tasks import load_task
from masdesign.types import Item

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside this checkout")
AIRLINE = f"recorded:{DATA}/tau_bench/gpt-4o-airline.json"
LOOKUP = 'def lookup(word: str) -> str:\n    "Look a word up."\n    return {"lamp": "42"}.get(word, "none")\n'


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lookup_tool.py").write_text(LOOKUP)
    (tmp_path / "notes.txt").write_text("The lamp stands on the shelf.")
    return tmp_path


def names(task) -> list[str]:
    return [tool.name for tool in task.environment.tools]


def test_tools_and_documents_stand_beside_the_tasks_own(folder):
    plain = load_task("house", items=3)
    more = load_task("house", items=3, tools="python,lookup_tool.py:lookup", corpus="notes.txt")
    assert names(more) == [*names(plain), "lookup", "search", "read"]
    assert more.tools == {"python"}
    assert more.version.startswith(f"{plain.version}+python+tools+corpus-")
    assert more.val == plain.val
    assert load_task("arithmetic").environment is None
    again = load_task("house", items=3, tools="python,lookup_tool.py:lookup", corpus="notes.txt")
    assert again.version == more.version


def test_functions_at_hand_and_clashes(folder):
    def look() -> str:
        """Look."""
        return ""

    assert names(load_task("arithmetic", tools=[look])) == ["look"]
    with pytest.raises(InputError, match="house and tools both have a tool look"):
        load_task("house", tools=[look])
    with pytest.raises(InputError, match="did you mean calculator"):
        load_task("arithmetic", tools="calculater")


@needs_data
def test_the_airline_is_a_task_by_name(monkeypatch):
    monkeypatch.setenv("MASDESIGN_DATA", str(DATA))
    task = load_task("tau_airline")
    assert [task.size(split) for split in ("train", "val", "test")] == [40, 60, 100]
    cases = [{item.record["task"] for item in task.make(split)} for split in ("train", "val", "test")]
    assert [len(part) for part in cases] == [10, 15, 25]
    assert len(set.union(*cases)) == 50
    assert "Airline Agent Policy" in task.instruction
    assert load_task("tau_airline", items=5).size("val") == 5


@needs_data
@pytest.mark.slow
def test_the_recorded_agent_gives_the_recorded_score(folder, monkeypatch, capsys):
    monkeypatch.setenv("MASDESIGN_DATA", str(DATA))
    command = ["evaluate", "agent", "tau_airline", "--model", AIRLINE, "--split", "all", "--json"]
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["items"], document["score"]) == (200, 0.42)
    assert not any(document["failures"].values())


def test_the_airline_without_its_data(folder, monkeypatch):
    monkeypatch.delenv("MASDESIGN_DATA", raising=False)
    with pytest.raises(InputError, match="set MASDESIGN_DATA"):
        load_task("tau_airline")


def test_items_of_arc_come_with_two_tools(folder):
    pair = {"input": [[1, 2]], "output": [[2, 1]]}
    rows = [{"train": [pair], "test": [{"input": [[n, 3]], "output": [[3, n]]}]} for n in range(9)]
    for split in ("evaluation", "training"):
        (folder / "data" / "arc_agi_1" / split).mkdir(parents=True)
        for number, row in enumerate(rows):
            (folder / "data" / "arc_agi_1" / split / f"{number}.json").write_text(json.dumps(row))
    task = load_task("arc_agi_1")
    assert names(task) == ["run_examples_and_get_feedback", "get_test_output_from_code"]
    assert isinstance(task.val[0], Item)
    assert task.val[0].record["train"] == [pair]


@pytest.mark.slow
def test_the_command_line_takes_functions_servers_and_documents(folder, capsys):
    rows = "".join(f'{{"question": "What is {n} + {n}?", "target": "{2 * n}"}}\n' for n in range(40))
    Path("sums.jsonl").write_text(rows)
    command = ["evaluate", "agent", "sums.jsonl", "--scorer", "numeric", "--items", "2", "--json"]
    assert (
        main([*command, "--tools", "python", "--tools", "lookup_tool.py:lookup", "--corpus", "notes.txt"])
        == 0
    )
    assert json.loads(capsys.readouterr().out)["items"] == 2
    assert main([*command, "--tools", "lookup_tool.py:sing"]) == 2
    assert "has no function sing" in capsys.readouterr().err
    assert main([*command, "--mcp", "shop"]) == 2
    assert "an MCP server is NAME=COMMAND" in capsys.readouterr().err


@pytest.mark.slow
def test_run_uses_tools_also_such_as_change_the_outside(folder, capsys):
    (folder / "world_tool.py").write_text(
        "from masdesign.environments import tool\n\n"
        "@tool(effect='world')\n"
        "async def send(text: str) -> str:\n"
        '    "Send it."\n'
        "    with open('sent.txt', 'a') as sent:\n"
        "        sent.write(text + '\\n')\n"
        "    return 'sent'\n"
    )
    (folder / "design.py").write_text(
        "async def workflow(task):\n"
        '    seen = await act("send", text="hello")\n'
        "    answer = await direct(task)\n"
        "    return Answer(seen.text, answer.reasoning)\n"
    )
    command = ["run", "design.py", "--question", "2 + 2 =", "--json", "--tools", "world_tool.py:send"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == "sent"
    assert (folder / "sent.txt").read_text() == "hello\n"
    rows = "".join(f'{{"question": "What is {n} + {n}?", "target": "{2 * n}"}}\n' for n in range(40))
    Path("sums.jsonl").write_text(rows)
    search = ["search", "sums.jsonl", "--scorer", "numeric", "--budget", "50calls", "--yes"]
    assert main([*search, "--tools", "world_tool.py:send"]) == 2
    assert "the tools send change the world outside" in capsys.readouterr().err
