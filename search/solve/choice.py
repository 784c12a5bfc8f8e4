"""Which of several answers to trust: independent workflows, their own agreement, and the model's judgement.

Nobody knows the right answer. An answer that nothing speaks against is not wrong, only unconfirmed: a
verdict that could not be read, or could not be had, is unknown, and counts neither way.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from masdesign.building_blocks.verify import verify
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question, Verdict
from masdesign.workflow import gather

VERDICTS = 3
"""Draws of a verdict on each different answer."""
ODDS = 3.0
"""How many times likelier a verdict is right than wrong, unless measured on labelled items."""

_NEGATIVE = re.compile(r"\b(?:wrong|incorrect|invalid|false|error|mistake|reject|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one independent workflow, or one group of correlated ones, says of the question."""

    group: str
    drafts: tuple[Answer, ...]
    """Its answers: of a workflow the one, of a group of votes each different draft."""
    reliability: float
    """How likely its leading answer is right, by its own agreement, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the different answers, and what speaks for it."""

    answer: Answer
    """As the first design gave it."""
    support: float
    """Sum over independent workflows: reliability times the share of its drafts that say it."""
    approval: float | None
    """Share of the readable verdicts that call it right, 0 to 1; ``None`` where there was none."""
    workflows: int = 1
    """Independent workflows of which some draft says it."""

    @property
    def trust(self) -> float:
        """Support times `ODDS` where always approved, divided by it where never, as it is where unknown."""
        return float(self.support * ODDS ** (0.0 if self.approval is None else 2 * self.approval - 1))


def weigh(opinions: Sequence[Opinion], key_of: Callable[[Answer], str]) -> dict[str, tuple[float, int]]:
    """Return the support of each class of answers, and the number of workflows behind it.

    A workflow counts once, however many drafts it holds: they share prompts, and so their errors.

    >>> votes = Opinion("whole", tuple(map(Answer, ("7", "8", "9"))), 0.2)
    >>> {key: round(s, 2) for key, (s, _) in
    ...  weigh([votes, Opinion("parts", (Answer("42"),), 0.9)], lambda a: a.text).items()}
    {'7': 0.07, '8': 0.07, '9': 0.07, '42': 0.9}
    """
    support: dict[str, tuple[float, int]] = {}
    for opinion in opinions:
        for key, members in groups(opinion.drafts, key_of).items():
            share = len(members) / len(opinion.drafts)
            known, workflows = support.get(key, (0.0, 0))
            support[key] = (known + opinion.reliability * share, workflows + 1)
    return support


def judgement(verdict: Verdict) -> bool | None:
    """Return what a verdict says; ``None`` where its reply says nothing of the kind.

    >>> judgement(Verdict(False, "Verdict: wrong")), judgement(Verdict(False, "Hm."))
    (False, None)
    """
    if verdict.ok:
        return True
    return False if _NEGATIVE.search(verdict.critique) else None


def approval(verdicts: Sequence[Verdict]) -> float | None:
    """Return the share of the readable verdicts that say right; ``None`` where none is readable."""
    readable = [judged for verdict in verdicts if (judged := judgement(verdict)) is not None]
    return sum(readable) / len(readable) if readable else None


def groups(answers: Sequence[Answer], key_of: Callable[[Answer], str]) -> Mapping[str, list[Answer]]:
    """Return the readable answers by their class, in the order in which they were first given."""
    classes: dict[str, list[Answer]] = {}
    for answer in answers:
        if key := key_of(answer):
            classes.setdefault(key, []).append(answer)
    return classes


async def judge(question: Question, answer: Answer, draws: int = VERDICTS) -> float | None:
    """Return the model's approval of an answer, from several draws. Within an item's run only."""
    heat = SAMPLING_TEMPERATURE if draws > 1 else 0.0
    return approval(await gather(*[verify(question, answer, temperature=heat) for _ in range(draws)]))


def most_trusted(judged: Sequence[Judged]) -> Judged | None:
    """Return the one with the most trust; of equals, the one given first."""
    return max(judged, key=lambda candidate: candidate.trust, default=None)
