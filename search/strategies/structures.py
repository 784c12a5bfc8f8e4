"""Each structure once, the likelier first."""

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.strategies._growing import Growing
from masdesign.search.strategy import Setting
from masdesign.workflow import Design


class Structures(Growing):
    """Tries each way to put blocks together once, as plain as can be, the likelier ones first.

    Where good designs are few and what is near them is no better than the rest, nothing leads to them, and
    whoever changes the best so far tries the same over and over. This strategy goes through what there is
    instead, in the order of how likely the grammar makes it: what is simple and uses what the task has
    comes first. Forms that stand in designs which did well are made likelier, so that it turns to what
    is near those. It begins with what the literature knows.

    References: K. Ellis et al. 2020, DreamCoder, arXiv:2006.08381 (programs in the order of a likelihood that
    is learnt); R. Sałustowicz, J. Schmidhuber 1997, Probabilistic Incremental Program Evolution,
    doi:10.1162/evco.1997.5.2.123 (learnt over the run, node by node).
    """

    name: ClassVar[str] = "structures"
    reference: ClassVar[str] = "arXiv:2006.08381"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book.know(baselines(setting.grammar))
        self._classics = classics(setting.grammar)

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """What the literature knows, then each structure that was not tried yet."""
        while n and (design := self.new(self._classics.pop(0) for _ in self._classics[:])):
            n -= 1
            yield design
        for tree in islice(self.strangers(view), n):
            design = self.new([tree])
            if design is not None:
                yield design
