"""A portfolio of strategies: each is given as much of the budget as it has earned."""

import inspect
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from random import Random
from typing import Any, ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.structures import stands_out
from masdesign.search.grammar.tree import read
from masdesign.search.strategies import STRATEGIES
from masdesign.search.strategies.evolution import Evolution
from masdesign.search.strategies.map_elites import MapElites
from masdesign.search.strategies.structures import Structures
from masdesign.search.strategies.tpe import TPE
from masdesign.search.strategies.tree_search import TreeSearch
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design


@dataclass(frozen=True, slots=True)
class Earned:
    """What the pulls of one arm came to."""

    pulls: int = 0
    successes: int = 0
    """Of the pulls, from 0 to all."""
    cost: float = 0.0
    """What the pulls cost together, each between 0 and 1."""


def choose(arms: Mapping[str, Earned], rng: Random) -> str:
    """An arm, drawn by how likely it is to have the most successes for its cost.

    A success rate and a mean cost are drawn from what is known of each arm (Beta posteriors, uniform
    before the first pull), and the arm with the highest ratio is taken. Raises ValueError where there
    is no arm.

    >>> known = {"good": Earned(100, 60, 50.0), "bad": Earned(100, 5, 50.0)}
    >>> rng = Random(0)
    >>> [choose(known, rng) for _ in range(50)].count("good")
    50
    """
    ratios = {name: _rate(arm, rng) / _price(arm, rng) for name, arm in arms.items()}
    return max(ratios, key=ratios.__getitem__)


def _rate(arm: Earned, rng: Random) -> float:
    return rng.betavariate(1 + arm.successes, 1 + arm.pulls - arm.successes)


def _price(arm: Earned, rng: Random) -> float:
    return max(rng.betavariate(1 + arm.cost, 1 + arm.pulls - arm.cost), 1e-9)


MEMBERS: tuple[type[Strategy], ...] = (Evolution, TPE, MapElites, TreeSearch, Structures)
"""Joined by those that need a model which writes designs, where the run has one."""
ELITE_SHARE, LEAST_ELITE = 0.2, 3
"""Share of the scored designs, and fewest of them, that count as the best: a member is rewarded for these."""
LOST = 0.5
"""Share of the proposals that are new structures, as long as no design stands out from the plain ways to
answer: what the others breed from is no better than anything else."""


class Portfolio(Strategy):
    """Begins with what is known to be good, then lets a bandit choose which strategy proposes next.

    First come the archive's best on similar tasks and the designs that the literature knows. As long as
    none of all that was tried stands out from the plain ways to answer, half of what follows are structures
    that nobody has tried (`Structures`), since breeding from designs that are no better leads nowhere. Else
    every proposal is a draw: a member has earned as many successes as designs of its own stand among
    the best fifth of the run (in the objective's order, of those evaluated in full), at the cost of
    all that it proposed; members are drawn by successes for cost. So what was a success once is none
    any more when better designs push it out, and a member that found its best early loses its share
    to one that still finds better. Members know each other's designs, and breed from them. Where the run
    has a model that writes designs, the strategies that need one are members too.

    The bandit is Budgeted Thompson Sampling, whose draws within a batch differ by themselves
    (arXiv:1705.09236); what it counts, the best few of all instead of a mean, is the reward of Threshold
    Ascent, since a search is worth its best design and not its average one. Which member proposed a
    design stands in its origin, as ``portfolio/tpe``.

    Reference: Y. Xia et al. 2015, arXiv:1505.00146 (the bandit); M. Streeter, S. Smith 2006,
    doi:10.1007/11889205_40 (the reward).
    """

    name: ClassVar[str] = "portfolio"
    reference: ClassVar[str] = "arXiv:1505.00146"
    takes_seeds: ClassVar[bool] = True
    leans: ClassVar[bool] = True
    takes_meta_model: ClassVar[bool] = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        setting.book.know(baselines(setting.grammar))
        self._transferred = list(setting.seeds)
        self._classics = classics(setting.grammar)
        self._members = {kind.name: kind(self._of_a_member()) for kind in _members(setting)}

    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """``n`` new designs, fewer where no member found more; awaited where a member asks a model."""
        work = self._propose(view, n)
        return work if self.setting.designer is not None else _at_once(work)

    async def _propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        self.setting.book.note(entry.design.id for entry in view.entries)
        begun = [Proposal(design) for design in islice(self._begin(), n)]
        return begun + await self._of_members(view, n - len(begun))

    def _of_a_member(self) -> Setting:
        return replace(self.setting, rng=Random(self.setting.rng.getrandbits(64)), seeds=())

    def _begin(self) -> Iterator[Design]:
        """What is left of the designs to begin with, each once."""
        while self._transferred:
            design = self._transferred.pop(0)
            if self.setting.book.claim(design):
                tree = read(design, self.setting.grammar)
                self.setting.book.know([tree] if tree is not None else [])
                yield replace(design, origin=f"{self.name}/transfer")
        while self._classics:
            classic = self.setting.book.enter(self._classics.pop(0), origin=f"{self.name}/classics")
            if classic is not None:
                yield classic

    async def _of_members(self, view: ArchiveView, n: int) -> list[Proposal]:
        """Each member in turn with the share that it drew; what one cannot give, the others may."""
        arms, proposals = self.earned(view), list[Proposal]()
        if not stands_out(view):
            proposals += await self._of(Structures.name, view, ceil(LOST * n))
        while len(proposals) < n and arms:
            drawn = [choose(arms, self.setting.rng) for _ in range(n - len(proposals))]
            for name in sorted(set(drawn)):
                given = await self._of(name, view, drawn.count(name))
                proposals += given
                if len(given) < drawn.count(name):
                    del arms[name]
        return proposals

    async def _of(self, name: str, view: ArchiveView, n: int) -> list[Proposal]:
        proposed = self._members[name].propose(view, n)
        proposals: Iterable[Proposal] = await proposed if inspect.isawaitable(proposed) else proposed
        return [replace(p, design=replace(p.design, origin=f"{self.name}/{name}")) for p in proposals]

    def earned(self, view: ArchiveView) -> dict[str, Earned]:
        """What each member's designs came to: how many there are, how many stand at the top, their cost."""
        entries = {
            name: [e for e in view.entries if e.design.origin == f"{self.name}/{name}"]
            for name in self._members
        }
        scored = sum(entry.score is not None for entry in view.entries)
        ordered = self.setting.objective.order([e for e in view.entries if e.stage == "complete"])
        best = {e.design.id for e in ordered[: max(LEAST_ELITE, ceil(ELITE_SHARE * scored))]}
        costs = _costs(view.entries)
        return {
            name: Earned(
                pulls=len(own),
                successes=sum(entry.design.id in best for entry in own),
                cost=sum(costs[entry.design.id] for entry in own),
            )
            for name, own in entries.items()
        }


def _members(setting: Setting) -> list[type[Strategy]]:
    """The kinds of strategies that take part."""
    writers = [kind for kind in STRATEGIES.all().values() if kind.needs_meta_model]
    return [*MEMBERS, *(writers if setting.designer is not None else [])]


def _at_once(work: Coroutine[Any, Any, list[Proposal]]) -> list[Proposal]:
    """What comes of work in which nothing waits."""
    try:
        work.send(None)
    except StopIteration as done:
        proposals: list[Proposal] = done.value
        return proposals
    work.close()
    raise RuntimeError("a member of the portfolio waits for a model, and the run has none")


def _costs(entries: Sequence[Entry]) -> dict[str, float]:
    """What each design's val items cost by its id, as a share of the dearest; a failed one's is the mean.

    A failure that were free would make a member that only fails look cheap.
    """
    spent = {e.design.id: e.items * e.cost_per_item for e in entries}
    ran = [cost for cost in spent.values() if cost]
    most, mean = max(ran, default=1.0), sum(ran) / len(ran) if ran else 1.0
    return {design_id: (cost or mean) / most for design_id, cost in spent.items()}
