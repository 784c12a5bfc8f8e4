"""Questions: taken apart and put together again, read anew, or answered in a way that fits their kind."""

from masdesign.search.grammar.combinator import (
    Classifier,
    Merger,
    Pieces,
    Reader,
    Solver,
    Splitter,
    combinator,
)
from masdesign.search.grammar.expression import Expression
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


def _again(narrow: Expression) -> bool:
    read, solve = narrow.parts
    return solve.name in ("narrow", "select") and read.name == solve.parts[0].name


@combinator(
    "{solve} of what {read} keeps", equals="system2_attention", useless=_again, reference="arXiv:2311.11829"
)
async def narrow(task: Question, read: Reader, solve: Solver) -> Answer:
    """Answers the question as a reader writes it again."""
    focused = await read(task)
    return await solve(focused)


@combinator("{solve} from passages of {read}", useless=_again, reference="arXiv:2210.02406")
async def select(task: Question, read: Reader, solve: Solver) -> Answer:
    """Answers the question from the passages that a reader keeps."""
    focused = await read(task)
    return await solve(Question(task.question, focused.context, task.choices))


def _same(route: Expression) -> bool:
    return route.parts[-1] == route.parts[-2]


@combinator(
    "{short} below {words} words, else {long}", excludes=True, useless=_same, reference="arXiv:2404.14618"
)
async def route(task: Question, short: Solver, long: Solver, words: int = 40) -> Answer:
    """Answers questions of fewer than ``words`` words one way, longer ones another."""
    if len(task.question.split()) < words:
        answer = await short(task)
    else:
        answer = await long(task)
    return answer


@combinator(
    "{easy} where {classify} says easy, else {hard}",
    excludes=True,
    useless=_same,
    reference="arXiv:2305.14688",
)
async def sort(task: Question, classify: Classifier, easy: Solver, hard: Solver) -> Answer:
    """Answers questions that a classifier calls easy one way, the others another."""
    if await classify(task, ["easy", "hard"]) == "easy":
        answer = await easy(task)
    else:
        answer = await hard(task)
    return answer
