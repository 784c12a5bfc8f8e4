"""Random expressions within a bound of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from masdesign.lm import Repertoire
from masdesign.search.grammar.calls import calls, width
from masdesign.search.grammar.nodes import (
    ALWAYS,
    Answer,
    Cascade,
    Choose,
    Debate,
    Direct,
    Drafts,
    Escalate,
    Filter,
    Found,
    More,
    N,
    Panel,
    Parts,
    Program,
    Repair,
    RepairAll,
    Route,
    Samples,
    Steps,
    Vote,
    WeightedVote,
    asked_of,
    parts_of,
)
from masdesign.search.grammar.playable import playable
from masdesign.search.grammar.redundant import redundant
from masdesign.types import SAMPLING_TEMPERATURE
from masdesign.workflow.promoted import Promoted

TEMPERATURES = (SAMPLING_TEMPERATURE, SAMPLING_TEMPERATURE, SAMPLING_TEMPERATURE, 0.5, 1.0)
"""Mostly the one sampling temperature: designs that ask the same thing then share their draws."""
THRESHOLDS = (0.5, 0.7, 0.9, 1.0)
DOUBTS = (0.1, 0.3, 0.5)
WORDS = (20, 25, 30, 35, 40, 45, 50, 60, 70, 80, 100)
"""Lengths of a question at which it may be handed to another model."""
PARTS = (2, 3, 4)
"""Into how many parts a question is split, at most."""
MAX_CALLS = 13
"""The most calls an item that a grown design may make: a vote of nine and a step on four of them."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What may be grown.

    ``max_calls`` bounds the calls an item (at least 2); ``python`` admits the steps that need
    the Python tool. ``models`` are the names of those beside the default, which any step may then
    ask, and between which an expression may pass an item on; ``repertoires`` say by name (empty: the
    default) what those of them answer that do not answer everything.

    >>> from masdesign.search.grammar.emit import emit
    >>> tree = Grammar(max_calls=6).grow(Random(0))
    >>> calls(tree) <= 6
    True
    """

    max_calls: int = MAX_CALLS
    python: bool = False
    models: tuple[str, ...] = ()
    repertoires: Mapping[str, Repertoire] = field(default_factory=dict)
    passages: bool = False
    """Whether the task's items have passages, so that parts can be answered apart."""
    promoted: tuple[Promoted, ...] = ()
    """Discovered blocks of the archive, each a step like any other."""

    def fits(self, tree: Answer) -> bool:
        """Whether the tree keeps to the bound of calls, has no step without effect, and can be played."""
        short = calls(tree) <= self.max_calls and not redundant(tree)
        return short and (self.passages or not _is_apart(tree)) and playable(tree, self.repertoires)

    def grow(self, rng: Random) -> Answer:
        """A random answer expression that fits.

        A single call always fits (a model answers step by step at least), so that this ends.
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
        if self.models:
            makers += [self._route] * 2 + [self._escalate] * 3 * (bound >= 3)
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
        return self.by(rng, rng.choice(kinds)())

    def by(self, rng: Random, node: N) -> N:
        """``node``, its own calls made by any of the models; as it is where there is but one, or no call."""
        return asked_of(node, rng.choice(("", *self.models))) if self.models else node

    def leaf(self, rng: Random) -> Answer:
        """One call, or one program, or parts that are merged, or one block that was discovered."""
        leaves: list[Answer] = [Direct(), Steps(), Steps(), Steps(rng.choice(TEMPERATURES))]
        leaves += [Program()] * (2 * self.python)
        leaves.append(Parts(rng.choice(PARTS), self.passages and rng.random() < 0.5))
        leaves += [Found(block) for block in self.promoted] * 2
        return self.settled(self.by(rng, rng.choice(leaves)))

    def settled(self, leaf: Answer) -> Answer:
        """The leaf as its model answers it: with one answer to a question there is one way to ask."""
        model = str(getattr(leaf, "model", ""))
        return Steps(model=model) if self._draws(model) == 1 else leaf

    def _leaf(self, rng: Random, bound: int) -> Answer:
        return self.leaf(rng)

    def _source(self, rng: Random, bound: int) -> Drafts:
        if rng.random() < (0.6 if self.models else 0.85):
            samples = self.by(rng, Samples(rng.randint(2, min(9, bound)), rng.choice(TEMPERATURES)))
            return samples if self._draws(samples.model) >= samples.n else self._one_each(rng)
        return Panel(tuple(self._member(rng) for _ in range(rng.randint(2, min(4, bound)))))

    def _member(self, rng: Random) -> Answer:
        """A leaf that is short enough to stand beside others."""
        while isinstance(leaf := self.leaf(rng), Parts):
            pass
        return leaf

    def _one_each(self, rng: Random) -> Drafts:
        """A draft from each of several models, of which some have no second one to give."""
        names = ("", *self.models)
        chosen = rng.sample(names, rng.randint(min(2, len(names)), len(names)))
        return Panel(tuple(Steps(model=name) for name in names if name in chosen))

    def _draws(self, model: str) -> float:
        known = self.repertoires.get(model)
        return float("inf") if known is None else known.draws

    def _vote(self, rng: Random, bound: int) -> Answer:
        return Vote(self.grow_drafts(rng, bound))

    def _choose(self, rng: Random, bound: int) -> Answer:
        return self.by(rng, Choose(self.grow_drafts(rng, bound - 1)))

    def _weighted(self, rng: Random, bound: int) -> Answer:
        drafts = self.grow_drafts(rng, bound // 2)
        while calls(drafts) + width(drafts) > bound:
            drafts = self.grow_drafts(rng, bound // 2)
        return self.by(rng, WeightedVote(drafts, rng.choice(DOUBTS)))

    def _repair(self, rng: Random, bound: int) -> Answer:
        rounds = rng.choice((1, 1, 2)) if bound >= 5 else 1
        return self.by(rng, Repair(self._grow(rng, bound - 2 * rounds), rounds))

    def _cascade(self, rng: Random, bound: int) -> Answer:
        first = self.leaf(rng) if rng.random() < 0.6 else self._grow(rng, bound // 2)
        return self.by(rng, Cascade(first, self._grow(rng, bound - 1 - calls(first))))

    def _escalate(self, rng: Random, bound: int) -> Answer:
        drafts = self.grow_drafts(rng, max(2, bound // 2))
        otherwise = self.leaf(rng) if rng.random() < 0.6 else self._grow(rng, max(1, bound - calls(drafts)))
        return Escalate(drafts, otherwise, rng.choice(THRESHOLDS))

    def _route(self, rng: Random, bound: int) -> Answer:
        ways = [self.leaf(rng) if rng.random() < 0.6 else self._grow(rng, bound // 2) for _ in range(2)]
        return Route(rng.choice(WORDS), *ways)


def _is_apart(tree: Answer) -> bool:
    """Whether some parts are answered from their own passages."""
    return any(isinstance(part, Parts) and part.apart for part in parts_of(tree))
