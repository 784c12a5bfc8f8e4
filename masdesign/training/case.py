"""A case: an item with solutions of it, right ones and wrong ones, from which every skill makes examples.

In the first round of training wrong solutions are generated, in the second they are abacus's own. All
skills of one case share its problem text, and so their prompts' beginning.
"""

import random
import re
from dataclasses import dataclass, field

from masdesign.training import paths
from masdesign.training.solution import LAYOUTS, Part, Solution, check, lay_out, read
from masdesign.types import Item, Message, Question


@dataclass(frozen=True, slots=True)
class Exercise:
    """A prompt and the reply to learn."""

    skill: str
    messages: tuple[Message, ...]
    reply: str


@dataclass(frozen=True, slots=True)
class WorkedExamples:
    """Worked examples, as a prompt shows them, and how to solve in their manner."""

    examples: list[dict[str, Question | str]]
    seed: int
    layout: str
    """Empty where the examples show answers alone."""


@dataclass(slots=True)
class Case:
    """An item of a family, the role its prompts have, and drafts to judge, revise, choose among."""

    family: str
    item: Item
    role: str
    rng: random.Random
    own: list[str] = field(default_factory=list)
    """Replies that abacus wrote; where there are none, drafts are generated."""
    aside: str = ""
    """A sentence that has nothing to do with the item: after its passages, or before its question."""
    shown: WorkedExamples | None = None

    @property
    def question(self) -> Question:
        """What the prompts show of the item."""
        item = self.item
        if self.aside and item.context:
            return Question(item.question, (*item.context, self.aside), item.choices)
        text = f"{self.aside} {item.question}" if self.aside else item.question
        return Question(text, item.context, item.choices)

    def solution(self) -> Solution:
        """A right solution by a random path."""
        return paths.solve(self.family, self.item.record, self.rng)

    def bad_solution(self) -> Solution:
        """A solution with one step made wrong."""
        return paths.solve_badly(self.family, self.item.record, self.rng)

    def parts(self) -> list[Part]:
        """Simpler problems that the item is made of."""
        return paths.parts(self.family, self.item)

    def reply(self, solution: Solution | None = None) -> str:
        """A right solution, laid out."""
        layout = self.rng.choices(list(LAYOUTS), weights=list(LAYOUTS.values()))[0]
        return lay_out(solution or self.solution(), layout)

    def draft(self) -> str:
        """A solution, right or wrong: abacus's own or generated; sometimes the answer alone."""
        if self.own and self.rng.random() < 0.95:
            wanted = self.rng.random() < 0.5
            return self.rng.choice([d for d in self.own if self.is_right(d) is wanted] or self.own)
        made = self.solution() if self.rng.random() < 0.5 else self.bad_solution()
        if self.rng.random() < 0.07:
            return f"Answer: {made.answer}"
        return self.reply(made)

    def is_right(self, draft: str) -> bool:
        """Whether a draft's answer is the target."""
        solution = read(draft)
        return solution is not None and solution.answer == self.item.target

    def judgement(self, draft: str) -> str:
        """The judge's reply: a solution of its own, where the draft first differs from it, the verdict.

        A judge that goes through the draft step by step repeats its mistakes: what stands there is copied,
        and after a wrong step the next ones follow from it. Solving anew and then comparing needs only
        what abacus can do.
        """
        own, other = self.solution(), read(draft)
        lines = [step.text() for step in own.steps]
        if other is not None:
            lines += _first_difference(own, other)
        given = other.answer if other is not None else "none"
        lines.append(f"Answer {_remark(own.answer, given)}")
        return "\n".join([*lines, f"Verdict: {'right' if self.is_right(draft) else 'wrong'}"])

    def remarks(self, solution: Solution) -> list[str]:
        """One line a step, up to the first wrong one: its number, its working again, what is true, and
        whether that is what it says. What comes after a wrong step follows from that one."""
        checks = check(solution.steps, paths.truth(self.family, self.item.record))
        lines = []
        for number, (step, is_right) in enumerate(zip(solution.steps, checks, strict=True), 1):
            working = f"{step.body} = " if step.body else ""
            lines.append(f"{number} {working}{_remark(is_right.true, is_right.given)}")
            if not is_right.ok:
                break
        return lines

    def like(self, drafts: list[str]) -> str:
        """A right solution, by the path (of eight) that shares the most steps with the drafts."""
        kept = [d for d in drafts if self.is_right(d)] or drafts
        return lay_out(self._by_shared(kept)[-1], "lines")

    def unlike(self, drafts: list[str]) -> str:
        """A right solution, by the path (of eight) that shares the fewest steps with the drafts."""
        return lay_out(self._by_shared(drafts)[0], "lines")

    def _by_shared(self, drafts: list[str]) -> list[Solution]:
        steps = {step for d in drafts if (solution := read(d)) for step in solution.steps}
        begun = {step[:2] for step in steps}
        tried = [self.solution() for _ in range(8)]
        return sorted(tried, key=lambda s: (sum(step[:2] in begun for step in s.steps), _in_order(s, drafts)))


def _in_order(solution: Solution, drafts: list[str]) -> int:
    """How many drafts begin with the same step."""
    first = [draft_read.steps[:1] for d in drafts if (draft_read := read(d))]
    return first.count(solution.steps[:1])


def _remark(true: str | None, given: str) -> str:
    if true is None:
        return "unclear"
    return f"{true} ok" if true == given else f"{true} not {given}"


def _first_difference(own: Solution, draft: Solution) -> list[str]:
    """The first step of the draft that says something else than the same step of the own solution."""
    true = {step.label: step.value for step in own.steps}
    for number, step in enumerate(draft.steps, 1):
        if true.get(step.label, step.value) != step.value:
            return [f"Step {number} {step.label} {_remark(true[step.label], step.value)}"]
    return []


_POSED = re.compile(r"(?:^Problem|\AInput):[ \n](.*?)(?=\n\n|\nOptions:|\Z)", re.DOTALL | re.MULTILINE)
_PASSAGE = re.compile(r"^Passage \d+: .*\n", re.MULTILINE)


def questions_in(example: Exercise) -> list[str]:
    """Every problem that a prompt poses, those of its worked examples too.

    >>> prompt = "Problem:\\nPassage 1: It rains.\\n1 + 1 =\\nOptions:\\n- 2\\n\\nSolve it."
    >>> questions_in(Exercise("ask", (Message("user", prompt),), ""))
    ['1 + 1 =']
    """
    texts = [text for m in example.messages if m.role == "user" for text in _POSED.findall(m.content)]
    return [_PASSAGE.sub("", text).strip() for text in texts]
