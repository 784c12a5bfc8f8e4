"""A manager decides who speaks next, and when to stop."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.classify import classify
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(cost="up to 2 * turns calls", reference="arXiv:2308.08155", calls=lambda turns=3, **_: 2 * turns)
async def manager(
    task: Question,
    team: list[str] | None = None,
    turns: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has a manager pick who of a team speaks next, until it says stop.

    It helps where the order of work cannot be fixed in advance. Where it can, a fixed order (as in
    `standard_operating_procedure`) is cheaper: here every second call only picks.
    A member is a name, or ``"name: what it does"``; by default a solver, a critic and a reader. Each
    sees the problem and what was said, of which the last answer that can be read is returned.
    Where the manager's pick cannot be read, the team speaks in order. It cannot stop before
    somebody has spoken. ``role`` and ``temperature`` are the manager's; the members are at 0, and
    ``instruction`` is what they are asked.

    Cost: 2 calls a turn; 3 where it stops after the first.

    The item fails where turns is below 1, or the team has fewer than two members.

    Reference: Wu et al. 2023, AutoGen: Enabling Next-Gen LLM Applications via Multi-Agent
    Conversation, arXiv:2308.08155 (the group chat and its manager).

    Example::

        async def workflow(task):
            return await manager(task, ["solver: solves it", "doubter: looks for mistakes"], turns=4)
    """
    at_least_one("manager", turns=turns)
    team = team or [
        "solver: solves the problem",
        "critic: finds mistakes and corrects them",
        "reader: finds what was missed",
    ]
    if len(team) < 2:
        raise running().failed(f"manager: a team of {len(team)}", "give at least two members")
    names = [member.partition(":")[0].strip() for member in team]
    contributions: list[Answer] = []
    for turn in range(turns):
        talk = [f"Said: {answer.reasoning}" for answer in contributions[-2:]]
        pick = await classify(
            Question("\n\n".join([task.question, *talk]), task.context, task.choices),
            [*team, "stop: the problem is solved"] if contributions else team,
            instruction="Do not solve the problem. Who should go on? "
            "Give one of these names on the last line: Kind: ...",
            role=role or "You are a manager.",
            temperature=temperature,
            model=model,
        )
        if pick == "stop":
            break
        member = team[names.index(pick)] if pick else team[turn % len(team)]
        contributions.append(
            await ask(
                instruction or "Say what leads to the answer, step by step.",
                task,
                *contributions[-2:],
                role=f"You are the {member}.",
                model=model,
            )
        )
    for answer in reversed(contributions):
        if answer.text:
            return answer
    return contributions[-1]
