"""Meta Agent Search: a language model writes each next design, from the archive."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from masdesign.archive.view import ArchiveView, Entry
from masdesign.errors import InputError
from masdesign.search.designer import Brief
from masdesign.search.designer.brief import shown
from masdesign.search.insights.library import lines
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design


def seeds(origin: str) -> list[Design]:
    """The seeds for questions that are only thought about, the simplest first.

    Reference: S. Hu, C. Lu, J. Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435, appendix;
    each is its authors' method, which its thought names.

    >>> [design.name for design in seeds("meta_agent")][:2]
    ['chain of thought', 'self-consistency']
    """
    return [Design(**row, origin=origin) for row in _SEEDS["thinking"]]


def acting_seeds(origin: str) -> list[Design]:
    """The seeds where there is something to act on; the plain agent is a baseline of every such run."""
    return [Design(**row, origin=origin) for row in _SEEDS["acting"]]


_SEEDS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("seeds.toml").read_text(encoding="utf-8")
)


POPULATION, TOURNAMENT = 24, 6
"""How many of the youngest designs may be parents; each is the best of a random few, as in `evolution`."""
PARENTS = 2
TURNS = ("reflect_novelty", "reflect_mistakes")
TOLD = 16
"""Lessons of earlier runs that the model is shown."""
FAILED = 3
"""Failed designs that are shown, the latest first, each for another reason."""
ROUNDS = 3
"""Batches of which nothing is new, after which the strategy has no more to propose."""
SHARE = 1.5
"""Characters of source shown for a token of the model's window: about half of it."""

_VARIANT = re.compile(r"parents|whole|best([1-9]\d?)")


class MetaAgent(Strategy):
    """A language model writes the next design from those before it; two reflections, then repair.

    It begins with seven classic designs, or where there is something to act on with three that act. Each
    further one is proposed in one conversation: proposal, a reflection on its novelty and worth, one on
    mistakes, and where it does not pass the checks or its dry run, line, reason and cure, at most three
    times. The variant says which designs of the archive the prompt shows: ``meta_agent`` (or
    ``meta_agent:parents``) two parents chosen by tournament, as in regularised evolution;
    ``meta_agent:best5`` the five best; ``meta_agent:whole`` all of them, as the paper does, which later
    work found to be worse than showing nothing (arXiv:2510.06711). The latest failures and their reasons
    are always shown.

    It departs from the authors' code: a design is tried on one train item before it is evaluated, not on
    all items again at every repair; what cannot be repaired is archived as a failure; a provider's error is
    no wrong answer; the code runs in the sandbox, out of reach of the labels; and the winner is chosen
    on val, not by eye.

    Reference: S. Hu, C. Lu, J. Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435.
    """

    name: ClassVar[str] = "meta_agent"
    reference: ClassVar[str] = "arXiv:2408.08435"
    leans: ClassVar[bool] = True
    needs_meta_model: ClassVar[bool] = True
    takes_meta_model: ClassVar[bool] = True
    takes_earlier: ClassVar[bool] = True
    showing: ClassVar[str] = "parents"
    """What of the archive is shown: ``parents``, ``whole`` or ``best`` and a number."""

    @classmethod
    def variant(cls, text: str) -> type[Self]:
        """``parents``, ``whole``, or ``best`` and a number. Raises `InputError` for anything else."""
        if not _VARIANT.fullmatch(text):
            raise InputError(
                f"strategy {cls.name!r} has no variant {text!r}; it has parents, whole, and best5 "
                "(or another number)"
            )
        return type(cls.__name__, (cls,), {"name": f"{cls.name}:{text}", "showing": text})

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._designer = self.writer()
        begin = acting_seeds if setting.grammar.acting else seeds
        self._seeds = begin(self.name)

    async def propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        """The seeds first; then ``n`` designs as the model writes them, fewer where it repeats itself.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `Designer.write_all`.
        """
        tried = {entry.design.id for entry in view.entries}
        while self._seeds:
            batch, self._seeds = self._seeds[:n], self._seeds[n:]
            fresh = [Proposal(design) for design in batch if design.id not in tried]
            if fresh:
                return fresh
        for _ in range(ROUNDS):
            written = await self._designer.write_all([await self._brief(view) for _ in range(n)], tried)
            if written:
                return [one.proposal for one in written]
        return []

    async def _brief(self, view: ArchiveView) -> Brief:
        chosen = self._chosen(view)
        if self.setting.insights:
            leading = self.setting.objective.order(chosen)[:PARENTS]
            lessons = {"insights": lines(self.setting.insights, TOLD), "shown": [*map(shown, leading)]}
            made_of = tuple(entry.design.id for entry in leading)
            return Brief("experience", lessons, then=TURNS, parents=made_of, origin=self.name)
        values: dict[str, Any] = {"shown": [*map(shown, chosen)], "failed": [*map(shown, _failed(view))]}
        best = next(iter(self.setting.objective.order(chosen)), None)
        if best is not None:
            values |= {
                "diagnosed": best.design.name,
                "diagnosis": await self._designer.diagnoses.of(best.design),
            }
        parents = () if self.showing == "whole" else tuple(entry.design.id for entry in chosen)
        return Brief("propose", values, then=TURNS, parents=parents, origin=self.name)

    def _chosen(self, view: ArchiveView) -> list[Entry]:
        """What is shown, in the order of proposal; the best are kept where the window is too small."""
        scored = [entry for entry in view.entries if entry.score is not None]
        if self.showing == "parents":
            return self._parents(scored)
        own = {entry.design.id for entry in view.entries}
        scored = [*(entry for entry in self.setting.earlier if entry.design.id not in own), *scored]
        best = self.setting.objective.order(scored)
        count = _VARIANT.fullmatch(self.showing)
        most = int(count[1]) if count and count[1] else len(best)
        kept = {entry.design.id for entry in _that_fit(best[:most], SHARE * self._designer.lm.window)}
        return [entry for entry in scored if entry.design.id in kept]

    def _parents(self, scored: Sequence[Entry]) -> list[Entry]:
        """Different winners of tournaments, the better one last, nearest to the request."""
        left, parents = list(scored[-POPULATION:]), list[Entry]()
        while left and len(parents) < PARENTS:
            few = self.setting.rng.sample(left, min(TOURNAMENT, len(left)))
            parents.append(self.setting.objective.order(few)[0])
            left.remove(parents[-1])
        return self.setting.objective.order(parents)[::-1]


def _failed(view: ArchiveView) -> list[Entry]:
    """The latest designs that failed by their own fault, each for another reason."""
    reasons: dict[str, Entry] = {}
    for entry in reversed(view.entries):
        if entry.failure is not None and entry.failure.kind == "design" and len(reasons) < FAILED:
            reasons.setdefault(entry.failure.message, entry)
    return list(reasons.values())[::-1]


def _that_fit(entries: Sequence[Entry], characters: float) -> list[Entry]:
    kept: list[Entry] = []
    for entry in entries:
        characters -= len(entry.design.source) + len(entry.design.thought)
        if characters < 0:
            break
        kept.append(entry)
    return kept
