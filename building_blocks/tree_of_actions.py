"""Search over actions: a tree of episodes, valued in words and numbers, decided by a debate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from masdesign.building_blocks._acting import Talk, turn_text
from masdesign.building_blocks._agent import Agent, or_think, select_tools, take_turns
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_stated
from masdesign.building_blocks._window import room
from masdesign.building_blocks.appraise import appraise
from masdesign.building_blocks.discriminate import discriminate
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, running

FINALISTS = 3
ROUNDS = 2
TRIED = "Tried from here before:"


@dataclass(eq=False)
class _Branch:
    """Where a branch of the episode stands, and what the search thinks of it."""

    talk: Talk
    parent: _Branch | None = None
    action: str = ""
    value: float = 0.0
    why: str = ""
    ended: bool = False
    answer: str = ""
    visits: int = 0
    total: float = 0.0
    children: list[_Branch] = field(default_factory=list)

    def promise(self, exploration: float) -> float:
        """The upper confidence bound of its mean value."""
        assert self.parent is not None
        return self.total / self.visits + exploration * math.sqrt(math.log(self.parent.visits) / self.visits)

    def hand_up(self, value: float) -> None:
        """Count a visit with this value, here and in all states that led here."""
        state: _Branch | None = self
        while state is not None:
            state.visits, state.total, state = state.visits + 1, state.total + value, state.parent

    def told(self, share: float) -> str:
        """What led here, in at most a share of the model's window."""
        history = self.talk.told(room(self.talk.model, share))
        return f"{history}\n{self.action}" if self.action.startswith("Answer:") else history

    def all(self) -> list[_Branch]:
        """This state and all below it, in the order in which they were reached."""
        return [self, *(below for child in self.children for below in child.all())]


@block(
    cost="up to 2 * simulations + 2 * debaters + max_steps + 1 calls",
    reference="arXiv:2410.20285",
    calls=lambda simulations=12, debaters=3, max_steps=10, **_: (
        2 * simulations + ROUNDS * debaters + max_steps + 1
    ),
    needs="environment",
)
@or_think
async def tree_of_actions(
    task: Question,
    simulations: int = 12,
    branches: int = 2,
    debaters: int = 3,
    max_steps: int = 10,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Searches a tree of actions; a debate decides.

    It helps where an environment can be forked and first thoughts are often wrong. Each simulation goes down
    by the upper confidence bound (UCT) to a state with fewer than ``branches`` children, takes one more
    action there, in a fork of the episode, and values what came of it, in words and as a number (`appraise`).
    The next action from the same state is told those words. At the end debaters argue in two rounds which of
    the three best ends did the task best (`discriminate`); the majority's branch becomes the episode, and
    where it has not ended, an `agent` goes on from there for at most ``max_steps``.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: 2 * simulations + 2 * debaters + max_steps + 1 calls at most.

    The item fails where a number is below 1, or a tool changes the world outside.

    Reference: Antoniades et al. 2024, SWE-Search: Enhancing Software Agents with Monte Carlo Tree
    Search and Iterative Refinement, arXiv:2410.20285.

    Example::

        async def workflow(task):
            return await tree_of_actions(task, simulations=6, debaters=2)
    """
    at_least_one("tree_of_actions", simulations=simulations, branches=branches, max_steps=max_steps)
    actor = Agent(task, "", select_tools(None, False), instruction, role, temperature, model)
    root = _Branch(actor.begin())
    for _ in range(simulations):
        state = root
        while len(state.children) >= branches and not state.ended:
            state = max(state.children, key=lambda child: child.promise(0.3))
        if state.ended:
            state.hand_up(state.value)
            continue
        child = await _grow(actor, state)
        if child is not None and not child.visits:
            child.value, child.why = await appraise(task, child.told(0.5), role=role, model=model)
        (child or state).hand_up((child or state).value)
    best = await _chosen(actor, root, debaters)
    await running().keep(best.talk.branch)
    best.talk.branch = 0
    if best.ended:
        return Answer(best.answer, "\n".join(best.talk.transcript))
    return await take_turns(actor, best.talk, max_steps)


async def _grow(actor: Agent, state: _Branch) -> _Branch | None:
    """One more action from a state, in a fork of the episode; ``None`` where nothing new was drawn."""
    talk = state.talk
    if state.children:
        tried = [f"- {child.action.removeprefix('Action: ')}: {child.why}" for child in state.children]
        told = actor.remember("\n".join([TRIED, *tried])).prompt(talk.native, talk.start)
        talk = replace(talk, messages=[*told, *talk.messages[len(told) :]])
    turn = await talk.draw()
    action = turn_text(turn, talk.tools)
    same = next((child for child in state.children if child.action == action), None)
    if same is not None or not action:
        return same
    child = _Branch(await state.talk.fork(), state, action)
    child.talk.take(turn)
    if turn.calls:
        observation = await child.talk.do(turn.calls)
        child.ended, child.answer = observation.done, observation.text if observation.done else ""
    else:
        child.ended, child.answer = True, read_stated(turn.text, actor.task).text
    state.children.append(child)
    return child


async def _chosen(actor: Agent, root: _Branch, debaters: int) -> _Branch:
    """The end of the tree that the debaters choose; the best leaf by its value where there is but one."""
    states = root.all()[1:] or [root]
    ends = [state for state in states if state.ended] or [s for s in states if not s.children]
    finalists = sorted(ends, key=lambda state: -state.value)[:FINALISTS]
    if len(finalists) == 1 or debaters < 1:
        return finalists[0]
    attempts = [state.told(0.5 / len(finalists)) for state in finalists]
    opinions: list[tuple[int, str]] = []
    for _ in range(ROUNDS):
        opinions = await gather(
            *[
                discriminate(
                    actor.task,
                    attempts,
                    _others(opinions, own),
                    role=actor.role,
                    temperature=actor.temperature,
                    model=actor.model,
                )
                for own in range(debaters)
            ]
        )
    votes = [number for number, _ in opinions if number]
    return finalists[max(votes, key=votes.count) - 1] if votes else finalists[0]


def _others(opinions: Sequence[tuple[int, str]], own: int) -> list[str]:
    """What the other debaters argued."""
    return [
        f"Attempt {number}: {why}" for place, (number, why) in enumerate(opinions) if place != own and why
    ]
