"""Insights of a run: what it begins with, what its comparisons say, and what it leaves to later runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from masdesign.archive import Archive
from masdesign.archive.insight import Evidence, Insight
from masdesign.evaluation.evaluator import model_label
from masdesign.search.insights.features import FAILED, features
from masdesign.search.insights.library import dealt, relevant
from masdesign.search.loop.candidate import Candidate
from masdesign.tasks import Task
from masdesign.workflow import Runtime

LEAST_ITEMS = 20
"""A comparison on fewer common items is left out."""
MOST_DIFFERENT = 4
"""One in which more features differ says too little of each."""
MOST_FAILURES = 8
"""Ways to fail that are kept, the most frequent."""


def distil(candidates: Sequence[Candidate], *, task: str, model: str, about: str = "") -> list[Insight]:
    """The insights of a run, successes and failures alike, by feature in the order of the alphabet.

    Each design is compared with those that it was made from, or where there is none, with step by step,
    item by item on the val items that both answered. The gain is shared among the features in which the
    two differ; a feature that was taken out counts with the sign turned round. Only sums leave this
    function: no item does.
    """
    evidence: dict[str, Evidence] = {}
    for one, other in comparisons(candidates):
        gain = paired_gain(one, other)
        added = features(one.design) - features(other.design)
        removed = features(other.design) - features(one.design)
        different = len(added) + len(removed)
        if gain is None or not 0 < different <= MOST_DIFFERENT:
            continue
        for sign, names in ((1, added), (-1, removed)):
            for name in names:
                one_more = Evidence.of(sign * gain, 1 / different)
                evidence[name] = evidence.get(name, Evidence()) + one_more
    insights = [Insight(task, model, name, said, "", about) for name, said in sorted(evidence.items())]
    return insights + _failures(candidates, task, model, about)


def comparisons(candidates: Sequence[Candidate]) -> list[tuple[Candidate, Candidate]]:
    """Each scored design with each of its parents, or else with the run's first step by step."""
    by_id = {candidate.design.id: candidate for candidate in candidates}
    plain = next((c for c in candidates if c.design.name == "step_by_step"), None)
    pairs = []
    for candidate in candidates:
        parents = [by_id[i] for i in candidate.design.parents if i in by_id and i != candidate.design.id]
        others = parents or ([plain] if plain is not None and plain is not candidate else [])
        pairs += [(candidate, other) for other in others]
    return pairs


def paired_gain(one: Candidate, other: Candidate) -> float | None:
    """The mean difference on the items that both scored, -1 to 1; ``None`` where these are too few."""
    pairs = [a - b for a, b in one.paired(other)]
    return sum(pairs) / len(pairs) if len(pairs) >= LEAST_ITEMS else None


def _failures(candidates: Sequence[Candidate], task: str, model: str, about: str) -> list[Insight]:
    """How designs failed by their own fault, the most frequent ways first."""
    reasons = Counter(
        f"{FAILED}{candidate.failure.message}"[:200]
        for candidate in candidates
        if candidate.broken and candidate.failure is not None
    )
    common = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))[:MOST_FAILURES]
    return [
        Insight(task, model, reason, Evidence(float(count), -float(count), float(count), 0, count), "", about)
        for reason, count in common
    ]


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
        insights = distil(candidates, task=self.task, model=self.model, about=self.about)
        own = [replace(one, words=left.pop(one.what, "")) for one in insights]
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
