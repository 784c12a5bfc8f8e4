"""What the strategies on Optuna share: a study over the grammar's slots, fed from the run's view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, cast

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.nodes import Answer
from masdesign.search.grammar.slots import Choices, assemble, cut_down
from masdesign.search.grammar.vary import mutate
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

if TYPE_CHECKING:
    from optuna import Study
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial

TRIES = 4
"""Trials in a row that came to nothing new, after which a neighbour of the last is taken."""
CHANGES = 6
"""Changes that are made to it, one after another, before a design is drawn from the grammar."""
DRAWS = 300
"""Draws without a new design after which the grammar counts as exhausted."""


class OptunaStrategy(Strategy):
    """Asks an Optuna sampler for slots, and tells it what the design earned.

    The study lives in memory and is told from the view, so that a run that goes on tells it the same.
    A trial stands for its design cut down to the bound of calls. Where trial after trial comes to a
    design that is known already, a neighbour of the last one is proposed, a change or a few away: the
    sampler has found a place that it likes, and what is around it is not known.
    """

    directions: tuple[Literal["maximize", "minimize"], ...] = ("maximize",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._book = setting.book
        self._study: Study | None = None
        self._open: dict[str, Trial] = {}

    def sampler(self, seed: int) -> BaseSampler:
        """The sampler, made once."""
        raise NotImplementedError

    def values(self, view: ArchiveView) -> dict[str, list[float]]:
        """What each scored design of the view earned, in the order of ``directions``."""
        return {design_id: [score] for design_id, score in shrunk_by_id(view.entries).items()}

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where the grammar holds no more."""
        self._book.note(entry.design.id for entry in view.entries)
        study = self._study = self._study or self._begin()
        self._tell(study, view)
        for _ in range(n):
            design = self._ask(study) or self._draw()
            if design is None:
                return
            yield Proposal(design)

    def _begin(self) -> Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = self.sampler(self.setting.rng.getrandbits(32))
        return optuna.create_study(directions=self.directions, sampler=sampler)

    def _tell(self, study: Study, view: ArchiveView) -> None:
        from optuna.trial import TrialState

        values = self.values(view)
        for entry in view.entries:
            trial = self._open.pop(entry.design.id, None)
            if trial is None:
                continue
            if entry.design.id in values:
                study.tell(trial, values[entry.design.id])
            else:
                study.tell(trial, state=TrialState.FAIL)

    def _ask(self, study: Study) -> Design | None:
        from optuna.trial import TrialState

        tree: Answer | None = None
        for _ in range(TRIES):
            trial = study.ask()
            tree = cut_down(assemble(cast(Choices, trial), self.setting.grammar), self.setting.grammar)
            design = self._enter(tree)
            if design is not None:
                self._open[design.id] = trial
                return design
            study.tell(trial, state=TrialState.FAIL)
        return self._neighbour(tree)

    def _neighbour(self, tree: Answer | None) -> Design | None:
        for _ in range(CHANGES):
            tree = mutate(tree, self.setting.grammar, self.setting.rng) if tree else None
            design = self._enter(tree)
            if design is not None:
                return design
        return None

    def _draw(self) -> Design | None:
        draws = (self._enter(self.setting.grammar.grow(self.setting.rng)) for _ in range(DRAWS))
        return next((design for design in draws if design is not None), None)

    def _enter(self, tree: Answer | None) -> Design | None:
        return self._book.enter(tree, origin=self.name) if tree else None
