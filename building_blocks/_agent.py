"""How an agent works: who acts and with what, and its turns until it is done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec

from masdesign.building_blocks._acting import (
    SCENE_SHARE,
    TALK_SHARE,
    Talk,
    messages_size,
    scene_text,
    takes_objects,
    tool_lines,
)
from masdesign.building_blocks._asking import as_asked, ending_of, read_reply, read_stated
from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._notes import NOTE_TOOLS
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._window import room
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.compact import compact
from masdesign.types import Answer, Message, Question, Tool
from masdesign.workflow import running
from masdesign.workflow.run import takes_tools

Given = ParamSpec("Given")

FINISH = "No step is left. Give the answer now, as far as you have come."
ANSWER_LINE = "Write: Answer: ..."
SAY_WHICH = "Write one line Action: tool[...], or one line Answer: ..."
_MEMORY_SHARE = 0.25
"""Share of the window that may be taken by what an agent is told of before."""


@dataclass(frozen=True)
class Agent:
    """Who acts: on what task, told of what, with which tools."""

    task: Question
    memory: str = ""
    """What it is told of before: lessons, reports, a to-do list, a summary."""
    tools: tuple[Tool, ...] = ()
    instruction: str = ""
    role: str = ""
    temperature: float = 0.0
    model: str = ""

    def begin(self) -> Talk:
        """Its conversation, which is nothing but the prompt yet."""
        native, start = takes_tools(running().lm(self.model)), scene_text(self.model)
        messages = self.prompt(native, start)
        return Talk(messages, self.tools, self.model, self.temperature, native, start)

    def prompt(self, native: bool, start: str) -> list[Message]:
        """What its conversation begins with; where that is long, less of all but the task."""
        for part in (1, 1 / 2, 1 / 4):
            messages = self._render(native, start, part)
            if messages_size(messages, self.model) <= room(self.model, TALK_SHARE):
                break
        return messages

    def _render(self, native: bool, start: str, part: float) -> list[Message]:
        """The same with so large a part of what there may be of the scene, the memory and the tools."""
        rendered = render(
            "agent",
            role=self.role,
            task=as_asked(self.task),
            tools=[] if native else tool_lines(self.tools, self.model, part),
            objects=takes_objects(self.tools),
            start=fit_share(start, SCENE_SHARE * part, self.model),
            memory=fit_share(self.memory, _MEMORY_SHARE * part, self.model),
            instruction=self.instruction,
        )
        return list(rendered)

    def remember(self, memory: str) -> Agent:
        """The same agent, told of more."""
        return replace(self, memory="\n".join(part for part in (self.memory, memory) if part))


def select_tools(names: Iterable[str] | None, notes: bool) -> tuple[Tool, ...]:
    """The tools of these names, or all of the environment; with those for notes.

    Raises:
        ItemFailed: the environment has no such tool.
    """
    tools = {tool.name: tool for tool in running().scene().tools}
    chosen = list(tools if names is None else names)
    if unknown := [name for name in chosen if name not in tools]:
        raise running().failed(f"there is no tool {unknown[0]!r}", f"there are {', '.join(tools)}")
    return tuple(tools[name] for name in chosen) + (NOTE_TOOLS if notes else ())


async def take_turns(agent: Agent, talk: Talk, max_steps: int, *, summarise: bool = False) -> Answer:
    """Have the agent take its turns until it is done, goes round in circles, or ``max_steps`` are taken."""
    silent = 0
    for _ in range(max_steps):
        if summarise and talk.too_long:
            await _summarise(agent, talk)
        turn = await talk.turn()
        answer = read_stated(turn.text, agent.task)
        if turn.calls:
            observation = await talk.do(turn.calls)
            if observation.done:
                return answered(answer.text or observation.text, talk)
            if talk.goes_round:
                break
        elif answer.text:
            return answered(answer.text, talk)
        elif silent:
            break
        else:
            silent += 1
            talk.messages.append(Message("user", SAY_WHICH))
    return await finish(agent, talk)


async def finish(agent: Agent, talk: Talk) -> Answer:
    """Ask the agent for its answer, where it has not given one."""
    ending = ending_of(as_asked(agent.task))
    last = await talk.turn(f"{FINISH}\n{ending}" if ending else f"{FINISH} {ANSWER_LINE}")
    return answered((read_reply if ending else read_stated)(last.text, agent.task).text, talk)


async def _summarise(agent: Agent, talk: Talk) -> None:
    """Begin the conversation anew, with a summary in place of all turns but the last."""
    starts = [n for n, message in enumerate(talk.messages) if message.role == "assistant"]
    if len(starts) < 2:
        return
    history = talk.told(room(agent.model, 0.5), but_last=1)
    summary = await compact(agent.task, history, role=agent.role, model=agent.model)
    if not summary:
        return
    running().note("context", f"{len(starts) - 1} steps are summarised to fit the window")
    told = agent.remember(f"Done so far: {summary}")
    talk.messages = [*told.prompt(talk.native, talk.start), *talk.messages[starts[-1] :]]


def answered(text: str, talk: Talk) -> Answer:
    """An answer with all that led to it."""
    return Answer(text, "\n".join(talk.transcript))


def or_think(
    function: Callable[Given, Coroutine[Any, Any, Answer]],
) -> Callable[Given, Coroutine[Any, Any, Answer]]:
    """Have an acting block solve the problem by `chain_of_thought` where there is nothing to act in."""

    @functools.wraps(function)
    async def block(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        if running().gate is not None:
            return await function(*args, **kwargs)
        task: Any = args[0] if args else kwargs["task"]
        plain: Any = {k: v for k, v in kwargs.items() if k in ("instruction", "role", "temperature", "model")}
        return await chain_of_thought(task, **plain)

    return block
