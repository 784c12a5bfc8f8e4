"""An item's run as a function of the completions that it has had so far.

A run is determined by its design, its question and its completions: draws are numbered, calls that wait
together go out and come back together, and the guest's random numbers have a fixed seed. So nothing has to
be kept of an item while it waits. Each time it is run again from its start (about a millisecond, beside
completions that take a second), what it asked for before is answered from memory, and its next wave of
calls is what it comes to. Then any place can go on with any item, and a place that is lost loses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from masdesign.errors import MasdesignError
from masdesign.evaluation.executors.shipped import Shipped
from masdesign.lm import LM
from masdesign.lm.profile import ModelProfile, profile_of
from masdesign.memory import EMPTY, Memory
from masdesign.types import Action, Asking, Call, Completion, Item, Observation, Question, Request, Tool
from masdesign.workflow import Block, Checked, ItemOutcome, Limits, Runtime, Sandbox, run_item
from masdesign.workflow.faults import ENDS_THE_RUN

ACTION = -1
Ask = tuple[int, Call]
"""A call to be made: the number of the model in `Terms` and the request, or `ACTION` and the action."""


@dataclass(frozen=True, slots=True)
class RecordedReply:
    """What a call came to: a completion, or the error that was raised instead."""

    outcome: Completion | Observation | MasdesignError
    seconds: float
    """When it came, in seconds since the item began."""


Reached = ItemOutcome | MasdesignError | tuple[Ask, ...]
"""How far an item comes: to its outcome, to an error that ends the whole run, or to its next calls."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the items of a run share, as plain values: a `Runtime` but for what acts in it."""

    names: tuple[tuple[str, int], ...]
    """The number of the model behind each name that designs may ask for."""
    models: tuple[tuple[str, ModelProfile], ...]
    """Id and profile of each model, by its number."""
    embedding: int | None
    world: int
    tools: frozenset[str]
    limits: Limits
    allow_no_calls: bool
    asking: Asking
    plugins: Shipped
    """The blocks that did not come with the package."""
    memory: Memory = EMPTY

    def runtime(
        self, blocks: Mapping[str, Block[..., Any]], sandbox: Sandbox, train: Callable[[], Sequence[Item]]
    ) -> Runtime:
        """A runtime on these terms for `advance`, shared by any number of items."""
        models = [_Remembered(number, *terms) for number, terms in enumerate(self.models)]
        return Runtime(
            models={name: models[number] for name, number in self.names},
            blocks=blocks,
            sandbox=sandbox,
            world=self.world,
            tools=self.tools,
            limits=self.limits,
            allow_no_calls=self.allow_no_calls,
            clock=_moment,
            embedding=None if self.embedding is None else models[self.embedding],
            train=train,
            asking=self.asking,
            memory=self.memory,
        )


def terms_of(runtime: Runtime, plugins: Shipped) -> tuple[Terms, list[LM]]:
    """The terms of a runtime, with what its own blocks need, and its models by their numbers."""
    models = list({id(lm): lm for lm in (*runtime.models.values(), runtime.embedding) if lm}.values())
    numbers = {id(lm): number for number, lm in enumerate(models)}
    terms = Terms(
        names=tuple((name, numbers[id(lm)]) for name, lm in runtime.models.items()),
        models=tuple((lm.model, profile_of(lm)) for lm in models),
        embedding=None if runtime.embedding is None else numbers[id(runtime.embedding)],
        world=runtime.world,
        tools=runtime.tools,
        limits=runtime.limits,
        allow_no_calls=runtime.allow_no_calls,
        asking=runtime.asking,
        plugins=plugins,
        memory=runtime.memory,
    )
    return terms, models


@dataclass(frozen=True)
class EpisodeView:
    """What an item sees of its episode: the tools, how it began; and the way there, which is asked for."""

    tools: tuple[Tool, ...]
    start: Observation

    async def act(self, action: Action) -> Observation:
        """What the item was told of this action."""
        observation = await _memory.get().recall((ACTION, action))
        assert isinstance(observation, Observation)
        return observation


async def advance(
    design: Checked,
    question: Question,
    runtime: Runtime,
    replies: Sequence[RecordedReply],
    scene: EpisodeView | None = None,
) -> Reached:
    """Run an item as far as the replies reach, which stand in the order of its calls.

    ``runtime`` is one of `Terms.runtime`.
    """
    memory = _Memory(replies)
    _memory.set(memory)  # in this task's own context
    running = asyncio.create_task(run_item(design, question, runtime, scene))
    waiting = asyncio.create_task(memory.full.wait())
    try:
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else tuple(memory.asked)
    except ENDS_THE_RUN as error:
        return error
    finally:
        for task in (running, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError, *ENDS_THE_RUN):
                await task


@dataclass(eq=False)
class _Memory:
    """What one item has been told, and what it asks for now."""

    replies: Sequence[RecordedReply]
    """By the number of the call: calls go out in order of issue, the same each time."""
    calls: int = 0
    asked: list[Ask] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the item waits for calls that are not in ``replies``."""
    moment: float = 0.0

    async def recall(self, ask: Ask) -> Completion | Observation:
        """The reply, if there is one; else the item waits here for good."""
        number, self.calls = self.calls, self.calls + 1
        if number >= len(self.replies):
            self.asked.append(ask)
            loop = asyncio.get_running_loop()
            loop.call_soon(self.full.set)  # after the others of its wave, which are started already
            await loop.create_future()
            raise AssertionError("a call that has no reply goes on")
        reply = self.replies[number]
        self.moment = max(self.moment, reply.seconds)
        if isinstance(reply.outcome, MasdesignError):
            raise reply.outcome
        return reply.outcome


_memory: ContextVar[_Memory] = ContextVar("memory")


def _moment() -> float:
    """The item's clock: seconds from its start to its latest completion."""
    return _memory.get().moment


class _Remembered:
    """A model as the item sees it: its completions are remembered, or asked for."""

    def __init__(self, number: int, model: str, profile: ModelProfile) -> None:
        self.number, self.model, self.profile, self.window = number, model, profile, profile.window

    async def complete(self, request: Request) -> Completion:
        """What the item was told of this request."""
        completion = await _memory.get().recall((self.number, request))
        assert isinstance(completion, Completion)
        return completion

    async def aclose(self) -> None:
        """Nothing to close."""
