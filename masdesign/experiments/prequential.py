"""Does a memory pay? Prequential score and cost along streams, beside a frozen and a shuffled memory.

Each item is answered before it is learnt from, so that every score is of an unseen item (prequential
evaluation, Dawid 1984, doi:10.2307/2981683). The order matters: several shuffled orders are streamed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from masdesign.experiments.stream import MemoryReader, Streamed, stream
from masdesign.experiments.writing import REFLECT, Learning
from masdesign.memory import EMPTY, Memory
from masdesign.spending.ledger import Ledger
from masdesign.statistics.paired import Difference, paired_difference
from masdesign.tasks import Task
from masdesign.types import Item, Result
from masdesign.workflow import Design, Runtime

PARTS = 4
"""Stretches of a stream whose means make its curve."""


@dataclass(frozen=True)
class Order:
    """One order of the stream: a result of each arm at each place."""

    learning: Streamed
    frozen: tuple[Result, ...]
    """With the memory of the start."""
    shuffled: tuple[Result, ...]
    """With the memory that ``learning`` read at that place, its contents dealt to other conditions."""

    @property
    def learnt(self) -> tuple[Result, ...]:
        """The results of the learning arm."""
        return tuple(step.result for step in self.learning.steps)


@dataclass(frozen=True)
class Prequential:
    """What learning from a stream brought, over all its orders."""

    orders: tuple[Order, ...]
    again: tuple[Result, ...]
    """The first quarter of the first order, answered once more with the memory of its end."""
    seed: int = 0
    carried: CarriedOver | None = None
    """What the first order's memory was worth on a second task, where there was one."""

    def curve(self, arm: str) -> list[float]:
        """Mean score by quarter of the stream; ``arm`` is ``learnt``, ``frozen`` or ``shuffled``."""
        return self._by_part(arm, lambda result: result.score)

    def tokens(self, arm: str) -> list[float]:
        """Mean tokens an item by quarter, without what writing takes (`writing_tokens`)."""
        return self._by_part(arm, lambda result: float(result.usage.tokens))

    @property
    def writing_tokens(self) -> float:
        """Tokens an item that learning took beside answering."""
        orders = [order.learning for order in self.orders]
        spent = sum(s.writing.tokens for stream in orders for s in stream.steps)
        spent += sum(stream.upkeep.tokens for stream in orders)
        return spent / max(1, sum(len(stream.steps) for stream in orders))

    @cached_property
    def gain(self) -> Difference:
        """Learning minus frozen in the second half of the stream, by item, each a mean over the orders."""
        return self._against("frozen")

    @cached_property
    def gain_of_content(self) -> Difference:
        """Learning minus shuffled there: what the lessons say, and not that there are some."""
        return self._against("shuffled")

    @property
    def backward(self) -> float:
        """Backward transfer: the first quarter's score with the last memory, minus what it was at first."""
        first = self.orders[0].learnt[: len(self.again)]
        pairs = ((late.score, early.score) for late, early in zip(self.again, first, strict=True))
        gains = [late - early for late, early in pairs if late is not None and early is not None]
        return fmean(gains) if gains else 0.0

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign memory measure --json`` prints."""
        arms = ("learnt", "frozen", "shuffled")
        gains = {"gain": self.gain, "gain_of_content": self.gain_of_content}
        return {
            "orders": len(self.orders),
            "items": len(self.orders[0].frozen),
            "curve": {arm: self.curve(arm) for arm in arms},
            "tokens_per_item": {arm: self.tokens(arm) for arm in arms},
            "writing_tokens_per_item": self.writing_tokens,
            **{name: _shown(difference) for name, difference in gains.items()},
            "backward_transfer": self.backward,
            **({} if self.carried is None else self.carried.to_json()),
            "entries": [len(order.learning.memory) for order in self.orders],
        }

    def _by_part(self, arm: str, value: Callable[[Result], float | None]) -> list[float]:
        means = []
        for part in range(PARTS):
            results = (result for order in self.orders for result in _part(getattr(order, arm), part))
            values = [number for result in results if (number := value(result)) is not None]
            means.append(fmean(values) if values else 0.0)
        return means

    def _against(self, arm: str) -> Difference:
        return paired_difference(self._late("learnt", arm), self._late(arm, "learnt"), seed=self.seed)

    def _late(self, arm: str, other: str) -> Mapping[str, float]:
        """By item, the mean score over the orders in which it came late and both arms are scored."""
        scores: dict[str, list[float]] = {}
        for order in self.orders:
            results, beside = getattr(order, arm), getattr(order, other)
            for result, twin in [*zip(results, beside, strict=True)][len(results) // 2 :]:
                if result.score is not None and twin.score is not None:
                    scores.setdefault(result.item_id, []).append(result.score)
        return {item: fmean(values) for item, values in scores.items()}


async def prequential(
    design: Design,
    task: Task,
    items: Sequence[Item],
    runtime: Runtime,
    ledger: Ledger | None = None,
    *,
    orders: int = 10,
    learning: Learning = REFLECT,
    memory: Memory = EMPTY,
    seed: int = 0,
    on_order: Callable[[Order], None] | None = None,
) -> Prequential:
    """Stream the items in several shuffled orders, and answer each item with the control memories as well.

    Parameters:
        items: of ``train``, or one's own (`stream`).
        orders: how many; each starts with ``memory``.
        seed: of the orders and of the shuffled memories.
        on_order: told of each order as it ends.

    Raises as `stream` does.
    """
    reader = MemoryReader(design, task, runtime, ledger)
    frozen = {result.item_id: result for result in await reader.results(items, memory)}
    done: list[Order] = []
    again: tuple[Result, ...] = ()
    for number in range(orders):
        rng = random.Random(f"{seed} {number}")
        order = rng.sample(list(items), len(items))
        learnt = await stream(design, task, order, runtime, ledger, learning=learning, memory=memory)
        shuffled: list[Result] = []
        for version, held in enumerate(learnt.versions[:-1]):
            block = order[version * learning.lag : (version + 1) * learning.lag]
            dealt = held.shuffled(rng.sample(range(len(held)), len(held)))
            shuffled += await reader.results(block, dealt)
        if number == 0:
            again = tuple(await reader.results(order[: len(order) // PARTS], learnt.memory))
        done.append(Order(learnt, tuple(frozen[item.id] for item in order), tuple(shuffled)))
        if on_order is not None:
            on_order(done[-1])
    return Prequential(tuple(done), again, seed)


def scores_of(results: Sequence[Result]) -> dict[str, float]:
    """The scores by item id, of those that are scored."""
    return {result.item_id: result.score for result in results if result.score is not None}


def _shown(difference: Difference) -> dict[str, float]:
    return {name: getattr(difference, name) for name in ("mean", "low", "high", "p")}


def _part(results: Sequence[Result], part: int) -> Sequence[Result]:
    size = len(results)
    return results[part * size // PARTS : (part + 1) * size // PARTS]


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """Transfer between two tasks whose items came one after the other.

    Reference: Lopez-Paz and Ranzato 2017, Gradient Episodic Memory for Continual Learning, arXiv:1706.08840.
    """

    task: str
    """The second task."""
    forward: Difference
    """Its items with the first task's memory, minus with the memory of the start."""
    forgetting: Difference
    """The first task's items with the memory at its end, minus with that at the end of the second one."""

    def to_json(self) -> dict[str, Any]:
        """Its part of the document of `Prequential.to_json`."""
        differences = {"forward_transfer": _shown(self.forward), "forgetting": _shown(self.forgetting)}
        return {"then": self.task, **differences}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Items of ``train`` of one task, and the runtime that answers them."""

    task: Task
    runtime: Runtime
    items: Sequence[Item]


async def carry_over(
    design: Design,
    stretches: tuple[Stretch, Stretch],
    ledger: Ledger,
    *,
    learning: Learning,
    start: Memory,
    learnt: Memory,
    seed: int = 0,
) -> CarriedOver:
    """Go on with the memory of a stream's end on a second task.

    Parameters:
        start: the memory before the first task.
        learnt: the memory after it.

    Raises as `masdesign.experiments.stream.stream` does.
    """
    first, second = stretches
    here, there = (MemoryReader(design, s.task, s.runtime, ledger) for s in stretches)
    with_it, without = await there.results(second.items, learnt), await there.results(second.items, start)
    streamed = await stream(
        design, second.task, second.items, second.runtime, ledger, learning=learning, memory=learnt
    )
    before = await here.results(first.items, learnt)
    later = await here.results(first.items, streamed.memory)
    return CarriedOver(
        second.task.name,
        paired_difference(scores_of(with_it), scores_of(without), seed=seed),
        paired_difference(scores_of(before), scores_of(later), seed=seed),
    )
