"""`SearchResult`: what a search found, as a value and as the command line's JSON.

That of a search that has finished is read from the archive: nothing is evaluated again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from masdesign.archive import Archive, RunRecord
from masdesign.archive.view import Entry
from masdesign.brief import ShortRepr
from masdesign.evaluation import Evaluation
from masdesign.evaluation.blank import is_above_chance
from masdesign.experiments.curve import Advantage, Unit
from masdesign.experiments.headroom import Headroom
from masdesign.search.look.break_even import BreakEven
from masdesign.search.loop.candidate import Candidate, entries_of
from masdesign.search.models import Mixture
from masdesign.search.objective import ScoreObjective
from masdesign.search.settings import Settings
from masdesign.session.run import Run
from masdesign.spending.spend import Spend
from masdesign.statistics.claims import Claim
from masdesign.statistics.paired import Difference
from masdesign.types import Split
from masdesign.workflow import Design

LEADERS = 5
"""How many of the best designs a result lists."""


@dataclass(frozen=True)
class Baseline:
    """A plain way to answer, on the same items as the winner."""

    name: str
    val: Evaluation | None
    """Of part of val where the budget was small (its ``items`` tell); ``None`` where it ended before."""
    test: Evaluation

    def to_json(self) -> dict[str, Any]:
        """``name``, ``val``, ``test``, ``tokens_per_item``; of several models USD, too."""
        money = {"usd_per_item": self.test.usd_per_item} if self.test.by_model else {}
        return {
            "name": self.name,
            "val": self.val.summary() if self.val else None,
            "test": self.test.summary(),
            "tokens_per_item": self.test.tokens_per_item,
            **money,
        }


@dataclass(frozen=True, repr=False)
class SearchResult(ShortRepr):
    """What a search found.

    The winner was chosen on val; its test score is the one look that the run took.
    """

    run: str
    task: str
    model: str
    strategy: str
    candidates: int
    """Designs that were scored, the baselines among them."""
    failures: int
    """Designs that could not be."""
    best: Design
    best_val: Evaluation
    best_val_shrunk: float
    """What to expect of it on other items: its val score, less the luck of being picked from many."""
    best_test: Evaluation
    blank_control: float
    """Its test score with every completion the same blank. Above chance, its code answers, not the model."""
    answers_without_model: bool
    """Whether that is so, beyond what the number of items leaves open."""
    baselines: tuple[Baseline, ...]
    claims: tuple[Claim, ...]
    """Whether test confirms that it is better than step by step, and than the plain way best on val."""
    advantage: Advantage
    """The winner's test score minus the reference curve at the same tokens an item."""
    frontier: tuple[Design, ...]
    """Designs of this run that no other beats in both val score and cost, cheapest first."""
    frontier_val: tuple[Evaluation, ...]
    """How each of them did on val."""
    frontier_test: tuple[Evaluation, ...]
    """How each of them did on test; empty where the objective was no frontier."""
    mixture: Mixture | None
    """The best mixture of models against the line between single ones, where several models have a price."""
    cost_unit: Unit
    """In what costs were compared: tokens, or USD where several models answered and all had a price."""
    default_model: str
    """The name of the model that a step asks which names none; empty where there is but one."""
    model_notes: tuple[str, ...]
    """What the models' scores must be read with."""
    leaders: tuple[Entry, ...]
    """The best designs by shrunk val score, best first."""
    headroom: Headroom
    """What was possible at all, as it was said before the search."""
    break_even: BreakEven
    """What the run spent, against what the winner gains or saves on an item."""
    test_openings: int
    """How often this run has opened test. With a second opening the figures on test are seen again, and
    what was learnt from the first may have entered."""
    spend: Spend

    def facts(self) -> dict[str, str]:
        """What a short look shows."""
        return {
            "run": self.run,
            "task": self.task,
            "model": self.model,
            "best": f"{self.best.name or self.best.id} ({self.best.id})",
            "val": f"{self.best_val.score:.3f}",
            "test": f"{self.best_test.score:.3f}",
            **{
                f"against {claim.than.replace('_', ' ')}": f"{claim.difference.mean:+.3f} ({claim.verdict})"
                for claim in self.claims
            },
            "spent": f"{self.spend.calls} calls, {self.spend.tokens} tokens",
        }

    def to_json(self) -> dict[str, Any]:
        """The document that ``masdesign search --json`` prints."""
        return {
            "run": self.run,
            "task": self.task,
            "model": self.model,
            "strategy": self.strategy,
            "candidates": self.candidates,
            "failures": self.failures,
            "spend": self.spend.to_json(),
            "best": {
                "id": self.best.id,
                "name": self.best.name,
                "source": self.best.source,
                "val": self.best_val.summary(),
                "val_shrunk": self.best_val_shrunk,
                "test": self.best_test.summary(),
                "tokens_per_item": self.best_test.tokens_per_item,
                "calls_per_item": self.best_test.calls_per_item,
                "usd_per_item": self.best_test.usd_per_item,
                "by_model": _by_model(self.best_test),
                "blank_control": self.blank_control,
            },
            "baselines": [baseline.to_json() for baseline in self.baselines],
            "claims": [claim.to_json() for claim in self.claims],
            "headroom": self.headroom.to_json(),
            "break_even": self.break_even.to_json(),
            "advantage": {
                "test": self.advantage.score,
                "low": self.advantage.low,
                "high": self.advantage.high,
                "beyond_curve": self.advantage.beyond_curve,
            },
            "frontier": [design.id for design in self.frontier],
            "frontier_val": self._on_frontier(self.frontier_val),
            **({"frontier_test": self._on_frontier(self.frontier_test)} if self.frontier_test else {}),
            **({"mixture": self.mixture.to_json()} if self.mixture else {}),
            "cost_unit": self.cost_unit,
            "model_notes": list(self.model_notes),
            "test_openings": self.test_openings,
        }

    def _on_frontier(self, evaluations: tuple[Evaluation, ...]) -> list[dict[str, Any]]:
        return [
            {
                "id": design.id,
                "name": design.name,
                **evaluation.summary(),
                "tokens_per_item": evaluation.tokens_per_item,
                "usd_per_item": evaluation.usd_per_item,
                "by_model": _by_model(evaluation),
            }
            for design, evaluation in zip(self.frontier, evaluations, strict=True)
        ]


def _by_model(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """Costs an item by the name of the model; empty where one model answered."""
    return {name: cost._asdict() for name, cost in evaluation.by_model.items()}


T = TypeVar("T")


def finished(run: Run, settings: Settings, name: str, budget: str) -> SearchResult | None:
    """The result of the run ``name``, where it has finished with this budget and these settings.

    ``None`` where it has not, or where the archive no longer says the same as the run said (an older version
    made it, or later runs have added to its evaluations), or where the provider left an item unscored: the
    search then goes through the run again, and asks for such items once more.
    """
    record = run.archive.run(name) if name else None
    if record is None or record.finished is None or record.foreign or record.outcome is None:
        return None
    task = run.task
    asked_for = (task.name, task.version, settings.strategy, settings.seed, run.model, budget)
    was = (record.task, record.task_version, record.strategy, record.seed, record.model)
    if asked_for != (*was, record.facts.get("budget")):
        return None
    settings_then = record.settings
    if (settings_then.get("objective"), settings_then.get("batch"), settings_then.get("world")) != (
        settings.objective, settings.batch, settings.world,
    ):  # fmt: skip
        return None
    try:
        result = _read(run, record, record.outcome)
    except (KeyError, TypeError, ValueError, StopIteration):
        return None
    if any(_is_unscored(run.archive, record.name, split) for split in ("val", "test")):
        return None
    return result if _plain(result.to_json()) == _plain(record.outcome) else None


def _is_unscored(archive: Archive, run: str, split: Split) -> bool:
    """Whether the provider failed on an item that is still unscored."""
    results = (result for e in _by_design(archive, run, split).values() for result in e.results)
    return any(result.provider_failed for result in results)


def _plain(document: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(document, default=str))


def _read(run: Run, record: RunRecord, outcome: Mapping[str, Any]) -> SearchResult:
    archive, best, gain = run.archive, outcome["best"], outcome["advantage"]
    val, test = (_by_design(archive, record.name, split) for split in ("val", "test"))
    unit = outcome["cost_unit"]
    candidates = []
    for place in archive.proposals(record.name):
        evaluation = val.get(place["design_id"])
        design = archive.design(place["design_id"])
        candidates.append(Candidate(place["position"], design, evaluation, stage=place["stage"], unit=unit))
    complete = [entry for entry in entries_of(candidates) if entry.stage == "complete"]
    names = {archive.design(design_id).name: design_id for design_id in test}
    step = test[_of_baseline("step_by_step", names)]
    frontier = [archive.design(design_id) for design_id in outcome["frontier"]]
    return SearchResult(
        run=record.name,
        task=record.task,
        model=record.model,
        strategy=record.strategy,
        candidates=outcome["candidates"],
        failures=outcome["failures"],
        best=archive.design(best["id"]),
        best_val=val[best["id"]],
        best_val_shrunk=best["val_shrunk"],
        best_test=test[best["id"]],
        blank_control=best["blank_control"],
        answers_without_model=is_above_chance(best["blank_control"], len(test[best["id"]].results), run.task),
        baselines=tuple(
            Baseline(row["name"], val.get(design_id), test[design_id])
            for row in outcome["baselines"]
            for design_id in [_of_baseline(row["name"], names)]
        ),
        claims=tuple(
            Claim(r["than"], Difference(r["mean"], r["low"], r["high"], r["p"], r["items"]), r["p_holm"])
            for r in outcome["claims"]
        ),
        advantage=Advantage(gain["test"], gain["low"], gain["high"], gain["beyond_curve"], len(step.scores)),
        frontier=tuple(frontier),
        frontier_val=tuple(val[design.id] for design in frontier),
        frontier_test=tuple(test[row["id"]] for row in outcome.get("frontier_test", ())),
        mixture=None,  # of several models, whose shares no archive keeps: such a run is gone through again
        cost_unit=unit,
        default_model=run.runtime.name_of(""),
        model_notes=tuple(outcome["model_notes"]),
        leaders=tuple(ScoreObjective().order(complete)[:LEADERS]),
        headroom=_fields(Headroom, outcome["headroom"]),
        break_even=_fields(BreakEven, outcome["break_even"]),
        test_openings=outcome["test_openings"],
        spend=Spend.from_json(outcome["spend"]),
    )


def _by_design(archive: Archive, run: str, split: Any) -> dict[str, Evaluation]:
    return {e.design_id: e for e in archive.evaluations(split=split, run=run)}


def _of_baseline(name: str, names: Mapping[str, str]) -> str:
    """The design of a baseline's row: warm, step by step has its temperature in its name."""
    return names.get(name) or next(names[n] for n in names if n.startswith(f"{name} at "))


def _fields(kind: type[T], row: Mapping[str, Any]) -> T:
    """A value object from JSON that may say more than its fields."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names if name in row})
