"""Random expressions within a bound of calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from masdesign.search.grammar.calls import calls, width
from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Filter,
    More,
    Panel,
    Program,
    Repair,
    RepairAll,
    Samples,
    Steps,
    Vote,
    WeightedVote,
)
from masdesign.search.grammar.redundant import redundant
from masdesign.types import SAMPLING_TEMPERATURE

TEMPERATURES = (SAMPLING_TEMPERATURE, SAMPLING_TEMPERATURE, SAMPLING_TEMPERATURE, 0.5, 1.0)
"""Mostly the one sampling temperature: designs that ask the same thing then share their draws."""
THRESHOLDS = (0.5, 0.7, 0.9, 1.0)
DOUBTS = (0.1, 0.3, 0.5)
MAX_CALLS = 13
"""The most calls an item that a grown design may make: a vote of nine and a step on four of them."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be grown.

    ``max_calls`` bounds the calls an item (at least 2); ``python`` admits the steps that need
    the Python tool.

    >>> from masdesign.search.grammar.emit import emit
    >>> tree = Grammar(max_calls=6).grow(Random(0))
    >>> calls(tree) <= 6
    True
    """

    max_calls: int = MAX_CALLS
    python: bool = False

    def fits(self, tree: Answer) -> bool:
        """Whether the tree keeps to the bound of calls and has no step without effect."""
        return calls(tree) <= self.max_calls and not redundant(tree)

    def grow(self, rng: Random) -> Answer:
        """A random answer expression that fits.

        A single call always fits, so that this ends.
        """
        while not self.fits(tree := self._grow(rng, self.max_calls)):
            pass
        return tree

    def _grow(self, rng: Random, bound: int) -> Answer:
        makers: list[Callable[[Random, int], Answer]] = [self._leaf]
        if bound >= 3:
            makers += [self._vote] * 4 + [self._repair] * 2 + [self._cascade]
        if bound >= 4:
            makers += [self._choose] * 2
        if bound >= 5:
            makers += [self._weighted] * 3
        return rng.choice(makers)(rng, bound)

    def grow_drafts(self, rng: Random, bound: int) -> Drafts:
        """A random list expression of at most ``bound`` calls (at least 2)."""
        steps = 0 if bound < 4 else rng.choice((0, 1, 1, 2))
        drafts = self._source(rng, bound if not steps else max(2, bound // 2))
        for _ in range(steps):
            longer = self.step(rng, drafts)
            drafts = longer if calls(longer) <= bound else drafts
        return drafts

    def step(self, rng: Random, drafts: Drafts) -> Drafts:
        """``drafts`` with one more step; the bound of calls is the caller's to check."""
        below = rng.choice((ALWAYS, ALWAYS, *THRESHOLDS))
        kinds: list[Callable[[], Drafts]] = [
            lambda: Filter(drafts, below),
            lambda: Debate(drafts, rng.choice((1, 1, 2)), below),
            lambda: RepairAll(drafts, below),
            lambda: More(drafts, rng.randint(2, 5), rng.choice(THRESHOLDS)),
        ]
        return rng.choice(kinds)()

    def leaf(self, rng: Random) -> Answer:
        """One call, or one program."""
        leaves: list[Answer] = [Direct(), Steps(), Steps(), Steps(rng.choice(TEMPERATURES))]
        return rng.choice(leaves + [Program()] * (2 * self.python))

    def _leaf(self, rng: Random, bound: int) -> Answer:
        return self.leaf(rng)

    def _source(self, rng: Random, bound: int) -> Drafts:
        if rng.random() < 0.85:
            return Samples(rng.randint(2, min(9, bound)), rng.choice(TEMPERATURES))
        return Panel(tuple(self.leaf(rng) for _ in range(rng.randint(2, min(4, bound)))))

    def _vote(self, rng: Random, bound: int) -> Answer:
        return Vote(self.grow_drafts(rng, bound))

    def _choose(self, rng: Random, bound: int) -> Answer:
        return Choose(self.grow_drafts(rng, bound - 1))

    def _weighted(self, rng: Random, bound: int) -> Answer:
        drafts = self.grow_drafts(rng, bound // 2)
        while calls(drafts) + width(drafts) > bound:
            drafts = self.grow_drafts(rng, bound // 2)
        return WeightedVote(drafts, rng.choice(DOUBTS))

    def _repair(self, rng: Random, bound: int) -> Answer:
        rounds = rng.choice((1, 1, 2)) if bound >= 5 else 1
        return Repair(self._grow(rng, bound - 2 * rounds), rounds)

    def _cascade(self, rng: Random, bound: int) -> Answer:
        first = self.leaf(rng) if rng.random() < 0.6 else self._grow(rng, bound // 2)
        return Cascade(first, self._grow(rng, bound - 1 - calls(first)))
