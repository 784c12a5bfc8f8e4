"""Self-consistency at several k from one run of the largest: a smaller vote is over the first draws.

The n-th draw of a prompt within an item is sample n, so that the draws of a vote of 5 are the first
five of a vote of 9. One run of the largest k therefore holds every smaller one, with its exact cost.

Reference: X. Wang et al., Self-Consistency Improves Chain of Thought Reasoning, arXiv:2203.11171.
"""

from collections.abc import Callable, Sequence

from masdesign.errors import BudgetExhausted
from masdesign.evaluation.aside import key_of, with_aside
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import EvaluationCut, Where, empty_evaluation, items_of, split_of
from masdesign.evaluation.items import run_each
from masdesign.evaluation.scoring import Scored, Scoring, check_scorer
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Answer, Failure, Item, Result, Score, Usage
from masdesign.workflow import Design, ItemOutcome, Node, Runtime, majority, unreadable
from masdesign.workflow.trace import by_model

DRAW = "chain_of_thought"
"""The block whose answers `self_consistency` votes over."""


def self_consistency_design(k: int) -> Design:
    """A vote over ``k`` draws of a chain of thought, at the sampling temperature."""
    source = f"async def workflow(task):\n    return await self_consistency(task, n={k})\n"
    return Design(source, name=f"self_consistency_{k}", origin="baseline")


async def evaluate_votes(
    task: Task,
    where: Where,
    runtime: Runtime,
    ks: Sequence[int],
    *,
    items: Sequence[Item] | None = None,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
    on_draws: Callable[[Item, Sequence[float]], None] | None = None,
) -> dict[int, Evaluation]:
    """The evaluation of `self_consistency_design` at every k of ``ks``, by growing k.

    Equal to evaluating each alone, but for the seconds. ``items`` are some of the split's, as in
    `evaluate`. ``on_result`` is given the results of the largest, ``on_draws`` the scores of the
    answers that it voted over.

    Raises:
        EvaluationCut: the budget is spent; ``partial`` is that of the largest k.
    """
    split, ks = split_of(where), sorted(set(ks))
    largest = self_consistency_design(ks[-1])
    every = items_of(task, where) if items is None else items
    aside = frozenset(runtime.set_aside.get(key_of(task.name, runtime), ()))
    chosen = [item for item in every if item.id not in aside]
    results: dict[int, list[Result]] = {k: [] for k in ks}

    scoring = Scoring(task, runtime, split)

    async def judge(item: Item, outcome: ItemOutcome) -> tuple[list[Result], list[float]]:
        """The result of each vote, and the scores of the draws where they are asked for."""
        draws = [node for node in outcome.trace.root.walk() if (node.kind, node.name) == ("block", DRAW)]
        acting = runtime.acting is not None
        votes = [_of_first(draws[:k], k, outcome, acting) for k in ks[:-1]]
        scored = [await scoring.result(item, vote) for vote in (*votes, outcome)]
        if on_draws is None:
            return scored, []
        answers = [draw.output for draw in draws if isinstance(draw.output, Answer)]
        return scored, await _scores(answers, item, outcome, scoring)

    def keep(item: Item, judged: tuple[list[Result], list[float]]) -> None:
        scored, draws = judged
        for k, result in zip(ks, scored, strict=True):
            results[k].append(result)
        if on_draws is not None:
            on_draws(item, draws)
        if on_result is not None:
            on_result(scored[-1])
        check_scorer(results[ks[-1]], len(chosen), scoring.scorer.name)

    def evaluation(k: int) -> Evaluation:
        empty = empty_evaluation(self_consistency_design(k), task, split, runtime)
        return empty.extended(with_aside(results[k], every, aside if len(results[k]) == len(chosen) else ()))

    calls = scoring.calls * (len(ks) + (ks[-1] if on_draws is not None else 0))
    try:
        await run_each(largest, chosen, runtime, judge, keep, ledger=ledger, judge_calls=calls)
    except BudgetExhausted as error:
        raise EvaluationCut(str(error), evaluation(ks[-1])) from error
    return {k: evaluation(k) for k in ks}


async def _scores(answers: Sequence[Answer], item: Item, whole: ItemOutcome, scoring: Scoring) -> list[float]:
    """Scores of draws; one that cannot be read scores 0, one that the scorer fails on has none."""
    scored = [
        await scoring.score(a, item, whole.episode) if a.text.strip() else Scored(Score(0.0)) for a in answers
    ]
    return [score.value for score in scored if score.value is not None]


def _of_first(draws: Sequence[Node], k: int, whole: ItemOutcome, acting: bool) -> ItemOutcome:
    """What a vote over these draws alone gives; where one of them failed, the failure that it caused."""
    usage = sum((draw.usage for draw in draws), Usage())
    calls = sum(draw.calls for draw in draws)
    answers = [draw.output for draw in draws if isinstance(draw.output, Answer)]
    failure: Failure | None = None
    answer: Answer | None = None
    if len(answers) < k:
        failure = whole.failure
    else:
        answer = majority(answers)
        if not acting and not answer.text.strip():
            failure = unreadable(draws)
    trace, models = whole.trace, by_model(draws)
    return ItemOutcome(answer, failure, usage, calls, whole.seconds, trace, models, episode=whole.episode)
