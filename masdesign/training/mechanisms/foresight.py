"""Seeing ahead and back: what an action comes to, how far a state is, which attempt is better, a summary."""

import copy
from collections.abc import Sequence

from masdesign.building_blocks._prompt import render
from masdesign.environments.call_text import list_tools, write_call
from masdesign.environments.house import House
from masdesign.environments.state import WrongCall
from masdesign.training.case import Exercise
from masdesign.training.mechanisms.draw import Draw
from masdesign.training.mechanisms.episode import OBSERVATION, Move, Policy, play, shown_tools
from masdesign.training.mechanisms.house import Explorer, house_for, task_in
from masdesign.types import Observation, Question

_MOST = 8
"""Steps that a history shows, at most."""


def foresee(draw: Draw) -> list[Exercise]:
    """All four requests on one house: `foresee`, `appraise`, `compact`, `discriminate`."""
    house = house_for(draw)
    task, start = Question(task_in(house)), house.look()
    tools = shown_tools(House)
    length = draw.rng.randint(0, _MOST)
    episode = play(house, tools, Explorer(house).policy(), start, most=length)
    history = _text(start, episode.history())
    return [
        _imagine(draw, task, house, history),
        _appraise(draw, task, house, history),
        _compact(draw, task, house, history),
        _discriminate(draw, task, house, episode.history()),
    ]


def _text(start: str, history: Sequence[tuple[str, str]]) -> str:
    return "\n".join([f"{OBSERVATION}{start}", *(f"{action}\n{seen}" for action, seen in history)])


def _imagine(draw: Draw, task: Question, house: House, history: str) -> Exercise:
    """The outcome of the right next action, or of another one."""
    rng, tools, other = draw.rng, shown_tools(House), copy.deepcopy(house)
    right = _next(copy.deepcopy(house))
    step = right if right and rng.random() < 0.5 else _any_step(draw, house)
    outcome, wrong = _outcome(other, step)
    score = 0 if wrong else 2
    if not wrong and right and (step.tool, step.arguments) == (right.tool, right.arguments):
        score = {"put": 9, "take": 7}.get(step.tool, 5)
    if not wrong and all(other._reached()):
        score = 10
    messages = render(
        "foresee",
        role=draw.role,
        task=task,
        tools=list_tools([tools[step.tool]]),
        history=history,
        action=f"Action: {write_call(tools[step.tool], step.arguments)}",
        instruction=draw.wording("imagine"),
    )
    return Exercise("foresee", messages, f"Outcome: {outcome}\nScore: {score}")


def _next(house: House) -> Move | None:
    policy: Policy = Explorer(house).policy()
    return next(policy, None)


def _any_step(draw: Draw, house: House) -> Move:
    """An action that may go wrong."""
    rng, room = draw.rng, house.room
    places = [place for place, where in house.world.places.items() if where == room]
    things = [
        t for t, where in house.things.items() if where == "you" or house.world.places.get(where) == room
    ]
    kind = rng.choice(("go", "open", "take", "put"))
    if kind == "go":
        return Move(
            "", "go", {"room": rng.choice([*house.world.rooms[room], rng.choice(list(house.world.rooms))])}
        )
    if kind == "open":
        return Move("", "open", {"place": rng.choice(places)})
    thing = rng.choice(things or list(house.things))
    return (
        Move("", "take", {"thing": thing})
        if kind == "take"
        else Move("", "put", {"thing": thing, "place": rng.choice(places)})
    )


def _outcome(house: House, step: Move) -> tuple[str, bool]:
    """The first line of what is observed, and whether it is an error."""
    try:
        text = str(getattr(house, step.tool)(**step.arguments))
    except WrongCall as error:
        return f"Error: {error}", True
    seen = house.after(Observation(text)).text
    return f"{seen.splitlines()[0]} All is done." if "All is done." in seen else seen.splitlines()[0], False


def _state(house: House) -> tuple[str, int]:
    """How far the first goal that is not reached has come, in words and as a score."""
    left = [(thing, place) for thing, place in house.world.goals if house.things[thing] != place]
    if not left:
        return "All is done.", 10
    thing, place = left[0]
    gone = len(house.world.goals) - len(left)
    if house.things[thing] == "you":
        at = house.world.places[place] == house.room
        return (
            f"The {thing} is in hand, the {place} is {'here' if at else 'not reached yet'}.",
            8 if at else 6,
        )
    return f"The {thing} is not in hand yet.", min(5, 2 + 2 * gone)


def _appraise(draw: Draw, task: Question, house: House, history: str) -> Exercise:
    reason, score = _state(house)
    messages = render(
        "appraise", role=draw.role, task=task, history=history, instruction=draw.wording("appraise")
    )
    return Exercise("foresee", messages, f"Reason: {reason}\nScore: {score}")


def _compact(draw: Draw, task: Question, house: House, history: str) -> Exercise:
    carried = [thing for thing, where in house.things.items() if where == "you"]
    left = [f"bring the {t} to the {p}" for t, p in house.world.goals if house.things[t] != p]
    text = (
        f"I am in the {house.room}. I carry {', '.join(f'the {t}' for t in carried) or 'nothing'}. "
        f"Left: {', then '.join(left) or 'nothing'}."
    )
    messages = render(
        "compact", role=draw.role, task=task, history=history, instruction=draw.wording("compact")
    )
    return Exercise("foresee", messages, f"Summary: {text}")


def _discriminate(draw: Draw, task: Question, after: House, history: Sequence[tuple[str, str]]) -> Exercise:
    """The teacher's attempt beside one that stopped earlier or went elsewhere."""
    rng = draw.rng
    shorter = history[: rng.randint(0, max(0, len(history) - 1))][-4:]
    attempts = [["\n".join(step) for step in history[-4:]], ["\n".join(step) for step in shorter]]
    order = rng.sample(range(2), 2)
    best = order.index(0) + 1
    reason, _ = _state(after)
    messages = render(
        "discriminate",
        role=draw.role,
        task=task,
        attempts=["\n".join(attempts[n]) or "(nothing was done)" for n in order],
        arguments=(),
        instruction=draw.wording("discriminate"),
    )
    return Exercise("foresee", messages, f"Argument: Attempt {best} got further. {reason}\nChoice: {best}")
