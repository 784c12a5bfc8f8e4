"""What an example of a mechanism is drawn from: a generator, how easy it is, and which half of the world.

Training draws from one half (questions of the free buckets, wordings that are trained), a probe from the
other (reserved questions, wordings held out).
"""

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

from masdesign.tasks.buckets import is_reserved
from masdesign.tasks.families._names import made_up_name
from masdesign.training.renaming import made_up
from masdesign.training.wordings import role
from masdesign.types import Item

T = TypeVar("T")
_CHOICE = re.compile(r"\{([^{}]*)\}")
_OWN_SHARE = 0.5
"""Share of the prompts that have the template's own wording."""


@dataclass
class Draw:
    """Draws the parts of one case."""

    rng: random.Random
    ease: float = 0.0
    """Share of the cases that are easy ones."""
    held: bool = False
    """Whether this is a probe."""

    def __post_init__(self) -> None:
        self.easy = self.rng.random() < self.ease
        self.role = "" if self.held or self.rng.random() < 0.6 else role(self.rng)

    def wording(self, kind: str) -> str:
        """An instruction of that kind, or the empty text, which stands for the template's own."""
        if not self.held and self.rng.random() < _OWN_SHARE:
            return ""
        return self.phrase(kind)

    def phrase(self, kind: str) -> str:
        """A text of that kind: of the first patterns in training, of the last one in a probe."""
        patterns = _patterns()[kind]
        pattern = patterns[-1] if self.held else self.rng.choice(patterns[:-1])
        while match := _CHOICE.search(pattern):
            choice = self.rng.choice(match.group(1).split("|"))
            pattern = f"{pattern[: match.start()]}{choice}{pattern[match.end() :]}"
        text = " ".join(pattern.split())
        return text[:1].upper() + text[1:] if kind in _SENTENCES else text

    def item(self, make: Callable[[random.Random], Item]) -> Item:
        """An item of the right buckets."""
        while is_reserved((item := make(self.rng)).question) is not self.held:
            pass
        return item

    def names(self, count: int) -> list[str]:
        """Distinct made-up names: short ones, or, in a fifth of all cases and in probes, of another make."""
        longer = self.held or self.rng.random() < 0.2
        names: dict[str, None] = {}
        while len(names) < count:
            names[made_up(self.rng) if longer else made_up_name(self.rng, self.rng.choice((2, 2, 3)))] = None
        return list(names)

    def some(self, options: Sequence[T], low: int, high: int) -> list[T]:
        """From ``low`` to ``high`` of the options."""
        return self.rng.sample(options, min(len(options), self.rng.randint(low, high)))


_SENTENCES = frozenset(
    {"agent", "todo", "split", "work", "report", "go_on", "recall", "applies", "cases", "reflect", "guided",
     "missing", "solve", "few_shot", "classify", "imagine", "appraise", "discriminate", "compact", "guide",
     "refine", "merge_lessons", "role_task"}
)  # fmt: skip


@cache
def _patterns() -> dict[str, list[str]]:
    text = (files(__package__) / "wordings.toml").read_text(encoding="utf-8")
    return {kind: list(patterns) for kind, patterns in tomllib.loads(text).items()}


def words() -> list[str]:
    """Every word of every pattern, held out ones too: the vocabulary knows them."""
    return [re.sub(r"[{}|]", " ", p) for patterns in _patterns().values() for p in patterns]
