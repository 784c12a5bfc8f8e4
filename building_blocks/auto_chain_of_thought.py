"""Demonstrations of the model's own: diverse problems, solved step by step, wrong ones left out."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._examples import diverse_examples, is_right
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.few_shot import few_shot
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 1 calls", reference="arXiv:2210.03493", calls=lambda n=4, **_: n + 1)
async def auto_chain_of_thought(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves n diverse problems, then reasons after the manner of those it got right.

    It helps where a task has a form of its own and its data hold answers but no worked solutions. The
    problems are `train` items that stand for all of them (each item has one close to it by its words),
    the same for every problem; a solution is shown only where its answer is the known one. Where the
    model gets none right, or the task has no `train` items, this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: n + 1 calls at most, of which the first n are the same for every problem.

    The item fails where n is below 1.

    Reference: Zhang et al. 2022, Automatic Chain of Thought Prompting in Large Language Models,
    arXiv:2210.03493 (which clusters by sentence embeddings, and has no answers to check by).

    Example::

        async def workflow(task):
            return await auto_chain_of_thought(task, n=3)
    """
    at_least_one("auto_chain_of_thought", n=n)
    examples = diverse_examples(n)
    solved = await gather(
        *[
            chain_of_thought(example.question, role=role, temperature=temperature, model=model)
            for example in examples
        ]
    )
    right = [(e.question, s) for e, s in zip(examples, solved, strict=True) if is_right(s, e)]
    return await few_shot(
        task,
        questions=[question for question, _ in right],
        solutions=[solution for _, solution in right],
        instruction=instruction,
        role=role,
        temperature=temperature,
        model=model,
    )
