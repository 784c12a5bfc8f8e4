"""What went wrong: failing `train` items with what every step said, where a run departed, costs by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from masdesign.errors import SourceError
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scoring
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Item, Question, Verdict
from masdesign.workflow import Design, ItemOutcome, Node, Runtime

ITEMS = 8
"""Train items that a design is run on."""
SHOWN = 3
"""Failing ones that a prompt shows."""
STEPS, LONGEST = 12, 400
"""Steps of an item, and characters of what one said, that a prompt shows."""


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A block call, as a prompt shows it."""

    block: str
    text: str
    """What it gave, in a line."""
    right: bool | None
    """Whether it answered the whole question right; ``None`` where it answered a part, or judged."""
    tokens: int


@dataclass(frozen=True, slots=True)
class FailingItem:
    """A `train` item that the design answers wrong."""

    question: str
    target: str
    answer: str
    feedback: str
    """Of the scorer, or the reason why there is no answer."""
    steps: tuple[SeenStep, ...]

    @property
    def departed(self) -> str:
        """Where the run departed from right, in words; empty where the steps do not show it."""
        whole = [step for step in self.steps if step.right is not None]
        right = [place for place, step in enumerate(whole) if step.right]
        if right and right[-1] + 1 < len(whole):
            return f"{whole[right[-1]].block} was right, and {whole[right[-1] + 1].block} after it was not"
        if right:
            return f"{whole[right[-1]].block} was right, and its answer was not taken"
        return f"{whole[0].block} was wrong already" if whole else ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a design does on `train` items; nothing of `val` or `test` is in it."""

    items: int
    right: int
    failing: tuple[FailingItem, ...]
    costs: tuple[tuple[str, int], ...]
    """Tokens an item by block, the dearest first."""


async def diagnose(design: Design, task: Task, runtime: Runtime, ledger: Ledger) -> Diagnosis | None:
    """Run the design on the first train items, and see what its steps said where it fails.

    The calls are charged to ``ledger``; what the design was asked before is on file. ``None`` where there
    are no train items, or the design is not well-formed under the run's bounds.

    Raises:
        BudgetExhausted, CredentialsError: as evaluating it would.
    """
    scoring = Scoring(task, runtime, "train")
    seen: list[tuple[FailingItem | None, Counter[str]]] = []

    async def judge(item: Item, outcome: ItemOutcome) -> tuple[FailingItem | None, Counter[str]]:
        steps = [step async for step in _steps(item, outcome, scoring)]
        result = await scoring.result(item, outcome)
        costs = Counter[str]()
        for step in steps:
            costs[step.block] += step.tokens
        if result.score is None or result.score >= 1:
            return None, costs
        reason = result.feedback or (result.failure.message if result.failure else "")
        answer = outcome.answer.text if outcome.answer else ""
        target = " | ".join(map(str, item.targets[:3]))
        return FailingItem(item.question, target, answer, reason, tuple(steps[:STEPS])), costs

    try:
        await run_each(
            design,
            task.train[:ITEMS],
            runtime,
            judge,
            lambda _, found: seen.append(found),
            ledger=ledger,
            judge_calls=scoring.calls,
        )
    except SourceError:
        return None
    if not seen:
        return None
    failing = [item for item, _ in seen if item is not None]
    total = sum((costs for _, costs in seen), Counter[str]())
    by_block = tuple((block, tokens // len(seen)) for block, tokens in total.most_common())
    return Diagnosis(len(seen), len(seen) - len(failing), tuple(failing[:SHOWN]), by_block)


async def _steps(item: Item, outcome: ItemOutcome, scoring: Scoring) -> AsyncIterator[SeenStep]:
    """The block calls of the design itself, in the order of issue."""
    for node in outcome.trace.root.children:
        if node.kind != "block":
            continue
        right = None
        if isinstance(node.output, Answer) and _question(node) == item.question and not scoring.calls:
            scored = (await scoring.score(node.output, item)).score
            right = scored is not None and scored.value >= 1
        yield SeenStep(node.name, _line(node.output), right, _tokens(node))


def _question(node: Node) -> str:
    questions = (value.question for _, value in node.inputs if isinstance(value, Question))
    return next(questions, "")


def _line(output: object) -> str:
    match output:
        case Answer():
            text = output.text or output.reasoning
        case Verdict():
            text = f"{'right' if output.ok else 'wrong'} {output.critique}"
        case Question():
            text = " ".join([output.question, *output.context])
        case list() | tuple():
            text = "; ".join(_line(part) for part in output)
        case _:
            text = str(output)
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _tokens(node: Node) -> int:
    own = node.completion.usage.tokens if node.completion is not None else 0
    return own + sum(_tokens(child) for child in node.children)
