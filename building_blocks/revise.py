"""Correct a solution with the help of a critique."""

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply, solution
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2303.17651", templates=("revise",))
async def revise(
    task: Question,
    answer: Answer,
    critique: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Corrects a solution with the help of a critique.

    It helps where the critique names a real mistake: give it the ``critique`` of a `verify` that is
    not ``ok``. Revising what was right already can break it.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    References: Madaan et al. 2023, Self-Refine: Iterative Refinement with Self-Feedback,
    arXiv:2303.17651; Shinn et al. 2023, Reflexion: Language Agents with Verbal Reinforcement
    Learning, arXiv:2303.11366.

    Example::

        async def workflow(task):
            draft = await chain_of_thought(task)
            verdict = await verify(task, draft)
            if verdict.ok:
                return draft
            return await revise(task, draft, verdict.critique)
    """
    reply_text = await reply(
        "revise",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        solution=solution(answer),
        critique=critique.strip(),
        instruction=instruction,
    )
    return read_reply(reply_text, task)
