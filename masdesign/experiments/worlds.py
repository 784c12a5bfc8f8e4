"""`run_worlds`: one design over several splits and independent replicates, with the blank-model control."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.brief import ShortRepr
from masdesign.evaluation import Evaluation, EvaluationCut, EvaluationEnded, Pooled, evaluate, pool
from masdesign.evaluation.blank import answers_without_model, blank_control
from masdesign.evaluation.evaluator import Where, items_of, require_scored, split_of
from masdesign.evaluation.pooled import check_draws
from masdesign.experiments.verbs import ExperimentOptions, OnResult, nothing_shown
from masdesign.lm.table import Models, default_of, designs_see, model_table
from masdesign.session.resolve import resolve_design
from masdesign.session.run import Run
from masdesign.session.session import Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.tasks.scorers.judge import JudgeReport, judge_report
from masdesign.types import Split
from masdesign.workflow import Block, Design, check_in_thread


class WorldsOptions(ExperimentOptions, total=False):
    """Further options of `run_worlds`."""

    allow_no_calls: bool
    """Let the design answer without asking a model."""
    reduce: str
    """How an item's worlds become one score: ``mean``, ``pass@K``, ``at_least_one``, ``majority``."""


@dataclass(repr=False)
class Worlds(ShortRepr):
    """A design's evaluations, one a split and world, in order."""

    design: Design
    task: Task
    evaluations: list[Evaluation] = field(default_factory=list)
    spend: Spend = field(default_factory=Spend)
    notes: tuple[str, ...] = ()
    """What the models' scores must be read with."""
    cut: str = ""
    """Why not all is there: the budget ended before, or most replies were of no use."""
    unusable: bool = False
    """Whether most replies were cut, unreadable or refused, which ended it early."""
    blank: float | None = None
    """The score with every completion the same blank; ``None`` where that was not tried."""
    coded: bool = False
    """Whether ``blank`` is above chance: the design's code answers, and not the model."""
    reduce: str = "mean"
    """How an item's worlds become one score."""

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "design": self.design.name or self.design.id,
            "task": self.task.name,
            **{f"{e.split}, world {e.world}": f"{e.score:.3f}" for e in self.evaluations},
        }

    def pooled(self) -> Pooled:
        """The figures over all worlds and splits."""
        return pool(self.evaluations, self.reduce, self.task.form)

    def judge(self) -> JudgeReport | None:
        """How the judge's verdicts compare with labels, where a judge scored."""
        return judge_report(result.parts for e in self.evaluations for result in e.results)

    def failure_messages(self) -> list[dict[str, Any]]:
        """Each different failure once, with the number of items, the most frequent first."""
        failures = [r.failure for e in self.evaluations for r in e.results if r.failure is not None]
        return [{**asdict(failure), "items": count} for failure, count in Counter(failures).most_common()]

    def to_json(self, split: str) -> dict[str, Any]:
        """The document that ``masdesign evaluate --json`` prints."""
        return {
            "design": self.design.id,
            "name": self.design.name,
            "task": self.task.name,
            "task_version": self.task.version,
            "metric": self.task.metric.name,
            "chance": self.task.chance,
            "model": self.evaluations[0].model,
            "model_notes": self.notes,
            "split": split,
            "epochs": len({evaluation.world for evaluation in self.evaluations}),
            "reduce": self.reduce,
            **asdict(self.pooled()),
            "blank_control": self.blank,
            "answers_without_model": self.coded,
            "worlds": [
                {"world": e.world, "split": e.split, "complete": e.complete, **e.summary()}
                for e in self.evaluations
            ],
            "judge": self.judge(),
            "failure_messages": self.failure_messages(),
            "spend": self.spend.to_json(),
        }

    def model_id(self, name: str) -> str:
        """The id of the model that an evaluation counts under a name."""
        default, *named = self.evaluations[0].model.split(" ")
        ids = {"default": default, **{n: i for n, _, i in (entry.partition("=") for entry in named)}}
        return ids.get(name, default)


async def run_worlds_async(
    design: Design | Block[..., Any] | str,
    task: Task | str | Path,
    *,
    splits: Sequence[Split] = ("val",),
    worlds: int = 1,
    model: Models = "abacus",
    seed: int = 0,
    budget: str | None = None,
    **options: Unpack[WorldsOptions],
) -> Worlds:
    """Evaluate a design on splits, each in several worlds; all is kept in the archive.

    A look at test is recorded as an opening. Where the budget ends, what was finished is there.

    Parameters:
        design: a `Design`, a block, or a reference (`masdesign.session.resolve.resolve_design`).
        worlds: independent replicates of all draws, from ``seed`` on.
        options: see `WorldsOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name or a file is wrong, the design is not well-formed, or no item was scored; one
            line.
        EvaluationCut: the budget ended before the first item.

    Example::

        found = await run_worlds_async("chain_of_thought", "arithmetic", worlds=3)
        print(found.pooled().score)
    """
    given: dict[str, Any] = dict(options)
    showing, on_note = given.pop("showing", nothing_shown), given.pop("on_note", None)
    allow_no_calls, reduce = given.pop("allow_no_calls", False), given.pop("reduce", "mean")
    check_draws(reduce, worlds)
    async with Session.open(**given) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        resolved = resolve_design(design, archive=session.archive, task=chosen, model=default_of(model))
        result = Worlds(resolved, chosen, reduce=reduce)
        await check_in_thread(result.design, session.blocks, models=designs_see(model_table(model)))
        spec = RunSpec("evaluate", chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec, allow_no_calls=allow_no_calls) as run:
            run.tell_notes(on_note)
            session.archive.add_design(result.design)
            run.note_asking()
            # not before the models are open: else nothing was looked at
            places = [run.open_test([resolved]) if split == "test" else split for split in splits]
            total = worlds * sum(chosen.size(split) for split in splits)
            with showing(result.design.name or result.design.id, total) as on_result:
                for world in range(seed, seed + worlds):
                    for where in places:
                        if not result.cut:
                            await _evaluate(run, result, where, world, on_result)
            if not result.cut and any(evaluation.items for evaluation in result.evaluations):
                await _try_blank(run, result, places)
            run.tell_notes(on_note)  # what was learnt of a server while it was asked
            result.notes = run.notes
        result.spend = run.spend
    require_scored(result.evaluations)
    return result


run_worlds = blocking(run_worlds_async)


async def _evaluate(run: Run, worlds: Worlds, where: Where, world: int, on_result: OnResult) -> None:
    """Kept as soon as it is there."""
    runtime = replace(run.runtime, world=world)
    try:
        evaluation = await evaluate(
            worlds.design, worlds.task, where, runtime, ledger=run.ledger, on_result=on_result, probe=True
        )
    except (EvaluationCut, EvaluationEnded) as cut:
        if not cut.partial.items and not worlds.evaluations:
            raise
        worlds.cut, evaluation = str(cut), cut.partial
        worlds.unusable = isinstance(cut, EvaluationEnded)
    if evaluation.results:
        worlds.evaluations.append(evaluation)
        run.archive.add_evaluation(evaluation)


async def _try_blank(run: Run, worlds: Worlds, places: Sequence[Where]) -> None:
    """The blank-model control (`blank_control`), over the items of all splits."""
    right = items = 0.0
    for where in places:
        count = len(items_of(worlds.task, where))
        score = await blank_control(worlds.design, worlds.task, where, run.runtime)
        for evaluation in worlds.evaluations:
            if evaluation.split == split_of(where):
                run.archive.note_control(evaluation, score)
        worlds.coded = worlds.coded or answers_without_model(score, worlds.task, where)
        right, items = right + score * count, items + count
    worlds.blank = right / items if items else None
