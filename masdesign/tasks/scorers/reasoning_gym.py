"""``reasoning_gym:NAME``: the rule of a data set of Reasoning Gym. Needs the extra ``reasoning-gym``.

Stojanovski et al. 2025, arXiv:2505.24760.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.types import Answer, Item, Score

ITEMS = 700
"""Items of a data set: as many as a generated task has."""
SEED = 0
_JUNK = "none of these"
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
        index = item.record.get("index")
        if not self.dataset or not isinstance(index, int):
            raise InputError("the scorer reasoning_gym:NAME is for the task of that name")
        value = await services.in_process(
            gym_score, self.dataset, index, (item.question, item.target), answer.text, seconds=_SECONDS
        )
        return Score(min(1.0, max(0.0, value)))

    def with_argument(self, argument: str) -> GymScorer:
        return GymScorer(argument)


def gym_score(name: str, index: int, item: tuple[str, str], answer: str) -> float:
    """The library's score of an answer to an item (question and target). Runs in a worker process.

    The item is made anew where the rule looks at more than the target: what a record holds is data, and
    never unpickled. 0 where the rule raises, and where it gives full marks to junk, as one of them does.
    """
    dataset = _make_dataset(name)
    entry = {"question": item[0], "answer": item[1], "metadata": {}}
    if not _has_plain_rule(dataset):
        entry = dataset[index] if 0 <= index < ITEMS else {"question": ""}
        if str(entry["question"]).strip() != item[0]:
            raise InputError(f"item {index} of reasoning_gym:{name} asks something else; load the task anew")

    def score(text: str) -> float:
        try:
            return float(dataset.score_answer(text, entry=entry))
        except Exception:  # noqa: BLE001  (some of its rules raise on an answer that is none)
            return 0.0

    value = score(answer)
    return value if value < 1 or score(_JUNK) < 1 else 0.0


def _has_plain_rule(dataset: Any) -> bool:
    from reasoning_gym.factory import ProceduralDataset

    return type(dataset).score_answer is ProceduralDataset.score_answer


@cache
def _make_dataset(name: str) -> Any:
    import reasoning_gym

    return reasoning_gym.create_dataset(name, size=ITEMS, seed=SEED)


reasoning_gym = GymScorer()
