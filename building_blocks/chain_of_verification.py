"""Check a draft by questions that are answered without sight of it."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.split_question import split_question
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(cost="up to n + 3 calls", reference="arXiv:2309.11495", calls=lambda n=3, **_: n + 3)
async def chain_of_verification(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Checks its draft by questions answered without sight of it, and revises.

    It helps where a long answer holds facts or steps that are easier to get right one at a time. The
    checks see only their question and the passages, so that they do not repeat the draft's mistakes; a check
    that is itself answered wrongly can spoil a right draft.
    Where no question can be read, or no revised answer, the draft is returned.
    ``temperature`` is that of the draft and the revision; questions and checks are at 0.

    Cost: n + 3 calls; 2 where no question can be read.

    The item fails where n is below 1.

    Reference: Dhuliawala et al. 2023, Chain-of-Verification Reduces Hallucination in Large Language
    Models, arXiv:2309.11495 (the factored variant).

    Example::

        async def workflow(task):
            return await chain_of_verification(task, n=2)
    """
    at_least_one("chain_of_verification", n=n)
    draft = await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=model
    )
    drafted = Question(
        f"{task.question}\n\nSolution:\n{draft.reasoning or draft.text}", task.context, task.choices
    )
    questions = await split_question(
        drafted,
        n,
        instruction="Do not solve the problem. Ask questions that check the steps of this solution.",
        role=role,
        model=model,
    )
    if not questions:
        return draft

    async def check(question: str) -> str:
        answer = await chain_of_thought(Question(question, task.context), role=role, model=model)
        return f"{question} {answer.text or 'unknown'}"

    findings = await gather(*[check(question) for question in questions])
    revised = await revise(task, draft, "\n".join(findings), role=role, temperature=temperature, model=model)
    return revised if revised.text else draft
