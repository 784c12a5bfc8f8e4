"""PromptAgent: instructions in a tree, each the one above it after feedback on its errors."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from math import log, sqrt
from typing import ClassVar

from masdesign.search.designer.wordings import ask_each
from masdesign.search.strategies.opro import OPRO, Reply
from masdesign.search.strategy import Setting

WIDTH = 3
"""Children of an instruction before one of them is gone on from."""
EXPLORATION = 0.25
"""Weight of what is little known against what is good; scores lie in 0..1 and differ by tenths."""


class PromptAgent(OPRO):
    """Rewords one step by feedback on its errors, in the branch with the best upper bound.

    A child is made in two calls: the model is shown the instruction and `train` questions that it gets
    wrong, with what was said and the right answers, and says why; then it writes the instruction again, in
    sight of that and of the path from the first one, with scores. Which instruction is gone on from follows
    from Monte Carlo tree search: a score counts at the design and at all above it, selection goes down by
    UCT. An instruction under which no shown question goes wrong has no children.

    Where ours departs: scores are the run's on val, as every strategy sees them; a node's children are
    written one by one as it is visited, not all at once; there is no greatest depth, and no rollout: a node
    is worth what it and those below it scored.

    Reference: X. Wang et al. 2023, PromptAgent: Strategic Planning with Language Models Enables
    Expert-level Prompt Optimization, arXiv:2310.16427.
    """

    name: ClassVar[str] = "prompt_agent"
    reference: ClassVar[str] = "arXiv:2310.16427"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._visits: Counter[str] = Counter()

    async def _ask(self, scores: Mapping[str, float], n: int) -> list[tuple[Reply, str]]:
        chosen = [self._select(scores) for _ in range(n)]
        diagnoses = {i: await self._designer.diagnoses.of(self._designs[i]) for i in dict.fromkeys(chosen)}
        wrong = [(i, seen) for i in chosen if (seen := diagnoses[i]) is not None and seen.failing]
        values = [{"instruction": self._texts[i], "diagnosis": d, "diagnosed": ""} for i, d in wrong]
        replies = await ask_each([self._designer.ask("prompt_feedback", v, ("feedback",)) for v in values])
        feedback = [(i, reply) for (i, _), reply in zip(wrong, replies, strict=True) if reply is not None]
        paths = [{"path": self._shown(self._path(i), scores), **reply} for i, reply in feedback]
        revised = await self._write("prompt_revision", paths)
        return [(reply, i) for (i, _), reply in zip(feedback, revised, strict=True)]

    def _path(self, node: str) -> list[str]:
        """The instructions from the first one to this one."""
        return [
            *(design_id for above in self._designs[node].parents for design_id in self._path(above)),
            node,
        ]

    def _select(self, scores: Mapping[str, float]) -> str:
        """Down the tree by the upper bound, to one with room for a child; what is begun counts as a visit."""
        totals = defaultdict[str, float](float)
        for design_id in self._texts:
            for above in self._path(design_id):
                totals[above] += scores.get(design_id, 0.0)
        node = self._root.id
        while len(children := [i for i, made in self._designs.items() if node in made.parents]) >= WIDTH:
            whole = log(self._visits[node] + 1)
            counts = {i: self._visits[i] + 1 for i in children}
            node = max(counts, key=lambda i: totals[i] / counts[i] + EXPLORATION * sqrt(whole / counts[i]))
        for above in self._path(node):
            self._visits[above] += 1
        return node
