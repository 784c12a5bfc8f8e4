"""Does a design carry over? The same design on other tasks and models, each beside its own plain ways."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from masdesign.evaluation.blank import answers_without_model, blank_control
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, evaluate
from masdesign.experiments.baselines import reference_curve
from masdesign.experiments.curve import Advantage, Curve, Point, advantage
from masdesign.spending.ledger import Ledger
from masdesign.statistics.claims import holm
from masdesign.statistics.paired import Difference, paired_difference
from masdesign.tasks import Task
from masdesign.types import Result
from masdesign.workflow import Design, Runtime


@dataclass(frozen=True)
class Cell:
    """A design on one task, answered by one model."""

    evaluation: Evaluation
    curve: Curve
    seed: int
    advantage: Advantage
    """The design's score minus what the plain ways score at the same tokens an item."""
    blank: float = 0.0
    """What the design scores with a model that always says the same (`blank_control`)."""
    answers_without_model: bool = False
    """Whether that is above chance: its code answers, and the score says nothing about the model."""

    @property
    def baseline(self) -> Point:
        """The best plain way on the same items; of equal ones the cheapest.

        It is picked on the items that it is compared on, so its score is a little lucky, which can
        only make the design look worse.
        """
        return best_point(self.curve)

    def difference(self, p_adjusted: float | None = None) -> Difference:
        """The design's score minus that of the best plain way there (see `paired_difference`)."""
        return paired_difference(
            self.evaluation, self.baseline.evaluation, seed=self.seed, p_adjusted=p_adjusted
        )


def best_point(curve: Curve) -> Point:
    """The plain way with the best score; of equal ones the cheapest."""
    unit = curve.unit
    return max(curve.points, key=lambda p: (p.evaluation.score, -p.evaluation.cost_per_item(unit)))


@dataclass(frozen=True)
class Transfer:
    """The cells of one design, tested together."""

    cells: tuple[Cell, ...]

    @cached_property
    def p_holm(self) -> list[float]:
        """The p-value of each cell's difference, corrected for the number of cells."""
        return holm([cell.difference().p for cell in self.cells])

    @cached_property
    def differences(self) -> list[Difference]:
        """Each cell's difference, with an interval corrected for the number of cells."""
        return [cell.difference(p) for cell, p in zip(self.cells, self.p_holm, strict=True)]

    def to_json(self) -> list[dict[str, Any]]:
        """A cell each: scores with intervals, the baseline's, the difference, the advantage, failures."""
        return [
            {
                "task": cell.evaluation.task,
                "task_version": cell.evaluation.task_version,
                "model": cell.evaluation.model,
                **cell.evaluation.summary(),
                "tokens_per_item": cell.evaluation.tokens_per_item,
                "failures": cell.evaluation.failures,
                "baseline": cell.baseline.to_json(),
                "difference": {**asdict(difference), "p_holm": p},
                "advantage": asdict(cell.advantage),
                "blank_control": cell.blank,
                "answers_without_model": cell.answers_without_model,
                "better": difference.verdict == "better",
            }
            for cell, p, difference in zip(self.cells, self.p_holm, self.differences, strict=True)
        ]


async def carry_over(
    design: Design,
    task: Task,
    where: Where,
    runtime: Runtime,
    *,
    seed: int = 0,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Cell:
    """One cell: the design and the reference curve, grown to cover its tokens, on the same items and draws.

    Raises:
        EvaluationCut: the budget is spent.
    """
    evaluation = await evaluate(design, task, where, runtime, ledger=ledger, on_result=on_result, probe=True)
    curve = await reference_curve(
        task, where, runtime, up_to_tokens=evaluation.tokens_per_item, ledger=ledger, on_result=on_result
    )
    blank = await blank_control(design, task, where, runtime)
    coded = answers_without_model(blank, task, where)
    return Cell(evaluation, curve, seed, advantage(evaluation, curve, seed=seed), blank, coded)
