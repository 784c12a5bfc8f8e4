"""Abacus as a language model: worker processes that batch all waiting calls."""

import asyncio
import itertools
import json
import os
import threading
import weakref
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from masdesign.errors import InputError, ProviderError
from masdesign.lm.abacus.link import Ask, Link, Waiter, ask, fail
from masdesign.lm.abacus.tokenizer import SHIPPED, WEIGHTS
from masdesign.lm.profile import RECORDED
from masdesign.spending.price import Price
from masdesign.types import Completion, Message, Request

SHARE = 8
"""Draws of one prompt that go to one worker together; more are spread over the workers."""

_Prompt = tuple[Message, ...]


def folder_of(argument: str) -> Path:
    """The folder of the weights that ``abacus:ARGUMENT`` names: a shipped model's, or one's own.

    >>> folder_of("3").name, folder_of("copies/mine").name
    ('weights3', 'mine')
    """
    return SHIPPED.get(argument) or Path(argument)


class AbacusLM:
    """The embedded model: real, small, offline, free of charge.

    Worker processes start with the first call, and again after `aclose` or a crash; one instance may
    serve several event loops. A text depends on the weights, the messages, ``temperature``,
    ``max_tokens``, ``stop``, ``sample`` and ``world`` and on nothing else; at temperature 0 the last
    two do not matter. ``max_tokens`` counts the token that ends a reply, as ``usage`` does.

    Parameters: ``workers`` is the number of processes (default: one a core); ``folder`` holds
    ``weights.npz``, ``vocab.json`` and ``manifest.json`` (default: those of the package).

    >>> lm = AbacusLM(workers=1)
    >>> reply = asyncio.run(lm.complete(Request((Message("user", "1 + 1 ="),), max_tokens=4)))
    >>> 1 <= reply.usage.completion_tokens <= 4
    True
    >>> asyncio.run(lm.aclose())
    """

    price = Price(0.0, 0.0)

    def __init__(self, workers: int | None = None, *, folder: Path = WEIGHTS) -> None:
        if workers is not None and workers < 1:
            raise InputError(f"abacus cannot run on {workers} workers; give 1 or more")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        self.model: str = f"{manifest['name']}@{manifest['revision'][:8]}"
        self.window: int = manifest["architecture"]["window"]
        self.profile = replace(RECORDED, window=self.window)
        self._folder = folder
        self._size = workers or _cores()
        self._keys = itertools.count()
        self._lock = threading.Lock()
        self._outbox: list[tuple[Request, Waiter]] = []
        self._links: list[Link] = []
        # also runs when the interpreter ends
        self._finalizer = weakref.finalize(self, _close, self._links)

    async def complete(self, request: Request) -> Completion:
        """Have one completion. Raises `ContextOverflow`, and `ProviderError` when a worker dies."""
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        with self._lock:
            self._outbox.append((request, waiter))
        loop.call_soon(self._flush)  # after every task that is ready has had its turn
        try:
            return await waiter
        except asyncio.CancelledError:
            self._forget(waiter)
            raise

    async def aclose(self) -> None:
        """End the workers. May be called twice; a later call starts new ones."""
        with self._lock:
            links = self._links[:]
            self._links.clear()
        if links:
            await asyncio.to_thread(_close, links)

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the worker processes that were started."""
        return tuple(link.pid for link in self._links)

    def _flush(self) -> None:
        """Send what waits: draws of one prompt together, to the workers that have least to do."""
        with self._lock:
            outbox, self._outbox = self._outbox, []
            groups: dict[_Prompt, list[tuple[Request, Waiter]]] = defaultdict(list)
            for request, waiter in outbox:
                if not waiter.done():
                    groups[request.messages].append((request, waiter))
            for group in groups.values():
                for start in range(0, len(group), SHARE):
                    self._dispatch(group[start : start + SHARE])

    def _dispatch(self, group: list[tuple[Request, Waiter]]) -> None:
        asks: list[Ask] = [ask(next(self._keys), request) for request, _ in group]
        waiters = [waiter for _, waiter in group]
        try:
            while not (link := self._least_busy()).send(asks, waiters):
                self._links.remove(link)  # it has ended
        except OSError as error:
            for waiter in waiters:
                fail(waiter, ProviderError(f"no worker of abacus could be started: {error}"))

    def _least_busy(self) -> Link:
        """An idle worker, else a new one, else the one with the fewest calls."""
        best = min(self._links, key=lambda link: len(link.waiting), default=None)
        if best is None or (best.waiting and len(self._links) < self._size):
            best = Link(self._folder)
            self._links.append(best)
        return best

    def _forget(self, waiter: Waiter) -> None:
        for link in self._links[:]:
            for key, other in list(link.waiting.items()):
                if other is waiter:
                    link.cancel(key)


def _close(links: list[Link]) -> None:
    while links:
        links.pop().close()


def _cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
