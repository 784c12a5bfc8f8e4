"""The skills of abacus: from a case, a prompt rendered with the real template and the reply to learn.

Here are those that solve, judge and revise whole problems; those for parts of a problem are in
`part_skills`, those that compare, value and sort in `value_skills`.
"""

from collections.abc import Callable

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import labelled
from masdesign.training import paths
from masdesign.training.case import Case, Exercise
from masdesign.training.part_skills import PART_SKILLS
from masdesign.training.solution import check, read
from masdesign.training.value_skills import VALUE_SKILLS
from masdesign.training.wordings import ask_instruction, instruction


def direct(case: Case) -> Exercise:
    """The answer at once."""
    messages = render(
        "direct", role=case.role, task=case.question, instruction=instruction("direct", case.rng)
    )
    return Exercise("direct", messages, f"Answer: {case.item.target}")


def chain_of_thought(case: Case) -> Exercise:
    """Steps, then the answer."""
    messages = render(
        "chain_of_thought",
        role=case.role,
        task=case.question,
        instruction=instruction("chain_of_thought", case.rng),
    )
    return Exercise("chain_of_thought", messages, case.reply())


def verify(case: Case) -> Exercise:
    """A judgement of a draft."""
    draft = case.draft()
    messages = render(
        "verify",
        role=case.role,
        task=case.question,
        solution=draft,
        instruction=instruction("verify", case.rng),
    )
    return Exercise("verify", messages, case.judgement(draft))


def revise(case: Case) -> Exercise:
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
    return Exercise("revise", messages, case.like([draft]))


def debate_round(case: Case) -> Exercise:
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
    return Exercise("debate_round", messages, case.like(drafts))


def choose(case: Case) -> Exercise:
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
    return Exercise("choose", messages, "\n".join([*remarks, f"Choice: {best}"]))


def _first_bad(case: Case, draft: str) -> str:
    """``ok``, or the number of the first bad step with what it should be."""
    solution = read(draft)
    if solution is None:
        return "unclear"
    checks = check(solution.steps, paths.truth(case.family, case.item.record))
    bad = next((f"{i} {c.true or 'unclear'}" for i, c in enumerate(checks, 1) if not c.ok), "ok")
    return f"{bad} {solution.answer}"


def write_program(case: Case) -> Exercise:
    """One Python expression."""
    messages = render(
        "write_program",
        role=case.role,
        task=case.question,
        instruction=instruction("write_program", case.rng),
    )
    return Exercise(
        "write_program", messages, f"Program: {paths.program(case.family, case.item.record, case.rng)}"
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


def ask(case: Case) -> Exercise:
    """The free form: any instruction over any inputs gets a step-by-step reply that ends as was asked."""
    rng = case.rng
    inputs = [labelled(case.question)]
    if rng.random() < 0.1:
        inputs[0]["label"] = "Input"
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
    return Exercise("ask", messages, reply)


SKILLS: dict[str, Callable[[Case], Exercise]] = {
    **{
        f.__name__: f
        for f in (direct, chain_of_thought, verify, revise, debate_round, choose, write_program, ask)
    },
    **PART_SKILLS,
    **VALUE_SKILLS,
}
"""Every skill, by the name of its template."""
