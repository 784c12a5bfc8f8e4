"""Is it just ensembling? What each step of a design earns, against plain votes for the same tokens.

Each step is removed in turn. What it *earns* is the score that goes with it, less what the tokens that
it used would have earned as plain votes: both read from the same items, with an interval that holds for
all steps of a design together (Bonferroni). On val the design itself may have been lucky, where it was
chosen there, and with it its steps; in doubt `test` is the place to look. But a design is made, without the
steps that earn nothing, by a look at val alone: what `test` says of a step is never used to choose.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.archive import RunRecord
from masdesign.archive.tables.runs import ABLATION, digest
from masdesign.brief import ShortRepr
from masdesign.errors import InputError, SourceError
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.blank import answers_without_model, blank_control, warning
from masdesign.evaluation.evaluator import Where, model_label
from masdesign.experiments.baselines import direct, reference_curve, step_by_step
from masdesign.experiments.curve import Advantage, Curve, advantage, earned
from masdesign.experiments.verbs import Showing, nothing_shown
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm.table import Models, default_of, designs_see, model_table
from masdesign.search.ablation.steps import DesignStep, steps_of, without
from masdesign.session.opening import Opening
from masdesign.session.resolve import resolve_design
from masdesign.session.run import Run
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.statistics.intervals import CONFIDENCE
from masdesign.tasks import Task, load_task
from masdesign.types import Result, Split
from masdesign.workflow import Block, Design, Runtime, check_in_thread


@dataclass(frozen=True)
class Ablated:
    """A design without one step."""

    step: DesignStep
    variant: Design
    evaluation: Evaluation
    earned: Advantage
    """What the step adds to the score, less what its tokens would add as plain votes; the interval holds
    for all steps together."""

    @property
    def word(self) -> str:
        """Whether it ``earns its cost``, ``earns nothing``, or is ``not shown to earn its cost``."""
        if self.earned.low > 0:
            return "earns its cost"
        return "not shown to earn its cost" if self.earned.score > 0 else "earns nothing"


@dataclass(frozen=True)
class Ablation:
    """A design, and without each of its steps."""

    design: Design
    evaluation: Evaluation
    curve: Curve
    advantage: Advantage
    """The whole design's, over plain votes at its tokens."""
    steps: tuple[Ablated, ...]
    simplified: tuple[Design, Evaluation] | None
    """Without the steps that earn nothing; ``None`` where there are none, where it scores less for its
    tokens than the whole, and always on test."""
    blank: float
    """What the whole design scores with every completion blank."""
    coded: bool
    """Whether ``blank`` is above chance: the design's code answers, and not the model."""

    def sentences(self) -> list[str]:
        """What a person wants to know, a line each."""
        above = self.advantage
        just = "more than" if above.low > 0 else "not shown to be more than"
        lines = [
            f"the whole design is {just} a plain vote: {above.score:+.3f} at the same tokens "
            f"(95 % interval {above.low:+.3f} to {above.high:+.3f})"
        ]
        if self.coded:
            lines.append(warning(self.blank))
        words = dict.fromkeys(ablated.word for ablated in self.steps)
        for word in words:
            names = ", ".join(str(ablated.step) for ablated in self.steps if ablated.word == word)
            lines.append(f"{word}: {names}")
        if self.evaluation.split == "test" and "earns nothing" in words:
            lines.append("no step is left out for what test says; on val, the design without them is made")
        if not self.steps:
            lines.append("it has no step but plain draws: there is nothing to remove")
        return lines

    def to_json(self) -> dict[str, Any]:
        """As ``masdesign archive ablate --json`` prints it."""
        simple = self.simplified
        return {
            "design": self.design.id,
            "name": self.design.name,
            "task": self.evaluation.task,
            "model": self.evaluation.model,
            "split": self.evaluation.split,
            **self.evaluation.summary(),
            "tokens_per_item": self.evaluation.tokens_per_item,
            "blank_control": self.blank,
            "answers_without_model": self.coded,
            "advantage": asdict(self.advantage),
            "steps": [
                {
                    "id": ablated.variant.id,
                    "step": ablated.step.name,
                    "line": ablated.step.line,
                    "instead": ablated.step.instead,
                    "without": ablated.evaluation.summary(),
                    "tokens_per_item": ablated.evaluation.tokens_per_item,
                    "failures": ablated.evaluation.failures,
                    "earned": asdict(ablated.earned),
                    "says": ablated.word,
                }
                for ablated in self.steps
            ],
            "simplified": None
            if simple is None
            else {
                "id": simple[0].id,
                "source": simple[0].source,
                **simple[1].summary(),
                "tokens_per_item": simple[1].tokens_per_item,
            },
            "says": self.sentences(),
        }


async def ablate(
    design: Design,
    task: Task,
    runtime: Runtime,
    *,
    seed: int = 0,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
    place: Callable[[Sequence[Design]], Where] = lambda designs: "val",
) -> Ablation:
    """Remove each step in turn, and measure what goes with it. Draws that are shared cost nothing again.

    Parameters:
        place: called with designs before they are scored (the whole and its variants, and later, where steps
            earn nothing on val, the design without these); says where: a split, or the opening of test
            that it has recorded for them.

    Raises:
        EvaluationCut: the budget is spent.
        InputError: the design is not well-formed, or does not run on any item.
    """

    async def score(scored: Design) -> Evaluation:
        return await evaluate(scored, task, where, runtime, ledger=ledger, on_result=on_result, probe=True)

    await check_in_thread(design, runtime.blocks)
    pairs = [(step, without(design, [step], runtime.blocks)) for step in steps_of(design, runtime.blocks)]
    pairs = [(step, variant) for step, variant in pairs if await _is_well_formed(variant, runtime)]
    steps, variants = [step for step, _ in pairs], [variant for _, variant in pairs]
    where = place([design, *variants])
    whole = await score(design)
    if whole.failures["design"] == len(whole.results):
        failure = next(result.failure for result in whole.results if result.failure)
        raise InputError(f"design {design.name or design.id} fails on every item ({failure.message})")
    evaluations = [await score(variant) for variant in variants]
    most = max(evaluation.tokens_per_item for evaluation in (whole, *evaluations))
    curve = await reference_curve(task, where, runtime, up_to_tokens=most, ledger=ledger)
    together = 1 - (1 - CONFIDENCE) / max(len(steps), 1)
    measured = tuple(
        Ablated(step, variant, evaluation, earned(whole, evaluation, curve, seed=seed, confidence=together))
        for step, variant, evaluation in zip(steps, variants, evaluations, strict=True)
    )
    blank = await blank_control(design, task, where, runtime)
    coded = answers_without_model(blank, task, where)
    useless = [ablated.step for ablated in measured if ablated.word == "earns nothing"]
    simplified: tuple[Design, Evaluation] | None = None
    simple = without(design, useless, runtime.blocks)
    well_formed = await _is_well_formed(simple, runtime)
    if useless and well_formed and isinstance(where, str):  # what test says chooses nothing
        where = place([simple])
        seen = await score(simple)
        if earned(whole, seen, curve, seed=seed).score <= 0:
            simplified = simple, seen
    above = advantage(whole, curve, seed=seed)
    return Ablation(design, whole, curve, above, measured, simplified, blank, coded)


async def _is_well_formed(design: Design, runtime: Runtime) -> bool:
    """Whether it can be run at all: a source without a step that others need may not be."""
    try:
        await check_in_thread(design, runtime.blocks)
    except SourceError:
        return False
    return True


class AblateOptions(Resources, total=False):
    """Further options of `run_ablate`."""

    showing: Showing
    """Shows progress; by default nothing is shown."""


@dataclass(frozen=True, repr=False)
class AblationRun(ShortRepr):
    """An ablation, and what it took."""

    ablation: Ablation
    spend: Spend

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        whole = self.ablation.evaluation
        steps = (f"{ablated.step} {ablated.word}" for ablated in self.ablation.steps)
        return {
            "design": self.ablation.design.name or self.ablation.design.id,
            "score": f"{whole.score:.3f}",
            "steps": "; ".join(steps),
            "spend": f"{self.spend.calls} calls",
        }


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
        archive.note_control(ablation.evaluation, ablation.blank)
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
