"""Judge a solution right or wrong."""

from masdesign.building_blocks._step import reply, solution
from masdesign.building_blocks.read import read_verdict
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2110.14168", templates=("verify",))
async def verify(
    task: Question,
    answer: Answer,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Verdict:
    """Judges a solution: right or wrong, and the first wrong step.

    It helps where checking is easier than solving: drop what is judged wrong before a vote, weight
    a vote, stop early, or hand the ``critique`` to `revise`. A model's judgement of itself leans
    to "right", so measure before trusting it. A verdict that could not be read is not ``ok``.

    Cost: 1 call.

    References: Cobbe et al. 2021, Training Verifiers to Solve Math Word Problems, arXiv:2110.14168;
    Weng et al. 2022, Large Language Models are Better Reasoners with Self-Verification,
    arXiv:2212.09561.

    Example::

        async def workflow(task):
            drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
            verdicts = await gather(*[verify(task, draft) for draft in drafts])
            kept = [d for d, v in zip(drafts, verdicts) if v.ok]
            return majority(kept or drafts)
    """
    reply_text = await reply(
        "verify",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        solution=solution(answer),
        instruction=instruction,
    )
    return read_verdict(reply_text)
