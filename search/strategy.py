"""`Strategy`: what should be tried next? One strategy a file, in `masdesign/search/strategies/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, ClassVar, Self

from masdesign.archive.insight import Insight
from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import InputError
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import TreeBook, read
from masdesign.search.objective import Objective
from masdesign.types import Failure
from masdesign.workflow import Design

if TYPE_CHECKING:
    from masdesign.search.designer import Designer
    from masdesign.search.designer.diagnosis import Diagnoses
    from masdesign.search.practice import Practice


@dataclass(frozen=True, slots=True)
class Proposal:
    """A design that a strategy wants evaluated."""

    design: Design
    failure: Failure | None = None
    """Where a designer found, and could not repair, what is wrong with it: it is archived, and not run."""


@dataclass(frozen=True)
class Setting:
    """What a strategy is given once, at the start of a run."""

    grammar: Grammar
    objective: Objective
    rng: Random
    """The only source of chance; the run's seed is its seed."""
    seeds: tuple[Design, ...] = ()
    """Designs that did well on similar tasks, the most promising first, where `Strategy.takes_seeds`."""
    earlier: tuple[Entry, ...] = ()
    """What earlier runs found on this very task, best first, where `Strategy.takes_earlier`."""
    insights: tuple[Insight, ...] = ()
    """What was known of features of designs when the run began, where `Strategy.leans`."""
    book: TreeBook = field(default_factory=TreeBook)
    """The trees of what is proposed. Strategies that share one breed from each other's designs."""
    diagnoses: Diagnoses | None = None
    """What is known of failing `train` items, where `Strategy.takes_blame`."""
    designer: Designer | None = None
    """Writes designs with the run's meta-model; ``None`` where the run has none."""
    practice: Practice | None = None
    """Says what designs do on `train` items; ``None`` where the run has no train items."""


class Strategy(ABC):
    """Proposes designs; it never evaluates and never writes.

    **Contract.** The loop makes one strategy a run and calls `propose` again and again, each time
    with the view of everything evaluated so far, in order of proposal, failures too. What is
    proposed depends on the setting and on the views alone, so that running a run again proposes the
    same. No design id is proposed twice in a run, nor one that the view already holds. Fewer than
    ``n`` proposals may be given; none at all ends the search. `propose` may be async where it
    calls a model. Bad designs need not be caught: they come back as failed entries.
    """

    name: ClassVar[str]
    """What the user calls it."""
    reference: ClassVar[str] = ""
    """The paper, as ``arXiv:…`` or a DOI."""
    needs_meta_model: ClassVar[bool] = False
    """Whether it asks a language model to write designs, and cannot do without."""
    takes_meta_model: ClassVar[bool] = False
    """Whether it uses one where the run has it; true of all that need one."""
    takes_seeds: ClassVar[bool] = False
    """Whether it begins with what did well on similar tasks (`Setting.seeds`)."""

    takes_earlier: ClassVar[bool] = False
    """Whether it is shown what earlier runs found on this very task (`Setting.earlier`)."""
    takes_blame: ClassVar[bool] = False
    """Whether the design that stands first is diagnosed before it proposes (`Setting.diagnoses`)."""
    takes_insights: ClassVar[bool] = False
    """Whether its view says what is known of features of designs (`ArchiveView.insights`)."""
    leans: ClassVar[bool] = False
    """Whether what it proposes leans to what lessons of other tasks speak for (`Setting.insights`)."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @classmethod
    def variant(cls, text: str) -> type[Self]:
        """The strategy with the option ``text``, as a user asks for it by ``name:text``.

        Raises `InputError` where there is no such option; most strategies have none.
        """
        raise InputError(f"strategy {cls.name!r} has no variants; leave out :{text}")

    @property
    def lessons(self) -> Mapping[str, str]:
        """What a model said of insights, by what they are of; the loop keeps it with them."""
        return {}

    @classmethod
    def check_meta_model(cls, given: str | None) -> None:
        """Raises `InputError` where it needs a model that writes designs and has none, or has no use for
        the one ``given``."""
        if cls.needs_meta_model and given is None:
            raise InputError(f"strategy {cls.name!r} needs a model that writes designs; give a meta-model")
        if given is not None and not (cls.needs_meta_model or cls.takes_meta_model):
            raise InputError(
                f"strategy {cls.name!r} writes designs without a model; leave out the meta-model {given}"
            )

    def writer(self) -> Designer:
        """The model that writes designs. Raises `InputError` where the run has none."""
        if self.setting.designer is None:
            raise InputError(f"strategy {self.name!r} needs a model that writes designs; give a meta-model")
        return self.setting.designer

    @abstractmethod
    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """Up to ``n`` new designs."""


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
