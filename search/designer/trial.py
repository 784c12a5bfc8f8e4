"""Does a design work at all? The checks, and a dry run on a train item, before it is proposed."""

from __future__ import annotations

from dataclasses import dataclass

from masdesign.errors import SourceError
from masdesign.evaluation import evaluate
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Failure
from masdesign.workflow import Design, Runtime, check_in_thread


@dataclass(frozen=True, slots=True)
class Trial:
    """Tries designs on the first train item of a task; without a task, or train items, the checks alone.

    The loop's own dry run asks the same again, for nothing.
    """

    runtime: Runtime
    ledger: Ledger
    task: Task | None = None

    async def __call__(self, design: Design) -> Failure | None:
        """What is wrong with the design; ``None`` where nothing was found.

        An outage of the provider is no fault of the design, nor is one reply that cannot be read.

        Raises:
            BudgetExhausted: the dry run is not covered.
            CredentialsError: a key was refused.
        """
        try:
            await check_in_thread(design, self.runtime.blocks, models=tuple(self.runtime.models))
        except SourceError as error:
            return Failure("design", error.reason, error.line, error.cure)
        items = self.task.train[:1] if self.task else ()
        if not items or self.task is None:
            return None
        evaluation = await evaluate(design, self.task, "train", self.runtime, items=items, ledger=self.ledger)
        failures = [r.failure for r in evaluation.results if r.failure and r.failure.kind == "design"]
        return failures[0] if failures else None
