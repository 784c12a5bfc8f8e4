"""Looking figures up with a tool, correcting a sheet by its tests: short episodes, several turns."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from masdesign.building_blocks._agent import ANSWER_LINE, FINISH
from masdesign.environments.lookup import Register, paths_of, register_of
from masdesign.environments.mend import Sheet, sheet_of
from masdesign.tasks.families import lookup as lookup_family
from masdesign.tasks.families import mend as mend_family
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.episode import (
    Move,
    Playthrough,
    Policy,
    conversation,
    play,
    shown_tools,
)
from masdesign.types import Item, Message, Question, Tool

_NAMES = ("lookup", "find", "get", "fetch", "query", "consult", "open_entry", "entry", "ask_register", "show")
_ABOUT = (
    "Look up an entry by its name.", "Gives what the register says of a name.", "Show one entry.",
    "What is known of somebody.", "Find an entry.", "Returns a record.", "Read the card of a name.",
)  # fmt: skip


def lookup_item(draw: Draw) -> Item:
    """An item of `lookup`, with names of many makes and words."""
    rng = draw.rng
    level = rng.choice((0, 1, 1)) if draw.easy else rng.choice((1, 2, 2, 2, 3))
    renamed = not draw.held and rng.random() < 0.5
    return draw.item(lambda r: _renamed(draw, lookup_family.generate(r, level), renamed))


def _renamed(draw: Draw, item: Item, renamed: bool) -> Item:
    if not renamed:
        return item
    table = dict(zip(item.record["entries"], draw.names(lookup_family.ENTRIES), strict=True))
    record = {
        **item.record,
        "entries": {table[n]: [figure, table[link]] for n, (figure, link) in item.record["entries"].items()},
        "terms": [[table[name], hops] for name, hops in item.record["terms"]],
    }
    return Item("", lookup_family.question(record, "What is {}?"), item.targets, record=record)


def lookup_policy(record: Mapping[str, Any], terms: list[int] | None = None) -> Policy:
    """Look up what is asked for, name by name; ``terms`` are those that are to be looked up, or all."""
    figure, link, paths = record["figure"], record["link"], paths_of(record)
    entries, fact = register_of(record).entries, ""
    chosen = [paths[n] for n in (range(len(paths)) if terms is None else terms)]
    for path in chosen:
        for place, name in enumerate(path):
            wanted = figure if place == len(path) - 1 else link
            yield Move(f"{fact}I need the {wanted} of {name}.", "lookup", {"name": name})
            value = entries[name].figure if wanted == figure else entries[name].link
            fact = f"The {wanted} of {name} is {value}. "
    return f"Thought: {fact}{total([entries[path[-1]].figure for path in chosen])}"


def total(values: list[int]) -> str:
    """How a sum ends a reply."""
    added = f"{' '.join(f'{v:+d}' for v in values)} = {sum(values):+d}" if len(values) > 1 else "That is all."
    return f"{added}\nAnswer: {sum(values)}"


def lookup_tools(draw: Draw) -> dict[str, Tool]:
    """The tool under its own or another name."""
    if draw.rng.random() < 0.4:
        return shown_tools(Register)
    name = draw.rng.choice(_NAMES) if draw.rng.random() < 0.7 else draw.names(1)[0].lower()
    return shown_tools(Register, {"lookup": (name, draw.rng.choice(_ABOUT))})


def lookup_episode(draw: Draw, item: Item, terms: list[int] | None = None) -> Playthrough:
    """An episode of `lookup`, as the teacher plays it."""
    return play(register_of(item.record), lookup_tools(draw), lookup_policy(item.record, terms), "")


def act_lookup(draw: Draw) -> list[Exercise]:
    """Look up figures and add them."""
    item = lookup_item(draw)
    episode = lookup_episode(draw, item)
    example = conversation("act_lookup", draw, Question(item.question), episode)
    return [example] if draw.held or draw.rng.random() < 0.9 else [example, _stopped(draw, item, episode)]


def _stopped(draw: Draw, item: Item, episode: Playthrough) -> Exercise:
    """The agent is stopped half-way, and says what it has."""
    done = draw.rng.randint(1, len(episode.steps))
    figure = register_of(item.record).figure
    value = re.search(rf": {figure} (\d+)", episode.steps[done - 1][2])
    answer = value[1] if value else "unknown"
    part = replace(episode, steps=episode.steps[:done], answer=f"Answer: {answer}")
    example = conversation("act_lookup", draw, Question(item.question), part)
    stopped = Message("user", f"{FINISH} {ANSWER_LINE}")
    return replace(example, messages=(*example.messages, stopped))


def mend_policy(sheet: Sheet) -> Policy:
    """Test, read what the wrong entry depends on, write what it should be."""
    while True:
        seen = yield Move("I test the sheet.", "test", {})
        name, _, rest = seen.partition(" is wrong. It should be ")
        other, _, more = rest.rstrip(".").partition(" ")
        value = yield Move(f"{name} should be {other} {more}. I read {other}.", "read", {"name": other})
        base = int(value.rpartition("= ")[2])
        right = base + int(more)
        yield Move(f"{name} should be {base:+d} {more} = {right:+d}", "write", {"name": name, "value": right})


def act_mend(draw: Draw) -> list[Exercise]:
    """Correct a sheet."""
    level = 1 if draw.easy else draw.rng.choice((1, 2, 2, 3))
    item = draw.item(lambda rng: mend_family.generate(rng, level))
    sheet = sheet_of(item.record)
    episode = play(sheet, shown_tools(Sheet), mend_policy(sheet), "A test of the sheet fails.")
    return [conversation("act_mend", draw, Question(item.question), episode)]
