"""Score answers that one has: nothing is asked of a model but what a judge is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.errors import InputError
from masdesign.evaluation.scoring import Scoring
from masdesign.evaluation.session import open_runtime
from masdesign.protocols import AnswerForm
from masdesign.statistics.intervals import mean_interval
from masdesign.tasks import Task
from masdesign.tasks.answers import Given, answers_of, check_some, form_for
from masdesign.tasks.from_rows import ScorerLike
from masdesign.tasks.readers import read_records, records_of
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.match import Match

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of answers, in their order, with the 95 % interval of their mean."""

    items: int
    score: float
    low: float
    high: float
    scores: tuple[float, ...]
    unread: int = 0
    """Replies from which no answer could be read; they score 0."""

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        shown = {name: getattr(self, name) for name in ("items", "score", "low", "high")}
        return {**shown, "scores": list(self.scores), **({"unread": self.unread} if self.unread else {})}


async def score_answers_async(
    source: Any, scorer: ScorerLike, *, answer: AnswerForm | str | None = None
) -> Scores:
    """Score answers.

    Parameters:
        source: a file, or rows at hand, with ``answer`` or ``reply``, and ``target`` or ``targets``
            (`masdesign.tasks.answers.answers_of`).
        scorer: a name, a function, or a scorer (`masdesign.tasks.scorers.scorer_named`).
        answer: the form that replies are read under; by default the scorer's.

    Raises:
        InputError: a row that cannot be scored; one line with its place.

    Example::

        scores = await score_answers_async([{"reply": "So the answer is 18.", "target": "18"}], "numeric")
    """
    chosen = scorer_named(scorer)
    form = form_for(chosen, answer)
    if isinstance(chosen, Match):
        chosen = chosen.for_form(form.name)
    rows = read_records(source) if isinstance(source, (str, Path)) else records_of(source)
    given = list(answers_of(rows, chosen, form))
    check_some(given, str(source) if isinstance(source, (str, Path)) else "the source")
    task = Task.of("answers", val=[each.item for each in given], scorer=chosen, answer=form)
    async with open_runtime(task=task) as runtime:
        values = await _scored(given, Scoring(task, runtime, "train"))
    interval = mean_interval(values)
    mean = sum(values) / len(values)
    unread = sum(each.answer is None for each in given)
    return Scores(len(values), mean, interval.low, interval.high, tuple(values), unread)


async def _scored(given: Sequence[Given], scoring: Scoring) -> list[float]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Given) -> float:
        if each.answer is None:
            return 0.0
        async with gate:
            scored = await scoring.score(each.answer, each.item)
        if scored.value is None:
            why = scored.failure.message if scored.failure is not None else "no score"
            raise InputError(f"row {each.item.id}: {why}")
        return scored.value

    tasks = [asyncio.create_task(one(each)) for each in given]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()


score_answers = blocking(score_answers_async)
