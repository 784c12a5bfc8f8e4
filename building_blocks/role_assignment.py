"""A router picks the expert who solves the problem."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.classify import classify
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(cost="2 calls", reference="arXiv:2305.14688", calls=2)
async def role_assignment(
    task: Question,
    roles: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has a router pick the expert that fits the problem, who then solves it.

    It helps where problems are of different kinds and the model does better in a fitting role; where a
    role changes nothing it is a step-by-step solution for the price of two calls.
    A role is a name, or ``"name: what it is good at"``; by default a mathematician, a logician, a reader and
    a teacher. Where no role can be read from the router's reply, ``role`` is taken.
    ``temperature`` is that of the solution; the router's is 0.

    Cost: 2 calls.

    The item fails where fewer than two roles are given.

    References: Xu et al. 2023, ExpertPrompting: Instructing Large Language Models to be
    Distinguished Experts, arXiv:2305.14688; the choice among fixed roles: Hu, Lu, Clune 2024, Automated
    Design of Agentic Systems, arXiv:2408.08435 (dynamic assignment of roles).

    Example::

        async def workflow(task):
            return await role_assignment(task, ["nurse: care", "chemist: substances"])
    """
    roles = roles or [
        "mathematician: numbers and equations",
        "logician: what follows from what",
        "reader: facts in a text",
        "teacher: everyday problems",
    ]
    if len(roles) < 2:
        raise running().failed(f"role_assignment: {len(roles)} role", "give at least two to pick from")
    picked = await classify(
        task,
        roles,
        instruction="Do not solve the problem. Who of these should solve it? "
        "Give one of the names on the last line: Kind: ...",
        role=role,
        model=model,
    )
    names = [name.partition(":")[0].strip() for name in roles]
    expert = f"You are a {roles[names.index(picked)]}." if picked else role
    return await chain_of_thought(
        task, instruction=instruction, role=expert, temperature=temperature, model=model
    )
