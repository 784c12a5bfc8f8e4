"""Self-consistency on some of the items of a split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from masdesign.evaluation import Evaluation, evaluate_votes, self_consistency_design
from masdesign.evaluation.evaluator import empty_evaluation
from masdesign.lm import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Result, Split
from masdesign.workflow import Runtime

VOTES = (1, 3, 5, 9)
"""Self-consistency at these k stands beside every winner."""


async def votes_on(
    items: Sequence[Item],
    task: Task,
    split: Split,
    runtime: Runtime,
    ks: Sequence[int] = VOTES,
    *,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> list[Evaluation]:
    """The evaluation of the vote at each k, growing, on ``items`` of the split (partial where it has more).

    Raises:
        EvaluationCut: the budget is spent.
    """
    chosen = frozenset(item.id for item in items)
    part = replace(task, make=lambda wanted: tuple(i for i in task.items(wanted) if i.id in chosen))
    found = await evaluate_votes(part, split, runtime, ks, ledger=ledger, on_result=on_result)
    return [
        empty_evaluation(self_consistency_design(k), task, split, runtime).extended(votes.results)
        for k, votes in found.items()
    ]
