"""Skills that compare, value and sort: another way, worked examples, a value, a kind."""

import random
from collections.abc import Callable, Sequence

from masdesign.building_blocks._prompt import render
from masdesign.training import paths
from masdesign.training.case import Case, Exercise, WorkedExamples
from masdesign.training.kinds import label
from masdesign.training.solution import LAYOUTS, Solution, lay_out, read, read_steps
from masdesign.training.wordings import instruction
from masdesign.types import Item, Question

RIGHT, PROMISING, HOPELESS = 10, 8, 3
"""Scores: a whole solution that is right, right steps so far, and the best that a wrong step leaves."""


def solve_differently(case: Case) -> Exercise:
    """A right solution by another path than those that are shown."""
    drafts = [case.draft() for _ in range(case.rng.choice((1, 1, 1, 2, 2, 3)))]
    messages = render(
        "solve_differently",
        role=case.role,
        task=case.question,
        others=drafts,
        instruction=instruction("solve_differently", case.rng),
    )
    return Exercise("solve_differently", messages, case.unlike(drafts))


def rate(case: Case) -> Exercise:
    """What is true at each step, then a score; half of the solutions have no answer yet."""
    draft = case.draft()
    steps = draft.splitlines()
    if case.rng.random() < 0.5 and len(steps) > 2:
        draft = "\n".join(steps[: case.rng.randint(1, len(steps) - 1)])
    messages = render(
        "rate", role=case.role, task=case.question, steps=draft, instruction=instruction("rate", case.rng)
    )
    return Exercise("rate", messages, valued(case, draft))


def valued(case: Case, draft: str) -> str:
    """The reply to `rate`.

    10 for a whole right solution, 8 for a part without a mistake; otherwise the number of steps before the
    first mistake, 3 at most.
    """
    solution = read(draft)
    steps = solution.steps if solution else read_steps(draft)
    lines = case.remarks(Solution(steps, ""))
    good = [line.endswith(" ok") for line in lines]
    if solution:
        good.append(solution.answer == case.item.target)
        lines.append(f"Answer {case.item.target} {'ok' if good[-1] else f'not {solution.answer}'}")
    score = (RIGHT if solution else PROMISING) if all(good) else min(HOPELESS, good.index(False))
    return "\n".join([*lines, f"Score: {score}"])


def classify(case: Case) -> Exercise:
    """The kind of the problem, of several that are named."""
    labels, name = label(case.family, case.item, case.rng)
    messages = render(
        "classify",
        role=case.role,
        task=case.question,
        labels=labels,
        instruction=instruction("classify", case.rng),
    )
    return Exercise("classify", messages, f"Kind: {name}")


def few_shot(case: Case) -> Exercise:
    """Steps in the manner of worked examples; where they show answers alone, steps all the same."""
    shown = case.shown or demonstrations(case.family, [case.item], case.rng)
    messages = render(
        "few_shot",
        role=case.role,
        task=case.question,
        examples=shown.examples,
        instruction=instruction("few_shot", case.rng),
    )
    solution = paths.solve(case.family, case.item.record, random.Random(shown.seed))
    return Exercise("few_shot", messages, lay_out(solution, shown.layout) if shown.layout else case.reply())


def demonstrations(family: str, items: Sequence[Item], rng: random.Random) -> WorkedExamples:
    """Items with solutions by like paths and in one layout, or with their answers alone."""
    seed = rng.getrandbits(30)
    layout = rng.choices(("", *LAYOUTS), weights=(0.5, 0.3, 0.1, 0.1))[0]
    examples: list[dict[str, Question | str]] = []
    for item in items:
        solution = f"Answer: {item.target}"
        if layout:
            solution = lay_out(paths.solve(family, item.record, random.Random(seed)), layout)
        examples.append(
            {"question": Question(item.question, item.context, item.choices), "solution": solution}
        )
    return WorkedExamples(examples, seed, layout)


VALUE_SKILLS: dict[str, Callable[[Case], Exercise]] = {
    f.__name__: f for f in (solve_differently, rate, classify, few_shot)
}
"""By the name of the template."""
