"""`run_evaluate`: one design on one task, from names or values, in one call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Unpack, get_args

from masdesign.aio import blocking
from masdesign.errors import InputError
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, evaluate
from masdesign.lm.table import Models, default_of
from masdesign.session.resolve import resolve_design
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.tasks import Task, load_task
from masdesign.types import Result, Split
from masdesign.workflow import Block, Design, check_in_thread


class EvaluateOptions(Resources, total=False):
    """Further options of an evaluation."""

    allow_no_calls: bool
    """Let the design answer without asking a model."""
    on_result: Callable[[Result], None]
    """Called with each result, in the order of the items."""


async def run_evaluate_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    split: Split = "val",
    model: Models = "abacus",
    world: int = 0,
    budget: str | None = None,
    **options: Unpack[EvaluateOptions],
) -> Evaluation:
    """Evaluate a design on a task. A look at ``test`` is recorded in the archive as an opening first.

    Without an ``archive`` the evaluation is kept nowhere, and calls neither; but an opening of test is
    always recorded.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        task: a `Task`, the name of one, or a file.
        model: a model's name, or a table of them with ``""`` for the default.
        world: an independent replicate of all draws.
        budget: ``20000calls``, ``2Mtokens``, ``5usd`` or ``10min``; unlimited by default.
        options: see `EvaluateOptions` and `masdesign.session.session.Resources`.

    Raises:
        EvaluationCut: the budget is spent; it carries what was finished as ``partial``.
        InputError: a name or a file is wrong, or the design is not well-formed (`SourceError`); one line.
        CredentialsError: the provider refused the key.

    Example::

        evaluation = await run_evaluate_async("chain_of_thought", "arithmetic")
        print(evaluation.score, evaluation.low, evaluation.high)
    """
    if split not in get_args(Split):
        raise InputError(f"split {split!r} does not exist; choose one of {', '.join(get_args(Split))}")
    given: dict[str, Any] = dict(options)
    on_result, allow_no_calls = given.pop("on_result", None), given.pop("allow_no_calls", False)
    place = given["session"].archive if "session" in given else given.get("archive")
    if split != "test" and place is None:
        given["archive"] = ":memory:"
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=place, task=chosen, model=default_of(model))
        spec = RunSpec("evaluate", chosen, model, world=world, conduct=Conduct(budget))
        async with session.run(spec, allow_no_calls=allow_no_calls) as run:
            await check_in_thread(resolved, run.runtime.blocks, models=tuple(run.runtime.models))
            where: Where = run.open_test([resolved]) if split == "test" else split
            session.archive.add_design(resolved)
            run.note_asking()
            evaluation = await evaluate(
                resolved, chosen, where, run.runtime, ledger=run.ledger, on_result=on_result, probe=True
            )
            session.archive.add_evaluation(evaluation)
            return evaluation


run_evaluate = blocking(run_evaluate_async)
