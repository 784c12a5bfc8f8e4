"""Meta Agent Search on an OpenAI-compatible server, through the command line: the server plays back what a
real large model wrote, and what large models write when they fail."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from openai_server import Reply, fails, says, serving

from masdesign.cli import main
from masdesign.search.strategies import meta_agent
from masdesign.search.strategies.meta_agent import seeds

ARCHIVES = Path(__file__).parents[3] / "shared/data/adas"
KEY = "sk-canary-5d0c99e4b1f24a07"


def designs_of_gpt4o() -> list[dict[str, str]]:
    """The designs that a meta-agent wrote, the seeds left out."""
    agents = [a for file in sorted(ARCHIVES.glob("*.json")) for a in json.loads(file.read_text())]
    return [agent for agent in agents if agent["generation"] != "initial"]


class Playback:
    """Plays a meta-agent back: a proposal is the next design; a reflection says it again, at first in JSON,
    then as it might be said in prose; a repair is a simpler design."""

    def __init__(self, agents: list[dict[str, str]]) -> None:
        self.agents, self.turns, self.sent = agents, [], []

    def __call__(self, request: dict) -> Reply:
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        self.turns.append(turn)
        self.sent.append(request["messages"][-1]["content"])
        if turn == 0:
            agent = self.agents.pop(0)
            return says(json.dumps({key: agent[key] for key in ("thought", "name", "code")}))
        said = json.loads(request["messages"][2]["content"])
        if turn == 1:
            return says(
                "Sure, with a reflection.\n" + json.dumps({"reflection": "It is new.", **said}, indent=1)
            )
        if turn == 2:
            return says(f"Name: {said['name']}\n\nNothing is wrong:\n\n```python\n{said['code']}```\nDone.")
        code = (
            "def forward(self, taskInfo):\n    agent = LLMAgentBase(['thinking', 'answer'], 'Simple Agent')\n"
        )
        code += f"    return agent([taskInfo], 'Solve the task, with care. ({said['name']})')[1]"
        return says(json.dumps({"debug_thought": "simpler", **said, "code": code}))


@pytest.fixture
def search(tmp_path, capsys, monkeypatch):
    """Runs ``masdesign search`` with the strategy and the server as its designer: code, outcome, messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(meta_agent, "seeds", lambda origin: seeds(origin)[:2])

    def search(server, task, *options):
        designer = ["--meta-model=openai/designer", f"--meta-base-url={server.url}"]
        code = main(["search", task, "--strategy=meta_agent", "--json", *designer, *options])
        printed = capsys.readouterr()
        return code, json.loads(printed.out or "null"), printed.err

    return search


def recorded(table: str, columns: str) -> list[tuple]:
    with sqlite3.connect(".masdesign/archive.db") as database:
        return database.execute(f"select {columns} from {table}").fetchall()


@pytest.mark.slow
@pytest.mark.skipif(not ARCHIVES.is_dir(), reason="no ../shared/data beside this checkout")
def test_the_designs_of_a_real_meta_agent_are_searched_on_abacus(search, tmp_path):
    playback = Playback(designs_of_gpt4o())
    few = ["--items=8", "--test-items=8", "--batch=4", "--budget=600calls", "--difficulty=1"]
    with serving(answer=playback) as server:
        code, found, err = search(server, "arithmetic", *few)
        assert code == 0, err
        command = next(line for line in err.splitlines() if "--run" in line)
        assert "--meta-model openai/designer" in command
        asked = len(server.requests)
        again, same, _ = search(server, "arithmetic", *few, f"--run={found['run']}")
        assert (again, len(server.requests)) == (0, asked)
    assert same["best"]["id"] == found["best"]["id"]
    assert same["spend"] == found["spend"]  # the costs of a run add up, and nothing was sent again
    assert found["spend"]["calls"] <= 600
    assert playback.turns.count(0) >= 4
    assert {0, 1, 2} <= set(playback.turns)
    assert "Is it new?" in "\n".join(playback.sent)
    sources = recorded("designs", "source")
    written = [source for (source,) in sources if "run_forward(forward, task, ask)" in source]
    assert len(written) >= 3
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


DESIGN = "async def workflow(task):\n    return await direct(task, role='Helper {}.')"
KINDS = (
    lambda code, turn: f"Thought: t\nName: n\n```python\n{code}\n```",
    lambda code, turn: json.dumps({"name": "n", "code": code})[: None if turn else -2],
    lambda code, turn: f"Of course!\n\n{code}\n\nI hope that this helps.",
    lambda code, turn: f"```\n{code}\n```" if turn else "",
    lambda code, turn: "",
    lambda code, turn: f"```python\n{code[: None if turn > 2 else 20]}\n```",
    lambda code, turn: f"```python\nimport os\n{code}\n```",
    lambda code, turn: f"```python\n{code.replace('direct', 'direct' if turn > 2 else 'vote')}\n```",
    lambda code, turn: f"```python\n{code.replace('return', 'answer =')}\n    return [answer][5]\n```",
    lambda code, turn: f"```python\n{code.replace('await direct', 'str').replace(', role', ') #')}\n```",
    lambda code, turn: '{"name": "x", "code": 7, "thought": [[[',
    lambda code, turn: "I will not write code.",
)  # fmt: skip
"""What a designer says, by the turn of the conversation; half of them get there in the end."""
SILENT = 4


class BadDesigner:
    """Answers questions well and designs badly, in each way by turns; fails now and then, too."""

    def __init__(self) -> None:
        self.begun, self.failed = 0, False

    def __call__(self, request: dict) -> Reply:
        messages = request["messages"]
        if request["model"] == "solver":
            numbers = re.search(r"(\d+) \+ 7 =", messages[-1]["content"])
            return says(f"Answer: {int(numbers[1]) + 7}")
        turn = sum(message["role"] == "assistant" for message in messages)
        if turn == 0:
            number, self.begun = self.begun, self.begun + 1
        elif turn == 1 and not self.failed:
            self.failed = True
            return fails(500, "try again")
        else:
            marks = re.findall(r"<!-- (\d+) -->", messages[2]["content"])
            number = int(marks[0]) if marks else SILENT
        said = KINDS[number % len(KINDS)](DESIGN.format(number), turn)
        return says(f"{said}\n<!-- {number} -->" if turn == 0 and number % len(KINDS) != SILENT else said)


@pytest.mark.slow
def test_whatever_the_designer_says_is_repaired_or_recorded_and_nothing_stops_the_run(search, tmp_path):
    for split, count in (("train", 3), ("val", 24), ("test", 8)):
        lines = [
            json.dumps({"question": f"{split} {n}: {n} + 7 =", "target": str(n + 7)}) for n in range(count)
        ]
        (tmp_path / f"{split}.jsonl").write_text("\n".join(lines))
    files = [f"--{split}={split}.jsonl" for split in ("train", "val", "test")]
    with serving(answer=BadDesigner()) as server:
        solver = ["--model=openai/solver", f"--base-url={server.url}"]
        code, found, err = search(server, "val.jsonl", *files, *solver, "--batch=12", "--budget=1100calls")
    assert code == 0, err
    assert "Traceback" not in err
    stages = [stage for (stage,) in recorded("proposals", "stage")]
    reasons = " ".join(failure for (failure,) in recorded("failures", "failure"))
    assert stages.count("failed") == found["failures"] >= 6
    assert len(stages) - stages.count("failed") >= 12
    for reason in ("no code", "import of os", "IndexError", "without asking a model"):
        assert reason in reasons
