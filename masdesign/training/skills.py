"""The skills of abacus: for an item, prompts rendered with the real templates and the replies to learn.

A `Case` is an item with solutions of it, right ones and wrong ones: in the first round of training spoilt
by plan, in the second abacus's own. All skills of one case share its problem text, and so their prompts'
beginning.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from masdesign.building_blocks._prompt import render
from masdesign.training import paths
from masdesign.training.solution import LAYOUTS, Solution, check, lay_out, read
from masdesign.training.wordings import ask_instruction, instruction
from masdesign.types import Item, Message, Question


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and the reply to learn."""

    skill: str
    messages: tuple[Message, ...]
    reply: str


@dataclass(slots=True)
class Case:
    """An item of a family, the role its prompts have, and drafts to judge, revise, choose among."""

    family: str
    item: Item
    role: str
    rng: random.Random
    own: list[str] = field(default_factory=list)
    """Replies that abacus wrote; where there are none, drafts are made by plan."""

    @property
    def question(self) -> Question:
        return Question(self.item.question, self.item.context, self.item.choices)

    def solution(self) -> Solution:
        """A right solution by a random path."""
        return paths.solve(self.family, self.item.meta, self.rng)

    def reply(self, solution: Solution | None = None) -> str:
        """A right solution, laid out."""
        layout = self.rng.choices(list(LAYOUTS), weights=list(LAYOUTS.values()))[0]
        return lay_out(solution or self.solution(), layout)

    def draft(self) -> str:
        """A solution, right or wrong: abacus's own or made by plan; now and then the answer alone."""
        if self.own and self.rng.random() < 0.95:
            wanted = self.rng.random() < 0.5
            return self.rng.choice([d for d in self.own if self.is_right(d) is wanted] or self.own)
        right = self.rng.random() < 0.5
        made = self.solution() if right else paths.solve_badly(self.family, self.item.meta, self.rng)
        if self.rng.random() < 0.07:
            return f"Answer: {made.answer}"
        return self.reply(made)

    def is_right(self, draft: str) -> bool:
        """Whether a draft's answer is the target."""
        found = read(draft)
        return found is not None and found.answer == self.item.target

    def judgement(self, draft: str) -> str:
        """The judge's reply: what is true at each step, then at the answer, then the verdict."""
        found = read(draft)
        lines = []
        if found is not None:
            truth = paths.truth(self.family, self.item.meta)
            for number, step in enumerate(check(found.steps, truth), 1):
                lines.append(f"{number} {_remark(step.true, step.given)}")
        given = found.answer if found is not None else "none"
        lines.append(f"Answer {_remark(self.item.target, given)}")
        return "\n".join([*lines, f"Verdict: {'right' if self.is_right(draft) else 'wrong'}"])

    def like(self, drafts: list[str]) -> str:
        """A right solution, by the path (of eight) that shares the most steps with the drafts."""
        kept = [d for d in drafts if self.is_right(d)] or drafts
        known = {step[:2] for d in kept if (found := read(d)) for step in found.steps}
        tried = [self.solution() for _ in range(8)]
        return lay_out(max(tried, key=lambda s: sum(step[:2] in known for step in s.steps)), "lines")


def _remark(true: str | None, given: str) -> str:
    if true is None:
        return "unclear"
    return f"{true} ok" if true == given else f"{true} not {given}"


def direct(case: Case) -> Example:
    """The answer at once."""
    messages = render(
        "direct", role=case.role, task=case.question, instruction=instruction("direct", case.rng)
    )
    return Example("direct", messages, f"Answer: {case.item.target}")


def chain_of_thought(case: Case) -> Example:
    """Steps, then the answer."""
    messages = render(
        "chain_of_thought",
        role=case.role,
        task=case.question,
        instruction=instruction("chain_of_thought", case.rng),
    )
    return Example("chain_of_thought", messages, case.reply())


def verify(case: Case) -> Example:
    """A judgement of a draft."""
    draft = case.draft()
    messages = render(
        "verify",
        role=case.role,
        task=case.question,
        solution=draft,
        instruction=instruction("verify", case.rng),
    )
    return Example("verify", messages, case.judgement(draft))


def revise(case: Case) -> Example:
    """A right solution, after a critique: the judge's, half of it, or one that only says it is wrong."""
    draft = case.draft()
    critique = case.judgement(draft)
    style = case.rng.random()
    if style < 0.1:
        critique = critique.rpartition("\n")[0]
    elif style < 0.2:
        critique = case.rng.choice(
            ("Something is wrong.", "The solution is wrong.", "Check it again.", "wrong")
        )
    messages = render(
        "revise",
        role=case.role,
        task=case.question,
        solution=draft,
        critique=critique,
        instruction=instruction("revise", case.rng),
    )
    return Example("revise", messages, case.like([draft]))


def debate_round(case: Case) -> Example:
    """A right solution, after seeing one to three others."""
    drafts = [case.draft() for _ in range(case.rng.choice((2, 2, 3, 3, 4)))]
    messages = render(
        "debate_round",
        role=case.role,
        task=case.question,
        own=drafts[0],
        others=drafts[1:],
        instruction=instruction("debate_round", case.rng),
    )
    return Example("debate_round", messages, case.like(drafts))


def choose(case: Case) -> Example:
    """One remark a solution (its first bad step, or ok), then the number of the first right one."""
    drafts = [case.draft() for _ in range(case.rng.choice((2, 2, 3, 3, 4, 5)))]
    if not any(map(case.is_right, drafts)):
        drafts[case.rng.randrange(len(drafts))] = case.reply()
    messages = render(
        "choose",
        role=case.role,
        task=case.question,
        solutions=drafts,
        instruction=instruction("choose", case.rng),
    )
    remarks = [f"{number} {_first_bad(case, draft)}" for number, draft in enumerate(drafts, 1)]
    best = next(i for i, draft in enumerate(drafts, 1) if case.is_right(draft))
    return Example("choose", messages, "\n".join([*remarks, f"Choice: {best}"]))


def _first_bad(case: Case, draft: str) -> str:
    """``ok``, or the number of the first bad step with what it should be."""
    found = read(draft)
    if found is None:
        return "unclear"
    checks = check(found.steps, paths.truth(case.family, case.item.meta))
    bad = next((f"{i} {c.true or 'unclear'}" for i, c in enumerate(checks, 1) if not c.ok), "ok")
    return f"{bad} {found.answer}"


def write_program(case: Case) -> Example:
    """One Python expression."""
    messages = render(
        "write_program",
        role=case.role,
        task=case.question,
        instruction=instruction("write_program", case.rng),
    )
    return Example(
        "write_program", messages, f"Program: {paths.program(case.family, case.item.meta, case.rng)}"
    )


_OUTPUTS = ("answer",) * 6 + ("", "result", "solution", "plan", "value", "final answer", "reply", "output")
_NOTES = (
    "Be brief.",
    "Take the parts one by one.",
    "plan",
    "First the parts, then the whole.",
    "No.",
    "7",
    "hard",
)


def ask(case: Case) -> Example:
    """The free form: any instruction over any inputs gets a step-by-step reply that ends as was asked."""
    rng = case.rng
    problem = case.item.question
    if case.item.choices:
        problem += "\nOptions:" + "".join(f"\n- {choice}" for choice in case.item.choices)
    inputs = [{"label": "Problem" if rng.random() < 0.9 else "Input", "text": problem}]
    drafts: list[str] = []
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        kind = rng.random()
        if kind < 0.6:
            drafts.append(case.draft())
            inputs.append({"label": "Solution", "text": drafts[-1]})
        elif kind < 0.8:
            drafts.append(case.draft())
            inputs.append({"label": "Critique", "text": case.judgement(drafts[-1])})
        else:
            inputs.append({"label": "Input", "text": rng.choice(_NOTES)})
    output = rng.choice(_OUTPUTS)
    messages = render("ask", role=case.role, inputs=inputs, instruction=ask_instruction(rng), output=output)
    reply = case.like(drafts) if drafts else case.reply()
    if output:
        steps, _, last = reply.rpartition("\n")
        reply = f"{steps}\n{last.replace('Answer', output.capitalize(), 1)}"
    return Example("ask", messages, reply)


SKILLS: dict[str, Callable[[Case], Example]] = {
    f.__name__: f
    for f in (direct, chain_of_thought, verify, revise, debate_round, choose, write_program, ask)
}
"""Every skill, by the name of its template."""
