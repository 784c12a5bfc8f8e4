"""An analyst plans, a coder writes, a tester checks, and the coder mends."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.verify import verify
from masdesign.building_blocks.write_program import write_program
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(
    cost="up to 2 * rounds + 2 calls",
    reference="arXiv:2304.07590",
    calls=lambda rounds=1, **_: 2 * rounds + 2,
)
async def analyst_coder_tester(
    task: Question,
    rounds: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has an analyst plan, a coder program it, a tester send it back.

    It helps where a calculation is hard to carry out and easy to program. The tester reads the program
    and its value; a program that fails goes back with the error, without a test.
    It uses the tool ``python`` where the task declares it. Elsewhere the coder solves the problem in
    words, and this is a plan, a solution and a check. Where no program gives a value at last, the
    coder answers in words too.
    Analyst and tester have roles of their own; ``role`` is the coder's, ``instruction`` and
    ``temperature`` too.

    Cost: 3 calls where the first program passes, 2 * rounds + 2 at most.

    The item fails where rounds is below 1.

    References: Dong et al. 2023, Self-collaboration Code Generation via ChatGPT, arXiv:2304.07590;
    Huang et al. 2023, AgentCoder: Multi-Agent-based Code Generation with Iterative Testing and
    Optimisation, arXiv:2312.13010.

    Example::

        async def workflow(task):
            return await analyst_coder_tester(task, rounds=2)
    """
    at_least_one("analyst_coder_tester", rounds=rounds)
    coder, has_python = role or "You are a programmer.", "python" in running().runtime.tools
    plan = await ask(
        "Do not solve the problem. Make a plan: which steps lead to the answer?",
        task,
        role="You are an analyst.",
        output="plan",
        model=model,
    )

    async def write(notes: list[str]) -> Answer:
        above = "\n".join(notes)
        if has_python:
            request = "Write one Python expression whose value is the answer, on one line: Program: ..."
            return await write_program(
                task,
                instruction=f"{above}\n\n{instruction or request}",
                role=coder,
                temperature=temperature,
                model=model,
            )
        request = "Solve the problem step by step. Give the answer on the last line: Answer: ..."
        return await chain_of_thought(
            task,
            instruction=f"{above}\n\n{instruction or request}",
            role=coder,
            temperature=temperature,
            model=model,
        )

    notes = [f"Plan: {plan.text}"]
    written = await write(notes)
    for _ in range(rounds):
        report = written.reasoning
        if written.text:
            verdict = await verify(task, written, role="You are a tester.", model=model)
            if verdict.ok:
                return written
            report = f"{written.reasoning}\nTest: {verdict.critique}"
        again = await write([*notes, f"Last try: {report}"])
        written = again if again.text or not written.text else written
    if written.text:
        return written
    return await chain_of_thought(task, role=coder, temperature=temperature, model=model)
