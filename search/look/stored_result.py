"""The result of a search that has finished, read from the archive: nothing is evaluated again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from masdesign.archive import Archive, RunRecord
from masdesign.evaluation import Evaluation
from masdesign.experiments.blank import is_above_chance
from masdesign.experiments.headroom import Headroom
from masdesign.experiments.matched import Advantage
from masdesign.search.look.break_even import BreakEven
from masdesign.search.look.conclude import LEADERS
from masdesign.search.look.result import Baseline, SearchResult
from masdesign.search.loop.candidate import Candidate, entries_of
from masdesign.search.objective import ScoreObjective
from masdesign.search.settings import Settings
from masdesign.session.run import Run
from masdesign.spending.spend import Spend
from masdesign.statistics.claims import Claim
from masdesign.statistics.paired import Difference
from masdesign.types import Split

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
    given = (task.name, task.version, settings.strategy, settings.seed, run.model, budget)
    was = (record.task, record.task_version, record.strategy, record.seed, record.model)
    if given != (*was, record.facts.get("budget")):
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
    return any(result.failure is not None and result.failure.kind == "provider" for result in results)


def _plain(document: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(document, default=str))


def _read(run: Run, record: RunRecord, outcome: Mapping[str, Any]) -> SearchResult:
    archive, best = run.archive, outcome["best"]
    val, test = (_by_design(archive, record.name, split) for split in ("val", "test"))
    unit = outcome["cost_unit"]
    candidates = []
    for place in archive.proposals(record.name):
        evaluation = val.get(place["design_id"])
        design = archive.design(place["design_id"])
        candidates.append(Candidate(place["position"], design, evaluation, stage=place["stage"], unit=unit))
    complete = [entry for entry in entries_of(candidates) if entry.stage == "complete"]
    names = {archive.design(design_id).name: design_id for design_id in test}
    step = test[names["step_by_step"]] if "step_by_step" in names else _warm(test, names)
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
        claims=tuple(_claim(row) for row in outcome["claims"]),
        advantage=_advantage(outcome["advantage"], len(step.scores)),
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


def _warm(test: Mapping[str, Evaluation], names: Mapping[str, str]) -> Evaluation:
    return test[_of_baseline("step_by_step", names)]


def _claim(row: Mapping[str, Any]) -> Claim:
    difference = Difference(row["mean"], row["low"], row["high"], row["p"], row["items"])
    return Claim(row["than"], difference, row["p_holm"])


def _advantage(row: Mapping[str, Any], items: int) -> Advantage:
    return Advantage(row["test"], row["low"], row["high"], row["beyond_curve"], items)


def _fields(kind: type[T], row: Mapping[str, Any]) -> T:
    """A value object from JSON that may say more than its fields."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: row[name] for name in names if name in row})
