"""Which of several answers to trust: support among the drafts, and the model's own judgement.

Nobody knows the right answer. An answer that nothing speaks against is not wrong, only unconfirmed: a
verdict that could not be read, or could not be had, is unknown, and counts neither way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from masdesign.building_blocks.verify import verify
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question, Verdict
from masdesign.workflow import gather

VERDICTS = 3
"""Draws of a verdict on each different answer."""
ODDS = 3.0
"""How much likelier a verdict is right than wrong: what is always approved counts so many times."""

_NEGATIVE = re.compile(r"\b(?:wrong|incorrect|invalid|false|error|mistake|reject|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judged:
    """One of the different answers, and what speaks for it."""

    answer: Answer
    """As the first design gave it."""
    support: int
    """Different drafts of the whole question that say it; what two designs share counts once."""
    approval: float | None
    """Share of the readable verdicts that call it right, 0 to 1; ``None`` where there was none."""

    @property
    def trust(self) -> float:
        """Support times `ODDS` where always approved, divided by it where never, as it is where unknown."""
        return float(self.support * ODDS ** (0.0 if self.approval is None else 2 * self.approval - 1))


def judgement(verdict: Verdict) -> bool | None:
    """What a verdict says; ``None`` where its reply says nothing of the kind.

    >>> judgement(Verdict(False, "Verdict: wrong")), judgement(Verdict(False, "Hm."))
    (False, None)
    """
    if verdict.ok:
        return True
    return False if _NEGATIVE.search(verdict.critique) else None


def approval(verdicts: Sequence[Verdict]) -> float | None:
    """The share of the readable verdicts that say right; ``None`` where none is readable."""
    known = [said for verdict in verdicts if (said := judgement(verdict)) is not None]
    return sum(known) / len(known) if known else None


def groups(answers: Sequence[Answer], key_of: Callable[[Answer], str]) -> Mapping[str, list[Answer]]:
    """The readable answers by the class that they are of, in the order in which they were first given."""
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        if key := key_of(answer):
            found.setdefault(key, []).append(answer)
    return found


async def judge(question: Question, answer: Answer) -> float | None:
    """The model's approval of an answer, from several draws (`approval`). Within an item's run only."""
    draws = [verify(question, answer, temperature=SAMPLING_TEMPERATURE) for _ in range(VERDICTS)]
    return approval(await gather(*draws))


def most_trusted(judged: Sequence[Judged]) -> Judged | None:
    """The one with the most trust; of equals, the one given first."""
    return max(judged, key=lambda one: one.trust, default=None)
