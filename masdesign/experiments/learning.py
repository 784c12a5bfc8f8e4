"""`run_learn` and `run_prequential`: a memory from a stream of items, and what it is worth."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.brief import ShortRepr
from masdesign.experiments.prequential import Order, Prequential, Stretch, carry_over, prequential
from masdesign.experiments.stream import Streamed, StreamStep, stream
from masdesign.experiments.writing import REFLECT, Learning
from masdesign.lm.table import Models, default_of
from masdesign.memory import EMPTY, Memory
from masdesign.session.resolve import resolve_design
from masdesign.session.run import Run
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
    then: Task | str
    """A second task, whose train items follow in `run_prequential`: what carries over, what is forgotten."""


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
    async with _streaming("learn", design, task, model, budget, seed, options) as given:
        session, run, resolved, memory = given.session, given.run, given.design, given.memory
        streamed = await stream(
            resolved, run.task, run.task.to_learn_from(items), run.runtime, run.ledger,
            learning=given.learning, memory=memory, on_step=options.get("on_step"),
        )  # fmt: skip
        name = name or run.task.name
        new = not session.archive.memories(name)
        version = 0
        with session.archive.transaction():
            for kept in streamed.versions[1:] if new else streamed.versions[-1:]:
                version = session.archive.save_memory(name, kept, task=run.task.name)
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

    Parameters, errors: see `run_learn_async`; ``orders`` streams are answered, each by three arms. With a
    task in ``then``, the memory of the first order's end goes on there (`masdesign.experiments.prequential`).
    Nothing is kept in the archive.
    """
    async with _streaming("prequential", design, task, model, budget, seed, options) as given:
        run, learning, memory = given.run, given.learning, given.memory
        chosen = run.task.to_learn_from(items)
        measured = await prequential(
            given.design, run.task, chosen, run.runtime, run.ledger, orders=orders, learning=learning,
            memory=memory, seed=seed, on_order=options.get("on_order"),
        )  # fmt: skip
        if "then" not in options:
            return measured
        then = _task(options["then"])
        async with given.session.run(replace(run.spec, task=then), ledger=run.ledger) as second:
            later = Stretch(then, second.runtime, then.to_learn_from(items))
            stretches = (Stretch(run.task, run.runtime, chosen), later)
            learnt = measured.orders[0].learning.memory
            carried = await carry_over(
                given.design, stretches, run.ledger, learning=learning, start=memory, learnt=learnt, seed=seed
            )
        return replace(measured, carried=carried)


@dataclass(frozen=True)
class _Given:
    """What both verbs work with."""

    session: Session
    run: Run
    design: Design
    learning: Learning
    memory: Memory
    """The one to begin with."""


@asynccontextmanager
async def _streaming(
    job: str,
    design: Design | Block[..., Any] | str,
    task: Task | str,
    model: Models,
    budget: str | None,
    seed: int,
    options: LearnOptions,
) -> AsyncIterator[_Given]:
    own = ("learning", "start", "on_step", "on_order", "then")
    opened: dict[str, Any] = {name: value for name, value in options.items() if name not in own}
    async with Session.open(**opened) as session:
        chosen, start = _task(task), options.get("start")
        resolved = resolve_design(design, archive=session.archive, task=chosen, model=default_of(model))
        memory = session.archive.memory(start) if start else EMPTY
        spec = RunSpec(job, chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            yield _Given(session, run, resolved, options.get("learning", REFLECT), memory)


def _task(task: Task | str) -> Task:
    return task if isinstance(task, Task) else load_task(task)


run_learn = blocking(run_learn_async)
run_prequential = blocking(run_prequential_async)
