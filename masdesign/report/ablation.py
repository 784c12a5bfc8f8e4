"""Which of the winner's steps earn their cost? Read off the designs made from it by leaving one out.

An ablation is in the archive as designs of the origin ``ablation`` whose parent is the winner, each named
for what it lacks, with a complete evaluation on `val` under the run's task version and model.
"""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.archive import Archive, RunRecord
from masdesign.evaluation import Difference, paired_difference
from masdesign.report.findings import Findings
from masdesign.workflow import Design

ORIGIN = "ablation"


@dataclass(frozen=True, slots=True)
class Removal:
    """The winner beside itself without one step."""

    design: Design
    score: float
    cost: float
    """An item, in the run's unit."""
    earned: Difference
    """The winner's val score minus this design's, on the items scored in both."""
    saved: float
    """What leaving the step out saves an item, in the run's unit; negative where it costs more."""

    @property
    def verdict(self) -> str:
        """Whether the step earns anything that these items can show."""
        if self.earned.low > 0:
            return "earns its cost"
        return "harms" if self.earned.high < 0 else "earns nothing that can be seen"


def removals(archive: Archive, run: RunRecord, found: Findings) -> tuple[Removal, ...]:
    """The winner's ablation, the step that earns most first; nothing where none was made."""
    if found.winner is None or found.val is None or found.winner.cost is None:
        return ()
    ours = found.winner.design.id
    made = []
    for design in found.designs.values():
        if design.origin.partition(" ")[0] != ORIGIN or ours not in design.parents:
            continue
        fitting = archive.summaries(
            design_id=design.id, task=run.task, task_version=run.task_version, split="val",
            model=run.model, complete=True, foreign=False,
        )  # fmt: skip
        if fitting:
            evaluation = archive.evaluation(fitting[-1])
            cost = evaluation.cost_per_item(found.unit)
            earned = paired_difference(found.val, evaluation, seed=run.seed)
            made.append(Removal(design, evaluation.score, cost, earned, found.winner.cost - cost))
    return tuple(sorted(made, key=lambda one: -one.earned.mean))
