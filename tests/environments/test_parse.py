"""What a user names as tools, and the registries of tools and environments."""

import sys
from pathlib import Path

import pytest

from masdesign.environments import ENVIRONMENTS, TOOLS, parse_tools
from masdesign.environments.scratch import SCRATCH
from masdesign.errors import InputError
from masdesign.plugins import load_plugins
from masdesign.protocols import Environment
from masdesign.registry import overlay
from masdesign.testing import LentServices
from masdesign.types import Item

MINE = '''
from masdesign.environments import tool
from masdesign.environments.state import State, StateEnvironment

@tool(effect="episode")
def shout(text: str) -> str:
    """Say it loudly."""
    return text.upper()

def whisper(text: str) -> str:
    """Say it softly."""
    return text.lower()

class Counter(State):
    count = 0

    @tool
    def count_up(self) -> str:
        """Count."""
        self.count += 1
        return str(self.count)

COUNTER = StateEnvironment("my_counter", "1", Counter, lambda item, seed: (Counter(), ""))
'''


@pytest.fixture
def mine(tmp_path, monkeypatch) -> str:
    (tmp_path / "my_tools.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_tools", raising=False)
    return "my_tools.py"


def names(tools) -> list[str]:
    return [tool.name for tool in tools.environment.tools]


def test_what_is_shipped():
    shipped = "arc gym house lookup mend repair scratch tau_airline textworld wide_search"
    assert ENVIRONMENTS.names() == tuple(shipped.split())
    assert all(ENVIRONMENTS.name_of(ENVIRONMENTS.get(name)) == name for name in ENVIRONMENTS.names())
    with pytest.raises(InputError, match="did you mean house"):
        ENVIRONMENTS.get("hause")
    with pytest.raises(InputError, match="takes no argument"):
        ENVIRONMENTS.get("house:big")
    assert ENVIRONMENTS.get("tau_airline:/data").folder == Path("/data")


def test_built_in_tools_and_environments():
    given = parse_tools("python, scratch,calculator")
    assert given.built_in == {"python", "calculator"}
    assert given.environment is SCRATCH
    assert parse_tools().environment is None


def test_functions_of_files_and_modules(mine):
    assert names(parse_tools([f"{mine}:whisper", f"{mine}:shout"])) == ["whisper", "shout"]
    assert names(parse_tools(f"{mine}:shout,scratch"))[0] == "shout"
    assert names(parse_tools("my_tools:whisper")) == ["whisper"]
    assert names(parse_tools(mine)) == ["shout"]  # those that it marks
    assert names(parse_tools(f"{mine}:COUNTER")) == ["count_up"]


def test_plug_ins_and_objects(mine):
    def add(a: int, b: int) -> int:
        return a + b

    with overlay():
        load_plugins([mine])
        assert TOOLS.names() == ("shout",)
        assert "my_counter" in ENVIRONMENTS.names()
        assert names(parse_tools("shout,my_counter")) == ["shout", "count_up"]
    assert TOOLS.names() == ()
    assert names(parse_tools([add, SCRATCH]))[0] == "add"


@pytest.mark.slow
async def test_servers_and_documents(mine, tmp_path):
    (tmp_path / "notes.txt").write_text("The tower of Ulm is 161 metres high.")
    server = f"shop:pure={sys.executable} {Path(__file__).parent / 'mcp_server.py'}"
    given = parse_tools(f"{mine}:shout", mcp=[server], corpus=["notes.txt"]).environment
    assert isinstance(given, Environment)
    assert [tool.name for tool in given.tools][:3] == ["shout", "count", "take"]
    episode = await given.open(Item("a", "?", ""), 0, LentServices())
    try:
        assert "161 metres" in (await episode.call("search", {"query": "tower"})).text
        assert (await episode.call("count", {"thing": "cups"})).text == "3"
        assert (await episode.call("shout", {"text": "a"})).text == "A"
    finally:
        await episode.aclose()


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        ("pyhton", "did you mean python"),
        ("my_tools.py:sing", "has no function sing"),
        ("absent.py:sing", "does not exist"),
        ("absent_module:sing", "does not exist"),
        ("empty.py", "marks no function as a tool"),
        ("my_tools.py:MINE", "has no function MINE"),
        ("scratch,scratch", "both have a tool write_file"),
        ([3], "3 is no tool"),
    ],
)
def test_what_is_no_tool_is_refused_in_a_line(mine, tools, told):
    Path("empty.py").write_text("def f(a: int) -> int:\n    return a\n")
    with pytest.raises(InputError, match=told) as error:
        parse_tools(tools)
    assert "\n" not in str(error.value)
