"""Planning and sharing out: to-do lists, parts for others, doing one part, going on from reports."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from masdesign.building_blocks._prompt import render
from masdesign.environments.call_text import list_tools
from masdesign.environments.house import House
from masdesign.environments.lookup import Register, paths_of, register_of
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.episode import (
    OBSERVATION,
    Playthrough,
    conversation,
    play,
    shown_tools,
)
from masdesign.training.mechanisms.house import Explorer, house_for, task_in
from masdesign.training.mechanisms.registers import lookup_episode, lookup_item, total
from masdesign.types import Question, Tool

SPLIT = "Do not begin yet. Which parts can others do with the tools, each without knowing the rest?"
REPORT = "Do this part with the tools, then report in a few words what came of it."
WORK = "Do this part and no other, then report in a few words what came of it."
GO_ON = "Go on from these reports and finish the task."


def plan(draw: Draw) -> list[Exercise]:
    """A to-do list, the parts for others, and what is left of a plan: replies to `todo`."""
    rng = draw.rng
    if rng.random() < 0.5:
        item = lookup_item(draw)
        parts, tools, start, task = lookup_parts(item.record), shown_tools(Register), "", item.question
    else:
        house = house_for(draw)
        parts, tools, task = house_parts(house), shown_tools(House), task_in(house)
        start = f"{OBSERVATION}{house.look()}"
    return [
        _todo(draw, Question(task), tools.values(), start, parts, done)
        for done in {0, rng.randrange(len(parts)), 0 if draw.held else rng.randrange(len(parts))}
    ]


def _todo(
    draw: Draw, task: Question, tools: Iterable[Tool], start: str, parts: Sequence[str], done: int
) -> Exercise:
    rng = draw.rng
    share_out = not done and rng.random() < 0.4
    default = SPLIT if share_out and not draw.held else ""
    messages = render(
        "todo",
        role=draw.role,
        task=task,
        tools=list_tools(tools),
        start=start,
        done=[f"{part}: {rng.choice(('done', str(rng.randint(10, 99))))}" for part in parts[:done]],
        n=rng.choice((3, 4, 4, 5, 6)) if len(parts) <= 3 else 6,
        instruction=draw.wording("split" if share_out else "todo") or default,
    )
    lines = [f"Step {number}: {part}" for number, part in enumerate(parts[done:], 1)]
    return Exercise("plan", messages, "\n".join(lines))


def lookup_parts(record: Mapping[str, Any]) -> list[str]:
    """What is to be found, one figure a part.

    >>> lookup_parts({"figure": "code", "link": "owner", "terms": [["Bamo", 1], ["Tilu", 0]]})
    ['Find the code of the owner of Bamo.', 'Find the code of Tilu.']
    """
    terms: list[tuple[str, int]] = record["terms"]
    return [
        f"Find the {record['figure']} of {_chain(str(record['link']), name, hops)}." for name, hops in terms
    ]


def _chain(link: str, name: str, hops: int) -> str:
    return f"the {link} of " * hops + name


def house_parts(house: House) -> list[str]:
    """Taking a thing and bringing it to its place, for each goal."""
    parts = []
    for thing, place in house.world.goals:
        if house.things[thing] != "you":
            parts.append(f"Take the {thing}.")
        parts.append(f"Bring the {thing} to the {place}.")
    return parts


def act_part(draw: Draw) -> list[Exercise]:
    """One part of a larger task, as a sub-agent or with a to-do list, with a short report at its end."""
    if draw.rng.random() < 0.6:
        return [_lookup_part(draw)]
    return [_house_part(draw)]


def _lookup_part(draw: Draw) -> Exercise:
    rng, item = draw.rng, lookup_item(draw)
    parts = lookup_parts(item.record)
    at = rng.randrange(len(parts))
    episode = lookup_episode(draw, item, [at])
    entries = register_of(item.record).entries
    figures = [str(entries[path[-1]].figure) for path in paths_of(item.record)]
    return _part(draw, episode, item.question, parts, at, figures)


def _house_part(draw: Draw) -> Exercise:
    house = house_for(draw)
    parts, whole, start = house_parts(house), task_in(house), house.look()
    explorer, at = Explorer(house), 0
    thing, place = house.world.goals[0]
    in_hand = parts[0].startswith("Bring")
    policy = explorer.bring(thing, place) if in_hand else explorer.fetch(thing)
    episode = play(house, shown_tools(House), policy, start)  # type: ignore[arg-type]
    if not episode.done:
        episode.answer = f"Thought: The {thing} is in my hands.\nAnswer: I carry the {thing}."
    return _part(draw, episode, whole, parts, at, ["done"] * len(parts))


def _part(
    draw: Draw, episode: Playthrough, whole: str, parts: Sequence[str], at: int, results: Sequence[str]
) -> Exercise:
    memory = ""
    if draw.rng.random() < 0.5:
        lines = [f"[x] {part}: {result}" for part, result in zip(parts[:at], results, strict=False)]
        lines += [f"[>] {parts[at]}", *(f"[ ] {part}" for part in parts[at + 1 :])]
        memory = "\n".join([f"Whole task: {whole}", "To-do list:", *lines])
    request = draw.wording("work" if memory else "report") or (WORK if memory else REPORT)
    return conversation("act_part", draw, Question(parts[at]), episode, memory=memory, instruction=request)


def go_on(draw: Draw) -> list[Exercise]:
    """The last agent, which has the reports of others: figures of `lookup` to be added, or one missing."""
    rng, item = draw.rng, lookup_item(draw)
    parts, record = lookup_parts(item.record), item.record
    entries = register_of(record).entries
    figures = [entries[path[-1]].figure for path in paths_of(record)]
    missing = rng.randrange(len(parts)) if rng.random() < 0.3 else None
    lines = [f"- {part}: {figures[n]}" for n, part in enumerate(parts) if n != missing]
    memory = "\n".join(["Reports of others:", *lines]) if lines else ""
    episode = lookup_episode(draw, item, [] if missing is None else [missing])
    findings = episode.answer.removeprefix("Thought: ").partition("That is all")[0] if episode.steps else ""
    episode.answer = f"Thought: {findings}{total(figures)}"
    return [
        conversation(
            "go_on",
            draw,
            Question(item.question),
            episode,
            memory=memory,
            instruction=(draw.wording("go_on") or GO_ON) if memory else None,
        )
    ]
