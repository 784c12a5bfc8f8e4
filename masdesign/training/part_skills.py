"""Skills for the parts of a problem: split it, merge what was found, focus on what matters, go a step on."""

import random
from collections.abc import Callable

from masdesign.building_blocks._prompt import render
from masdesign.tasks.buckets import is_reserved
from masdesign.training import paths
from masdesign.training.case import Case, Exercise
from masdesign.training.solution import Part, Solution
from masdesign.training.wordings import instruction
from masdesign.types import Question

_USUAL_LIMIT = 4
"""So many questions at most a prompt asks for, mostly."""


def split_question(case: Case) -> Exercise:
    """The questions that the item is made of, a line each."""
    parts = case.parts()
    limit = max(_USUAL_LIMIT, len(parts))
    if case.rng.random() < 0.4:
        limit = case.rng.randint(len(parts), limit + 2)
    messages = render(
        "split_question",
        role=case.role,
        task=case.question,
        n=limit,
        instruction=instruction("split_question", case.rng),
    )
    lines = [f"Question {number}: {part.item.question}" for number, part in enumerate(parts, 1)]
    return Exercise("split_question", messages, "\n".join(lines))


def merge_answers(case: Case) -> Exercise:
    """The solution that follows from the parts' answers, some of which are wrong or missing.

    Now and then the problem is the next part, and the answers are those of the parts before it.
    """
    rng, parts = case.rng, case.parts()
    answers = [part.item.target for part in parts]
    fate, at = rng.random(), rng.randrange(len(parts))
    if fate < 0.2:
        answers[at] = _wrong(rng, case, answers[at])
    elif fate < 0.24:
        answers[at] = paths.UNKNOWN
    elif fate < 0.34 and at and not is_reserved(parts[at].item.question):
        return _next_part(case, parts, at)
    task = case.question
    if rng.random() < 0.5:
        task = Question(task.question, (), task.choices)
    return _merged(case, task, parts, answers, paths.merge(case.family, case.item.record, answers, rng))


def _merged(
    case: Case, task: Question, parts: list[Part], answers: list[str], solution: Solution
) -> Exercise:
    messages = render(
        "merge_answers",
        role=case.role,
        task=task,
        parts=[(part.item.question, answer) for part, answer in zip(parts, answers, strict=True)],
        instruction=instruction("merge_answers", case.rng),
    )
    return Exercise("merge_answers", messages, case.reply(solution))


def _next_part(case: Case, parts: list[Part], at: int) -> Exercise:
    """One part after those before it; with all the passages of the whole."""
    part, before = parts[at], parts[:at]
    task = Question(part.item.question, case.item.context, part.item.choices)
    solution = paths.solve(part.family, part.item.record, case.rng)
    return _merged(case, task, before, [one.item.target for one in before], solution)


_OTHER = {"Yes": "No", "No": "Yes", "True": "False", "False": "True"}


def _wrong(rng: random.Random, case: Case, answer: str) -> str:
    """A likely wrong answer to a part."""
    if answer in _OTHER:
        return _OTHER[answer]
    if answer.lstrip("-").isdigit():
        return str(int(answer) + rng.choice((-10, -2, -1, 1, 2, 10)))
    return rng.choice([thing for thing in case.item.record["things"] if thing != answer])


def focus(case: Case) -> Exercise:
    """The problem without what does not matter, on one line; before it the passages that matter."""
    task = case.question
    lines = [f"Problem: {paths.focus(case.family, case.item)}"]
    if task.context:
        named = paths.passages(case.family, case.item)
        lines.insert(0, f"Passages: {', '.join(map(str, named)) or 'none'}")
    messages = render("focus", role=case.role, task=task, instruction=instruction("focus", case.rng))
    return Exercise("focus", messages, "\n".join(lines))


def next_step(case: Case) -> Exercise:
    """One step more of a solution; the answer where the steps are complete."""
    solution = case.bad_solution() if case.rng.random() < 0.15 else case.solution()
    done = case.rng.randint(0, len(solution.steps))
    texts = [step.text() for step in solution.steps]
    messages = render(
        "next_step",
        role=case.role,
        task=case.question,
        steps="\n".join(texts[:done]),
        instruction=instruction("next_step", case.rng),
    )
    rest = texts[done] if done < len(texts) else f"Answer: {solution.answer}"
    return Exercise("next_step", messages, rest)


def part_of(case: Case, rng: random.Random) -> Case | None:
    """A case of one of the parts, posed alone; ``None`` where it is the problem itself."""
    part = rng.choice(case.parts())
    if part.item.question == case.item.question:
        return None
    return Case(part.family, part.item, case.role, rng)


PART_SKILLS: dict[str, Callable[[Case], Exercise]] = {
    f.__name__: f for f in (split_question, merge_answers, focus, next_step)
}
"""By the name of the template."""
