"""`run_learn` and `run_prequential`: a memory from a stream of items, and what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.brief import ShortRepr
from masdesign.experiments.prequential import Order, Prequential, prequential
from masdesign.experiments.stream import Streamed, StreamStep, stream
from masdesign.experiments.writing import REFLECT, Learning
from masdesign.lm.table import Models, default_of
from masdesign.memory import EMPTY
from masdesign.session.resolve import resolve_design
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.workflow import Block, Design, check_in_thread

ITEMS = 100
"""Train items of a stream, where nothing else is said."""


class LearnOptions(Resources, total=False):
    """Further options of `run_learn` and `run_prequential`."""

    learning: Learning
    """Writer, lag, labels, size (`masdesign.experiments.writing.Learning`)."""
    start: str
    """The memory to begin with, ``NAME`` or ``NAME@VERSION``; by default an empty one."""
    on_step: Callable[[StreamStep], None]
    """Told of each item of `run_learn` once it is answered."""
    on_order: Callable[[Order], None]
    """Told of each order of `run_prequential` as it ends."""


@dataclass(frozen=True, repr=False)
class Learnt(ShortRepr):
    """A memory that a stream of train items has left."""

    name: str
    version: int
    streamed: Streamed
    spend: Spend

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {"memory": f"{self.name}@{self.version}", "entries": str(len(self.streamed.memory))}


async def run_learn_async(
    design: Design | Block[..., Any] | str,
    task: Task | str,
    *,
    name: str = "",
    model: Models = "abacus",
    items: int = ITEMS,
    budget: str | None = None,
    seed: int = 0,
    **options: Unpack[LearnOptions],
) -> Learnt:
    """Let a memory learn from the train items of a task, in their order, and keep it in the archive.

    Parameters:
        design: one that reads a memory (`recall`, `cases`, `teacher_student` …).
        name: of the memory; by default the task's. What the stream ends with is its next version; of a
            memory that is new, every version is kept.
        model: a model, or a table by name and role; the role ``meta`` writes, where it is there.
        items: how many train items.
        seed: selects an independent replicate of all draws.
        options: see `LearnOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name is wrong. BudgetExhausted: the budget is spent; nothing is kept.
        ProviderError: an item could not be asked.
    """
    given: dict[str, Any] = dict(options)
    learning, start = given.pop("learning", REFLECT), given.pop("start", "")
    on_step = given.pop("on_step", None)
    given.pop("on_order", None)
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=session.archive, task=chosen, model=default_of(model))
        memory = session.archive.memory(start) if start else EMPTY
        spec = RunSpec("learn", chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            streamed = await stream(
                resolved, chosen, chosen.to_learn_from(items), run.runtime, run.ledger,
                learning=learning, memory=memory, on_step=on_step,
            )  # fmt: skip
            name = name or chosen.name
            new = not session.archive.memories(name)
            version = 0
            with session.archive.transaction():
                for kept in streamed.versions[1:] if new else streamed.versions[-1:]:
                    version = session.archive.save_memory(name, kept, task=chosen.name)
            return Learnt(name, version, streamed, run.spend)


async def run_prequential_async(
    design: Design | Block[..., Any] | str,
    task: Task | str,
    *,
    model: Models = "abacus",
    items: int = ITEMS,
    orders: int = 10,
    budget: str | None = None,
    seed: int = 0,
    **options: Unpack[LearnOptions],
) -> Prequential:
    """Measure what a memory that learns is worth: shuffled streams of train items, with controls.

    Parameters, errors: see `run_learn_async`; ``orders`` streams are answered, each by three arms. Nothing is
    kept in the archive.
    """
    given: dict[str, Any] = dict(options)
    learning, start = given.pop("learning", REFLECT), given.pop("start", "")
    on_order = given.pop("on_order", None)
    given.pop("on_step", None)
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=session.archive, task=chosen, model=default_of(model))
        memory = session.archive.memory(start) if start else EMPTY
        spec = RunSpec("prequential", chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            return await prequential(
                resolved, chosen, chosen.to_learn_from(items), run.runtime, run.ledger,
                orders=orders, learning=learning, memory=memory, seed=seed, on_order=on_order,
            )  # fmt: skip


run_learn = blocking(run_learn_async)
run_prequential = blocking(run_prequential_async)
