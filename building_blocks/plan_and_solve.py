"""Plan first, then solve by the plan."""

from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.ask import ask
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="2 calls", reference="arXiv:2305.04091", calls=2)
async def plan_and_solve(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Makes a plan for a problem, then carries it out step by step.

    It helps where steps get lost or are taken in the wrong order. The paper asks for both in one
    reply; here the plan is a call of its own, so that it is made before anything is calculated. A
    short problem needs no plan, and a wrong plan misleads. An ``instruction`` replaces the last
    request. ``text`` is empty where no answer could be read from the last reply.

    Cost: 2 calls.

    Reference: Wang et al. 2023, Plan-and-Solve Prompting: Improving Zero-Shot Chain-of-Thought
    Reasoning by Large Language Models, arXiv:2305.04091.

    Example::

        async def workflow(task):
            return await plan_and_solve(task)
    """
    plan = await ask(
        "Understand the problem and name what is given. Then write a plan to solve it, one step a line. "
        "Do not carry it out yet.",
        task,
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    return await ask(
        instruction or "Carry out this plan step by step. Mind the calculations.",
        task,
        note_that_fits(plan.text, model),
        role=role,
        temperature=temperature,
        model=model,
    )
