"""What a memory carries over to a second task, and what it forgets of the first one there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from masdesign.experiments.prequential import MemoryReader, scores_of
from masdesign.experiments.stream import stream
from masdesign.experiments.writing import Learning
from masdesign.memory import Memory
from masdesign.spending.ledger import Ledger
from masdesign.statistics.paired import Difference, paired_difference
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, Runtime


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
    with_it, without = await there.answer(second.items, learnt), await there.answer(second.items, start)
    streamed = await stream(
        design, second.task, second.items, second.runtime, ledger, learning=learning, memory=learnt
    )
    before = await here.answer(first.items, learnt)
    later = await here.answer(first.items, streamed.memory)
    return CarriedOver(
        second.task.name,
        paired_difference(scores_of(with_it), scores_of(without), seed=seed),
        paired_difference(scores_of(before), scores_of(later), seed=seed),
    )
