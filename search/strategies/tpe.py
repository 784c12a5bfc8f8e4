"""The tree-structured Parzen estimator, by Optuna."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from masdesign.archive.view import ArchiveView
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.slots import Choices, assemble, choices_of, cut_down
from masdesign.search.grammar.vary import mutate
from masdesign.search.strategies._growing import Growing
from masdesign.search.strategy import Setting
from masdesign.workflow import Design

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial

STARTUP = 16
"""New structures before the first design that is modelled."""
CANDIDATES = 6
"""Draws from the model of which the likeliest is taken; with more it asks for the same again and again."""
TRIES = 4
"""Trials in a row that came to nothing new, after which a neighbour of the last is taken."""
CHANGES = 6
"""Changes that are made to it, one after another, before a design is drawn from the grammar."""
DRAWS = 300
"""Draws without a new design after which the grammar counts as exhausted."""


class TPE(Growing):
    """Models which choices good designs share, and draws the next ones from the model.

    A design is a row of named choices, and each name has a model of its own: there are too few designs to
    learn which choices go together. What counts is a design's place in the objective's order when it is
    told, as a share of those that it beats.

    The study lives in memory and is told from the view, so that a run that goes on tells it the same.
    A trial stands for its design cut down to the bound of calls. Where trial after trial comes to a
    design that is known already, a neighbour of the last one is proposed, a change or a few away: the
    sampler has found a place that it likes, and what is around it is not known.

    Reference: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl 2011, Algorithms for Hyper-Parameter
    Optimization, NeurIPS; S. Watanabe 2023, Tree-Structured Parzen Estimator, arXiv:2304.11127.
    """

    name: ClassVar[str] = "tpe"
    reference: ClassVar[str] = "arXiv:2304.11127"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._study: Study | None = None
        self._open: dict[str, Trial] = {}

    def designs(self, view: ArchiveView, n: int) -> Iterator[Design]:
        """New structures at first, then what the model asks for, as long as the grammar holds more."""
        grammar, rng = self.setting.grammar, self.setting.rng
        study = self._study = self._study or self._begin()
        self._tell(study, view)
        strangers = self.strangers(view)
        for is_strange in self.turns(view, n):
            begins = is_strange or len(study.trials) < STARTUP
            design = (self._stranger(study, strangers) if begins else None) or self._ask(study)
            design = design or self.new(grammar.grow(rng) for _ in range(DRAWS))
            if design is None:
                return
            yield design

    def _begin(self) -> Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(
            n_startup_trials=STARTUP,
            n_ei_candidates=CANDIDATES,
            multivariate=False,
            constant_liar=True,
            seed=self.setting.rng.getrandbits(32),
        )
        return optuna.create_study(direction="maximize", sampler=sampler)

    def _tell(self, study: Study, view: ArchiveView) -> None:
        from optuna.trial import TrialState

        ordered = self.setting.objective.order(view.entries)
        shares = {e.design.id: 1 - place / max(1, len(ordered) - 1) for place, e in enumerate(ordered)}
        for entry in view.entries:
            trial = self._open.pop(entry.design.id, None)
            if trial is None:
                continue
            if entry.design.id in shares:
                study.tell(trial, shares[entry.design.id])
            else:
                study.tell(trial, state=TrialState.FAIL)

    def _ask(self, study: Study) -> Design | None:
        from optuna.trial import TrialState

        tree: Expression | None = None
        for _ in range(TRIES):
            trial = study.ask()
            tree = cut_down(assemble(cast(Choices, trial), self.setting.grammar), self.setting.grammar)
            design = self.new([tree])
            if design is not None:
                self._open[design.id] = trial
                return design
            study.tell(trial, state=TrialState.FAIL)
        return self._neighbour(tree)

    def _stranger(self, study: Study, new: Iterator[Expression]) -> Design | None:
        """A structure that nobody has tried, as a trial of the study where it can be one."""
        for tree in new:
            design = self.new([tree])
            if design is None:
                continue
            choices = choices_of(tree, self.setting.grammar)
            if choices is not None:
                study.enqueue_trial(dict(choices))
                trial = study.ask()
                assemble(cast(Choices, trial), self.setting.grammar)
                self._open[design.id] = trial
            return design
        return None

    def _neighbour(self, tree: Expression | None) -> Design | None:
        for _ in range(CHANGES):
            tree = mutate(tree, self.setting.grammar, self.setting.rng) if tree else None
            design = self.new([tree])
            if design is not None:
                return design
        return None
