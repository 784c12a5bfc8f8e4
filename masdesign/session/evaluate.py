"""`run_evaluate`: one design on one task, from names or values, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from masdesign.aio import blocking
from masdesign.archive import Archive
from masdesign.archive.store import opened
from masdesign.building_blocks import BLOCKS
from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, evaluate
from masdesign.evaluation.executors import LOCAL
from masdesign.evaluation.session import open_runtime
from masdesign.lm.table import Models, default_of
from masdesign.registry import in_overlay
from masdesign.session.opening import Opening
from masdesign.session.resolve import resolve_design
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.types import Result, Split
from masdesign.workflow import Block, Design, check_in_thread


@in_overlay
async def run_evaluate_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    split: Split = "val",
    model: Models = "abacus",
    world: int = 0,
    budget: str | None = None,
    concurrency: int = 64,
    executor: str = LOCAL,
    cache: Path | str | None = None,
    archive: Archive | Path | str | None = None,
    price: str | Mapping[str, str] | None = None,
    base_url: str | Mapping[str, str] | None = None,
    blocks: Iterable[Block[..., Any]] = (),
    on_result: Callable[[Result], None] | None = None,
) -> Evaluation:
    """Evaluate a design on a task. A look at ``test`` is recorded in the archive as an opening first.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        task: a `Task`, the name of one, or a file.
        model, price, base_url: as in `open_runtime`.
        world: an independent replicate of all draws.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; unlimited by default.
        executor: where items run, as in `open_runtime`; it changes no result.
        cache: a file of recorded calls, read and added to; by default calls are not kept.
        archive: keeps the design and its evaluation; by default they are kept nowhere, but an opening of
            test is always recorded, by default in ``$MASDESIGN_ARCHIVE`` or ``.masdesign/archive.db``.
        blocks: blocks of your own that the design may name, besides those that are known by name.
        on_result: called with each result, in the order of the items.

    Raises:
        EvaluationCut: the budget is spent; it bears what was finished as ``partial``.
        InputError: a name or a file is wrong, or the design is not well-formed (`SourceError`); one line.
        CredentialsError: the provider refused the key.

    Example::

        evaluation = await run_evaluate_async("chain_of_thought", "arithmetic")
        print(evaluation.score, evaluation.low, evaluation.high)
    """
    for more in (*blocks, *([design] if isinstance(design, Block) else ())):
        BLOCKS.enter(more)
    chosen = task if isinstance(task, Task) else load_task(task)
    if split not in get_args(Split):
        raise InputError(f"split {split!r} does not exist; choose one of {', '.join(get_args(Split))}")
    asked = resolve_design(design, archive=archive, task=chosen, model=default_of(model))
    ledger = Ledger(Budget.parse(budget))
    async with open_runtime(
        model,
        task=chosen,
        cache=cache,
        price=price,
        base_url=base_url,
        concurrency=concurrency,
        executor=executor,
        world=world,
        ledger=ledger,
    ) as runtime:
        await check_in_thread(asked, runtime.blocks, models=tuple(runtime.models))
        kept_nowhere = ":memory:" if archive is None and split != "test" else None
        with opened(kept_nowhere or archive) as store:
            store.add_design(asked)
            where: Where = Opening.record(store, None, chosen, [asked]) if split == "test" else split
            evaluation = await evaluate(
                asked, chosen, where, runtime, ledger=ledger, on_result=on_result, probe=True
            )
            store.add_evaluation(evaluation)
            return evaluation


run_evaluate = blocking(run_evaluate_async)
