"""Choose the way to solve a problem by a first look at it."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.classify import classify
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.least_to_most import least_to_most
from masdesign.building_blocks.plan_and_solve import plan_and_solve
from masdesign.building_blocks.step_back import step_back
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="2 to 7 calls", reference="arXiv:2406.11698", calls=7)
async def adaptive_prompting(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Looks at the problem, chooses one of several ways to solve it, and takes that way.

    Adaptive prompting, also called meta-reasoning prompting. It helps where problems of one task differ
    in kind or difficulty: easy ones are answered at once, only hard ones cost more. It rests on
    the model's first look: a model that chooses badly does better with one good way for all.
    The ways are `direct`, `chain_of_thought`, `plan_and_solve`, `step_back` and `least_to_most`; where
    the choice could not be read, `chain_of_thought` is taken. An ``instruction`` goes to the way that
    is chosen. ``text`` is empty where no answer could be read from the last reply.

    Cost: 2 to 7 calls: one to choose, then those of the way.

    References: Gao et al. 2024, Meta Reasoning for Large Language Models, arXiv:2406.11698; Zhou et
    al. 2023, Adaptive-Solver Framework for Dynamic Strategy Selection in Large Language Model
    Reasoning, arXiv:2310.01446.

    Example::

        async def workflow(task):
            return await adaptive_prompting(task)
    """
    way = await classify(
        task,
        [
            "at once: the answer is plain",
            "step by step: a few steps",
            "by a plan: many steps, in the right order",
            "from principles: a rule or facts that are not given",
            "in parts: simpler questions that build on each other",
        ],
        role=role,
        temperature=temperature,
        model=model,
    )
    if way == "at once":
        return await direct(task, instruction=instruction, role=role, temperature=temperature, model=model)
    if way == "by a plan":
        return await plan_and_solve(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    if way == "from principles":
        return await step_back(task, instruction=instruction, role=role, temperature=temperature, model=model)
    if way == "in parts":
        return await least_to_most(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    return await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=model
    )
