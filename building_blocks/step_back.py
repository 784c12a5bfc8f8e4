"""Step back to a more general question, then solve."""

from masdesign.building_blocks._window import line_that_fits, note_that_fits
from masdesign.building_blocks.ask import ask
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="3 calls", reference="arXiv:2310.06117", calls=3)
async def step_back(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Answers a more general question first, then solves the problem with what that gave.

    It helps where a problem rests on a principle or on facts that its details hide: physics, law,
    history. The general question is answered without the problem in sight. Where the problem is plain
    calculation, nothing is gained. An ``instruction`` replaces the last request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 3 calls (2 where no general question could be read).

    Reference: Zheng et al. 2023, Take a Step Back: Evoking Reasoning via Abstraction in Large
    Language Models, arXiv:2310.06117.

    Example::

        async def workflow(task):
            return await step_back(task)
    """
    general = await ask(
        "Do not solve the problem. Step back: which more general question, on the principles or facts "
        "behind it, should be answered first?",
        task,
        output="question",
        role=role,
        temperature=temperature,
        model=model,
    )
    principles = Answer("")
    if general.text:
        principles = await ask(
            "Answer the question. State the principles or facts in general.",
            line_that_fits(general.text, model),
            output="",
            role=role,
            temperature=temperature,
            model=model,
        )
    return await ask(
        instruction or "Solve the problem step by step, from the principles above where they help.",
        task,
        note_that_fits(principles.text, model),
        role=role,
        temperature=temperature,
        model=model,
    )
