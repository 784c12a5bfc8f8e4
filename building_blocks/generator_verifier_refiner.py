"""Refine a solution until it has passed several checks in a row."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 7 calls by default",
    reference="arXiv:2507.15855",
    calls=lambda passes=2, rounds=2, **_: (passes + 1) * rounds + 1,
)
async def generator_verifier_refiner(
    task: Question,
    passes: int = 2,
    rounds: int = 2,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Refines a solution until it passes several checks in a row.

    It helps where one check is not to be trusted: a wrong solution seldom passes several independent
    ones. Unlike `self_refine`, a solution is not believed right by one look, and the refiner sees only the
    last report. A judge that finds fault with all wears right solutions down.
    The checks are independent draws at ``temperature``, and the first that fails ends them; the
    solutions are written at 0. A refinement without an answer is dropped; the last is not checked.
    Without a ``role`` the verifier is a strict judge.

    Cost: passes + 1 calls where the first solution passes, (passes + 1) * rounds + 1 at most.

    The item fails where passes or rounds is below 1.

    Reference: Huang and Yang 2025, Winning Gold at IMO 2025 with a Model-Agnostic
    Verification-and-Refinement Pipeline, arXiv:2507.15855.

    Example::

        async def workflow(task):
            return await generator_verifier_refiner(task, passes=3)
    """
    at_least_one("generator_verifier_refiner", passes=passes, rounds=rounds)
    solution = await chain_of_thought(task, instruction=instruction, role=role, model=model)
    for _ in range(rounds):
        report = ""
        for _ in range(passes):
            verdict = await verify(
                task, solution, role=role or "You are a strict judge.", temperature=temperature, model=model
            )
            if not verdict.ok:
                report = verdict.critique or "wrong"
                break
        if not report:
            break
        refined = await revise(task, solution, report, role=role, model=model)
        solution = refined if refined.text else solution
    return solution
