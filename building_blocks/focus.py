"""Drop what does not matter from a problem."""

from dataclasses import replace

from masdesign.building_blocks._asking import as_asked
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_field, read_numbers
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2311.11829", templates=("focus",))
async def focus(
    task: Question, *, instruction: str = "", role: str = "", temperature: float = 0.0, model: str = ""
) -> Question:
    """Writes a problem again without what does not matter for its answer.

    It helps where a problem is full of distractors, or has passages that it does not need. What is
    dropped by mistake is lost, so it can hurt where everything matters.
    Of the passages, those are kept that the reply names, unchanged; all of them where it names none.
    Where no problem could be read from the reply, its text stays as it is. Options always stay.

    Cost: 1 call.

    Reference: Weston and Sukhbaatar 2023, System 2 Attention (is something you might need too),
    arXiv:2311.11829.

    Example::

        async def workflow(task):
            return await chain_of_thought(await focus(task))
    """
    reply_text = await reply(
        "focus", role=role, temperature=temperature, model=model, task=task, instruction=instruction
    )
    named = read_numbers(read_field(reply_text, "passages").text, len(task.context)) if task.context else []
    kept = tuple(task.context[number - 1] for number in named) or task.context
    restated = as_asked(task)  # asked as the task is, whatever its words are now
    return replace(restated, question=read_field(reply_text, "problem").text or task.question, context=kept)
