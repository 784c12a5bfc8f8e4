"""The parts of a question, their answers, and the whole from these."""

from __future__ import annotations

from masdesign.search.grammar.combinator import Merger, Pieces, Solver, Splitter, combinator
from masdesign.types import Answer, Question
from masdesign.workflow import gather


@combinator("parts by {split}, each by {solve}", reference="arXiv:2210.02406")
async def each(
    task: Question, split: Splitter, solve: Solver, most: int = 4
) -> tuple[list[str], list[Answer]]:
    """Splits the question into at most ``most`` parts and answers each on its own."""
    questions = await split(task)
    questions = questions[:most] or [task.question]
    parts = [Question(question, task.context or (task.question,)) for question in questions]
    answers = await gather(*[solve(part) for part in parts])
    return questions, answers


@combinator("parts by {split}, in order by {solve}", reference="arXiv:2205.10625")
async def in_order(
    task: Question, split: Splitter, solve: Solver, most: int = 4
) -> tuple[list[str], list[Answer]]:
    """Splits the question into at most ``most`` parts and answers each in sight of the answers before it."""
    questions = await split(task)
    questions = questions[:most] or [task.question]
    context = task.context or (task.question,)
    answers: list[Answer] = []
    for question in questions:
        answer = await solve(Question(question, context))
        answers.append(answer)
        context = (*context, f"{question} {answer.text}")
    return questions, answers


@combinator("{combine} of {pieces}", reference="arXiv:2210.02406")
async def merge(task: Question, pieces: Pieces, combine: Merger) -> Answer:
    """Solves the question, without its passages, from the answers to its parts."""
    questions, answers = await pieces(task)
    return await combine(Question(task.question, (), task.choices), questions, answers)
