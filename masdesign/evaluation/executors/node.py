"""What runs on the nodes of a cluster: a function and a class whose calls can be made again anywhere.

What a process keeps between two calls (interpreters, runtimes, the embedded model) is made when it is first
needed, and lost with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from masdesign.building_blocks import fingerprint
from masdesign.errors import InputError, LMError
from masdesign.evaluation.executors.replayed import EpisodeView, Reached, RecordedReply, Terms, advance
from masdesign.evaluation.executors.shipped import Shipped, blocks_of
from masdesign.lm.abacus.provider import WEIGHTS, AbacusLM
from masdesign.types import Completion, Item, Question, Request
from masdesign.workflow import Checked, MontySandbox, Runtime

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
