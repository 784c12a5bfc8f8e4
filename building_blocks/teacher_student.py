"""A student tries, a teacher with lasting lessons guides it, the student solves the problem again."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.guide import guide
from masdesign.building_blocks.guided import guided
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="up to 3 calls", reference="arXiv:2511.01093", calls=3, needs="memory")
async def teacher_student(
    task: Question,
    n: int = 3,
    teacher: str = "",
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Lets a student try, a teacher guide it by one sentence, and the student try again.

    It helps where a stronger model (``teacher``, by its name; else the same model), or at most n lessons of
    the run's memory, know what the student does not. What the teacher teaches lasts as far as a memory
    is written after the items. Without any guidance that could be read, the first solution
    counts. An ``instruction`` replaces the student's last request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 3 calls; 2 where the teacher said nothing.

    The item fails where n is below 1.

    Reference: Continual Learning, Not Training: Online Adaptation For Agents (ATLAS), 2025,
    arXiv:2511.01093.

    Example::

        async def workflow(task):
            return await teacher_student(task, n=2)
    """
    at_least_one("teacher_student", n=n)
    draft = await chain_of_thought(task, role=role, temperature=temperature, model=model)
    guidance = await guide(task, draft, n, role=role, temperature=temperature, model=teacher or model)
    if not guidance:
        return draft
    return await guided(
        task, guidance, instruction=instruction, role=role, temperature=temperature, model=model
    )
