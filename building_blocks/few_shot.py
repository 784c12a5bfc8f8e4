"""Reason step by step after the manner of worked examples."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._examples import known_examples
from masdesign.building_blocks._step import demonstrations, reply
from masdesign.building_blocks._window import examples_that_fit
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Example, Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2201.11903", templates=("few_shot",))
async def few_shot(
    task: Question,
    n: int = 2,
    *,
    questions: list[Question] | None = None,
    solutions: list[Answer] | None = None,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Reasons step by step after the manner of n worked examples.

    It helps where a task has a form of its own that an instruction alone does not tell. The
    examples are ``questions`` with their ``solutions``, where these are given; else the first n of the
    task's `train` split, the same for every problem. An example without a worked solution shows its
    answer alone. Each adds to the prompt's length: those are left out with which the prompt would take
    more than half of the model's window.
    Without any example this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    The item fails where n is below 1, or where there are not as many solutions as questions.

    Reference: Wei et al. 2022, Chain-of-Thought Prompting Elicits Reasoning in Large Language
    Models, arXiv:2201.11903.

    Example::

        async def workflow(task):
            return await few_shot(task, n=3)
    """
    at_least_one("few_shot", n=n)
    if len(questions or []) != len(solutions or []):
        raise running().failed(
            f"few_shot: {len(questions or [])} questions but {len(solutions or [])} solutions",
            "give one solution a question",
        )
    examples = known_examples()[:n]
    if questions is not None and solutions is not None:
        examples = tuple(
            Example(question, answer.text, answer.reasoning)
            for question, answer in zip(questions, solutions, strict=True)
        )
    shown = examples_that_fit(task, demonstrations(examples), model)
    if not shown:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    reply_text = await reply(
        "few_shot",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        examples=shown,
        instruction=instruction,
    )
    return read_reply(reply_text, task)
