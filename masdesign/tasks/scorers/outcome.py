"""The scorer of acting tasks: the reward that the environment gives an episode."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from masdesign.protocols import Services
from masdesign.types import Answer, Item, Score


@dataclass(frozen=True, slots=True)
class OutcomeScorer:
    """Read ``reward`` (0 to 1) out of the episode's outcome; the answer's text does not matter.

    Where several environments stand side by side, exactly one of their outcomes has a reward.
    """

    name: str = "outcome"
    calls: int = 0
    needs_target: bool = False

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        """The reward.

        Raises:
            ValueError: the outcome has no reward, or more than one.
        """
        rewards = list(_rewards(outcome))
        if len(rewards) != 1:
            raise ValueError(f"the outcome has {len(rewards)} rewards, not one; score the answer instead")
        facts = {key: value for key, value in rewards[0].items() if key != "reward"}
        return Score(float(rewards[0]["reward"]), ", ".join(f"{k}: {v}" for k, v in facts.items()))


def _rewards(outcome: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "reward" in outcome:
        yield outcome
        return
    for part in outcome.values():
        if isinstance(part, Mapping) and "reward" in part:
            yield part


OUTCOME = OutcomeScorer()
