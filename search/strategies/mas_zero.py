"""MAS-Zero as a workflow: a question is split, solved in parts, reflected on and verified, without labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from typing import Any, ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.search.strategy import Proposal, Setting, Strategy
from masdesign.workflow import Design

FOUNDERS = 16
"""Designs before the first that changes a good one."""
TOURNAMENT = 4
"""Contestants for being changed; the best of them is."""
BY_CHANCE = 0.25
"""Share of the later designs that change nothing known, but are drawn anew."""
TRIES = 100
"""Draws without a new design after which the list is gone through in order."""

_WHOLE: Mapping[str, str] = {
    "no draft": "",
    "step by step": "chain_of_thought(task)",
    "a vote of 3": "self_consistency(task, n=3)",
    "a vote of 5": "self_consistency(task, n=5)",
    "step by step and a vote of 3": "chain_of_thought(task), self_consistency(task, n=3)",
    "step by step and at once": "chain_of_thought(task), direct(task)",
}
_WAYS: Mapping[str, str] = {
    "step by step": "chain_of_thought({})",
    "with a draw": "chain_of_thought({}, temperature=0.8)",
    "by a vote of 3": "self_consistency({}, n=3)",
}
_FINALS: Mapping[str, list[str]] = {
    "the parts' answer": ["return answer"],
    "a vote": ["return majority([answer, *drafts])"],
    "a choice": ["return await choose(task, [answer, *drafts])"],
    "the judged-right first": [
        "candidates = [answer, *drafts]",
        "verdicts = await gather(*[verify(task, candidate) for candidate in candidates])",
        "return weighted_majority(candidates, [1.0 if verdict.ok else 0.3 for verdict in verdicts])",
    ],
}


@dataclass(frozen=True, slots=True)
class Procedure:
    """What is done with every question."""

    whole: str = "step by step"
    """Blocks that answer the question as it is."""
    parts: int = 3
    """Parts that it is split into, at most."""
    way: str = "step by step"
    """How a part is solved."""
    in_order: bool = False
    """Whether a part is shown the answers to those before it."""
    reflects: bool = False
    """Whether a part whose answer is judged wrong, or cannot be read, is solved once more."""
    final: str = "a vote"
    """How the parts' answer and the drafts come to one."""

    def design(self, parents: tuple[str, ...] = (), origin: str = "") -> Design:
        """The procedure as a workflow."""
        lines = [*self._drafts(), *self._solve(), *_FINALS[self.final]]
        body = "".join(f"    {line}\n" for line in lines)
        helper = f"{self._solver()}\n\n" if self.reflects else ""
        return Design(f"{helper}async def workflow(task):\n{body}", self.name, self.thought, parents, origin)

    @property
    def name(self) -> str:
        """What it does, in a few words."""
        how = "in order" if self.in_order else "apart"
        again = ", again where judged wrong" if self.reflects else ""
        return f"{self.parts} parts {how}, {self.way}{again}; {self.whole}; {self.final}"

    @property
    def thought(self) -> str:
        """How it works, in a sentence."""
        order = "each in sight of the answers before it" if self.in_order else "each on its own"
        again = ", once more where the answer is judged wrong" if self.reflects else ""
        return (
            f"Splits the question into at most {self.parts} parts, solves {order} {self.way}{again}, merges "
            f"their answers, and takes {self.final} beside {self.whole} on the whole question."
        )

    @property
    def calls(self) -> int:
        """The most completions of one question.

        >>> Procedure().calls
        6
        """
        drafts, way = _WHOLE[self.whole], _WAYS[self.way]
        parts = self.parts * (_draws(way) + 2 * self.reflects)
        last = {"a choice": 1, "the judged-right first": 1 + drafts.count("(task")}.get(self.final, 0)
        return _draws(drafts) + 1 + parts + 1 + last

    def _drafts(self) -> list[str]:
        calls = _WHOLE[self.whole]
        return [f"drafts = await gather({calls})" if calls else "drafts = []"]

    def _solver(self) -> str:
        return (
            "async def solved(part):\n"
            f"    answer = await {_WAYS[self.way].format('part')}\n"
            "    verdict = await verify(part, answer)\n"
            "    if verdict.ok and answer.text:\n"
            "        return answer\n"
            "    return await revise(part, answer, verdict.critique)\n"
        )

    def _solve(self) -> list[str]:
        call = "solved({})" if self.reflects else _WAYS[self.way]
        lines = [
            f"questions = (await split_question(task, n={self.parts}))[:{self.parts}]",
            "known = task.context or (task.question,)",
        ]
        if self.in_order:
            lines += [
                "answers = []",
                f"for i in range({self.parts}):",
                "    if i < len(questions):",
                f"        found = await {call.format('Question(questions[i], known)')}",
                "        answers.append(found)",
                '        known = (*known, f"{questions[i]} {found.text}")',
            ]
        else:
            asked = call.format("Question(question, known)")
            lines.append(f"answers = await gather(*[{asked} for question in questions])")
        merge = "await merge_answers(Question(task.question, (), task.choices), questions, answers)"
        return [*lines, f"answer = {merge} if questions else await chain_of_thought(task)"]


class MasZero(Strategy):
    """Proposes workflows that design for each question anew: split, solve, reflect, verify; no labels.

    Each is MAS-Zero's procedure as one design: blocks on the whole question; the model splits it; each part
    goes to a block, alone or in sight of the answers before it; a part that the model judges
    wrong, or that has no readable answer, is solved again; the last word has a vote, a choice, or the
    model's own verdicts. What is varied is how each of these is done. Within a question no label is
    used, so that the winner works as it is on questions whose answers nobody has; which variant is best is
    chosen on val, as for every strategy. ``masdesign solve`` does the same for one question, with as many
    rounds of reflection as it takes.

    Where ours departs. The paper's designer is a large model that is called in every round of every
    question; here the rounds are written out within the bound of calls an item, and need none. A verdict
    that cannot be read repeats a part or lowers a vote's weight, and never strikes an answer out: the
    paper's code counted what nobody had scored as wrong.

    Reference: Z. Ke et al. 2025, MAS-ZERO: Designing Multi-Agent Systems with Zero Supervision,
    arXiv:2505.14996.
    """

    name: ClassVar[str] = "mas_zero"
    reference: ClassVar[str] = "arXiv:2505.14996"

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        asked = {
            "split_question",
            "merge_answers",
            "chain_of_thought",
            "direct",
            "verify",
            "choose",
            "revise",
        }
        known = setting.grammar.repertoires.get("")
        able = known is None or known.templates >= asked
        self._left = list(_procedures(setting.grammar.max_calls)) if able else []
        setting.rng.shuffle(self._left)
        self._made: dict[str, Procedure] = {}
        self._seen: set[str] = set()

    def propose(self, view: ArchiveView, n: int) -> Iterator[Proposal]:
        """``n`` new designs, fewer where there are no more variants."""
        self._seen.update(entry.design.id for entry in view.entries)
        for _ in range(n):
            design = self._changed(view) or self._drawn()
            if design is None:
                return
            yield Proposal(design)

    def _changed(self, view: ArchiveView) -> Design | None:
        """One part of a good procedure done otherwise."""
        rng = self.setting.rng
        ours = [entry for entry in view.entries if entry.design.id in self._made and entry.score is not None]
        if len(ours) < FOUNDERS or rng.random() < BY_CHANCE:
            return None
        left = set(self._left)
        for _ in range(TRIES):
            contestants = rng.sample(ours, min(TOURNAMENT, len(ours)))
            parent = self.setting.objective.order(contestants)[0].design.id
            procedure = self._made[parent]
            part = rng.choice([field.name for field in fields(Procedure)])
            other = replace(procedure, **{part: rng.choice(_VALUES[part])})
            if other in left:
                return self._enter(other, (parent,))
        return None

    def _drawn(self) -> Design | None:
        while self._left:
            design = self._enter(self._left[-1])
            if design is not None:
                return design
        return None

    def _enter(self, procedure: Procedure, parents: tuple[str, ...] = ()) -> Design | None:
        self._left.remove(procedure)
        design = procedure.design(parents, self.name)
        if design.id in self._seen:
            return None
        self._seen.add(design.id)
        self._made[design.id] = procedure
        return design


_VALUES: Mapping[str, tuple[Any, ...]] = {
    "whole": tuple(_WHOLE),
    "parts": (2, 3, 4),
    "way": tuple(_WAYS),
    "in_order": (False, True),
    "reflects": (False, True),
    "final": tuple(_FINALS),
}


@cache
def _procedures(max_calls: int) -> tuple[Procedure, ...]:
    """Every variant within the bound of calls whose steps all have an effect."""
    every = (Procedure(*values) for values in product(*_VALUES.values()))
    return tuple(p for p in every if p.calls <= max_calls and _has_effect(p))


def _has_effect(procedure: Procedure) -> bool:
    """Drafts are there just where they have a say; a vote of two is the first one's."""
    drafted = procedure.whole != "no draft"
    counted = procedure.final != "the parts' answer"
    alone = procedure.final == "a vote" and _WHOLE[procedure.whole].count("(task") < 2
    return drafted == counted and not alone


def _draws(calls: str) -> int:
    """The completions of calls as they stand in a source.

    >>> _draws("chain_of_thought(task), self_consistency(task, n=3)")
    4
    """
    return sum(int(n or 1) for n in re.findall(r"\w+\((?:[^()]*?n=(\d+))?", calls))
