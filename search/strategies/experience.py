"""Experience: a library of insights, learnt from every success and failure, says what to try next."""

from collections import defaultdict
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import ClassVar

from masdesign.archive.insight import Evidence, Insight
from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.designer import Brief, Designer
from masdesign.search.designer.brief import ShownDesign, shown
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import crossover, mutate
from masdesign.search.insights.features import features
from masdesign.search.insights.library import lines, strongest, told
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategies._growing import Growing
from masdesign.search.strategy import Proposal, Setting
from masdesign.workflow import Design

PARENTS = 8
"""How many of the best designs are built on."""
POOL = 16
"""Designs among which each proposal is chosen."""
DRAWN = 0.2
"""Share of the pool that is drawn from the grammar, whatever is known."""
TRIES = 20
"""Pools without a new design after which the grammar counts as exhausted."""
SHOWN, TOLD = 2, 16
"""Designs and insights that a meta-model is shown."""
WORDED, SURE, LONGEST = 2, 2.0, 300
"""Insights put into words a batch; standard errors that their gain is from 0; characters of the words."""
UNKNOWN = Evidence()
"""What is known of a feature that no insight speaks of."""


class Belief:
    """One draw of what each feature gains, from what its insight leaves open."""

    def __init__(self, insights: Sequence[Insight], rng: Random) -> None:
        self._known: Mapping[str, Evidence] = {one.what: one.evidence for one in insights}
        self._rng = rng
        self._drawn: dict[str, float] = {}

    def gain(self, feature: str) -> float:
        """What the feature gains in this draw."""
        if feature not in self._drawn:
            evidence = self._known.get(feature, UNKNOWN)
            self._drawn[feature] = self._rng.gauss(evidence.gain, evidence.error)
        return self._drawn[feature]

    def change(self, before: frozenset[str], after: frozenset[str]) -> float:
        """What a design gains by having other features."""
        added = sum(self.gain(name) for name in sorted(after - before))
        return added - sum(self.gain(name) for name in sorted(before - after))


class Experience(Growing):
    """Chooses among many changes of good designs by what the insights of all runs say of their features.

    An insight says when (the task), what (a feature of designs: a block, a vote, how many calls), and how
    it is known: comparisons of designs with and without it on the same items, won and lost alike. They
    are distilled from every run of the archive, found by the likeness of tasks, added up, and dropped when
    much evidence shows no effect (`masdesign.search.insights`). For each proposal a pool of designs (the
    literature's, changes and crossings of the best so far, some strangers) is judged by one draw of
    every feature's gain (Thompson sampling), so that what is little known is tried, too; the most promising
    is proposed. What a run learns, later runs begin with; what it began with stands in its record.

    With a meta-model, that writes every other design of a batch from the insights and the best designs, and
    puts the surest insights into words, which are kept with them.

    Where ours departs: ExpeL's insights are sentences that a model adds, edits and votes on, for one agent's
    trajectories. Ours are about designs, and a vote is a measured, paired gain.

    Reference: A. Zhao et al. 2023, ExpeL: LLM Agents Are Experiential Learners, arXiv:2308.10144;
    S. Agrawal, N. Goyal 2012, Thompson Sampling for Contextual Bandits with Linear Payoffs,
    arXiv:1209.3352.
    """

    name: ClassVar[str] = "experience"
    reference: ClassVar[str] = "arXiv:2308.10144"
    takes_insights: ClassVar[bool] = True
    leans: ClassVar[bool] = True
    takes_meta_model: ClassVar[bool] = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book.know(baselines(setting.grammar))
        self._classics = classics(setting.grammar)
        self._lessons: dict[str, str] = {}

    @property
    def lessons(self) -> Mapping[str, str]:
        """What the run's meta-model made of insights."""
        return self._lessons

    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """``n`` new designs, fewer where no more were found in a bounded number of tries.

        Where the run has a model that writes designs, what is returned has to be awaited.
        """
        designer = self.setting.designer
        return self.grown(view, n) if designer is None else self._with(designer, view, n)

    async def _with(self, designer: Designer, view: ArchiveView, n: int) -> list[Proposal]:
        """Designs that the model writes, and for the rest those that the grammar grows.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `Designer.write_all`.
        """
        best = [shown(entry) for entry in self.setting.objective.order(view.entries)[:SHOWN]]
        await self._put_into_words(designer, view.insights, best)
        worded = [replace(one, words=one.words or self._lessons.get(one.what, "")) for one in view.insights]
        values = {"insights": lines(worded, TOLD), "shown": best}
        parents = tuple(entry.design.id for entry in self.setting.objective.order(view.entries)[:SHOWN])
        brief = Brief("experience", values, parents=parents, origin=self.name)
        tried = {entry.design.id for entry in view.entries}
        written = await designer.write_all([brief] * (n // 2), tried) if n > 1 else []
        self._book.note(one.design.id for one in written)
        return [*(one.proposal for one in written), *self.grown(view, n - len(written))]

    async def _put_into_words(
        self, designer: Designer, insights: Sequence[Insight], best: Sequence[ShownDesign]
    ) -> None:
        """Have the surest insights told that nobody has told yet."""
        sure = [one for one in strongest(insights) if abs(one.evidence.gain) >= SURE * one.evidence.error]
        silent = [one for one in sure if not one.words and one.what not in self._lessons]
        for one in silent[:WORDED]:
            reply = await designer.ask("lesson", {"known": told(one), "shown": best}, ("lesson",))
            self._lessons[one.what] = " ".join(reply["lesson"].split())[:LONGEST] if reply else ""

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """The most promising of a pool that is drawn anew for each; in turn with new structures at first.

        As long as no design stands out, insights say little.
        """
        grown = [entry for entry in view.entries if self._book.tree(entry.design.id) is not None]
        parents, scores = self.setting.objective.order(grown)[:PARENTS], shrunk_by_id(view.entries)
        usual = sum(scores.values()) / len(scores) if scores else 0.0
        profile = _profile([entry.design for entry in view.entries if entry.score is not None])
        strangers = self.strangers(view)
        for is_strange in self.turns(view, n):
            belief = Belief(view.insights, self.setting.rng)
            design = self.new(strangers) if is_strange else None
            design = design or self._best(belief, parents, scores, usual, profile)
            if design is None:
                return
            yield design

    def _best(
        self,
        belief: Belief,
        parents: Sequence[Entry],
        scores: Mapping[str, float],
        usual: float,
        profile: frozenset[str],
    ) -> Design | None:
        """The most promising new design of a pool; of equals, the one drawn first."""
        for _ in range(TRIES):
            promise: dict[Expression, float] = {}
            made_of: dict[Expression, tuple[str, ...]] = {}
            for tree, parent in self._pool(parents):
                base, before = usual, profile
                if parent is not None:
                    base, before = scores[parent.design.id], features(parent.design)
                own = features(design_of(tree), self.setting.grammar.calls(tree))
                promise.setdefault(tree, base + belief.change(before, own))
                made_of.setdefault(tree, (parent.design.id,) if parent else ())
            for tree in sorted(promise, key=lambda one: -promise[one]):
                design = self.new([tree], made_of[tree])
                if design is not None:
                    if tree in self._classics:
                        self._classics.remove(tree)
                    return design
        return None

    def _pool(self, parents: Sequence[Entry]) -> Iterator[tuple[Expression, Entry | None]]:
        """Trees, each with the design that it was made from, if any."""
        rng, grammar = self.setting.rng, self.setting.grammar
        yield from ((tree, None) for tree in self._classics)
        for _ in range(POOL):
            if not parents or rng.random() < DRAWN:
                yield grammar.grow(rng), None
                continue
            parent, other = rng.choice(parents), rng.choice(parents)
            tree, mate = self._book.tree(parent.design.id), self._book.tree(other.design.id)
            if tree is None or mate is None:
                continue
            crossed = crossover(tree, mate, grammar, rng) if rng.random() < 0.3 else None
            child = crossed or mutate(tree, grammar, rng)
            if child is not None:
                yield child, parent


def _profile(designs: Sequence[Design]) -> frozenset[str]:
    """The features that most of the designs have: what a design of no parent is compared with."""
    counts: defaultdict[str, int] = defaultdict(int)
    for design in designs:
        for name in features(design):
            counts[name] += 1
    return frozenset(name for name, count in counts.items() if 2 * count > len(designs))
