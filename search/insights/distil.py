"""What a run's own comparisons say: which features went with which gain, and how designs failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from masdesign.archive.insight import Evidence, Insight
from masdesign.search.candidate import Candidate
from masdesign.search.insights.features import FAILED, features

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
    common = sorted(reasons.items(), key=lambda found: (-found[1], found[0]))[:MOST_FAILURES]
    return [
        Insight(task, model, reason, Evidence(float(count), -float(count), float(count), 0, count), "", about)
        for reason, count in common
    ]
