"""A served design acts with the user's tools; each request is an episode of its own."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from masdesign.environments import Toolbox, tool
from masdesign.lm import Scripted
from masdesign.serve.backend import DesignBackend
from masdesign.serve.wire import ChatRequest
from masdesign.session.session import Session
from masdesign.session.spec import RunSpec
from masdesign.testing.modes import Reply, says
from masdesign.testing.server import serving
from masdesign.types import Message
from masdesign.workflow import Design, check

SENT = []


@tool(effect="world")
async def send(text: str) -> str:
    """Send it."""
    SENT.append(text)
    return f"sent as number {len(SENT)}"


SOURCE = """
async def workflow(task):
    seen = await act("send", text="hello")
    answer = await direct(task)
    return Answer(seen.text, answer.reasoning)
"""


async def test_a_served_design_acts(tmp_path):
    async with Session.open(archive=tmp_path / "archive.db") as session:
        spec = RunSpec("serve", None, {"": Scripted(lambda request: "Answer: 4")})
        async with session.run(spec, environment=Toolbox([send]), world_tools=True) as run:
            checked = check(Design(SOURCE), run.runtime.blocks)
            backend = DesignBackend(("sender",), checked, run.runtime)
            asked = ChatRequest("sender", (Message("user", "2 + 2 ="),))
            for number in (1, 2):
                (reply,), _ = await backend.answer(asked)
                assert reply.text == f"sent as number {number}"
    assert SENT == ["hello", "hello"]


SERVER = Path(__file__).parents[1] / "environments" / "mcp_server.py"
AGENT = "async def workflow(task):\n    return await agent(task, max_steps=4)\n"
TAKE = "def take(thing: str) -> str:\n    'Take it.'\n    return f'you have the {thing}'\n"


def calls_once(call):
    """Calls the tool, and answers with what it has seen."""
    _, seen, text = call.prompt.rpartition("Observation: ")
    return Reply(says(call, f"Answer: {text.strip()}" if seen else 'Action: take {"thing": "cups"}'))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tools", "seen"),
    [("--tools=mine.py:take", "you have the cups"), (f"--mcp=shop={sys.executable} {SERVER}", "2 left")],
)
def test_the_command_serves_an_agent_with_tools(tools, seen, tmp_path):
    """Functions, and tools of a real MCP server over stdio; nothing stays from one request to the next."""
    if "mcp" in tools:
        pytest.importorskip("mcp")
    (tmp_path / "mine.py").write_text(TAKE)
    (tmp_path / "design.py").write_text(AGENT)
    with serving(calls_once) as server:
        model = ["--model=openai/any", f"--base-url={server.url}"]
        command = [sys.executable, "-m", "masdesign", "serve", "design.py", "--port=0", "--archive=a.db"]
        with subprocess.Popen(
            [*command, *model, tools], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stderr.readline()
                assert " at http://127.0.0.1:" in line, line + process.stderr.read()
                url = line.split(" at ")[1].split()[0]
                answers = [ask(url, f"Take cups, {number}.") for number in (1, 2)]
            finally:
                process.terminate()
                process.wait(timeout=60)
    assert answers == [seen, seen]


def ask(url, text):
    """What the served design answers."""
    body = {"model": "design", "messages": [{"role": "user", "content": text}]}
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)["choices"][0]["message"]["content"]
