"""Advice before a search: will several agents pay on a task, will one prompt do, or neither?

A pilot on some 30 items of val measures the plain ways (direct, step by step, votes) and a few designs that
did well elsewhere. Two logistic regressions turn its figures into probabilities; they are fitted, at the time
of asking, to tasks whose search is known (``advice.json``, made by ``tests/benchmarks/bench_advice.py``).
The pilot's calls are those that a search begins with, so a search afterwards does not pay them again.

References: when several agents pay, Kim et al. 2025, arXiv:2512.08296; algorithm selection by landmarks,
Pfahringer, Bensusan and Giraud-Carrier 2000 (landmarking); ridge-penalised logistic regression, le Cessie and
van Houwelingen 1992, doi:10.2307/2347628.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from masdesign.aio import blocking
from masdesign.brief import ShortRepr
from masdesign.errors import InputError
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.evaluator import require_scored
from masdesign.experiments.baselines import KS, direct, step_by_step
from masdesign.experiments.curve import Advantage, Curve, Point, advantage
from masdesign.experiments.verbs import ExperimentOptions, OnResult, nothing_shown
from masdesign.experiments.votes import evaluate_votes, self_consistency_design
from masdesign.lm.table import Models
from masdesign.search.transfer import is_playable, transferable
from masdesign.session.run import Run
from masdesign.session.session import Session
from masdesign.session.spec import Conduct, RunSpec
from masdesign.spending.spend import Spend
from masdesign.tasks import Task, load_task
from masdesign.types import Item
from masdesign.workflow import Design

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PILOT_ITEMS, LEAST_ITEMS = 30, 10
CANDIDATES = 3
"""Designs raced against the plain ways."""
VOTES = 9
"""The largest vote of the pilot; its draws also give the ceiling."""
LEAST_KNOWN = 15
"""Known tasks of each outcome without which no probability is given."""
RIDGE = 1.0
"""Penalty on the squared coefficients of standardised figures."""
NEAR = 0.02
"""One prompt does where it scores at most this much less than the best design."""
Verdict = Literal["several agents", "one prompt", "neither"]
Outcome = Literal["agents_pay", "prompt_does"]


@dataclass(frozen=True)
class PilotFigures:
    """What a pilot shows of a task, each a share of items or a score in 0 to 1 where not said otherwise."""

    direct: float
    step_by_step: float
    vote: float
    """Score of the largest vote."""
    ceiling: float
    """Score of an oracle that picks the best of the draws."""
    split: float
    """Mean distance of the draws' scores from unanimity: 0 where all draws of an item score alike."""
    failed: float
    """Share of the scored direct and step-by-step answers that failed, as where a reply cannot be read."""
    passages: float
    """Mean number of passages in a question's context, as log(1 + n)."""
    lift: float
    """Best advantage of a candidate over the plain ways at its own tokens, -1 to 1."""
    surest: float
    """Largest lower bound (95 %) among the candidates' advantages."""


@dataclass(frozen=True)
class KnownTask:
    """A task whose full search is known: a row of ``advice.json``."""

    task: str
    group: str
    """Kindred tasks share one; a group is left out whole when the advice is measured."""
    pilot: PilotFigures
    agents_pay: bool
    """Whether the search's winner beat the plain ways at equal tokens on fresh items, interval above 0."""
    prompt_does: bool
    """Whether the best single prompt came within `NEAR` of the best design on fresh items, and scored
    above .5."""
    winner: str = ""
    """Source of the search's winner where it paid."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> KnownTask:
        return cls(**{**row, "pilot": PilotFigures(**row["pilot"])})


@dataclass(frozen=True, repr=False)
class Advice(ShortRepr):
    """What a pilot says of a task."""

    task: Task
    verdict: Verdict
    agents: float | None
    """Probability that several agents pay; ``None`` where fewer than `LEAST_KNOWN` tasks of each outcome are
    known. Then the verdict rests on the pilot alone."""
    prompt: float | None
    """Probability that one prompt does as well as the best design; ``None`` likewise."""
    figures: PilotFigures
    curve: Curve
    candidates: tuple[tuple[Design, Evaluation, Advantage], ...]
    """Designs raced, best first, each with its advantage over the plain ways at its own tokens."""
    known: int
    """Tasks that the probabilities rest on."""
    spend: Spend

    @property
    def design(self) -> Design:
        """What to use at once: the best candidate where its advantage is above 0, else the best plain way."""
        if self.candidates and self.candidates[0][2].score > 0:
            return self.candidates[0][0]
        best = max(self.curve.points, key=lambda point: point.evaluation.score)
        if best.k:
            return self_consistency_design(best.k)
        return direct() if best.name == "direct" else step_by_step(self.curve.step_temperature)

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "task": self.task.name,
            "verdict": self.verdict,
            "several agents": shown(self.agents),
            "one prompt": shown(self.prompt),
            "design": self.design.name or self.design.id,
        }

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign advise --json`` prints."""
        return {
            "task": self.task.name,
            "task_version": self.task.version,
            "model": self.curve.points[0].evaluation.model,
            "split": "val",
            "verdict": self.verdict,
            "probability": {"several_agents": self.agents, "one_prompt": self.prompt},
            "known_tasks": self.known,
            "pilot": asdict(self.figures),
            "plain": [point.to_json() for point in self.curve.points],
            "candidates": [
                {
                    "design": design.id,
                    "name": design.name,
                    **evaluation.summary(),
                    "tokens_per_item": evaluation.tokens_per_item,
                    "advantage": asdict(earned),
                }
                for design, evaluation, earned in self.candidates
            ],
            "design": {"id": self.design.id, "name": self.design.name, "source": self.design.source},
            "spend": self.spend.to_json(),
        }


async def run_advise_async(
    task: Task | str | Path,
    *,
    model: Models = "abacus",
    budget: str | None = None,
    items: int = PILOT_ITEMS,
    seed: int = 0,
    known: Sequence[KnownTask] | None = None,
    **options: Unpack[ExperimentOptions],
) -> Advice:
    """Say from a pilot whether a search for a multi-agent design will pay on a task.

    Parameters:
        model: a model, or a table of them by name and role, as in `run_search`.
        budget: unlimited by default; a pilot takes some 40 calls an item.
        items: of val, the first ones; 10 at least.
        known: tasks with known outcome that the probabilities rest on; by default those that ship.
        options: see `ExperimentOptions` and `masdesign.session.session.Resources`.

    Raises:
        InputError: a name, a file or the budget is wrong; fewer than 10 items.
        EvaluationCut: the budget is spent.

    Example::

        advice = await run_advise_async("ledger")
        print(advice.verdict, advice.agents, advice.design.source)
    """
    given: dict[str, Any] = dict(options)
    showing, on_note = given.pop("showing", nothing_shown), given.pop("on_note", None)
    rows = known_tasks() if known is None else tuple(known)
    chosen = task if isinstance(task, Task) else load_task(task)
    if items < LEAST_ITEMS:
        raise InputError(f"a pilot on {items} items says nothing; take at least {LEAST_ITEMS}")
    async with Session.open(**given) as session:
        spec = RunSpec("advise", chosen, model, seed, seed, conduct=Conduct(budget))
        async with session.run(spec) as run:
            count = min(items, len(chosen.val))
            with showing(f"pilot on {chosen.name}", (3 + CANDIDATES) * count) as on_result:
                pilot = _Pilot(run, chosen.val[:count], on_result)
                await pilot.measure_plain_ways()
                await pilot.race(_candidates(run, rows, pilot), seed)
            run.tell_notes(on_note)
        require_scored([point.evaluation for point in pilot.curve.points])
        figures = pilot.figures()
        agents, prompt = probability(figures, rows, "agents_pay"), probability(figures, rows, "prompt_does")
        raced = tuple(sorted(pilot.raced, key=lambda each: -each[2].score))
        decision = verdict(agents, prompt, figures)
        advice = Advice(chosen, decision, agents, prompt, figures, pilot.curve, raced, len(rows), run.spend)
        for design in {each.id: each for each in (*(each[0] for each in raced), advice.design)}.values():
            session.archive.add_design(design)
        return advice


run_advise = blocking(run_advise_async)


def verdict(agents: float | None, prompt: float | None, figures: PilotFigures) -> Verdict:
    """The advice in a word: from its probabilities, or from the pilot alone where there are none.

    By the pilot alone, several agents pay where a candidate's advantage is above 0 (95 %), and one prompt
    does where it scores above .5 and within `NEAR` of what an oracle over the votes' draws reaches.

    >>> plain = PilotFigures(0.4, 0.8, 0.8, 0.81, 0.1, 0.0, 0.0, 0.0, -0.1)
    >>> verdict(0.7, 0.6, plain), verdict(0.3, 0.4, plain), verdict(None, None, plain)
    ('several agents', 'neither', 'one prompt')
    """
    if agents is None or prompt is None:
        single = max(figures.direct, figures.step_by_step)
        agents = float(figures.surest > 0)
        prompt = float(single > 0.5 and figures.ceiling - single <= NEAR)
    if agents >= 0.5:
        return "several agents"
    return "one prompt" if prompt >= 0.5 else "neither"


def shown(probability: float | None) -> str:
    """A probability as it is printed.

    >>> shown(0.734), shown(None)
    ('0.73', 'not known')
    """
    return "not known" if probability is None else f"{probability:.2f}"


@dataclass
class _Pilot:
    """The measurements of a pilot, as they come."""

    run: Run
    items: Sequence[Item]
    on_result: OnResult
    points: list[Point] = field(default_factory=list)
    draws: dict[str, Sequence[float]] = field(default_factory=dict)
    """Scores of the largest vote's draws, by item."""
    raced: list[tuple[Design, Evaluation, Advantage]] = field(default_factory=list)

    async def measure_plain_ways(self) -> None:
        run = self.run
        for name, design in (("direct", direct()), ("step_by_step", step_by_step())):
            self.points.append(Point(name, None, await self._evaluate(design)))
        votes = await evaluate_votes(
            run.task, "val", run.runtime, [k for k in KS if k <= VOTES],
            items=self.items, ledger=run.ledger, on_result=self.on_result,
            on_draws=lambda item, scores: self.draws.__setitem__(item.id, scores),
        )  # fmt: skip
        self.points += [
            Point(self_consistency_design(k).name, k, evaluation) for k, evaluation in votes.items()
        ]

    async def race(self, designs: Sequence[Design], seed: int) -> None:
        for design in designs:
            evaluation = await self._evaluate(design)
            if evaluation.items:
                self.raced.append((design, evaluation, advantage(evaluation, self.curve, seed=seed)))

    async def _evaluate(self, design: Design) -> Evaluation:
        run = self.run
        return await evaluate(
            design, run.task, "val", run.runtime,
            items=self.items, ledger=run.ledger, on_result=self.on_result,
        )  # fmt: skip

    @property
    def curve(self) -> Curve:
        return Curve(tuple(self.points), 0.0)

    def figures(self) -> PilotFigures:
        """What the pilot shows; where no candidate could be raced, none has an advantage."""
        curve = self.curve
        plain = [curve.point(name).evaluation for name in ("direct", "step_by_step")]
        scored = [r for each in plain for r in each.results if r.item_id in each.scores]
        draws = [scores for scores in self.draws.values() if scores]
        means = [sum(scores) / len(scores) for scores in draws]
        return PilotFigures(
            direct=plain[0].score,
            step_by_step=plain[1].score,
            vote=curve.votes[-1].evaluation.score,
            ceiling=_mean([max(scores) for scores in draws]),
            split=_mean([2 * min(mean, 1 - mean) for mean in means]),
            failed=_mean([float(result.failure is not None) for result in scored]),
            passages=_mean([math.log1p(len(item.context)) for item in self.items]),
            lift=max((earned.score for _, _, earned in self.raced), default=0.0),
            surest=max((earned.low for _, _, earned in self.raced), default=-1.0),
        )


def _candidates(run: Run, rows: Sequence[KnownTask], pilot: _Pilot) -> list[Design]:
    """Designs worth a race: the archive's best on similar tasks, then winners on the nearest known tasks."""
    figures = pilot.figures()
    near = sorted((row for row in rows if row.winner), key=lambda row: _distance(row.pilot, figures))
    designs = transferable(run.archive, run.task, run.runtime, CANDIDATES)
    elsewhere = [Design(row.winner, name=f"winner on {row.task}", origin="advice") for row in near]
    distinct = {design.id: design for design in (*designs, *elsewhere) if is_playable(design, run.runtime)}
    return list(distinct.values())[:CANDIDATES]


def probability(figures: PilotFigures, rows: Sequence[KnownTask], outcome: Outcome) -> float | None:
    """The probability of an outcome on a task, by a ridge-penalised logistic regression over known tasks.

    ``None`` where fewer than `LEAST_KNOWN` of them had the outcome, or had it not.

    >>> low, high = (PilotFigures(0.4, 0.5, 0.5, 0.6, 0.1, 0.0, 0.0, x, x - 0.1) for x in (0.0, 0.3))
    >>> rows = [KnownTask(str(n), "g", high if n % 2 else low, bool(n % 2), not n % 2) for n in range(40)]
    >>> probability(high, rows, "agents_pay") > 0.9, probability(low, rows, "agents_pay") < 0.1
    (True, True)
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import expit

    happened = np.array([float(getattr(row, outcome)) for row in rows])
    if min(happened.sum(), (1 - happened).sum()) < LEAST_KNOWN:
        return None
    table = np.array([_values(row.pilot) for row in rows])
    center, scale = table.mean(axis=0), table.std(axis=0) + 1e-6
    inputs = np.column_stack([np.ones(len(rows)), (table - center) / scale])
    penalty = np.array([0.0, *[RIDGE] * table.shape[1]])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = inputs @ weights
        value = np.logaddexp(0.0, scores).sum() - happened @ scores + 0.5 * penalty @ weights**2
        return float(value), inputs.T @ (expit(scores) - happened) + penalty * weights

    start = np.zeros(inputs.shape[1])
    weights = minimize(loss, start, jac=True, method="L-BFGS-B").x
    point = np.array([1.0, *(np.array(_values(figures)) - center) / scale])
    return float(expit(np.clip(point @ weights, -12, 12)))


@cache
def known_tasks() -> tuple[KnownTask, ...]:
    """The tasks with known outcome that ship."""
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    return tuple(map(KnownTask.from_json, json.loads(text)["tasks"]))


def _values(figures: PilotFigures) -> list[float]:
    return [*asdict(figures).values(), figures.ceiling - figures.vote]


def _distance(one: PilotFigures, other: PilotFigures) -> float:
    plain = slice(None, -3)  # without lift and surest, which the candidates give, and the last difference
    return math.dist(_values(one)[plain], _values(other)[plain])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
