"""A cluster of this process alone: all that crosses is pickled, and now and then what was run is lost."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any

from masdesign.errors import ProviderError
from masdesign.types import Completion, Item, Request


@dataclass(frozen=True)
class Held:
    items: tuple[Item, ...]

    def __call__(self) -> tuple[Item, ...]:
        return self.items

    def __hash__(self) -> int:
        return len(self.items)


@dataclass(eq=False)
class Kept:
    """An object of a node, in the loop of the test."""

    made: Any
    cores: int
    calls_left: float = inf
    """After so many calls its node is lost."""

    async def call(self, method: str, *args: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise ProviderError("the node is lost")
        said = await getattr(self.made, method)(*pickle.loads(pickle.dumps(args)))  # noqa: S301  (made here)
        return pickle.loads(pickle.dumps(said))  # noqa: S301


class Loopback:
    """The `Cluster` that tests use: ``lost`` is the share of results that are thrown away, and made again."""

    def __init__(self, cores: int = 3, *, lost: float = 0.0, seed: int = 0) -> None:
        self.cores, self.lost, self.rng = cores, lost, Random(seed)
        self.sizes: list[int] = []
        """How many jobs each chunk had."""
        self.again = 0
        self.sent = b""
        """All bytes that went to the cluster."""
        self._thread = ThreadPoolExecutor(1)

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        sent = pickle.dumps((function, args))
        self.sent += sent
        self.sizes.append(len(args[-1]))
        loop = asyncio.get_running_loop()
        while True:
            received = await loop.run_in_executor(self._thread, _run, sent)
            if self.rng.random() >= self.lost:
                return pickle.loads(received)  # noqa: S301  (made here)
            self.again += 1

    def place(self, kind: type, *args: object) -> list[Kept]:
        self.placed = [Kept(kind(cores, *args), cores) for cores in range(1, self.cores)]
        return self.placed

    def put(self, items: tuple[Item, ...]) -> Held:
        return Held(items)


def _run(sent: bytes) -> bytes:
    function, args = pickle.loads(sent)  # noqa: S301  (made here)
    return pickle.dumps(function(*args))


class Echo:
    """In the place of the embedded model: completions that name the core count of the node."""

    def __init__(self, cores: int, *_: object) -> None:
        self.cores = cores

    async def complete(self, requests: Sequence[Request]) -> list[Completion]:
        await asyncio.sleep(0)
        return [Completion(str(self.cores)) for _ in requests]
