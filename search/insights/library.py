"""What is known for a task: insights found by likeness, merged, pruned as evidence grows."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import exp
from random import Random

from masdesign.archive.insight import Insight, merged
from masdesign.search.insights.features import FAILED

ELSEWHERE = 0.5
"""What evidence from another task, or by another model, counts at most, of what it counts at home."""
ENOUGH = 12.0
"""Comparisons after which an insight that shows neither gain nor loss is dropped."""
SURE = 1.0
"""Standard errors that a gain must differ from 0 by to stay then."""
ASKS = "asks "
LEAN, MOST_LEANING = 0.05, 8.0
"""The gain that makes a block e times as likely in what is grown, and the most that any gain does."""
MOST = 60
"""Insights that are kept, those with the most to say."""


def relevant(insights: Iterable[Insight], *, task: str, model: str, about: str = "") -> tuple[Insight, ...]:
    """What the insights say of a task and a model, told as insights of that task.

    Evidence from other tasks counts by the likeness of their descriptions, and half at most; from
    another model, half as well. What comes to next to nothing is left out.
    """
    faded = []
    for one in insights:
        share = 1.0 if one.when == task else ELSEWHERE * likeness(one.about, about)
        share *= 1.0 if one.model == model else ELSEWHERE
        if share > 0:
            faded.append(
                replace(one, when=task, model=model, about=about, evidence=one.evidence.faded(share))
            )
    return pruned(merged(faded))


def pruned(insights: Sequence[Insight]) -> tuple[Insight, ...]:
    """The insights with the most to say, by what; left out is what much evidence shows to do nothing."""
    evidence = ((one, one.evidence) for one in insights)
    kept = [one for one, e in evidence if e.weight < ENOUGH or abs(e.gain) >= SURE * e.error]
    return tuple(sorted(strongest(kept)[:MOST], key=lambda one: one.what))


def strongest(insights: Iterable[Insight]) -> list[Insight]:
    """The insights, those first whose gain or loss is surest."""
    return sorted(insights, key=lambda one: -abs(one.evidence.gain) / one.evidence.error)


def lines(insights: Iterable[Insight], most: int) -> list[str]:
    """The surest insights, each in a line, successes and failures alike."""
    return [told(insight) for insight in strongest(insights)[:most]]


def leanings(insights: Iterable[Insight]) -> dict[str, float]:
    """How much likelier than else a block is grown, by its name: by what designs gained that ask it.

    A gain of `LEAN` makes it e times as likely, `MOST_LEANING` times at most, and a loss as much less
    likely. Gains are drawn towards 0 where comparisons are few, so little evidence leans little.

    >>> from masdesign.archive.insight import Evidence
    >>> gain = Evidence.of(0.1, 8)
    >>> {k: round(v, 2) for k, v in leanings([Insight("sums", "m", "asks isolate", gain)]).items()}
    {'isolate': 4.95}
    """
    weights = {}
    for insight in insights:
        if insight.what.startswith(ASKS) and insight.evidence.weight:
            lean = exp(insight.evidence.gain / LEAN)
            weights[insight.what.removeprefix(ASKS)] = min(MOST_LEANING, max(1 / MOST_LEANING, lean))
    return weights


def dealt(insights: Sequence[Insight], rng: Random) -> tuple[Insight, ...]:
    """The control of what is known: each feature with another one's evidence."""
    order = rng.sample(range(len(insights)), len(insights))
    return tuple(
        replace(own, evidence=insights[place].evidence) for own, place in zip(insights, order, strict=True)
    )


def likeness(one: str, other: str) -> float:
    """The share of different words that two descriptions have in common, 0 to 1.

    >>> likeness("Count the red objects.", "count the objects")
    0.75
    """
    first, second = _words(one), _words(other)
    return len(first & second) / len(first | second) if first and second else 0.0


def told(insight: Insight) -> str:
    """An insight in a line, with its evidence.

    >>> from masdesign.archive.insight import Evidence
    >>> told(Insight("arithmetic", "m", "asks verify", Evidence.of(0.3) + Evidence.of(0.1)))
    'On arithmetic, a design that asks verify: +0.100 (2 comparisons: 2 better, 0 worse).'
    """
    evidence = insight.evidence
    if insight.what.startswith(FAILED):
        text = f"On {insight.when}, {evidence.hurt} designs failed: {insight.what.removeprefix(FAILED)}."
    else:
        count = f"{evidence.weight:.3g} comparisons: {evidence.helped} better, {evidence.hurt} worse"
        text = f"On {insight.when}, a design that {_says(insight.what)}: {evidence.gain:+.3f} ({count})."
    return f"{text} {insight.words}".strip()


def _says(what: str) -> str:
    if what.startswith("calls: "):
        return f"makes {what.removeprefix('calls: ')} calls a question"
    return f"has {what}" if what.startswith("a ") else what


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{2,}", text.casefold()))
