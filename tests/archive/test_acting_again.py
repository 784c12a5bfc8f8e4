"""A design that was found with tools has them again, from where they were; what has changed is said."""

import json
import sys
from pathlib import Path

import pytest

import masdesign as md
from masdesign.environments import Corpus, parse_tools, tool
from masdesign.environments.corpus import Document
from masdesign.environments.references import recall, references
from masdesign.errors import InputError
from masdesign.lm import Scripted
from masdesign.session.spec import RunSpec

TOOL = 'def up(word: str) -> str:\n    "Look a word up."\n    return f"{word} is {3}"\n'
SERVER = Path(__file__).parents[1] / "environments" / "mcp_server.py"
ROWS = [{"question": f"How many words are {n}?", "target": "3"} for n in range(40)]


def worker(request):
    """An agent that looks a word up once, and answers with what it is told."""
    last = request.messages[-1].content
    if "Observation: " in last:
        return f"Answer: {last[-1]}"
    return "Action: up[tree]" if "up[word]" in last else "Answer: 0"


SOURCE = "async def workflow(task):\n    return await agent(task, max_steps=2)\n"


DESIGN = md.Design(SOURCE)


def archived(task, **models):
    """An archive with a run on the task, in which the agent was evaluated."""
    with md.Archive("a.db") as archive:
        spec = RunSpec("search", task, models or {"": Scripted(worker)})
        archive.start_run(spec.record("r", "scripted", {}))
    md.run_evaluate(DESIGN, task, model=Scripted(worker), archive="a.db")


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """An archive in which an agent with a function of a file, and a corpus, was evaluated."""
    monkeypatch.chdir(tmp_path)
    Path("lookup.py").write_text(TOOL)
    Path("notes.txt").write_text("A tree is a plant.")
    archived(md.load_task(ROWS, scorer="match", tools="lookup.py:up", corpus=["notes.txt"]))


def ask(**options):
    notes = []
    options = {"archive": "a.db", "model": Scripted(worker), "on_note": notes.append, **options}
    answered = md.run_design(DESIGN.id, "How many words are in a tree?", **options)
    (outcome,) = answered.outcomes
    return answered.texts[0], [n.name for n in outcome.trace.root.walk() if n.kind == "tool"], notes


@pytest.mark.slow
def test_tools_of_a_file_and_documents_are_there_again(agent, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert ask(archive=str(tmp_path / "a.db")) == ("3", ["up"], [])


@pytest.mark.slow
def test_a_changed_tool_is_told_and_a_lost_one_refused(agent):
    Path("lookup.py").write_text(TOOL.replace("{3}", "{4}"))
    text, did, (note,) = ask()
    assert (text, did) == ("4", ["up"])
    assert "what it acts with has changed since the design was found: tools (version" in note
    Path("lookup.py").unlink()
    with pytest.raises(InputError, match=r"lookup\.py does not exist"):
        ask()


@pytest.mark.slow
def test_a_server_is_given_again_under_its_name(tmp_path, monkeypatch):
    pytest.importorskip("mcp")
    monkeypatch.chdir(tmp_path)
    command = f"shop:pure={sys.executable} {SERVER}"
    archived(md.load_task(ROWS, scorer="match", mcp=[command]))
    with pytest.raises(InputError, match="the design was found with shop, which no record says how to get"):
        ask()

    def shopper(request):
        last = request.messages[-1].content
        return f"Answer: {last[-1]}" if "Observation: " in last else "Action: count[cups]"

    assert ask(mcp=[command], model=Scripted(shopper)) == ("3", ["count"], [])
    assert str(SERVER).encode() not in Path("a.db").read_bytes()


@pytest.mark.slow
def test_where_other_tools_are_given_it_acts_without_what_cannot_be_had(agent):
    Path("lookup.py").unlink()
    Path("other.py").write_text(TOOL.replace("{3}", "{5}"))
    text, did, (note,) = ask(corpus=["notes.txt"], model=Scripted(lambda request: "Answer: 7"))
    assert (text, did) == ("7", [])
    assert note == "it was found with tools, too, and acts without"
    assert ask(tools="other.py:up")[:2] == ("5", ["up"])


def test_an_environment_of_the_task_is_refused_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archived(md.load_task("house", items=4, test_items=4))
    with pytest.raises(InputError, match="acts in the environment house, which opens on"):
        ask()


def test_parts_are_kept_by_where_they_come_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lookup.py").write_text(TOOL)
    environment = parse_tools("lookup.py:up,scratch").environment
    rows = json.loads(json.dumps(references(environment)))
    assert [row["from"] for row in rows] == [[f"{tmp_path / 'lookup.py'}:up"], []]
    again, note = recall(rows, Corpus([Document("a", "A tree.")]))
    assert (again.name, note) == ("tools+scratch+corpus", "")


@pytest.mark.slow
def test_what_was_done_outside_is_not_done_again_and_that_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rung: list[str] = []

    async def ring() -> str:
        """Ring the bell."""
        rung.append("ring")
        return f"it rang {len(rung)} times"

    design = md.Design(
        'async def workflow(task):\n    seen = await act("ring")\n    return Answer(seen.text, "")\n'
    )
    for seed, times, recalled in ((0, 1, False), (0, 1, True), (1, 2, False)):
        notes: list[str] = []
        answered = md.run_design(
            design,
            "Ring.",
            model=Scripted(worker),
            tools=[tool(effect="world")(ring)],
            world=seed,
            archive="a.db",
            allow_no_calls=True,
            on_note=notes.append,
        )
        assert (answered.texts, len(rung)) == ((f"it rang {times} times",), times)
        assert any("ring came to is told from an earlier run" in note for note in notes) is recalled
