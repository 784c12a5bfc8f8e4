"""AFlow: a language model makes one change at a time to a design drawn from the best, told what each did."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import ClassVar

from masdesign.archive.view import ArchiveView, Entry
from masdesign.search.designer import Brief, Written
from masdesign.search.designer.brief import shown, told
from masdesign.search.strategy import Proposal, Setting, Strategy

SAMPLE = 4
"""Designs among which a parent is drawn: the first, and the best others."""
UNIFORM = 0.3
"""Share of the draw that does not look at scores (lambda in the paper)."""
SHARPNESS = 0.2
"""Of the softmax over scores in points of a hundred (alpha in the paper)."""
ALIKE = 0.02
"""A difference of scores that counts as none."""
ROUNDS = 3
"""Batches of which nothing is new, after which the strategy has no more to propose."""
FIELD = "modification"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a design, and what came of it, as the prompt shows it."""

    told: str
    outcome: str


class AFlow(Strategy):
    """Draws a parent from the best by a soft mixture, has one thing changed in it, remembers what that did.

    A parent is drawn from the run's first step by step and the three best other designs: with the chance
    ``UNIFORM`` whichever, otherwise by a softmax of their scores. The model is shown the parent, every
    change of it that was tried, with the scores before and after, and is asked for one more.

    Where ours departs from the authors' code: there, changes that helped and changes that hurt were
    both listed as prohibited; here each is told as what it was. The right answers of validation items went
    into the prompt; here a prompt holds `train` items and aggregates alone. A candidate that crashed
    left no experience and could be repeated; here its failure is told. A change is known by what
    the design has become, not by the wording of its description. The search ends with its budget, not
    where three scores stay equal. (Neither is a tree search: nothing is backed up. See `tree_search`.)

    Reference: J. Zhang et al. 2024, AFlow: Automating Agentic Workflow Generation, arXiv:2410.10762.
    """

    name: ClassVar[str] = "aflow"
    reference: ClassVar[str] = "arXiv:2410.10762"
    needs_meta_model: ClassVar[bool] = True
    takes_meta_model: ClassVar[bool] = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._designer = self.writer()
        self._changes: dict[str, str] = {}

    async def propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        """Up to ``n`` designs as the model writes them, each a change of a parent of its own draw.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `Designer.write_all`.
        """
        tried = {entry.design.id for entry in view.entries}
        candidates = self._candidates(view)
        if not candidates:
            return []
        for _ in range(ROUNDS):
            shares = mixture([entry.score or 0.0 for entry in candidates])
            parents = self.setting.rng.choices(candidates, shares, k=n)
            briefs = [await self._brief(view, parent) for parent in parents]
            written = await self._designer.write_all(briefs, tried)
            if written:
                return [self._remembered(one) for one in written]
        return []

    def _candidates(self, view: ArchiveView) -> list[Entry]:
        """The first step by step, and the best others."""
        complete = [entry for entry in view.entries if entry.stage == "complete"]
        first = next((entry for entry in complete if entry.design.name == "step_by_step"), None)
        first = first or next(iter(complete), None)
        ordered = self.setting.objective.order([entry for entry in complete if entry is not first])
        return [*([first] if first else []), *ordered[: SAMPLE - 1]]

    async def _brief(self, view: ArchiveView, parent: Entry) -> Brief:
        values = {
            "parent": shown(parent),
            "changes": self.experience(view, parent),
            "diagnosis": await self._designer.diagnoses.of(parent.design),
        }
        return Brief("aflow", values, parents=(parent.design.id,), origin=self.name, fields=(FIELD,))

    def experience(self, view: ArchiveView, parent: Entry) -> list[Change]:
        """What was changed in a design so far, and what each change came to, in the order of proposal."""
        children = [entry for entry in view.entries if parent.design.id in entry.design.parents]
        return [
            Change(self._changes.get(e.design.id) or e.design.thought or e.design.name, outcome(parent, e))
            for e in children
        ]

    def _remembered(self, written: Written) -> Proposal:
        change = " ".join(written.fields.get(FIELD, "").split())[:300]
        self._changes[written.design.id] = change or written.design.name
        return written.proposal


def outcome(parent: Entry, child: Entry) -> str:
    """What a change came to, in words and scores.

    >>> from masdesign.workflow import Design
    >>> before = Entry(Design("a"), 0.4, 90.0, 200, None, "complete")
    >>> outcome(before, Entry(Design("b"), 0.5, 90.0, 200, None, "complete"))
    'it helped (0.400 before, 0.500 after, on 200 questions)'
    """
    if child.score is None or parent.score is None:
        return f"it failed: {told(child.failure)}" if child.failure else "it was not scored"
    gain = child.score - parent.score
    word = "made no difference" if abs(gain) < ALIKE else "helped" if gain > 0 else "hurt"
    early = ", stopped early" if child.stage != "complete" else ""
    scores = f"{parent.score:.3f} before, {child.score:.3f} after"
    return f"it {word} ({scores}, on {child.items} questions{early})"


def mixture(scores: Sequence[float]) -> list[float]:
    """The chance of each to be drawn, by scores in 0..1: part uniform, part softmax.

    >>> [round(share, 2) for share in mixture([0.5, 0.5, 0.4, 0.1])]
    [0.4, 0.4, 0.12, 0.08]
    """
    best = max(scores)
    weights = [exp(SHARPNESS * 100 * (score - best)) for score in scores]
    return [UNIFORM / len(scores) + (1 - UNIFORM) * weight / sum(weights) for weight in weights]
