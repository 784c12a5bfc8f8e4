"""An ablation that is kept: a run of its own in the archive, with all that was measured as its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import RunRecord
from masdesign.archive.tables.runs import ABLATION, digest
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, model_label
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.showing import Showing, nothing_shown
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm.table import Models, default_of, designs_see, model_table
from masdesign.search.ablation import Ablation, ablate
from masdesign.search.steps import steps_of
from masdesign.session.opening import Opening
from masdesign.session.resolve import resolve_design
from masdesign.session.run import Run
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.types import Result, Split
from masdesign.workflow import Block, Design, Runtime, check_in_thread


class AblateOptions(Resources, total=False):
    """Further options of `run_ablate`."""

    showing: Showing
    """Shows progress; by default nothing is shown."""


@dataclass(frozen=True)
class AblationRun:
    """An ablation, and what it took."""

    ablation: Ablation
    spend: Spend


async def run_ablate_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    split: Split = "val",
    model: Models = "abacus",
    budget: str | None = None,
    seed: int = 0,
    **options: Unpack[AblateOptions],
) -> AblationRun:
    """Remove each step of a design in turn, and measure what goes with it; every variant is kept.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        split: where the steps are measured; a look at ``test`` is recorded before it is taken.
        seed: selects an independent replicate of all draws.
        options: see `AblateOptions` and `masdesign.session.session.Resources`.

    Raises:
        EvaluationCut: the budget is spent.
        InputError: a name is wrong, or the design does not run on any item.

    Example::

        kept = await run_ablate_async("best", "arithmetic")
        print(kept.ablation.sentences())
    """
    given: dict[str, Any] = dict(options)
    showing = given.pop("showing", nothing_shown)
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=session.archive, task=chosen, model=default_of(model))
        await check_in_thread(resolved, session.blocks, models=designs_see(model_table(model)))
        spec = RunSpec(ABLATION, chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            rounds = 1 + len(steps_of(resolved, run.runtime.blocks))
            with showing(f"ablation on {chosen.name}", rounds * chosen.size(split)) as on_result:
                ablation = await keep_ablation(run, resolved, split, on_result)
        return AblationRun(ablation, run.spend)


run_ablate = blocking(run_ablate_async)


async def keep_ablation(
    run: Run, design: Design, split: Split, on_result: Callable[[Result], None] | None = None
) -> Ablation:
    """As `ablate`, every variant kept with its lineage and its evaluation; made again, it is the same run."""
    archive, task, ledger, seed = run.archive, run.task, run.ledger, run.spec.seed
    name = archive.start_run(_record(design, task, split, run.runtime, seed))

    def place(designs: Sequence[Design]) -> Where:
        with archive.transaction():
            for step in designs:
                archive.add_design(step)
        return Opening.record(archive, name, task, designs) if split == "test" else split

    ablation = await ablate(
        design, task, run.runtime, seed=seed, ledger=ledger, on_result=on_result, place=place
    )
    with archive.transaction():
        for plain, evaluation in _plain(ablation):
            archive.add_design(plain)
            archive.add_evaluation(evaluation, name)
        for evaluation in (ablation.evaluation, *(step.evaluation for step in ablation.steps)):
            archive.add_evaluation(evaluation, name)
        if ablation.simplified is not None:
            archive.add_evaluation(ablation.simplified[1], name)
        archive.finish_run(name, ablation.to_json())
    return ablation


def _record(design: Design, task: Task, split: Split, runtime: Runtime, seed: int) -> RunRecord:
    settings = {
        "design": design.id,
        "split": split,
        "items": task.size(split),
        "world": runtime.world,
        "metric": task.metric.name,
        "tools": sorted(task.tools),
    }
    model = model_label(runtime.models)
    name = f"{task.name}-{ABLATION}-{digest([task.version, model, seed, settings])}"
    return RunRecord(name, task.name, task.version, model, ABLATION, seed, settings)


def _plain(ablation: Ablation) -> list[tuple[Design, Evaluation]]:
    """The plain ways that the design was compared with."""
    curve = ablation.curve
    alone = {design.id: design for design in (direct(), step_by_step(curve.step_temperature))}
    return [
        (alone[p.evaluation.design_id] if p.k is None else self_consistency_design(p.k), p.evaluation)
        for p in curve.points
    ]
