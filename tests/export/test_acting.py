"""A script carries functions and MCP servers, and acts as the design does in the sandbox."""

import sys
from pathlib import Path

import pytest

import masdesign as md
from masdesign.cli import main
from masdesign.environments import parse_tools
from masdesign.errors import InputError
from masdesign.export import export_script
from masdesign.lm import Scripted
from masdesign.workflow import Design

SERVER = Path(__file__).parents[1] / "environments" / "mcp_server.py"
AGENT = Design("async def workflow(task):\n    return await agent(task, max_steps=4, notes=True)\n")
LOOKUP = '''
"""Words, looked up."""

import yaml

FACTOR = 3


def up(word: str, n: int = 1) -> str:
    "Look a word up."
    return yaml.safe_dump({word: FACTOR * n}).strip()
'''


def words(messages, sample=0):
    """An agent that looks a word up, makes a mistake, takes a note, and answers."""
    turns = [message for message in messages if message["role"] == "assistant"]
    actions = ["up[tree | 2]", "up[tree | two]", "write_note[found | 6]"]
    return f"Action: {actions[len(turns)]}" if len(turns) < 3 else "Answer: 6"


def plain(request):
    return words([{"role": m.role, "content": m.content} for m in request.messages])


@pytest.fixture
def lookup(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("word_lookup.py").write_text(LOOKUP)
    return parse_tools("word_lookup.py:up").environment


@pytest.mark.slow
async def test_a_function_is_copied_as_it_stands(lookup, load_script):
    source = export_script(AGENT, environment=lookup)
    assert "# ---- Your own, as it stands: Words, looked up." in source
    assert '#     "PyYAML",' in source
    assert "McpServer" not in source
    script = load_script("", design=AGENT, environment=lookup, reply=words)
    found = await script.answer("How many words are in a tree?")
    answered = await md.run_design_async(
        AGENT,
        "How many words are in a tree?",
        model=Scripted(plain),
        tools="word_lookup.py:up",
        archive="a.db",
    )
    (outcome,) = answered.outcomes
    assert found.text == outcome.answer.text == "6"
    assert found.reasoning == outcome.answer.reasoning
    assert "Observation: tree: 6" in found.reasoning
    assert "Observation: Error: up: n: 'two' is not of type 'integer'" in found.reasoning


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["plan_and_act", "delegate", "tree_of_actions", "reflexion_trials", "imagine"]
)
async def test_all_that_acts_can_be_exported(name, lookup, load_script):
    design = Design(f"async def workflow(task):\n    return await {name}(task)\n")
    script = load_script("", design=design, environment=lookup, reply=lambda messages, sample: "Answer: 6")
    assert (await script.answer("How many?")).text == "6"


@pytest.mark.slow
async def test_a_server_is_started_by_the_script(load_script, monkeypatch):
    pytest.importorskip("mcp")
    monkeypatch.setenv("SHOP_TOKEN", "verysecret")
    command = f"shop=SHOP_TOKEN=$SHOP_TOKEN {sys.executable} {SERVER}"
    environment = parse_tools(mcp=[command]).environment
    source = export_script(AGENT, environment=environment)
    assert '#     "mcp",' in source
    assert "verysecret" not in source

    def reply(messages, sample):
        turns = [message for message in messages if message["role"] == "assistant"]
        actions = ["count[cups]", "take[cups | 5]", "reveal[]"]
        return f"Action: {actions[len(turns)]}" if len(turns) < 3 else "Answer: done"

    script = load_script("", design=AGENT, environment=environment, reply=reply)
    found = await script.answer("How many cups?")
    assert "Observation: 3" in found.reasoning
    assert "Observation: Error: " in found.reasoning
    assert "token [secret], other None" in found.reasoning


def test_what_cannot_travel_is_refused_in_one_line(tmp_path):
    (tmp_path / "notes.txt").write_text("A tree.")
    for tools, corpus, name in [((), [tmp_path / "notes.txt"], "corpus"), ("house", (), "house")]:
        environment = parse_tools(tools, corpus=corpus).environment
        with pytest.raises(InputError, match=f"a script cannot carry the environment {name}; serve"):
            export_script(AGENT, environment=environment)


@pytest.mark.slow
def test_the_command_line_exports_tools(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("word_lookup.py").write_text(LOOKUP)
    Path("worker.py").write_text(AGENT.source)
    assert main(["export", "worker.py", "--tools", "word_lookup.py:up,retrieval", "--out", "script.py"]) == 0
    text = Path("script.py").read_text()
    assert "'up': ScriptTool(Tool('up', 'Look a word up.'" in text
    assert main(["export", "worker.py", "--out", "other.py"]) == 2
    assert "agent needs an environment to act in" in capsys.readouterr().err
