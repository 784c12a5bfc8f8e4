"""A stream of items with a memory that learns from them, in stream order, at any concurrency.

Item t reads version ⌊t / lag⌋ of the memory, which holds what earlier blocks of ``lag`` items have taught. A
version is written once all items of a block are answered and recorded: only then is a target released.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from masdesign.errors import InputError, ProviderError
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring
from masdesign.experiments.writing import ENOUGH, REFLECT, Learning, Released, Writing
from masdesign.memory import EMPTY, Memory
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Question, Result, Usage
from masdesign.workflow import Design, ItemOutcome, Runtime, normalise
from masdesign.workflow.runtime import shown_target


@dataclass(frozen=True, slots=True)
class StreamStep:
    """What became of one item of the stream."""

    result: Result
    version: int
    """The number of the memory that it read, from 0."""
    recalled: tuple[str, ...]
    """Ids of the entries that its prompts showed."""
    writing: Usage = field(default_factory=Usage)
    """What was spent after it to learn from it."""


@dataclass(frozen=True)
class Streamed:
    """A stream that has ended."""

    steps: tuple[StreamStep, ...]
    versions: tuple[Memory, ...]
    """Version k was read by items k · lag to (k + 1) · lag - 1; the last one holds all."""
    upkeep: Usage = field(default_factory=Usage)
    """What merging lessons took."""

    @property
    def memory(self) -> Memory:
        """What is known at the end."""
        return self.versions[-1]

    @property
    def scores(self) -> list[float | None]:
        """By position; ``None`` where an item is unscored."""
        return [step.result.score for step in self.steps]


async def stream(
    design: Design,
    task: Task,
    items: Sequence[Item],
    runtime: Runtime,
    ledger: Ledger | None = None,
    *,
    learning: Learning = REFLECT,
    memory: Memory = EMPTY,
    on_step: Callable[[StreamStep], None] | None = None,
) -> Streamed:
    """Answer items in order with a design that reads a memory, and let the memory learn from each.

    The model in the role ``meta`` writes, else the default one. The same items, design, models and
    memory give the same steps and versions at any concurrency, and after any interruption (calls
    are remembered).

    Parameters:
        items: of ``train``, or one's own; an item of the task's `val` or `test` is refused.
        on_step: told of each item once it is answered and recorded, in order, before anything is learnt.

    Raises:
        InputError: an item belongs to `val` or `test`.
        ProviderError: an item could not be asked; started again, the stream goes on where it stopped.
        BudgetExhausted, CredentialsError: as the run ends.
    """
    sealed = frozenset((*task.ids("val"), *task.ids("test")))
    if held := next((item.id for item in items if item.id in sealed), None):
        raise InputError(f"item {held} is of val or test: nothing may be learnt from it; give items of train")
    reader = MemoryReader(design, task, runtime, ledger)
    release = _Release(task, learning, [item.target for item in items])
    writing = Writing(design, task.name, runtime, ledger, learning)
    versions, steps, upkeep = [memory], list[StreamStep](), Usage()
    for start in range(0, len(items), learning.lag):
        block = items[start : start + learning.lag]
        outcomes = zip(block, await reader.answer(block, versions[-1]), strict=True)
        answered = [release(item, *judged) for item, judged in outcomes]
        for released in answered:
            steps.append(StreamStep(released.result, len(versions) - 1, released.recalled))
            if on_step is not None:
                on_step(steps[-1])
        lessons = await writing.learn(answered, versions[-1])
        for place, lesson in enumerate(lessons, start=start):
            steps[place] = replace(steps[place], writing=lesson.usage)
        advanced, spent = await writing.advance(versions[-1], answered, lessons)
        versions.append(advanced)
        upkeep += spent
    return Streamed(tuple(steps), tuple(versions), upkeep)


@dataclass
class MemoryReader:
    """Answers and scores items with a memory that does not change meanwhile."""

    design: Design
    task: Task
    runtime: Runtime
    ledger: Ledger | None
    scoring: Scoring = field(init=False)

    def __post_init__(self) -> None:
        self.scoring = Scoring(self.task, self.runtime, "train")

    async def answer(self, items: Sequence[Item], memory: Memory) -> list[tuple[ItemOutcome, Result]]:
        """What became of the items, in order."""
        answered: list[tuple[ItemOutcome, Result]] = []

        async def judge(item: Item, outcome: ItemOutcome) -> tuple[ItemOutcome, Result]:
            return outcome, await self.scoring.result(item, outcome)

        def keep(item: Item, judged: tuple[ItemOutcome, Result]) -> None:
            answered.append(judged)

        calls, runtime = self.scoring.calls, replace(self.runtime, memory=memory)
        await run_each(self.design, items, runtime, judge, keep, ledger=self.ledger, judge_calls=calls)
        return answered

    async def results(self, items: Sequence[Item], memory: Memory) -> list[Result]:
        """The results of the items, in order."""
        return [result for _, result in await self.answer(items, memory)]


@dataclass(frozen=True)
class _Release:
    """Chooses the feedback for an answered item: its label, none, or (poisoned) another item's label."""

    task: Task
    learning: Learning
    targets: Sequence[str]
    """Of the stream's items."""

    def __call__(self, item: Item, outcome: ItemOutcome, result: Result) -> Released:
        if result.failure is not None and result.provider_failed:
            raise ProviderError(f"item {item.id}: {result.failure.message}; start the stream again")
        score = result.score if self.learning.labels else None
        labelled, right = score is not None, None if score is None else score >= ENOUGH
        target = shown_target(item, self.task.asking) if labelled else ""
        question, answer = Question.of(item, self.task.asking), outcome.answer or Answer("")
        rng = Random(f"poison {item.id}")
        wrong = [text for text in self.targets if text not in item.targets]
        if labelled and wrong and rng.random() < self.learning.poison:
            target, result = rng.choice(wrong), replace(result, feedback="")
            right = normalise(answer.text) == normalise(target)
        return Released(question, answer, outcome, result, right, target)
