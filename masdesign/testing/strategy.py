"""`StrategyContract`: what every strategy keeps."""

import hashlib
import inspect
from random import Random
from typing import ClassVar

from masdesign.aio import run_sync
from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.types import Failure
from masdesign.workflow import Design

BATCH = 8


def setting(seed: int = 0) -> Setting:
    """What a strategy is given at the start of a run without a model that writes designs."""
    return Setting(Grammar(max_calls=13), ScoreObjective(), Random(seed))


def evaluated(design: Design) -> Entry:
    """A made-up outcome that depends on the design alone; some fail."""
    number = int(hashlib.sha256(design.id.encode()).hexdigest()[:4], 16)
    if number % 7 == 0:
        return Entry(design, None, None, 0, Failure("design", "it broke"), "failed")
    score, tokens = number / 0xFFFF, 50.0 + number % 500
    if number % 3:
        return Entry(design, score, tokens, 200, None, "complete")
    return Entry(design, score, tokens, 24, None, "screened")


class StrategyContract:
    """Inherit it in a test class, and set ``strategy``.

    A strategy proposes the same for the same seed and the same views, and no design twice.
    """

    strategy: ClassVar[type[Strategy]]

    def propose(self, strategy: Strategy, view: ArchiveView, n: int = BATCH) -> list[Proposal]:
        """A batch, awaited where the strategy is async."""
        return run_sync(_proposals, strategy, view, n)

    def search(self, batches: int, seed: int = 0) -> list[Proposal]:
        """What a run of the strategy proposes, batch after batch, until it has no more."""
        strategy, proposals = self.strategy(setting(seed)), list[Proposal]()
        for _ in range(batches):
            view = ArchiveView(tuple(evaluated(proposal.design) for proposal in proposals))
            checked = self.propose(strategy, view)
            assert len(checked) <= BATCH, "give at most as many as are asked for"
            proposals += checked
        return proposals

    def test_it_has_a_name_and_a_docstring(self) -> None:
        assert self.strategy.name
        assert inspect.getdoc(self.strategy)

    def test_it_proposes_something_and_no_design_twice(self) -> None:
        ids = [proposal.design.id for proposal in self.search(6)]
        assert ids
        assert len(set(ids)) == len(ids)

    def test_it_proposes_nothing_that_the_view_holds(self) -> None:
        held = self.search(1)
        view = ArchiveView(tuple(evaluated(proposal.design) for proposal in held))
        again = self.propose(self.strategy(setting()), view)
        assert not {p.design.id for p in again} & {p.design.id for p in held}

    def test_the_same_seed_and_views_give_the_same_designs(self) -> None:
        assert self.search(4) == self.search(4)

    def test_its_designs_have_names(self) -> None:
        assert all(proposal.design.name for proposal in self.search(2))


async def _proposals(strategy: Strategy, view: ArchiveView, n: int) -> list[Proposal]:
    proposals = strategy.propose(view, n)
    return list(await proposals if inspect.isawaitable(proposals) else proposals)
