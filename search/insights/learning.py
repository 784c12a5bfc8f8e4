"""What a run begins with, has learnt so far, and leaves to later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from masdesign.archive import Archive
from masdesign.archive.insight import Evidence, Insight
from masdesign.evaluation.evaluator import model_label
from masdesign.search.candidate import Candidate
from masdesign.search.insights.distil import distil
from masdesign.search.insights.library import dealt, relevant
from masdesign.tasks import Task
from masdesign.workflow import Runtime


@dataclass(frozen=True)
class InsightLearning:
    """A run's insights. What it began with is part of its record, so that it can go on as it began."""

    task: str
    model: str
    about: str
    prior: tuple[Insight, ...] = ()
    """What was known of this task and of similar ones when the run began."""
    told: bool = False
    """Whether the run's strategy is shown insights at all."""

    def own(self, candidates: Sequence[Candidate], words: Mapping[str, str] | None = None) -> list[Insight]:
        """What the run itself has found; ``words`` by what an insight is of, where a model told it.

        What was told of insights that the run only began with is kept, too, without any evidence.
        """
        left = {what: text for what, text in (words or {}).items() if text}
        found = distil(candidates, task=self.task, model=self.model, about=self.about)
        own = [replace(one, words=left.pop(one.what, "")) for one in found]
        return own + [
            Insight(self.task, self.model, what, Evidence(), text, self.about) for what, text in left.items()
        ]

    def view(self, candidates: Sequence[Candidate]) -> tuple[Insight, ...]:
        """What the strategy is shown: what was known, and what the run has found since."""
        if not self.told:
            return ()
        known = [*self.prior, *self.own(candidates)]
        return relevant(known, task=self.task, model=self.model, about=self.about)

    def record(self) -> list[dict[str, Any]]:
        """What the run began with, as JSON values."""
        return [asdict(insight) for insight in self.prior]


def begin(
    archive: Archive,
    run: str,
    task: Task,
    runtime: Runtime,
    *,
    told: bool,
    leans: bool = False,
    experience: str = "",
    seed: int = 0,
) -> InsightLearning:
    """What a run begins with: a new one with what the archive knows, one that goes on with what it had.

    A run whose strategy is not ``told`` of insights, and does not lean to what they speak for, begins with
    none, and still leaves its own. Only who is told of them begins with those of this very task, too: any
    other search that is made again is the same search.

    Parameters:
        leans: whether what the strategy grows leans to blocks that helped.
        experience: one of `masdesign.search.settings.EXPERIENCE`; ``warm`` and ``shuffled`` leave out what
            is known of this very task.
        seed: of what is shuffled.
    """
    empty = InsightLearning(task.name, model_label(runtime.models), task.description, (), told)
    if experience in ("cold", "seeds") or not (told or leans):
        return empty
    known = archive.run(run) if run else None
    if known is not None:
        return replace(empty, prior=tuple(map(_insight, known.settings.get("insights", ()))))
    own = set[str]()
    if experience or not told:
        runs = archive.runs()
        own = {r.name for r in runs if (r.task, r.task_version) == (task.name, task.version)}
    insights = archive.insights(without=own)
    if experience == "shuffled":
        insights = list(dealt(insights, Random(f"insights {seed}")))
    return replace(empty, prior=relevant(insights, task=empty.task, model=empty.model, about=empty.about))


def _insight(data: Mapping[str, Any]) -> Insight:
    return Insight(**{**data, "evidence": Evidence(**data["evidence"])})
