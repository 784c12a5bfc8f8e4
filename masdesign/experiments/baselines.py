"""The plain ways of asking a model, as designs; and the reference curve that they make together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from masdesign.evaluation.endings import check_replies
from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, evaluate
from masdesign.experiments.curve import Curve, Point
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm import repertoire_of
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import SAMPLING_TEMPERATURE, Result
from masdesign.workflow import Design, Runtime

KS = (1, 3, 5, 9, 17, 33, 63)
"""Numbers of votes on the curve; an item may make no more than 64 calls."""
LEAST_K, MOST_K = 9, 33
"""The curve always goes as far as the first, and by default no further than the second."""


def direct() -> Design:
    """Answers at once, at temperature 0."""
    return _baseline("direct", "direct(task)")


def step_by_step(temperature: float = 0.0) -> Design:
    """One chain of thought."""
    if not temperature:
        return _baseline("step_by_step", "chain_of_thought(task)")
    return _baseline(f"step_by_step at {temperature:g}", f"chain_of_thought(task, temperature={temperature})")


def plain_agent() -> Design:
    """One agent that acts as its own prompt tells it, for tasks that are acted on."""
    return _baseline("agent", "agent(task)")


def _baseline(name: str, call: str) -> Design:
    return Design(f"async def workflow(task):\n    return await {call}\n", name=name, origin="baseline")


async def reference_curve(
    task: Task,
    where: Where,
    runtime: Runtime,
    *,
    up_to_tokens: float = 0.0,
    ks: Sequence[int] = (),
    least_k: int = LEAST_K,
    step_temperature: float | None = None,
    ledger: Ledger | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Curve:
    """Measure the baselines of a task: direct, step by step, and self-consistency over k.

    Votes are grown along ``ks``, at least to ``least_k``, until they cost ``up_to_tokens`` an item
    or ``ks`` ends. All share their draws, so the curve asks for no more calls than its largest k.

    Parameters:
        up_to_tokens: the tokens an item that the curve is to cover, those of the designs compared.
        ks: numbers of votes; by default those up to 33 that the model has different answers for.
        step_temperature: of step by step; by default the better of 0 and the sampling
            temperature, chosen on ``val`` whatever ``where`` is.

    Raises:
        EvaluationCut: the budget is spent.
        UnusableReplies: most replies are cut, unreadable or refused.
    """
    at_once = await evaluate(direct(), task, where, runtime, ledger=ledger, on_result=on_result)
    temperature, step = await _step(task, where, runtime, step_temperature, ledger, on_result)
    if not runtime.keep_going:
        check_replies([*at_once.results, *step.results], "measurement")
    wanted = sorted(ks) or _list_vote_counts(runtime)
    votes = await _grown(task, where, runtime, wanted, least_k, up_to_tokens, ledger, on_result)
    points = [Point("direct", None, at_once), Point("step_by_step", None, step)]
    points += [Point(self_consistency_design(k).name, k, evaluation) for k, evaluation in votes.items()]
    return Curve(tuple(points), temperature)


def _list_vote_counts(runtime: Runtime) -> list[int]:
    """The numbers of votes that the default model has different answers for."""
    repertoire = repertoire_of(runtime.models[""])
    most = MOST_K if repertoire is None else min(MOST_K, repertoire.draws)
    return [k for k in KS if k <= most]


async def _step(
    task: Task,
    where: Where,
    runtime: Runtime,
    temperature: float | None,
    ledger: Ledger | None,
    on_result: Callable[[Result], None] | None,
) -> tuple[float, Evaluation]:
    """Step by step at ``temperature``, or at the better of two on ``val``: 0 in a tie."""

    async def at(temperature: float, where: Where) -> Evaluation:
        design = step_by_step(temperature)
        return await evaluate(design, task, where, runtime, ledger=ledger, on_result=on_result)

    if temperature is not None:
        return temperature, await at(temperature, where)
    tried = {t: await at(t, "val") for t in (0.0, SAMPLING_TEMPERATURE)}
    better = max(tried, key=lambda t: tried[t].score)
    return better, tried[better] if where == "val" else await at(better, where)


async def _grown(
    task: Task,
    where: Where,
    runtime: Runtime,
    ks: Sequence[int],
    least_k: int,
    up_to_tokens: float,
    ledger: Ledger | None,
    on_result: Callable[[Result], None] | None,
) -> dict[int, Evaluation]:
    """Self-consistency by k, as far as needed. Draws that are there already cost nothing again."""
    target = least_k
    while True:
        wanted = [k for k in ks if k <= target] or list(ks[:1])
        evaluations = await evaluate_votes(task, where, runtime, wanted, ledger=ledger, on_result=on_result)
        reached = evaluations[wanted[-1]].tokens_per_item
        if reached >= up_to_tokens or wanted[-1] == ks[-1]:
            return evaluations
        a_draw = max(reached / wanted[-1], 1.0)
        longer = [k for k in ks if k > wanted[-1]]
        target = next((k for k in longer if k * a_draw >= up_to_tokens), longer[-1])
