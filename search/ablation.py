"""Is it just ensembling? What each step of a design earns, against plain votes for the same tokens.

Each step is removed in turn. What it *earns* is the score that goes with it, less what the tokens that
it used would have earned as plain votes: both read from the same items, with an interval that holds for
all steps of a design together (Bonferroni). On val the design itself may have been lucky, where it was
chosen there, and with it its steps; in doubt `test` is the place to look. But a design is made, without the
steps that earn nothing, by a look at val alone: what `test` says of a step is never used to choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from masdesign.errors import InputError, SourceError
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.evaluator import Where
from masdesign.experiments.baselines import reference_curve
from masdesign.experiments.curve import Curve
from masdesign.experiments.matched import Advantage, advantage, earned
from masdesign.search.steps import DesignStep, steps_of, without
from masdesign.spending.ledger import Ledger
from masdesign.statistics.intervals import CONFIDENCE
from masdesign.tasks import Task
from masdesign.types import Result
from masdesign.workflow import Design, Runtime, check_in_thread


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

    def sentences(self) -> list[str]:
        """What a person wants to know, a line each."""
        above = self.advantage
        just = "more than" if above.low > 0 else "not shown to be more than"
        lines = [
            f"the whole design is {just} a plain vote: {above.score:+.3f} at the same tokens "
            f"(95 % interval {above.low:+.3f} to {above.high:+.3f})"
        ]
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
    useless = [ablated.step for ablated in measured if ablated.word == "earns nothing"]
    simplified: tuple[Design, Evaluation] | None = None
    simple = without(design, useless, runtime.blocks)
    well_formed = await _is_well_formed(simple, runtime)
    if useless and well_formed and isinstance(where, str):  # what test says chooses nothing
        where = place([simple])
        seen = await score(simple)
        if earned(whole, seen, curve, seed=seed).score <= 0:
            simplified = simple, seen
    return Ablation(design, whole, curve, advantage(whole, curve, seed=seed), measured, simplified)


async def _is_well_formed(design: Design, runtime: Runtime) -> bool:
    """Whether it can be run at all: a source without a step that others need may not be."""
    try:
        await check_in_thread(design, runtime.blocks)
    except SourceError:
        return False
    return True
