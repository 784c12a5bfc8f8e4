"""MASS: first the blocks' prompts, then the topology by influence, then the whole workflow's prompts."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.designer import Designer
from masdesign.search.designer.wordings import write_all_wordings
from masdesign.search.grammar.classics import baselines
from masdesign.search.grammar.combinator import SOLVER, Combinator, Drafter, Kind, Pieces, kind_of
from masdesign.search.grammar.expression import Expression, Form
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.wording import PLAIN, Wording, Wordings, shipped, slots, worded
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

SAMPLES = 3
"""Drafts of a building block: the fewest that a vote can decide between."""
TEMPERATURE = 0.05
"""Of every softmax here: what is better by so much is taken e times as often."""
LEAST = 0.05
"""Whatever was measured, a block is taken, and left, with this chance at least: few items measured it."""
TOPOLOGIES, REWORDED = 16, 8
"""Designs of the second and of the third stage, by turns until the budget ends."""
TRIES = 100
"""Draws without a new design after which a stage counts as exhausted."""

SOLO = "chain_of_thought()"
DRAFTS = f"repeat(chain_of_thought(temperature=0.8), n={SAMPLES})"
DRAFTER, PIECES = kind_of(Drafter), kind_of(Pieces)
_SLOTS = {"choose", "verify", "debate_round", "revise", "write_program"}
"""Blocks whose own wordings are tried where they are added."""


@dataclass(frozen=True, slots=True)
class MassBlock:
    """A building block in its smallest topology, and what it was added to."""

    tree: Expression
    base: str
    """The block that its influence is measured against; ``solo`` is one agent alone."""
    slot: str = ""
    """The block of the library whose wordings are tried here; empty where there is none of its own."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a design of this strategy was made of."""

    tree: Expression
    wordings: Wordings


class MASS(Strategy):
    """Tunes each block's wording, then samples topologies of influential blocks, then rewords the best one.

    1. *Blocks.* The wordings of one agent alone (step by step); with the best of them, each combinator
       (vote, weighted vote, choice, debate, parts …) in its smallest topology with each wording of the
       block that it adds. A combinator's influence is the score of its best design over that of what it was
       added to.
    2. *Topology.* Random designs from those combinators, the more influential ones rather than others.
    3. *Workflow.* The best design's wordings drawn anew, all together, the better ones likelier.

    Where ours departs. The paper divides every block's score by the single agent's, so that whatever
    holds several agents is credited with their vote; here a step on drafts is measured against the vote
    that it was added to. The paper's softmax runs over all blocks at once, so that each is the rarer the
    more there are; here a block is weighed against leaving it out. The paper puts blocks together in a fixed
    order; here in any that their types admit. The paper's prompts come from a bootstrapping optimiser
    (MIPRO); ours are written by the run's meta-model, or without one chosen among those that ship
    (`masdesign.search.grammar.wording`), and there are no demonstrations: blocks show `train` items on their
    own. It does each stage once; here the second and the third take turns until the budget ends. A model that
    answers only recorded prompts is not asked in other words.

    Reference: H. Zhou et al. 2025, Multi-Agent Design: Optimizing Agents with Better Prompts and
    Topologies, arXiv:2502.02533.
    """

    name: ClassVar[str] = "mass"
    reference: ClassVar[str] = "arXiv:2502.02533"
    takes_meta_model: ClassVar[bool] = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._offered: Mapping[str, tuple[Wording, ...]] = {} if setting.grammar.repertoires else shipped()
        self._begun = False
        self._made: dict[str, Made] = {}
        self._seen: set[str] = set()
        grammar = setting.grammar
        self._steps = grammar.parse(SOLO)
        self._votes = grammar.parse(f"self_consistency(n={SAMPLES})")
        for tree in baselines(grammar):
            self._made[design_of(tree).id] = Made(tree, {})
        self._blocks = self._building_blocks()
        self._solo: list[Wording] = []
        self._minimal: list[tuple[MassBlock, Wording]] = []
        self._turn = 0

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal] | Awaitable[list[Proposal]]:
        """``n`` new designs, fewer where no more were found in a bounded number of tries.

        A batch that a stage does not fill is filled from the next, by what is known so far. Where the run
        has a model that writes designs, what is returned has to be awaited: it is asked for wordings first.
        """
        designer = self.setting.designer
        if designer is None or self.setting.grammar.repertoires:
            return self._propose(view, n)
        return self._propose_written(designer, view, n)

    async def _propose_written(self, designer: Designer, view: ArchiveView, n: int) -> list[Proposal]:
        if not self._begun:
            self._offered = await write_all_wordings(designer, tuple(self._offered))
        return list(self._propose(view, n))

    def _propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        if not self._begun:
            self._begun = True
            self._solo = list(self._offers("chain_of_thought"))
            self._minimal = [(block, w) for block in self._blocks.values() for w in self._offers(block.slot)]
        self._seen.update(entry.design.id for entry in view.entries)
        scores = shrunk_by_id(view.entries)
        for _ in range(n):
            design = self._from_blocks(scores) or self._from_workflows(view, scores)
            if design is None:
                return
            yield Proposal(design)

    # First stage

    def _building_blocks(self) -> dict[str, MassBlock]:
        grammar = self.setting.grammar
        blocks = dict[str, MassBlock]()
        for form in grammar.forms.values():
            is_program = form.name == "write_program"
            tree = smallest(form, grammar) if isinstance(form.origin, Combinator) or is_program else None
            if tree is None or not grammar.fits(tree):
                continue
            has_drafts = form.kind == DRAFTER or DRAFTER in form.parts.values()
            taken = {block.slot for block in blocks.values()}
            slots = (part.name for part in tree.walk() if part.name in _SLOTS - taken)
            blocks[form.name] = MassBlock(tree, "vote" if has_drafts else "solo", next(slots, ""))
        if grammar.fits(self._votes):
            blocks["vote"] = MassBlock(self._votes, "solo")
        return blocks

    def _offers(self, slot: str) -> tuple[Wording, ...]:
        return self._offered.get(slot, (PLAIN,))

    def _from_blocks(self, scores: Mapping[str, float]) -> Design | None:
        while self._solo:
            design = self._enter(self._steps, {"chain_of_thought": self._solo.pop(0)})
            if design is not None:
                return design
        while self._minimal:
            block, wording = self._minimal.pop(0)
            design = self._enter(block.tree, {**self._best_wordings(scores), block.slot: wording})
            if design is not None:
                return design
        return None

    def _best_wordings(self, scores: Mapping[str, float]) -> dict[str, Wording]:
        """The wording of each block that has gained most so far; the plain one in a tie."""
        effects = self._effects(scores)
        return {
            slot: max(offers, key=lambda w: effects.get((slot, w), 0.0))
            for slot, offers in self._offered.items()
        }

    def _effects(self, scores: Mapping[str, float]) -> dict[tuple[str, Wording], float]:
        """What each wording gained over the other designs of the same topology, less where seen seldom."""
        groups: dict[Expression, list[tuple[Made, float]]] = {}
        for design_id, made in self._made.items():
            if design_id in scores:
                groups.setdefault(made.tree, []).append((made, scores[design_id]))
        gains: dict[tuple[str, Wording], list[float]] = {}
        for tree, members in groups.items():
            mean = sum(score for _, score in members) / len(members)
            for made, score in members if len(members) > 1 else ():
                for slot in slots(design_of(tree).source):
                    gains.setdefault((slot, made.wordings.get(slot, PLAIN)), []).append(score - mean)
        return {key: sum(gained) / (len(gained) + 1) for key, gained in gains.items()}

    # Second stage

    def _from_workflows(self, view: ArchiveView, scores: Mapping[str, float]) -> Design | None:
        """A topology or a rewording, whichever has its turn; the other where it comes to nothing new."""
        turn, self._turn = self._turn % (TOPOLOGIES + REWORDED), self._turn + 1
        if turn < TOPOLOGIES:
            return self._topology(scores) or self._reworded(view, scores)
        return self._reworded(view, scores) or self._topology(scores)

    def _topology(self, scores: Mapping[str, float]) -> Design | None:
        influences, wordings = self.influences(scores), self._best_wordings(scores)
        for _ in range(TRIES):
            tree = self.setting.grammar.grow(self.setting.rng, self._weights(influences))
            design = self._enter(tree, wordings)
            if design is not None:
                return design
        return None

    def influences(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Each block's influence: the score of its best design over that of what it was added to.

        ``scores`` are by design id. A block that has no score yet has the influence of nothing, 1.
        """
        best: dict[Expression, float] = {}
        for design_id, made in self._made.items():
            if design_id in scores:
                best[made.tree] = max(best.get(made.tree, 0.0), scores[design_id])
        bases = {"solo": best.get(self._steps), "vote": best.get(self._votes)}
        influences = {}
        for name, block in self._blocks.items():
            base, score = bases.get(block.base) or bases["solo"], best.get(block.tree)
            influences[name] = score / base if base and score is not None else 1.0
        return influences

    def _weights(self, influences: Mapping[str, float]) -> dict[str, float]:
        """How likely each form is taken: combinators by their influence; blocks as far as they were tried."""
        forms = self.setting.grammar.forms.values()
        tried = {part.name for block in self._blocks.values() for part in block.tree.walk()}
        weights = {form.name: float(form.name in tried) for form in forms}
        return weights | {name: chance(influence) for name, influence in influences.items()}

    # Third stage

    def _reworded(self, view: ArchiveView, scores: Mapping[str, float]) -> Design | None:
        """The best topology so far with other wordings, its present design as the parent."""
        ours = [entry for entry in view.entries if entry.design.id in self._made]
        ordered = self.setting.objective.order(ours)
        best = next((entry for entry in ordered if entry.stage == "complete"), next(iter(ordered), None))
        if best is None:
            return None
        tree, effects = self._made[best.design.id].tree, self._effects(scores)
        own = slots(design_of(tree).source)
        for _ in range(TRIES):
            drawn = {slot: self._draw(slot, effects) for slot in own}
            design = self._enter(tree, drawn, (best.design.id,))
            if design is not None:
                return design
        return None

    def _draw(self, slot: str, effects: Mapping[tuple[str, Wording], float]) -> Wording:
        offers = self._offers(slot)
        weights = softmax([effects.get((slot, wording), 0.0) for wording in offers])
        return self.setting.rng.choices(offers, weights)[0]

    def _enter(self, tree: Expression, wordings: Wordings, parents: tuple[str, ...] = ()) -> Design | None:
        """The design, or ``None`` where the run has it already or the grammar does not admit it."""
        if not self.setting.grammar.fits(tree):
            return None
        design = worded(design_of(tree, parents=parents, origin=self.name), wordings)
        if design.id in self._seen:
            return None
        self._seen.add(design.id)
        self._made[design.id] = Made(tree, dict(wordings))
        return design


def chance(influence: float) -> float:
    """How likely a block is taken: the softmax of its influence against that of leaving it out, which is 1.

    >>> round(chance(1.0), 2), round(chance(1.05), 2), round(chance(0.5), 2)
    (0.5, 0.71, 0.05)
    """
    return softmax([influence, 1.0])[0]


def softmax(values: Sequence[float]) -> list[float]:
    """Shares that add up to 1; each is `LEAST` at least, or where they are many, half of an equal share.

    >>> [round(share, 2) for share in softmax([0.0, 100.0])]
    [0.05, 0.95]
    """
    weights = [exp((value - max(values)) / TEMPERATURE) for value in values]
    least = min(LEAST, 0.5 / len(values))
    return [least + (1 - least * len(values)) * weight / sum(weights) for weight in weights]


def smallest(form: Form, grammar: Grammar) -> Expression | None:
    """The smallest design that a form stands in: its parts as usual, within a vote or a merger where needed.

    >>> grammar = Grammar()
    >>> str(smallest(grammar.forms["keep"], grammar))
    'vote(keep(repeat(chain_of_thought(temperature=0.8), n=3), verify()))'
    """
    usual = {SOLVER: SOLO, DRAFTER: DRAFTS, PIECES: f"each(split_question(), {SOLO})"}
    around = {SOLVER: "{}", DRAFTER: "vote({})", PIECES: "merge({}, merge_answers())"}
    if form.kind not in around:
        return None
    parts = [usual.get(kind) or _leaf(kind, grammar) for kind in form.parts.values()]
    whole = f"{form.name}({', '.join(parts)})" if form.name != "repeat" else DRAFTS
    return next(grammar.known([around[form.kind].format(whole)]), None)


def _leaf(kind: Kind, grammar: Grammar) -> str:
    return next((f"{form.name}()" for form in grammar.of_kind(kind) if not form.parts), "")
