"""A discovered design as a function: `load` it, call it."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Unpack

from masdesign.archive import Archive
from masdesign.archive.found_on import belongings
from masdesign.building_blocks import BLOCKS
from masdesign.errors import InputError, ProviderError, SourceError
from masdesign.evaluation.session import open_runtime
from masdesign.lm.table import Models
from masdesign.session.resolve import adding, models_chosen_with, opened_if_there, resolve_design
from masdesign.session.session import ModelResources
from masdesign.tasks import Task
from masdesign.types import Answer, Question
from masdesign.workflow import Design, ItemOutcome, Runtime, run_item


class _Service:
    """An event loop in a thread of its own, and in it a runtime that opens with the first call.

    So that calls from any thread, with or without a loop of its own, share one model and one sandbox.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="masdesign-load", daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._runtime: Runtime | None = None

    def submit(self, design: Design, question: Question) -> asyncio.Future[ItemOutcome] | Any:
        return asyncio.run_coroutine_threadsafe(self._run(design, question), self._loop)

    async def _run(self, design: Design, question: Question) -> ItemOutcome:
        async with self._opening:
            if self._runtime is None:
                self._runtime = await self._stack.enter_async_context(open_runtime(**self._options))
        return await run_item(design, question, self._runtime)

    def close(self) -> None:
        if self._loop.is_closed():
            return
        if threading.current_thread() is self._thread:  # collected as garbage here: waiting would be for ever
            self._closing = self._loop.create_task(self._close())
            return
        asyncio.run_coroutine_threadsafe(self._stack.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        await self._stack.aclose()
        self._loop.stop()


class Runnable:
    """A design that answers questions. Made by `load`.

    Model and sandbox start with the first call and stay until `close` (or the end of a ``with``, or of
    the program). It may be called from several threads and event loops at once.
    """

    def __init__(self, design: Design, options: Mapping[str, Any], note: str = "") -> None:
        self.design = design
        self.note = note
        """What a user should know of how the design runs here; mostly empty."""
        self._service = _Service(options)
        self._finalizer = weakref.finalize(self, self._service.close)

    def __call__(self, question: str, context: Iterable[str] = (), choices: Iterable[str] = ()) -> Answer:
        """The design's answer; its ``text`` is empty where no answer could be read from a reply.

        Raises:
            SourceError: the workflow itself failed on this question (line, reason, cure).
            ProviderError: the model could not be reached.
            CredentialsError, InputError: the key or the model's name is wrong.
        """
        return _answer(self._service.submit(self.design, _question(question, context, choices)).result())

    async def acall(self, question: str, context: Iterable[str] = (), choices: Iterable[str] = ()) -> Answer:
        """As calling it, from async code."""
        future = self._service.submit(self.design, _question(question, context, choices))
        return _answer(await asyncio.wrap_future(future))

    def close(self) -> None:
        """Let model and sandbox go; closing twice does no harm."""
        self._finalizer()

    def __enter__(self) -> Runnable:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Runnable {self.design.id} {self.design.name}>".replace(" >", ">")


def _question(question: str, context: Iterable[str], choices: Iterable[str]) -> Question:
    passages = (context,) if isinstance(context, str) else tuple(context)
    return Question(question, passages, tuple(choices))


def _answer(outcome: ItemOutcome) -> Answer:
    failure = outcome.failure
    if failure is not None and failure.kind == "provider":
        raise ProviderError(failure.message)
    if failure is not None and failure.kind == "design":
        raise SourceError(failure.message, line=failure.line, cure=failure.cure)
    return outcome.answer or Answer("")


class LoadOptions(ModelResources, total=False):
    """Further options of `load`; without a ``cache`` replies are remembered while the runnable lives."""

    world: int
    """An independent replicate of all draws."""


def load(
    ref: str | Design,
    *,
    archive: Archive | str | Path | None = None,
    task: Task | str | None = None,
    model: Models | None = None,
    tools: Iterable[str] | None = None,
    examples: bool = True,
    **options: Unpack[LoadOptions],
) -> Runnable:
    """A design of the archive, ready to be called, with all that it was evaluated with.

    Parameters:
        ref: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        archive: one that is open, or where it is; by default as for `Archive`.
        task: the task that ``best`` refers to; its `train` items may be shown as examples;
            by default those of the task that it was found on.
        model: what answers, as in `open_runtime`; by default the models that the design was chosen with
            (`models_chosen_with`), else abacus.
        tools: what the design may use (``python``, ``calculator``, ``retrieval``); by default what the
            task that it was found on declares.
        examples: false runs the design without examples, where that task is not at hand.
        options: see `LoadOptions`.

    Raises:
        InputError: no such design, or several; or it shows examples of a task that cannot be loaded
            here. One line.

    Example::

        answer = md.load("best", task="arithmetic")("((1 + 2 * 4) - (3 * -2)) =")
    """
    added = adding(options.pop("plugins", ()), options.pop("blocks", ()))
    with opened_if_there(archive) as store, added:
        place = archive if store is None else store
        named = model if isinstance(model, str) else None
        design = resolve_design(ref, archive=place, task=task, model=named)
        model = model or models_chosen_with(place, design) or "abacus"
        given = belongings(store, design, task=task, examples=examples)
        if given.environment is not None:
            raise InputError(f"design {design.id} acts with tools; have it answer by run_design")
        blocks = BLOCKS.all()
    opened: dict[str, Any] = {"models": model, "blocks": blocks, **options}
    allowed = given.tools if tools is None else tuple(tools)
    return Runnable(
        design, {**opened, "tools": allowed, "train": given.train, "asking": given.asking}, given.note
    )
