"""The base of scorers that only compute: the same for the same answer and item, at once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from masdesign.protocols import Services
from masdesign.types import Answer, Item, Score


class PureScorer(ABC):
    """A scorer that needs no model, no program and no process."""

    __slots__ = ()

    @property
    def calls(self) -> int:
        """Completions that scoring one item can ask for: none."""
        return 0

    @abstractmethod
    def grade(self, answer: Answer, item: Item) -> Score:
        """Score one answer to one item."""

    async def score(
        self, answer: Answer, item: Item, outcome: Mapping[str, Any], services: Services
    ) -> Score:
        """Score one answer to one item; ``outcome`` and ``services`` are not used."""
        return self.grade(answer, item)

    def __call__(self, answer: Answer, item: Item) -> float:
        """The value of the score alone."""
        return self.grade(answer, item).value
