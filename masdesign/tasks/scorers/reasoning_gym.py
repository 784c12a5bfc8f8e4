"""``reasoning_gym:NAME``: the rule of a data set of Reasoning Gym. Needs the extra ``reasoning-gym``.

Stojanovski et al. 2025, arXiv:2505.24760.
"""

from __future__ import annotations

import base64
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Answer, Item, Score

_SECONDS = 60.0
"""For scoring one answer: importing the library alone takes five."""


@dataclass(frozen=True, slots=True)
class GymScorer:
    """What Reasoning Gym's own rule gives an answer to an item of the data set, from 0 to 1."""

    dataset: str = ""
    calls: int = 0
    form: str = "text"
    needs_target: bool = False

    @property
    def name(self) -> str:
        return f"reasoning_gym:{self.dataset}" if self.dataset else "reasoning_gym"

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        if answer.text in item.targets:
            return Score(1.0)
        entry = item.record.get("entry")
        if not self.dataset or not isinstance(entry, str):
            raise InputError("the scorer reasoning_gym:NAME is for the task of that name")
        value = await services.in_process(gym_score, self.dataset, answer.text, entry, seconds=_SECONDS)
        return Score(min(1.0, max(0.0, value)))

    def with_argument(self, argument: str) -> GymScorer:
        return GymScorer(argument)


def gym_score(dataset: str, answer: str, entry: str) -> float:
    """The library's score of an answer; 0 where its rule raises. Runs in a worker process."""
    made = _dataset(dataset)
    try:
        return float(made.score_answer(answer, entry=pickle.loads(base64.b64decode(entry))))  # noqa: S301
    except Exception:  # noqa: BLE001  (some of its rules raise on an answer that is none)
        return 0.0


@cache
def _dataset(name: str) -> Any:
    import reasoning_gym

    return reasoning_gym.create_dataset(name, size=1, seed=0)


reasoning_gym = GymScorer()
