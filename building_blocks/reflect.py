"""Write a lesson from one solution."""

from masdesign.building_blocks._lessons import Attempt, lesson_text, read_lesson
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2509.25140", calls=1, templates=("reflect",))
async def reflect(
    task: Question,
    answer: Answer,
    verdict: Verdict,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> str:
    """Writes a lesson for later problems from a solution and a judgement of it.

    It helps where items come in a stream with a memory: the lesson is in it once the item has ended,
    whatever the workflow does with it. No label is within its reach: the verdict is the model's own, of
    `verify`, and what a poor judge approves is learnt, too.
    The lesson is two lines, ``When: …`` and ``Do: …``; empty where none could be read.

    Cost: 1 call.

    Reference: Ouyang et al. 2025, ReasoningBank: Scaling Agent Self-Evolving with Reasoning Memory,
    arXiv:2509.25140 (lessons from successes and failures that the model judges itself).

    Example::

        async def workflow(task):
            answer = await recall(task)
            await reflect(task, answer, await verify(task, answer))
            return answer
    """
    judged = Attempt.judged(answer, verdict)
    text = await reply(
        "reflect",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        solution=judged.solution,
        result=judged.result,
        target="",
        feedback="",
        instruction=instruction,
    )
    return lesson_text(read_lesson(text))
