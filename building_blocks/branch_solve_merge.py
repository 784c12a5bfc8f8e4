"""Branch into parts, solve them at once, merge."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.merge_answers import merge_answers
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 2 calls", reference="arXiv:2310.15123", calls=lambda n=3, **_: n + 2)
async def branch_solve_merge(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Branches a problem into parts, solves each in sight of the whole, merges.

    It helps where parts can be solved apart but need the whole to be understood: criteria of an
    evaluation, conditions of a text. Where a part can do without the whole, answering it alone is
    cheaper and less distracting.
    Where no parts can be read, the problem is solved step by step.
    ``instruction`` is the request of the merging; ``temperature`` that of the parts and the merging.

    Cost: n + 2 calls; 2 where no parts can be read.

    The item fails where n is below 1.

    Reference: Saha et al. 2023, Branch-Solve-Merge Improves Large Language Model Evaluation and
    Generation, arXiv:2310.15123.

    Example::

        async def workflow(task):
            return await branch_solve_merge(task, n=2)
    """
    at_least_one("branch_solve_merge", n=n)
    parts = await split_question(task, n, role=role, model=model)
    if not parts:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    answers = await gather(
        *[
            chain_of_thought(
                task,
                instruction=f"Solve only this part of the problem: {part} "
                "Give its answer on the last line: Answer: ...",
                role=role,
                temperature=temperature,
                model=model,
            )
            for part in parts
        ]
    )
    return await merge_answers(
        task, parts, answers, instruction=instruction, role=role, temperature=temperature, model=model
    )
