"""What a design does on `train`, item by item: for strategies that fit a design's parameters."""

from dataclasses import dataclass

from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design, ItemOutcome, Runtime

ITEMS = 48
"""Train items that are answered, spread evenly over all."""


@dataclass(frozen=True, slots=True)
class PracticedItem:
    """What a design made of one `train` item."""

    item: Item
    score: float | None
    """From 0 to 1; ``None`` where the provider failed."""
    outcome: ItemOutcome


@dataclass(frozen=True, slots=True)
class Practice:
    """Runs designs on `train`, charged to the run's ledger. Nothing of `val` or `test` is within reach."""

    task: Task
    runtime: Runtime
    ledger: Ledger

    async def __call__(self, design: Design) -> list[PracticedItem]:
        """What the design makes of each item, always the same items in the same order.

        Raises:
            BudgetExhausted, CredentialsError, SourceError: as evaluating the design would.
        """
        scoring, practiced = Scoring(self.task, self.runtime, "train"), list[PracticedItem]()

        async def judge(item: Item, outcome: ItemOutcome) -> PracticedItem:
            return PracticedItem(item, (await scoring.of_outcome(item, outcome)).value, outcome)

        await run_each(
            design,
            self.task.train[:: max(1, len(self.task.train) // ITEMS)][:ITEMS],
            self.runtime,
            judge,
            lambda _, result: practiced.append(result),
            ledger=self.ledger,
            judge_calls=scoring.calls,
        )
        return practiced
