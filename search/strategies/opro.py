"""OPRO: a language model writes the next instruction in sight of those before it and their scores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.experiments.baselines import step_by_step
from masdesign.search.designer.wordings import ask_each, block_values, plain, written
from masdesign.search.grammar.wording import worded
from masdesign.search.objective import shrunk_by_id
from masdesign.search.strategy import Proposal, Setting, Strategy

BLOCK = "chain_of_thought"
"""What is asked in other words: one step, which is the whole design."""
TRAJECTORY = 20
"""How many instructions are shown, the best."""
ROUNDS = 3
"""Batches of which nothing is new, after which the strategy has no more to propose."""

Reply = Mapping[str, str] | None
"""What the model wrote, by field; ``None`` where it could not be read."""


class OPRO(Strategy):
    """Rewords one step, step by step: each instruction is written in sight of the best before it.

    The prompt is a trajectory: instructions with their scores, the worst first and the best last, and a
    few `train` questions. What is new in each batch joins it. The search begins with the block's own
    instruction.

    Where ours departs: scores are the run's on val, shrunk where few items were answered, as every strategy
    sees them (the paper's are of a part of train); an instruction stands below the problem, and must ask
    for the line that is read.

    Reference: C. Yang et al. 2023, Large Language Models as Optimizers, arXiv:2309.03409.
    """

    name: ClassVar[str] = "opro"
    reference: ClassVar[str] = "arXiv:2309.03409"
    needs_meta_model: ClassVar[bool] = True
    takes_meta_model: ClassVar[bool] = True

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._designer = self.writer()
        self._root = step_by_step()
        self._texts, self._designs = {self._root.id: plain(BLOCK)}, {self._root.id: self._root}

    async def propose(self, view: ArchiveView, n: int) -> list[Proposal]:
        """Up to ``n`` designs that differ in their instruction.

        Raises:
            BudgetExhausted, ProviderError, CredentialsError: as `Designer.ask`.
        """
        scores = shrunk_by_id(view.entries)
        for _ in range(ROUNDS):
            replies = await self._ask(scores, n)
            proposals = [p for reply, parent in replies if (p := self._proposal(reply, parent)) is not None]
            if proposals:
                return proposals
        return []

    async def _ask(self, scores: Mapping[str, float], n: int) -> list[tuple[Reply, str]]:
        """What the model writes ``n`` times, each with the id of the design that it was made from."""
        tried = sorted((i for i in self._texts if i in scores), key=lambda i: scores[i])[-TRAJECTORY:]
        replies = await self._write("opro", [{"tried": self._shown(tried, scores)}] * n)
        return [(reply, tried[-1] if tried else "") for reply in replies]

    async def _write(self, template: str, values: Sequence[Mapping[str, Any]]) -> list[Reply]:
        common = block_values(BLOCK)
        return await ask_each(
            [self._designer.ask(template, {**common, **own}, ("instruction",)) for own in values]
        )

    def _shown(self, ids: Sequence[str], scores: Mapping[str, float]) -> list[dict[str, Any]]:
        return [{"text": self._texts[i], "score": scores.get(i, 0.0)} for i in ids]

    def _proposal(self, reply: Reply, parent: str) -> Proposal | None:
        """The design with the instruction; ``None`` where there is none, or it was written before."""
        if reply is None:
            return None
        wording = written(BLOCK, f"{self.name} {len(self._texts)}", reply["instruction"])
        reworded = worded(self._root, {BLOCK: wording})
        if reworded.id in self._texts:
            return None
        design = replace(reworded, origin=self.name, parents=(parent,) if parent else ())
        self._texts[design.id], self._designs[design.id] = wording.instruction, design
        return Proposal(design)
