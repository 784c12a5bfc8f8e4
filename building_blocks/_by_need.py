"""A problem solved by a workflow of its own: parts, what each needs of the others, each from its passages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from masdesign.building_blocks._passages import passages_for
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import gather

PARTS, DRAFTS = 4, 3
"""Parts at most, and solutions of each that are voted on."""
MOST = PARTS * (1 + DRAFTS) + 2
"""A split, for each part its passages and its drafts, a merge."""

_REFERENCE = re.compile(r"(?:#|\b(?:answer|question|part|step)\s*\(?)(\d)\b", re.IGNORECASE)


def needed(question: str, place: int) -> tuple[int, ...]:
    """Return the earlier parts that a part's wording refers to, as ``#1``, ``Answer 1`` or ``question 1``.

    >>> needed("Is #1 more than the answer to question 2?", 2), needed("Is #3 more?", 1)
    ((0, 1), ())
    """
    places = {int(digit) - 1 for digit in _REFERENCE.findall(question)}
    return tuple(sorted(i for i in places if 0 <= i < place))


def layers(needs: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the places of the parts that can be solved at once; a part comes after all that it needs.

    >>> list(layers([(), (0,), (), (1, 2)]))
    [[0, 2], [1], [3]]
    """
    solved: set[int] = set()
    while len(solved) < len(needs):
        layer = [i for i, own in enumerate(needs) if i not in solved and solved.issuperset(own)]
        yield layer
        solved.update(layer)


async def solve_by_need(task: Question, *, role: str, model: str) -> Answer | None:
    """Split the problem, vote on each part once what it needs is known, and merge; ``None`` without parts."""
    questions = await split_question(task, PARTS, role=role, model=model)
    if len(questions) < 2:
        return None
    whole = task.context or (task.question,)
    excerpts = await gather(
        *[passages_for(q, whole, 1, role=role, temperature=0.0, model=model) for q in questions]
    )
    needs = [needed(question, place) for place, question in enumerate(questions)]
    answers = [Answer("")] * len(questions)
    for layer in layers(needs):
        known = [tuple(f"{questions[k]} {answers[k].text}" for k in needs[i]) for i in layer]
        parts = [Question(questions[i], (*excerpts[i], *own)) for i, own in zip(layer, known, strict=True)]
        solved = await gather(*[self_consistency(part, DRAFTS, role=role, model=model) for part in parts])
        for place, answer in zip(layer, solved, strict=True):
            answers[place] = answer
    merging = Question(task.question, (), task.choices)
    return await merge_answers(merging, questions, answers, role=role, model=model)
