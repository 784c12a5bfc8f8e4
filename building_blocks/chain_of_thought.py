"""Think step by step, then answer."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2201.11903", templates=("chain_of_thought",))
async def chain_of_thought(
    task: Question, *, instruction: str = "", role: str = "", temperature: float = 0.0, model: str = ""
) -> Answer:
    """Thinks step by step, then answers.

    The work-horse. It helps on every problem that takes more than one step. With a temperature
    above 0, repeated calls are independent draws, to be voted on, verified or debated.
    An ``instruction`` replaces the whole request, so it must ask for a last line ``Answer: …``.
    ``text`` is empty where no answer could be read; ``reasoning`` is the whole reply.

    Cost: 1 call.

    References: Wei et al. 2022, Chain-of-Thought Prompting Elicits Reasoning in Large Language
    Models, arXiv:2201.11903; without examples: Kojima et al. 2022, Large Language Models are
    Zero-Shot Reasoners, arXiv:2205.11916.

    Example::

        async def workflow(task):
            return await chain_of_thought(task, role="You are careful with signs.")
    """
    reply_text = await reply(
        "chain_of_thought",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        instruction=instruction,
    )
    return read_reply(reply_text, task)
