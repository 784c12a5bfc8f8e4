"""Guide a student by one sentence."""

from masdesign.building_blocks._lessons import lessons_near, show_entries
from masdesign.building_blocks._step import reply, solution
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.read import read_field
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2511.01093", calls=1, templates=("guide",), needs="memory")
async def guide(
    task: Question,
    answer: Answer,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> str:
    """Tells a student in one sentence what to do, in sight of its solution and of lessons.

    It helps where the teacher, a stronger ``model`` or one that sees at most n lessons of the run's memory,
    knows what the student does not. The guidance is for `guided`.
    The text is empty where no guidance could be read from the reply.

    Cost: 1 call.

    Reference: Continual Learning, Not Training: Online Adaptation For Agents (ATLAS), 2025,
    arXiv:2511.01093.

    Example::

        async def workflow(task):
            draft = await chain_of_thought(task)
            return await guided(task, await guide(task, draft))
    """
    entries = show_entries(await lessons_near(task, n), model)
    text = await reply(
        "guide",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        entries=tuple(entries),
        solution=solution(answer),
        instruction=instruction,
    )
    return line_that_fits(read_field(text, "guidance").text, model)
