"""Learn lessons from right and wrong solutions, then apply them."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._examples import attempt, diverse_examples
from masdesign.building_blocks._window import note_that_fits, room, that_fit
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 2 calls", reference="arXiv:2308.10144", calls=lambda n=4, **_: n + 2)
async def insights(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Tries n solved problems, draws lessons from right and wrong, and minds them.

    It helps where mistakes repeat from problem to problem and can be told in words. The problems
    are `train` items that stand for all of them, the same for every problem; their solutions are
    shown with a judgement by the known answer, wrong ones first, as many as fit half of the window.
    A model that cannot see its own mistakes learns commonplaces. Without `train` items this is
    `chain_of_thought`. An ``instruction`` replaces the last request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: n + 2 calls at most, of which the first n + 1 are the same for every problem.

    The item fails where n is below 1.

    Reference: Zhao et al. 2023, ExpeL: LLM Agents Are Experiential Learners, arXiv:2308.10144.

    Example::

        async def workflow(task):
            return await insights(task, n=3)
    """
    at_least_one("insights", n=n)
    examples = diverse_examples(n)
    solved = await gather(
        *[
            chain_of_thought(example.question, role=role, temperature=temperature, model=model)
            for example in examples
        ]
    )
    tried = sorted(map(attempt, examples, solved), key=lambda text: text.startswith("Right"))
    shown = tried[: that_fit(tried, room(model, 0.5))]
    if not shown:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    lessons = await ask(
        "These are attempts at several problems, right and wrong. Write at most five short lessons on how to "
        "solve such problems, one a line: what made the right ones right, and what to avoid.",
        *shown,
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    return await ask(
        instruction or "Solve the problem step by step, and mind these lessons.",
        task,
        note_that_fits(lessons.text, model),
        role=role,
        temperature=temperature,
        model=model,
    )
