"""Functions as tools: schemas, checked arguments, processes that can be killed."""

import asyncio
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

import masdesign as md
from masdesign.environments import Toolbox, read_arguments, tool
from masdesign.environments.schema import tool_from
from masdesign.errors import InputError
from masdesign.lm import Scripted
from masdesign.protocols import Environment
from masdesign.testing import LentServices
from masdesign.types import Item

ITEM = Item("a", "?", "")


@dataclass
class Place:
    city: str
    zip_code: str = ""


def route(
    start: Place,
    ends: list[Place],
    by: Literal["car", "train"] = "train",
    limit: int | None = None,
    prices: dict[str, float] | None = None,
) -> dict[str, object]:
    """Plan a route.

    It goes through all places.

    Args:
        start: where it begins.
        by (str): the vehicle.
        limit: most of what it may cost,
            in euros: fees included.

    Returns:
        the route.
    """
    return {"from": start.city, "to": [end.city for end in ends], "by": by, "limit": limit}


def fail(text: str) -> str:
    """Raise."""
    raise LookupError(f"no {text}")


@tool(seconds=1.0)
def hang() -> str:
    """Never come back."""
    while True:
        pass


@tool(effect="world", name="greet")
async def say_hello(name: str) -> str:
    """Greet somebody."""
    await asyncio.sleep(0)
    return f"Hello, {name}."


async def call(box: Toolbox, called: str, /, **arguments):
    episode = await box.open(ITEM, 0, LentServices())
    return await episode.call(called, arguments)


def test_a_signature_becomes_a_schema():
    made = tool_from(route)
    assert made.name == "route"
    assert made.description == "Plan a route.\n\nIt goes through all places."
    assert made.effect == "pure"
    properties = made.schema["properties"]
    assert made.schema["required"] == ["start", "ends"]
    assert made.schema["additionalProperties"] is False
    assert properties["by"] == {
        "default": "train", "description": "the vehicle.", "enum": ["car", "train"], "type": "string"
    }  # fmt: skip
    assert properties["start"]["description"] == "where it begins."
    assert properties["limit"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
    assert properties["limit"]["description"] == "most of what it may cost, in euros: fees included."
    assert made.schema["$defs"]["Place"]["required"] == ["city"]


SHAPE = (
    'Write route {"start": {"city": string, "zip_code" (optional): string}, '
    '"ends": [{"city": string, "zip_code" (optional): string}, …], "by" (optional): car/train, '
    '"limit" (optional): integer, "prices" (optional): object}'
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"start": {"city": "Ulm"}, "ends": [{"zip_code": "1"}]}', "ends[0]: 'city' is a required property"),
        ('{"start": {"city": 3}, "ends": []}', "start.city: 3 is not of type 'string'"),
        ('{"start": {"city": "Ulm"}, "ends": [], "by": "ship"}', "by: 'ship' is not one of"),
        ('{"start": {"city": "Ulm"}, "ends": [], "via": 1}', "'via' was unexpected"),
        ('{"start": {"city": "Ulm"}, "start": {"city": "Bonn"}, "ends": []}', "a key is given twice"),
        ('{"start": ', "are not JSON"),
        ("[1]", "are not a JSON object"),
        ('{"start": {"city": "Ulm"}, "ends": [], "limit": NaN}', "NaN is no JSON number"),
        ("[" * 100_000, "are not JSON"),
    ],
)
def test_wrong_arguments_are_told_with_what_they_should_be(text, told):
    answer = read_arguments(tool_from(route), text)
    assert isinstance(answer, str)
    assert told in answer
    assert answer.endswith(SHAPE)


def test_no_arguments_may_be_written_as_nothing():
    assert read_arguments(tool_from(hang), "") == read_arguments(tool_from(hang), "null") == {}


@pytest.mark.slow
async def test_a_sync_tool_gets_its_types_and_answers_in_json():
    seen = await call(Toolbox([route]), "route", start={"city": "Ulm"}, ends=[{"city": "Bonn"}], limit=2)
    assert seen.text == '{"from": "Ulm", "to": ["Bonn"], "by": "train", "limit": 2}'
    assert not seen.error


async def test_what_a_tool_raises_is_an_observation():
    seen = await call(Toolbox([fail]), "fail", text="such thing")
    assert (seen.text, seen.error) == ("LookupError: no such thing", True)


def leave() -> str:
    """End the program, as a command line does."""
    raise SystemExit("usage: leave")


async def leave_too() -> str:
    """The same on the event loop."""
    raise SystemExit(2)


async def test_a_tool_that_ends_the_program_ends_its_call_alone():
    box = Toolbox([leave, leave_too])
    for name, told in (("leave", "SystemExit: usage: leave"), ("leave_too", "SystemExit: 2")):
        seen = await call(box, name)
        assert (seen.text, seen.error) == (told, True)
    with pytest.raises(RuntimeError, match="SystemExit: usage: leave"):  # of a scorer, or anything else
        await LentServices().in_process(leave)


def by_pair() -> dict:
    """Keys that are no text."""
    return {("a", 1): 2}


async def test_what_json_cannot_hold_is_shown_as_python_shows_it():
    assert (await call(Toolbox([by_pair]), "by_pair")).text == "{('a', 1): 2}"


@pytest.mark.slow
async def test_a_tool_that_hangs_is_stopped():
    seen = await call(Toolbox([hang]), "hang")
    assert (seen.text, seen.error) == ("The tool did not finish within 1 seconds.", True)


async def test_an_async_tool_and_its_mark():
    box = Toolbox([say_hello])
    assert box.tools[0].effect == "world"
    assert not box.deterministic
    assert (await call(box, "greet", name="Ada")).text == "Hello, Ada."
    assert (await call(box, "greet", name=1)).error
    assert (await call(box, "say_hello", name="Ada")).text == "There is no tool 'say_hello'; there are greet."


async def test_a_function_of_a_file_that_cannot_be_imported(tmp_path: Path):
    (tmp_path / "mine.py").write_text("STEP = 3\ndef up(n: int) -> int:\n    'More.'\n    return n + STEP\n")
    spec = importlib.util.spec_from_file_location("not_importable_by_name", tmp_path / "mine.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (await call(Toolbox([module.up]), "up", n=4)).text == "7"
    offset = 10
    assert (await call(Toolbox([_closing_over(offset)]), "up", n=4)).text == "14"


def _closing_over(offset: int):
    def up(n: int) -> int:
        return n + offset

    return up


def test_what_is_no_tool_is_refused_in_a_line():
    def untyped(a): ...

    def many(*numbers: int): ...

    for functions, told in (
        ([untyped], "argument a has no type hint"),
        ([many], "argument numbers must be one that has a name"),
        ([fail, fail], "two tools are called fail"),
        ([], "at least one"),
        ([3], "is not a function"),
    ):
        with pytest.raises(InputError, match=told) as error:
            Toolbox(functions)
        assert "\n" not in str(error.value)


def test_the_version_follows_the_code():
    assert Toolbox([route]).version == Toolbox([route]).version != Toolbox([fail]).version
    assert isinstance(Toolbox([route]), Environment)


async def test_episodes_fork():
    episode = await Toolbox([route]).open(ITEM, 0, LentServices())
    fork = await episode.fork()
    assert fork is not None
    assert fork is not episode
    assert await (await Toolbox([say_hello]).open(ITEM, 0, LentServices())).fork() is None
    assert await episode.outcome() == {}


def test_a_design_gives_objects_and_numbers_as_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def order(dish: str, guests: list[dict[str, str]], count: int = 1) -> str:
        """Order a dish for guests."""
        return f"{count} {dish} for {', '.join(guest['name'] for guest in guests)}"

    source = """
async def workflow(task):
    good = await act("order", dish="5", guests='[{"name": "Ada"}, {"name": "Ben"}]', count="2")
    bad = await act("order", dish="soup", guests="Ada")
    return f"{good.text}; {bad.text}"
"""
    answered = md.run_design(
        md.Design(source), "Order.", model=Scripted(lambda _: ""), tools=[order], allow_no_calls=True
    )
    assert answered.texts[0].startswith(
        "2 5 for Ada, Ben; Error: order: guests: 'Ada' is not of type 'array'"
    )
