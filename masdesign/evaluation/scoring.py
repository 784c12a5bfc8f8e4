"""An answer is scored within its item's task and account: the one way from an outcome to a `Result`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from masdesign.errors import InputError, describe
from masdesign.evaluation.services import ItemServices
from masdesign.protocols import Scorer
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.user import checked_score
from masdesign.types import SCORED_FAILURES, Answer, Failure, Item, Result, Score, Split, Usage
from masdesign.workflow import ItemOutcome, Runtime

FIRST = 4
"""Number of first items on all of which a scorer must fail to count as broken."""
FAILED_SHARE = 0.01
"""So is one that fails on a larger share of the items, and on more than one."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What a scorer said of an answer, or why it said nothing; and what that took."""

    score: Score | None
    failure: Failure | None = None
    overhead: Usage = field(default_factory=Usage)

    @property
    def value(self) -> float | None:
        """Between 0 and 1; ``None`` where the answer is unscored."""
        return None if self.score is None else self.score.value


@dataclass(eq=False)
class Scoring:
    """Scores the answers to a task's items."""

    task: Task
    runtime: Runtime
    split: Split | None = None
    """Feedback is kept for ``train`` alone."""
    scorer: Scorer = field(init=False)

    def __post_init__(self) -> None:
        self.scorer = scorer_of(self.task)

    @property
    def calls(self) -> int:
        """Most completions that scoring one answer can ask for."""
        return self.scorer.calls

    async def score(self, answer: Answer, item: Item, episode: Mapping[str, Any] | None = None) -> Scored:
        """Score an answer. What the scorer raises leaves it unscored.

        Parameters:
            episode: the outcome of the item's episode, where the task has an environment.

        Raises:
            BudgetExhausted, CredentialsError, NotRecorded, InputError, InternalFault: the run ends.
        """
        services = ItemServices(self.runtime)
        score, raised = None, None
        try:
            given = await self.scorer.score(answer, item, episode or {}, services)
            score = checked_score(given, self.scorer.name, item.id)
        except Exception as error:  # noqa: BLE001  (a scorer is a plug-in, and may raise anything)
            raised = error
        if services.fatal is not None:
            raise services.fatal
        if services.outage is not None:
            return Scored(None, Failure("provider", str(services.outage)), services.used)
        if raised is not None:
            failure = Failure("scorer", f"scorer {self.scorer.name} failed ({describe(raised)})")
            return Scored(None, failure, services.used)
        return Scored(score, None, services.used)

    async def result(self, item: Item, outcome: ItemOutcome) -> Result:
        """What became of the item."""
        scored = await self.of_outcome(item, outcome)
        score = scored.score or Score(0.0)
        return Result(
            item.id,
            outcome.answer,
            scored.value,
            outcome.usage,
            outcome.calls,
            outcome.seconds,
            scored.failure,
            outcome.by_model,
            feedback=score.feedback if self.split == "train" else "",
            parts=score.parts,
            overhead=scored.overhead + outcome.overhead,
            cluster=self.task.clusters(self.split).get(item.id, "") if self.split else "",
        )

    async def of_outcome(self, item: Item, outcome: ItemOutcome) -> Scored:
        """The score of what a design made of the item; a failure of its own scores 0."""
        failure = outcome.failure
        if failure is not None or outcome.answer is None:
            zero = failure is None or failure.kind in SCORED_FAILURES
            return Scored(Score(0.0) if zero else None, failure)
        return await self.score(outcome.answer, item, outcome.episode)

    async def values(
        self, answers: Sequence[Answer], item: Item, ledger: Ledger | None
    ) -> list[float | None]:
        """The scores of answers at hand, outside any item's run, within an account of their own."""
        if ledger is None:
            return [(await self.score(answer, item)).value for answer in answers]
        with ledger.account(self.calls * len(answers)):
            return [(await self.score(answer, item)).value for answer in answers]


def check_scorer(results: Sequence[Result], size: int, scorer: str) -> None:
    """Raise `InputError` where the scorer fails too often: on all first items, or on more than 1 %.

    Parameters:
        results: so far, in order.
        size: how many there will be; with all of them there, the share is looked at.
    """
    failed = [result for result in results if result.failure is not None and result.failure.kind == "scorer"]
    first = min(FIRST, size)
    broken = len(results) == first and len(failed) == first > 0
    too_many = len(results) == size and len(failed) > max(1, FAILED_SHARE * size)
    if failed and (broken or too_many):
        item, failure = failed[0].item_id, failed[0].failure
        assert failure is not None
        raise InputError(
            f"{failure.message} on item {item}, and on {len(failed)} of {len(results)}; correct the scorer "
            f"{scorer} and run again: completions are kept, and are not paid again"
        )


def scorer_of(task: Task) -> Scorer:
    """The task's scorer; a plain function ``(answer, item)`` is made one."""
    return scorer_named(task.scorer)
