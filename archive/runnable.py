"""A discovered design as a function: `load` it, call it."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from masdesign.archive.found_on import belongings
from masdesign.archive.runs import COMPARISON
from masdesign.archive.store import DEFAULT, Archive
from masdesign.errors import InputError, ProviderError, SourceError
from masdesign.evaluation.session import open_runtime
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
        asked = self._service.submit(self.design, _question(question, context, choices))
        return _answer(await asyncio.wrap_future(asked))

    def close(self) -> None:
        """Let model and sandbox go; closing twice does no harm."""
        self._finalizer()

    def __enter__(self) -> Runnable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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


def load(
    ref: str | Design,
    *,
    archive: Archive | str | Path | None = None,
    task: Task | str | None = None,
    model: str | Mapping[str, str] = "abacus",
    tools: Iterable[str] | None = None,
    examples: bool = True,
    cache: Path | str | None = None,
    concurrency: int = 64,
    world: int = 0,
    price: str | Mapping[str, str] | None = None,
    base_url: str | None = None,
) -> Runnable:
    """A design of the archive, ready to be called, with all that it was evaluated with.

    Parameters:
        ref: an id, a unique prefix of one, a name, ``best`` (of ``task`` and ``model``; without a
            task the winner of the latest finished run), or a `Design`.
        archive: one that is open, or where it is; by default as for `Archive`.
        task: of which task ``best`` is meant, and whose `train` items the design may show as examples;
            by default those of the task that it was found on.
        model: what answers; a table gives models by the names that designs ask for, ``""`` the default.
        tools: what the design may use (``python``, ``calculator``, ``retrieval``); by default what the
            task that it was found on declares.
        examples: false runs the design without examples, where that task is not at hand.
        cache: a file of recorded calls; by default replies are remembered while the runnable lives.
        concurrency: calls in flight, for each model.
        world: an independent replicate of all draws.
        price, base_url: as for `open_runtime`.

    Raises:
        InputError: no such design, or several; or it shows examples of a task that cannot be loaded
            here. One line.

    Example::

        answer = md.load("best", task="arithmetic")("((1 + 2 * 4) - (3 * -2)) =")
    """
    options: dict[str, Any] = {"models": model, "cache": cache, "concurrency": concurrency}
    options |= {"world": world, "price": price, "base_url": base_url}
    with _opened(archive, make=isinstance(ref, str)) as store:
        if isinstance(ref, Design):
            design = ref
        else:
            assert store is not None  # opened, or it has raised
            design = _find(store, ref, task, model)
        given = belongings(store, design, task=task, examples=examples)
    allowed = given.tools if tools is None else tuple(tools)
    return Runnable(design, {**options, "tools": allowed, "train": given.train}, given.note)


@contextmanager
def _opened(archive: Archive | str | Path | None, *, make: bool) -> Iterator[Archive | None]:
    """The archive; ``None`` where its file is not there and need not be made."""
    if isinstance(archive, Archive):
        yield archive
        return
    place = str(archive or os.environ.get("MASDESIGN_ARCHIVE") or DEFAULT)
    if not make and "://" not in place and not Path(place).exists():
        yield None
        return
    with Archive(place) as opened:
        yield opened


def _find(archive: Archive, ref: str, task: Task | str | None, model: str | Mapping[str, str]) -> Design:
    if ref != "best":
        return archive.design(ref)
    if task is not None:
        return archive.best(task, model if isinstance(model, str) else None)
    return latest_winner(archive)


def latest_winner(archive: Archive) -> Design:
    """The winner of the run that finished last here. Raises `InputError` where none has."""
    finished = [
        run
        for run in archive.runs()
        if run.finished is not None and not run.foreign and (run.searches or run.strategy == COMPARISON)
    ]
    if not finished:
        raise InputError(
            "no run has finished in this archive, so there is no best design; name a task or an id"
        )
    run = max(finished, key=lambda run: run.finished or 0.0)
    winner = (run.outcome or {}).get("best")
    if isinstance(winner, dict) and isinstance(winner.get("id"), str):
        return archive.design(winner["id"])
    return archive.best(run.task, run.model, run=run.name)
