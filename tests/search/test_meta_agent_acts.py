"""Meta Agent Search on a task of acting, through the command line: one server writes designs and plays."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest
from openai_server import Reply, says, serving

from masdesign.building_blocks import blocks
from masdesign.cli import main
from masdesign.workflow import Design, check

ONE_RULE = r"(\w+) is wrong. It should be (\w+) ([+-]\d+)\."
LOOP = r"""
import re

async def workflow(task):
    report = await agent(task, max_steps=1, tools=["test"], role="You are a tester.")
    for _ in range(6):
        found = re.search(r"(\w+) is wrong. It should be (\w+) ([+-]\d+)\.", (await act("test")).text)
        base = await act("read", name=found[2])
        value = int(base.text.split("= ")[1]) + int(found[3])
        written = await act("write", name=found[1], value=value)
        if written.reasoning:
            return report
    return report
"""
ROLES = """
async def workflow(task):
    seen = await agent(task, 3, tools=["test", "read"], role="You are a navigator.")
    for _ in range(2):
        done = await agent(task, 4, tools=["write"], memory=seen.reasoning, role="You are an editor.")
        verdict = await verify(task, done, role="You are a tester.")
        if verdict.ok:
            break
    return done
"""
ENDLESS = """
async def workflow(task):
    while True:
        seen = await act("test")
        if not seen.text:
            return await agent(task)
"""
NO_TOOL = """
async def workflow(task):
    return await agent(task, 3, tools=["search"])
"""
ALWAYS = """
async def workflow(task):
    while True:
        seen = await agent(task, 2, tools=["read"])
        if not seen.text:
            return seen
"""
WRITTEN = {"loop": LOOP, "roles": ROLES, "endless": ENDLESS, "no tool": NO_TOOL, "always": ALWAYS}


class Workshop:
    """Writes the designs, each once and never better; mends a sheet with the tools that it is given."""

    def __init__(self) -> None:
        self.left, self.prompts, self.played = list(WRITTEN.items()), [], []

    def __call__(self, request: dict) -> Reply:
        messages = request["messages"]
        last = messages[-1]["content"]
        if request["model"] == "solver":
            self.played.append(messages)
            return says(self.play(messages))
        self.prompts.append(last)
        if len(messages) == 2 and self.left:
            name, code = self.left.pop(0)
            return says(f"Thought: t\nName: {name}\n```python{code}```")
        return says("I leave it as it is.")

    @staticmethod
    def play(messages: list[dict]) -> str:
        begun = next(m["content"] for m in messages if m["role"] == "user")
        last = messages[-1]["content"]
        wrong, value = re.findall(ONE_RULE, begun + last), re.findall(r"(\w+) = (\d+)", begun + last)
        if not last.startswith("Observation:"):
            wrong = wrong[-1:] if "- write[" in begun and value else []
        if "Action:" not in begun:
            return "Verdict: right\nAnswer: done"
        if value and wrong and "- write[" in begun:
            return f"Action: write[{wrong[-1][0]} | {int(value[-1][1]) + int(wrong[-1][2])}]"
        if "- read[" in begun and wrong:
            return f"Action: read[{wrong[-1][1]}]"
        return "Action: test[]" if "- test[" in begun and len(messages) < 3 else "Answer: done"


@pytest.mark.slow
def test_designs_over_actions_are_told_of_the_tools_checked_bounded_and_run(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "no key")
    workshop = Workshop()
    with serving(answer=workshop) as server:
        models = ["--model=openai/solver", f"--base-url={server.url}", "--meta-model=openai/designer"]
        task = ["mend", "--difficulty=1", "--items=8", "--test-items=8", f"--meta-base-url={server.url}"]
        few = ["--strategy=meta_agent", "--batch=5", "--budget=4000calls", "--json"]
        code = main(["search", *task, *models, *few])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert json.loads(printed.out)["best"]["val"]["score"] == 1.0

    first = workshop.prompts[0]
    assert "- write[name | value: integer]: Write another value into an entry." in first
    assert "not the text of the answer" in first
    assert "Right answer: (none is given)" in first
    assert "Tools that this task allows: read, test, write." in first
    assert "async def reflexion_trials(" in first
    shown = re.search(r"an early end:\n\n```python\n(.*?)```", first, re.DOTALL)
    assert shown is not None
    assert check(Design(shown[1]), blocks()).call_bound == 7 + 3 * 10

    with sqlite3.connect(".masdesign/archive.db") as database:
        of = "join designs d on d.id = design_id"
        reasons = dict(database.execute(f"select d.name, failure from failures {of}"))
        tried = database.execute(f"select d.name, d.origin from proposals {of}").fetchall()
    names = {name for name, _ in tried}
    assert {"plan and act", "delegation", "trials with lessons", *WRITTEN} <= names
    assert "more than 256 actions" in reasons["endless"]
    assert "there is no tool 'search'" in reasons["no tool"]
    assert "128" in reasons["always"]
    assert not {"loop", "roles"} & reasons.keys()

    editors = [m for m in workshop.played if m[0]["content"] == "You are an editor."]
    assert all("- test[" not in m[1]["content"] for m in editors)
    assert any(re.search(ONE_RULE, m[1]["content"]) for m in editors)  # what the navigator saw was passed on
