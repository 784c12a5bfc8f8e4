"""A strategy that begins with a user's own designs."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping, Sequence

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.tree import read
from masdesign.search.strategy import Proposal, Strategy
from masdesign.workflow import Design


class Start(Strategy):
    """Proposes the designs that a search was started with, then what another strategy proposes.

    Those that the grammar once wrote are bred from as any other; of all that may stand within a
    design, the grammar has a block besides (`Setting.grammar`).
    """

    def __init__(self, strategy: Strategy, designs: Sequence[Design]) -> None:
        super().__init__(strategy.setting)
        self.name, self._then, self._left = strategy.name, strategy, list(designs)  # type: ignore[misc]
        self.takes_blame = strategy.takes_blame  # type: ignore[misc]
        trees = (read(design, strategy.setting.grammar) for design in designs)
        strategy.setting.book.know(tree for tree in trees if tree is not None)

    @property
    def lessons(self) -> Mapping[str, str]:
        """Those of the other strategy."""
        return self._then.lessons

    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """What is left to begin with; the other strategy's proposals once there is nothing left."""
        tried = {entry.design.id for entry in view.entries}
        own = [Proposal(design) for design in self._left[:n] if design.id not in tried]
        del self._left[:n]
        return own or self._then.propose(view, n)
