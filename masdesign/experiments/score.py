"""Score answers that one has: nothing is asked of a model but what a judge is asked."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from masdesign.aio import blocking
from masdesign.errors import InputError
from masdesign.evaluation.pooled import Draw, reducer_named
from masdesign.evaluation.scoring import Scored, Scoring
from masdesign.evaluation.session import open_runtime
from masdesign.lm.table import Model
from masdesign.protocols import AnswerForm
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.spending.spend import Spend
from masdesign.statistics.clusters import groups_of
from masdesign.statistics.intervals import mean_interval
from masdesign.tasks import Task
from masdesign.tasks.answers import Given, answers_of, check_some, form_for
from masdesign.tasks.from_rows import ScorerLike
from masdesign.tasks.readers import read_records, records_of
from masdesign.tasks.scorers import scorer_named
from masdesign.tasks.scorers.judge import Judge, JudgeReport, judge_report
from masdesign.tasks.scorers.match import Match
from masdesign.tasks.task import clusters_of
from masdesign.types import Score

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of answers, in their order, with the 95 % interval of their mean."""

    items: int
    """Rows; with ``reduce`` different items."""
    score: float
    low: float
    high: float
    scores: tuple[float, ...]
    """Of each row; with ``reduce`` of each item."""
    unread: int = 0
    """Replies from which no answer could be read; they score 0."""
    parts: dict[str, float] | None = None
    """Means of what the scorer tells apart, such as exact match beside F1."""
    judge: JudgeReport | None = None
    """How the judge's verdicts compare with labels, where a judge scored."""
    spend: Spend | None = None
    """What the judge was asked; ``None`` where nothing was."""

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it."""
        shown = {name: getattr(self, name) for name in ("items", "score", "low", "high")}
        more: dict[str, Any] = {"unread": self.unread, "parts": self.parts}
        more |= {name: asdict(value) for name in ("judge", "spend") if (value := getattr(self, name))}
        return {**shown, "scores": list(self.scores), **{name: v for name, v in more.items() if v}}


async def score_answers_async(
    source: Any,
    scorer: ScorerLike,
    *,
    answer: AnswerForm | str | None = None,
    reduce: str = "",
    judge: Model | None = None,
    budget: str | None = None,
    cache: Cache | Path | str | None = None,
) -> Scores:
    """Score answers.

    Parameters:
        source: a file, or rows at hand, with ``answer`` or ``reply``, and ``target`` or ``targets``
            (`masdesign.tasks.answers.answers_of`).
        scorer: a name, a function, or a scorer (`masdesign.tasks.scorers.scorer_named`).
        answer: the form that replies are read under; by default the scorer's.
        reduce: makes one score of the rows of an item (the same ``id``, else the same question):
            ``mean``, ``pass@K``, ``at_least_one`` or ``majority``.
        judge: the model in that role, where the scorer names none.
        budget, cache: of the judge's calls.

    Raises:
        InputError: a row that cannot be scored; one line with its place.
        BudgetExhausted: the budget is spent before all are judged; what was judged is in the cache.

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
    reducer_named(reduce or "mean")
    task = Task.of("answers", val=[each.item for each in given], scorer=chosen, answer=form)
    ledger = Ledger(Budget.parse(budget))
    model = judge or (chosen.model if isinstance(chosen, Judge) else "")
    models: Any = {"": model, "judge": model} if model else "abacus"
    async with open_runtime(models, cache=cache, ledger=ledger) as runtime:
        scored = await _score(given, Scoring(task, runtime, "train"), ledger)
    scores = _summary(given, scored, reduce, form)
    return replace(scores, spend=ledger.spend if ledger.spend.calls else None)


def _summary(given: Sequence[Given], scored: Sequence[Score], reduce: str, form: AnswerForm) -> Scores:
    keys: Sequence[Any] = [each.key if reduce else number for number, each in enumerate(given)]
    draws: defaultdict[Any, list[Draw]] = defaultdict(list)
    for key, each, score in zip(keys, given, scored, strict=True):
        draws[key].append((each.answer, score.value))
    reducer = reducer_named(reduce or "mean", form)
    values = {key: value for key, some in draws.items() if (value := reducer(some)) is not None}
    if not values:
        cure = "give an id to each item's rows"
        raise InputError(f"{reduce} needs more rows of an item than there are; {cure}")
    repeated = {key for key, count in Counter(each.key for each in given).items() if count > 1}
    same_item = {} if reduce else {n: each.key for n, each in enumerate(given) if each.key in repeated}
    clusters = same_item | clusters_of(zip(keys, (each.item.context for each in given), strict=True))
    interval = mean_interval(tuple(values.values()), groups=groups_of(tuple(values), clusters))
    names = dict.fromkeys(name for score in scored for name in score.parts)
    parts = {name: sum(score.parts.get(name, 0.0) for score in scored) / len(scored) for name in names}
    unread = sum(each.answer is None for each in given)
    report = judge_report(score.parts for score in scored)
    own = parts if report is None else {}
    mean = sum(values.values()) / len(values)
    return Scores(len(values), mean, *interval, tuple(values.values()), unread, own or None, report)


async def _score(given: Sequence[Given], scoring: Scoring, ledger: Ledger) -> list[Score]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(each: Given) -> Score:
        if each.answer is None:
            return Score(0.0)
        async with gate:
            with ledger.account(scoring.calls):
                scored: Scored = await scoring.score(each.answer, each.item)
        if scored.score is None:
            why = scored.failure.message if scored.failure is not None else "no score"
            raise InputError(f"row {each.item.id}: {why}")
        return scored.score

    tasks = [asyncio.create_task(one(each)) for each in given]
    try:
        return [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # what others raised is not said again


score_answers = blocking(score_answers_async)
