"""A fixed assembly line of roles, each handing a document of its kind to the next."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 2 * rounds + 3 calls",
    reference="arXiv:2308.00352",
    calls=lambda rounds=1, **_: 2 * rounds + 3,
)
async def standard_operating_procedure(
    task: Question,
    rounds: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Runs a fixed line: analyst, architect, engineer, tester.

    It helps where every problem needs the same kinds of work, and each is done better when it is all
    that is asked for. A mistake early in the line is passed down it.
    The hand-overs are typed: the analyst's requirements and the architect's plan are a line of text, the
    engineer's solution is an `Answer`, the tester's report a `Verdict`, which sends the solution back
    to the engineer, at most ``rounds`` times. A correction without an answer is dropped; the last is
    not tested.
    All have roles of their own; ``role`` replaces the engineer's, and ``instruction`` and
    ``temperature`` are the engineer's too.

    Cost: 4 calls where the first solution passes, 2 * rounds + 3 at most.

    The item fails where rounds is below 1.

    Reference: Hong et al. 2023, MetaGPT: Meta Programming for A Multi-Agent Collaborative Framework,
    arXiv:2308.00352.

    Example::

        async def workflow(task):
            return await standard_operating_procedure(task, rounds=2)
    """
    at_least_one("standard_operating_procedure", rounds=rounds)
    engineer = role or "You are an engineer."
    requirements = await ask(
        "Do not solve the problem. Say what is given, and what is asked for, in one line.",
        task,
        role="You are an analyst.",
        output="requirements",
        model=model,
    )
    plan = await ask(
        "Do not solve the problem. Which steps lead to what is asked for? Say it in one line.",
        task,
        f"Requirements: {requirements.text}",
        role="You are an architect.",
        output="plan",
        model=model,
    )
    built = await ask(
        instruction or "Solve the problem step by step, by this plan.",
        task,
        f"Requirements: {requirements.text}",
        f"Plan: {plan.text}",
        role=engineer,
        temperature=temperature,
        model=model,
    )
    for _ in range(rounds):
        report = await verify(task, built, role="You are a tester.", model=model)
        if report.ok:
            break
        corrected = await revise(
            task, built, report.critique, role=engineer, temperature=temperature, model=model
        )
        built = corrected if corrected.text else built
    return built
