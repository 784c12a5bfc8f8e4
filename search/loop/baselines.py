"""The first candidates of every run: the plain ways to answer, on val."""

from collections.abc import Callable, Mapping, Sequence

from masdesign.errors import BudgetExhausted, ProviderError
from masdesign.evaluation import EvaluationCut
from masdesign.evaluation.aside import without_aside
from masdesign.evaluation.evaluator import check_replies
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.curve import Curve, Point
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm import LM, repertoire_of
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.stages import SCREEN_ITEMS, Stages
from masdesign.search.models import alone, cost_unit, other_models
from masdesign.types import SAMPLING_TEMPERATURE, Item
from masdesign.workflow import Design

VOTES = (1, 3, 5, 9)
"""Self-consistency at these k stands beside every winner."""
ACTS = Design("async def workflow(task):\n    return await agent(task)\n", "agent", origin="baseline")
"""The plain way to act, which is tried where there is something to act on."""
ACTS_CALLS = 10
"""A guess at the calls that it makes an item."""
VOTES_SHARE = 1 / 3
"""Share of the search's budget that the votes may take; a small budget measures them on part of val."""


def votes_of(models: Mapping[str, LM]) -> tuple[int, ...]:
    """The k at which self-consistency is measured: no more than the default model has different answers."""
    repertoire = repertoire_of(models[""])
    return VOTES if repertoire is None else tuple(k for k in VOTES if k <= repertoire.draws)


def plain_designs(models: Mapping[str, LM], *temperatures: float) -> list[Design]:
    """Direct and step by step by the default model, and step by step by each other model alone."""
    steps = [step_by_step(temperature) for temperature in temperatures]
    return [direct(), *steps, *map(alone, other_models(models))]


OnDraws = Callable[[Item, Sequence[float]], None]
"""Is given what the largest vote drew for each item."""


async def try_plain(stages: Stages) -> list[Candidate]:
    """Direct, step by step (cold and warm; by each further model) and, where there is something to act on,
    the plain agent, as candidates 0, 1, 2 …: all of them answer all of val.

    Raises:
        BudgetExhausted: before step by step was evaluated in full.
        ProviderError: the model failed so many items that there is nothing to compare with.
        UnusableReplies: most of the first replies are cut, unreadable or refused.
    """
    models = stages.runtime.models
    designs = plain_designs(models, 0.0, *((SAMPLING_TEMPERATURE,) if len(votes_of(models)) > 1 else ()))
    if stages.runtime.acting is not None and "agent" in stages.runtime.blocks:
        designs.append(ACTS)
    unit = cost_unit(models)
    plain = [Candidate(index, design, unit=unit) for index, design in enumerate(designs)]
    first, rest = stages.task.val[:SCREEN_ITEMS], stages.task.val[SCREEN_ITEMS:]
    await stages.extend(plain, first, "screened")
    _check_replies(plain, stages)
    if rest:
        await stages.extend(plain, rest)
    for candidate in plain:
        if candidate.evaluation is not None:
            candidate.evaluation = without_aside(candidate.evaluation, stages.runtime)
    _check_complete(plain, stages)
    return plain


async def try_votes(
    stages: Stages, call_cost: float, index: int, on_draws: OnDraws | None = None
) -> list[Candidate]:
    """The votes, as candidates ``index``, …: they answer as much of val as `VOTES_SHARE` allows."""
    models = stages.runtime.models
    designs, unit = map(self_consistency_design, votes_of(models)), cost_unit(models)
    votes = [Candidate(place, design, unit=unit) for place, design in enumerate(designs, start=index)]
    await _evaluate_votes(votes, stages, call_cost, on_draws)
    return votes


def step_temperature(baselines: Sequence[Candidate]) -> float:
    """The temperature at which step by step did better on val: 0, or that of a draw; 0 in a tie.

    Where the provider failed one of them on too many items, the other.
    """
    by_id = {candidate.design.id: candidate.evaluation for candidate in baselines}
    cold, warm = (by_id.get(step_by_step(t).id) for t in (0.0, SAMPLING_TEMPERATURE))
    if cold is None or warm is None or not warm.complete:
        return 0.0
    return SAMPLING_TEMPERATURE if not cold.complete or warm.score > cold.score else 0.0


def val_curve(baselines: Sequence[Candidate], models: Mapping[str, LM], *, part: bool = False) -> Curve:
    """The reference curve on val, of the baselines that were evaluated in full; with ``part``, of all."""
    temperature = step_temperature(baselines)
    names = {direct().id: ("direct", None), step_by_step(temperature).id: ("step_by_step", None)}
    kinds: dict[str, tuple[str, int | None]] = {
        **names,
        **{design.id: (design.name, None) for design in map(alone, other_models(models))},
        **{self_consistency_design(k).id: (f"self_consistency_{k}", k) for k in VOTES},
    }
    points = [
        Point(*kinds[candidate.design.id], candidate.evaluation)
        for candidate in baselines
        if candidate.evaluation is not None and (candidate.complete or part) and candidate.design.id in kinds
    ]
    return Curve(tuple(points), temperature, cost_unit(models))


async def _evaluate_votes(
    votes: Sequence[Candidate], stages: Stages, call_cost: float, on_draws: OnDraws | None
) -> None:
    val, ledger = stages.task.val, stages.ledger
    if stages.cut:
        return
    affordable, ks = len(val), votes_of(stages.runtime.models)
    if call_cost and ledger.limit != float("inf"):
        affordable = int(VOTES_SHARE * ledger.limit / (ks[-1] * call_cost))
    items = val[: max(SCREEN_ITEMS, affordable)]
    try:
        evaluations = await evaluate_votes(
            stages.task,
            "val",
            stages.runtime,
            ks,
            items=items,
            ledger=ledger,
            on_result=stages.on_result,
            on_draws=on_draws,
        )
    except EvaluationCut:
        stages.cut = True
        return
    for candidate, evaluation in zip(votes, evaluations.values(), strict=True):
        candidate.extend(evaluation)
        candidate.stage = "complete" if candidate.complete else "screened"


def _check_replies(plain: Sequence[Candidate], stages: Stages) -> None:
    if not stages.cut and not stages.runtime.keep_going:
        check_replies([r for c in plain if c.evaluation for r in c.evaluation.results], "search")


def _check_complete(plain: Sequence[Candidate], stages: Stages) -> None:
    if any(candidate.complete for candidate in plain):
        return
    if stages.cut:
        raise BudgetExhausted(
            f"the budget ran out before a first design was evaluated on {len(stages.task.val)} val items; "
            "give a larger budget, or fewer items"
        )
    failures = [r.failure for c in plain if c.evaluation for r in c.evaluation.results if r.failure]
    reason = f" ({failures[0].message})" if failures else ""
    raise ProviderError(f"the model failed on too many items to compare designs{reason}; try again later")
