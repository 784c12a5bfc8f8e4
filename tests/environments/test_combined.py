"""Several environments side by side."""

from types import SimpleNamespace

import pytest

from masdesign.environments import Combined, Toolbox
from masdesign.errors import InputError
from masdesign.protocols import Environment
from masdesign.testing import LentServices
from masdesign.types import Item, Observation, Tool

ITEM = Item("a", "?", "")


async def echo(text: str) -> str:
    """Say it again."""
    return text


class Counting:
    """An environment that counts which of its episodes are open."""

    name, version, places, calls, deterministic = "counting", "1", 2, 3, True
    tools = (Tool("count", "Count.", {"type": "object", "properties": {}}),)

    def __init__(self, broken: bool = False) -> None:
        self.broken, self.open_now = broken, 0

    async def open(self, item, seed, services):
        if self.broken:
            raise OSError("no room")
        self.open_now += 1
        return Counted(self)


class Counted:
    start = Observation("Count!")

    def __init__(self, home: Counting) -> None:
        self.home, self.count = home, 0

    async def call(self, tool, arguments):
        self.count += 1
        return Observation(str(self.count), done=self.count == 2)

    async def fork(self):
        return None

    async def outcome(self):
        return {"count": self.count}

    async def aclose(self):
        self.home.open_now -= 1


async def test_tools_of_all_parts():
    counting = Counting()
    both = Combined([Toolbox([echo]), counting])
    assert isinstance(both, Environment)
    assert [tool.name for tool in both.tools] == ["echo", "count"]
    assert (both.name, both.places, both.calls, both.deterministic) == ("tools+counting", 2, 3, True)
    episode = await both.open(ITEM, 0, LentServices())
    assert episode.start.text == "Count!"
    assert (await episode.call("echo", {"text": "a"})).text == "a"
    assert [(await episode.call("count", {})).done for _ in range(2)] == [False, True]
    assert (await episode.call("sing", {})).text == "There is no tool 'sing'; there are echo, count."
    assert await episode.outcome() == {"counting": {"count": 2}}
    assert await episode.fork() is None
    await episode.aclose()
    assert counting.open_now == 0


async def test_what_was_opened_is_closed_where_another_part_refuses():
    counting = Counting()
    broken = Counting(broken=True)
    broken.name, broken.tools = "broken", ()
    with pytest.raises(OSError, match="no room"):
        await Combined([counting, broken]).open(ITEM, 0, LentServices())
    assert counting.open_now == 0


def test_names_in_common_are_refused():
    with pytest.raises(InputError, match="tools and tools both have a tool echo"):
        Combined([Toolbox([echo]), Toolbox([echo])])
    empty = SimpleNamespace(name="tools", tools=())
    with pytest.raises(InputError, match="two environments are called tools"):
        Combined([Toolbox([echo]), empty])
