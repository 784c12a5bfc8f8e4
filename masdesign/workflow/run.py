"""One item run: the workflow in the sandbox, its block calls on the host, its outcome as a value."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from masdesign.errors import InputError
from masdesign.types import Completion, Message, Question, Request
from masdesign.workflow.failures import ItemFailed, design_failure
from masdesign.workflow.runtime import Runtime
from masdesign.workflow.trace import Node, current_node
from masdesign.workflow.wave import Wave

if TYPE_CHECKING:
    from masdesign.lm.protocol import LM

T = TypeVar("T")

MAX_TOKENS = 512
"""The length of a completion where a block does not say."""


@dataclass(eq=False)
class ItemRun:
    """The run of one item now in progress, as blocks see it (`running`)."""

    question: Question
    runtime: Runtime
    root: Node
    wave: Wave = field(default_factory=Wave)
    calls: int = 0
    """Completions asked for so far."""
    text: int = 0
    """Characters passed to blocks so far."""
    fatal: BaseException | None = None
    """What has ended this run, whatever the workflow makes of it."""
    _samples: Counter[tuple[object, ...]] = field(default_factory=Counter)

    async def complete(
        self,
        messages: Iterable[Message],
        *,
        model: str = "",
        temperature: float = 0.0,
        max_tokens: int | None = None,
        stop: tuple[str, ...] = (),
    ) -> Completion:
        """A completion of ``messages`` by the model that the run knows as ``model``.

        The n-th request of an item's run with the same model, messages and parameters is sample n.

        Raises:
            ItemFailed: the run has no such model, or the item has used up its calls.
            LMError, BudgetExhausted: as the model raises them; they end the item's run.
        """
        if self.fatal is not None:
            raise self.fatal
        lm = self.lm(model)
        if self.calls >= self.runtime.limits.calls:
            raise self.failed(f"more than {self.runtime.limits.calls} calls", "ask for fewer completions")
        self.calls += 1
        request = self._request(lm.model, tuple(messages), temperature, max_tokens, tuple(stop))
        node = (current_node.get() or self.root).child(model or "model", "model")
        node.request, node.model = request, self.runtime.name_of(model)
        start = self.runtime.clock()
        try:
            completion = await self.wave.join(lambda: lm.complete(request))
        except (Exception, asyncio.CancelledError) as error:
            self.fatal = self.fatal or error
            raise
        node.completion = node.output = completion
        node.seconds = self.runtime.clock() - start
        return completion

    def lm(self, name: str = "") -> LM:
        """The model that the run knows as ``name``; ``""`` is the default."""
        found = self.runtime.models.get(name)
        if found is None:
            known = ", ".join(repr(n) for n in self.runtime.models if n) or "none but the default"
            raise self.failed(f"unknown model {name!r}", f"this run knows: {known}")
        return found

    async def run_python(self, source: str) -> str:
        """What the Python program ``source`` gives: its last expression's value, else what it prints.

        Raises:
            ItemFailed: the task does not declare the tool ``python``.
            ToolError: the program failed or ran past its limits. The item goes on.
        """
        if self.fatal is not None:
            raise self.fatal
        if "python" not in self.runtime.tools:
            raise self.failed("the task does not declare the tool python", "answer without a program")
        node = (current_node.get() or self.root).child("python", "tool", (("source", source),))
        start = self.runtime.clock()
        sandbox, limits = self.runtime.sandbox, self.runtime.limits
        try:
            output = await self.wave.join(lambda: sandbox.run_python(source, limits))
        finally:
            node.seconds = self.runtime.clock() - start
        node.output = output
        return output

    def failed(self, message: str, cure: str = "") -> ItemFailed:
        """The end of this run by the design's own fault: to be raised."""
        error = design_failure(message, cure)
        self.fatal = self.fatal or error
        return error

    def _request(
        self,
        model: str,
        messages: tuple[Message, ...],
        temperature: float,
        max_tokens: int | None,
        stop: tuple[str, ...],
    ) -> Request:
        most = MAX_TOKENS if max_tokens is None else max_tokens
        if not 0.0 <= temperature <= 2.0:
            raise self.failed(f"temperature {temperature} is not between 0 and 2", "use 0 to 1")
        if most < 1:
            raise self.failed(f"max_tokens {most} is below 1", "leave it out")
        key = (model, messages, temperature, most, stop)
        sample = self._samples[key]
        self._samples[key] += 1
        return Request(messages, "", temperature, most, stop, sample, self.runtime.world)


current_run: ContextVar[ItemRun | None] = ContextVar("running", default=None)


def running() -> ItemRun:
    """The item's run now in progress.

    Raises:
        InputError: none is.
    """
    run = current_run.get()
    if run is None:
        raise InputError("a block was called outside an item's run; call it within `async with item_run(…)`")
    return run


async def gather(*awaitables: Awaitable[T]) -> list[T]:
    """The results of all, run at once, in order. The blocks' counterpart of the design language's `gather`.

    Where some raise, all are awaited, then the first error in order is raised.
    """
    run = current_run.get()
    if run is None:
        return list(await asyncio.gather(*awaitables))
    if len(awaitables) < 2:
        return [await a for a in awaitables]
    wave, left = run.wave, len(awaitables)

    async def child(awaitable: Awaitable[T]) -> T:
        nonlocal left
        try:
            return await awaitable
        except asyncio.CancelledError:  # only the whole item is ever cancelled
            wave.close()
            raise
        finally:
            left -= 1
            if left:  # the last to end hands its place to the waiting parent
                wave.leave()

    wave.fork(left)
    try:
        results: list[Any] = await asyncio.gather(*(child(a) for a in awaitables), return_exceptions=True)
    finally:  # a child that was cancelled before its first step has left its coroutine unstarted
        for awaitable in awaitables:
            if asyncio.iscoroutine(awaitable):
                awaitable.close()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
