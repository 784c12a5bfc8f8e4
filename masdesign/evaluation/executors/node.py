"""What runs on the nodes of a cluster: a function and a class whose calls can be made again anywhere.

What a process keeps between two calls (interpreters, runtimes, the embedded model) is made when it is first
needed, and lost with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from masdesign.building_blocks import fingerprint
from masdesign.errors import InputError, LMError, MasdesignError
from masdesign.evaluation.executors.shipped import Shipped, blocks_of
from masdesign.lm import LM
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.lm.abacus.tokenizer import WEIGHTS
from masdesign.lm.profile import ModelProfile, profile_of
from masdesign.memory import EMPTY, Memory
from masdesign.types import Action, Asking, Call, Completion, Item, Observation, Question, Request, Tool
from masdesign.workflow import Block, Checked, ItemOutcome, Limits, MontySandbox, Runtime, Sandbox, run_item
from masdesign.workflow.faults import ENDS_THE_RUN

Train = Callable[[], Sequence[Item]]

_SAME = "install the same masdesign on every node"


@dataclass(frozen=True, slots=True)
class ItemJob:
    """An item to be run as far as its replies reach."""

    design: Checked
    fingerprint: str
    """Of the blocks and templates that the design uses, where the result is wanted."""
    question: Question
    terms: Terms
    train: Train
    """Fetches the items that blocks may show."""
    replies: tuple[RecordedReply, ...]
    """In the order of the item's calls."""
    scene: EpisodeView | None = None
    """What the item sees of its episode, which stays where the result is wanted."""


def advance_items(jobs: Sequence[ItemJob]) -> list[Reached] | InputError:
    """How far each item comes, aligned with ``jobs``; or why this node cannot take any."""
    for job in jobs:
        try:
            here = _fingerprint(job.design.source, job.terms.plugins)
        except InputError as error:
            return InputError(f"a node of the cluster cannot load a plug-in ({error})")
        if here != job.fingerprint:
            return InputError(f"a node of the cluster has other building blocks than this machine; {_SAME}")
    return asyncio.run(_advance(jobs))


async def _advance(jobs: Sequence[ItemJob]) -> list[Reached]:
    runs = (advance(j.design, j.question, _runtime(j.terms, j.train), j.replies, j.scene) for j in jobs)
    return await asyncio.gather(*runs)


@lru_cache(1024)
def _fingerprint(source: str, plugins: Shipped) -> str:
    return fingerprint(source, blocks_of(plugins))


@lru_cache(64)
def _runtime(terms: Terms, train: Train) -> Runtime:
    return terms.runtime(blocks_of(terms.plugins), _sandbox(), train)


@cache
def _sandbox() -> MontySandbox:
    return MontySandbox(processes=1)


class AbacusOfNode:
    """The embedded model of a node, on all cores of it.

    Parameters: ``folder`` holds its weights, ``None`` is for those of the package; ``model`` is the id that
    they must have.
    """

    def __init__(self, cores: int, folder: Path | None, model: str) -> None:
        self._cores, self._folder, self._model = cores, folder or WEIGHTS, model
        self._lm: AbacusLM | None = None

    async def complete(self, requests: Sequence[Request]) -> list[Completion | LMError] | InputError:
        """Completions, aligned with ``requests``; or why this node has no such model."""
        try:
            lm = self._lm = self._lm or AbacusLM(workers=self._cores, folder=self._folder)
        except (OSError, ValueError, KeyError) as error:
            where = f"cannot load abacus from {self._folder} ({error})"
            return InputError(f"a node of the cluster {where}; {_SAME}")
        if lm.model != self._model:
            return InputError(f"a node of the cluster has {lm.model}, and not {self._model}; {_SAME}")

        async def one(request: Request) -> Completion | LMError:
            try:
                return await lm.complete(request)
            except LMError as error:
                return error

        return await asyncio.gather(*map(one, requests))


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
            clock=_moment,
            embedding=None if self.embedding is None else models[self.embedding],
            train=train,
            **{name: getattr(self, name) for name in _SHARED},
        )


_SHARED = ("world", "tools", "limits", "allow_no_calls", "asking", "memory")
"""What stands in `Terms` as it stands in a `Runtime`."""


def terms_of(runtime: Runtime, plugins: Shipped) -> tuple[Terms, list[LM]]:
    """The terms of a runtime, with what its own blocks need, and its models by their numbers."""
    models = list({id(lm): lm for lm in (*runtime.models.values(), runtime.embedding) if lm}.values())
    numbers = {id(lm): number for number, lm in enumerate(models)}
    terms = Terms(
        names=tuple((name, numbers[id(lm)]) for name, lm in runtime.models.items()),
        models=tuple((lm.model, profile_of(lm)) for lm in models),
        embedding=None if runtime.embedding is None else numbers[id(runtime.embedding)],
        plugins=plugins,
        **{name: getattr(runtime, name) for name in _SHARED},
    )
    return terms, models


@dataclass(frozen=True)
class EpisodeView:
    """What an item sees of its episode: the tools, how it began; and the way there, which is asked for."""

    tools: tuple[Tool, ...]
    start: Observation

    async def act(self, action: Action) -> Observation:
        """The observation or error that this action returned to the item."""
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
        """The completion or error that this request returned to the item."""
        completion = await _memory.get().recall((self.number, request))
        assert isinstance(completion, Completion)
        return completion

    async def aclose(self) -> None:
        """Nothing to close."""
