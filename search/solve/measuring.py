"""Does a memory of strategies pay? Score and cost along a stream, beside a memory that stays as it was."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Unpack

from masdesign.aio import blocking
from masdesign.errors import InputError
from masdesign.evaluation.scoring import Scoring
from masdesign.lm.table import Models
from masdesign.memory import EMPTY
from masdesign.search.solve.guided import Guided, GuidedAnswer, guided_stream
from masdesign.search.solve.verbs import DEFAULT_BUDGET
from masdesign.session.run import Run
from masdesign.session.session import Resources, Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.statistics.paired import Difference, paired_difference
from masdesign.tasks import Task, load_task
from masdesign.types import Item
from masdesign.workflow import ItemOutcome

PARTS = 3
"""Stretches of the stream whose means are shown."""


@dataclass(frozen=True)
class GuidedMeasure:
    """The same stream with a memory that learns, and with the one that it began with."""

    learnt: tuple[GuidedAnswer, ...]
    frozen: tuple[GuidedAnswer, ...]
    entries: int
    """Of the memory at the end."""
    seed: int = 0

    @property
    def saved(self) -> float:
        """The share of the first third's tokens an item that the last third does without, at most 1."""
        first, *_, last = _means(self.learnt, "tokens")
        return 1 - last / first if first else 0.0

    @property
    def difference(self) -> Difference:
        """Score with learning minus without, on the items of the last third."""
        arms = [{a.item.id: a.score for a in _part(arm, PARTS - 1)} for arm in (self.learnt, self.frozen)]
        both = [i for i in arms[0] if None not in (arms[0][i], arms[1].get(i))]
        learnt, frozen = ({i: float(arm[i] or 0.0) for i in both} for arm in arms)
        return paired_difference(learnt, frozen, seed=self.seed)

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign memory strategies --json`` prints."""
        d, arms = self.difference, {"learnt": self.learnt, "frozen": self.frozen}
        units = ("score", "tokens", "calls")
        return {
            "items": len(self.learnt),
            **{name: {unit: _means(arm, unit) for unit in units} for name, arm in arms.items()},
            "saved": self.saved,
            "difference": {"mean": d.mean, "low": d.low, "high": d.high, "p": d.p},
            "kinds": len({answer.kind for answer in self.learnt}),
            "entries": self.entries,
        }


async def run_guided_async(
    task: Task | str,
    *,
    guided: Guided | None = None,
    items: int = 200,
    model: Models = "abacus",
    budget: str = DEFAULT_BUDGET,
    seed: int = 0,
    **options: Unpack[Resources],
) -> GuidedMeasure:
    """Answer a task's train items in a shuffled order, guided by a memory that learns, and by a frozen one.

    Parameters:
        guided: lag, workflows a question, labels; its memory is where both begin if the archive has it.
            Nothing is kept.
        items: how many, of ``train``.
        budget: of each item.
        seed: of the order, and of all draws.

    Raises:
        InputError: a name is wrong. BudgetExhausted, ProviderError: an item could not be answered.
    """
    guided = guided or Guided()
    async with Session.open(**options) as session:
        chosen = task if isinstance(task, Task) else load_task(task)
        spec = RunSpec("solve", chosen, model, seed, seed, conduct=Conduct(budget))
        order = list(chosen.to_learn_from(items))
        if len(order) < PARTS:
            raise InputError(f"task {chosen.name} has {len(order)} train items; give {PARTS} or more")
        random.Random(seed).shuffle(order)
        known = session.archive.memories(guided.memory.partition("@")[0])
        start = session.archive.memory(guided.memory) if known else EMPTY

        async def judge(run: Run, item: Item, outcome: ItemOutcome) -> float | None:
            return (await Scoring(chosen, run.runtime, "train").result(item, outcome)).score

        answers: dict[bool, list[GuidedAnswer]] = {True: [], False: []}
        entries = 0
        for learns, arm in answers.items():
            how = replace(guided, learn=learns)
            async for answer, memory in guided_stream(order, how, start, lambda: session.run(spec), judge):
                arm.append(answer)
                entries = max(entries, len(memory))
    return GuidedMeasure(tuple(answers[True]), tuple(answers[False]), entries, seed)


run_guided = blocking(run_guided_async)


def _part(answers: Sequence[GuidedAnswer], part: int) -> Sequence[GuidedAnswer]:
    return answers[part * len(answers) // PARTS : (part + 1) * len(answers) // PARTS]


def _means(answers: Sequence[GuidedAnswer], unit: str) -> list[float]:
    """The mean score, tokens or calls an item, third by third."""
    means = []
    for part in range(PARTS):
        values = [a.score if unit == "score" else getattr(a.spend, unit) for a in _part(answers, part)]
        means.append(fmean([value for value in values if value is not None] or [0.0]))
    return means
