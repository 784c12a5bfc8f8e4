"""The plain ways of asking a model, as designs, and their reference curve."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from masdesign.evaluation.evaluation import Evaluation
from masdesign.evaluation.evaluator import Where, check_replies, evaluate
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
    measuring = _Measuring(task, where, runtime, ledger, on_result)
    at_once = await measuring.evaluate(direct(), where)
    temperature, step = await measuring.step(step_temperature)
    if not runtime.keep_going:
        check_replies([*at_once.results, *step.results], "measurement")
    votes = await measuring.votes(sorted(ks) or _list_vote_counts(runtime), least_k, up_to_tokens)
    points = [Point("direct", None, at_once), Point("step_by_step", None, step)]
    points += [Point(self_consistency_design(k).name, k, evaluation) for k, evaluation in votes.items()]
    return Curve(tuple(points), temperature)


def _list_vote_counts(runtime: Runtime) -> list[int]:
    """The numbers of votes that the default model has different answers for."""
    repertoire = repertoire_of(runtime.models[""])
    most = MOST_K if repertoire is None else min(MOST_K, repertoire.draws)
    return [k for k in KS if k <= most]


@dataclass(frozen=True)
class _Measuring:
    """What all parts of a curve are measured with."""

    task: Task
    where: Where
    runtime: Runtime
    ledger: Ledger | None
    on_result: Callable[[Result], None] | None

    async def evaluate(self, design: Design, where: Where) -> Evaluation:
        """The design on the items of ``where``."""
        on_result = self.on_result
        return await evaluate(design, self.task, where, self.runtime, ledger=self.ledger, on_result=on_result)

    async def step(self, temperature: float | None) -> tuple[float, Evaluation]:
        """Step by step at ``temperature``, or at the better of two on ``val``: 0 in a tie."""
        if temperature is not None:
            return temperature, await self.evaluate(step_by_step(temperature), self.where)
        tried = {t: await self.evaluate(step_by_step(t), "val") for t in (0.0, SAMPLING_TEMPERATURE)}
        better = max(tried, key=lambda t: tried[t].score)
        same = self.where == "val"
        return better, tried[better] if same else await self.evaluate(step_by_step(better), self.where)

    async def votes(self, ks: Sequence[int], least_k: int, up_to_tokens: float) -> dict[int, Evaluation]:
        """Self-consistency by k, as far as needed. Draws that are there already cost nothing again."""
        target = least_k
        while True:
            wanted = [k for k in ks if k <= target] or list(ks[:1])
            evaluations = await evaluate_votes(
                self.task, self.where, self.runtime, wanted, ledger=self.ledger, on_result=self.on_result
            )
            reached = evaluations[wanted[-1]].tokens_per_item
            if reached >= up_to_tokens or wanted[-1] == ks[-1]:
                return evaluations
            a_draw = max(reached / wanted[-1], 1.0)
            longer = [k for k in ks if k > wanted[-1]]
            target = next((k for k in longer if k * a_draw >= up_to_tokens), longer[-1])
