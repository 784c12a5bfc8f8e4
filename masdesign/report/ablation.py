"""Which of the winner's steps earn their cost? What `masdesign archive ablate` has found, and kept as a run.

It is read from that run's outcome, which an import may have filled with anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.archive import Archive, RunRecord
from masdesign.archive.tables.runs import ABLATION
from masdesign.report.findings import RunFindings
from masdesign.report.outcome import inside, number, text, texts


@dataclass(frozen=True, slots=True)
class Removal:
    """The winner beside itself without one step."""

    variant: str
    """The id of the design without it."""
    step: str
    instead: str
    """What stands in its place."""
    score: float
    """Of the variant, as all here."""
    tokens: float
    """An item."""
    earned: float
    """The score that goes with the step, less what its tokens would earn as plain votes."""
    low: float
    """The interval holds for all steps together."""
    high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class AblationReport:
    """The steps of the winner, one after the other taken out."""

    run: str
    split: str
    items: int
    tokens: float
    """Of the whole winner, an item."""
    score: float
    removals: tuple[Removal, ...]
    """The step that earns most first."""
    says: tuple[str, ...]
    simplified: str
    """The id of the winner without what earns nothing; empty where there is none."""


def ablation_of(archive: Archive, run: RunRecord, findings: RunFindings) -> AblationReport | None:
    """The winner's ablation that was finished last on the run's task with its model; ``None`` without one."""
    if findings.winner is None:
        return None
    wanted = (ABLATION, run.task, run.task_version, run.model, run.foreign, findings.winner.design.id)
    finished = (each for each in archive.runs() if each.finished is not None)
    fitting = [
        r
        for r in finished
        if (r.strategy, r.task, r.task_version, r.model, r.foreign, text(r.settings, "design")) == wanted
    ]
    return _read(max(fitting, key=lambda candidate: candidate.finished or 0.0)) if fitting else None


def _read(run: RunRecord) -> AblationReport:
    steps = inside(run.outcome, "steps")
    removals = [removal for step in (steps if isinstance(steps, list) else ()) if (removal := _removal(step))]
    return AblationReport(
        run=run.name,
        split=text(run.outcome, "split"),
        items=int(number(run.outcome, "items") or 0),
        tokens=number(run.outcome, "tokens_per_item") or 0.0,
        score=number(run.outcome, "score") or 0.0,
        removals=tuple(sorted(removals, key=lambda removal: -removal.earned)),
        says=texts(run.outcome, "says"),
        simplified=text(run.outcome, "simplified", "id"),
    )


def _removal(step: Mapping[str, Any]) -> Removal | None:
    score, tokens = number(step, "without", "score"), number(step, "tokens_per_item")
    earned, low, high = (number(step, "earned", name) for name in ("score", "low", "high"))
    if score is None or tokens is None or earned is None or low is None or high is None:
        return None
    line = number(step, "line")
    name = text(step, "step") + (f" (line {line:.0f})" if line is not None else "")
    figures = (score, tokens, earned, low, high)
    return Removal(text(step, "id"), name, text(step, "instead"), *figures, text(step, "says"))
