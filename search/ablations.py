"""An ablation that is kept: a run of its own in the archive, with all that was measured as its evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from masdesign.archive import Archive, RunRecord
from masdesign.archive.runs import ABLATION, digest
from masdesign.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, model_label
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.votes import self_consistency_design
from masdesign.search.ablation import Ablation, ablate
from masdesign.session.opening import Opening
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Result, Split
from masdesign.workflow import Design, Runtime


async def keep_ablation(
    design: Design,
    task: Task,
    split: Split,
    runtime: Runtime,
    archive: Archive,
    *,
    seed: int = 0,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Ablation:
    """As `ablate`, every variant kept with its lineage and its evaluation; made again, it is the same run.

    A look at ``test`` is recorded before it is taken.

    Raises:
        EvaluationCut: the budget is spent.
        InputError: the design does not run on any item.
    """
    run = archive.start_run(_record(design, task, split, runtime, seed))

    def place(designs: Sequence[Design]) -> Where:
        with archive.transaction():
            for one in designs:
                archive.add_design(one)
        return Opening.record(archive, run, task, designs) if split == "test" else split

    found = await ablate(design, task, runtime, seed=seed, ledger=ledger, on_result=on_result, place=place)
    with archive.transaction():
        for plain, evaluation in _plain(found):
            archive.add_design(plain)
            archive.add_evaluation(evaluation, run)
        for evaluation in (found.found, *(one.found for one in found.steps)):
            archive.add_evaluation(evaluation, run)
        if found.simplified is not None:
            archive.add_evaluation(found.simplified[1], run)
        archive.finish_run(run, found.to_json())
    return found


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


def _plain(found: Ablation) -> list[tuple[Design, Evaluation]]:
    """The plain ways that the design was compared with."""
    curve = found.curve
    alone = {design.id: design for design in (direct(), step_by_step(curve.step_temperature))}
    return [
        (alone[p.evaluation.design_id] if p.k is None else self_consistency_design(p.k), p.evaluation)
        for p in curve.points
    ]
