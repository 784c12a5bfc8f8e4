"""Which lessons apply to a problem."""

from masdesign.building_blocks._lessons import lesson_of, read_applying
from masdesign.building_blocks._step import reply
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2510.18428", calls=1, templates=("applies",))
async def applies(
    task: Question,
    lessons: list[str],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> list[str]:
    """Says which of the lessons apply to a problem.

    It helps before lessons are shown: one in the wrong place misleads. Each lesson is a text of two lines,
    ``When: …`` and ``Do: …``, as `reflect` writes them; the model sees the conditions only.
    The list is empty where none applies, and where no number could be read from the reply.

    Cost: 1 call.

    Reference: AlphaOPT: Formulating Optimization Programs with a Self-Improving LLM Experience Library,
    2025, arXiv:2510.18428.

    Example::

        async def workflow(task):
            kept = await applies(task, ["When: units differ\\nDo: convert them first"])
            return await ask("Solve the problem step by step.", task, *kept)
    """
    text = await reply(
        "applies",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        entries=[lesson_of(lesson) for lesson in lessons],
        instruction=instruction,
    )
    return [lessons[number - 1] for number in read_applying(text, len(lessons))]
