"""Try again, with a memory of what went wrong before."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.revise import revise
from masdesign.building_blocks.verify import verify
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 3 * attempts - 2 calls",
    reference="arXiv:2303.11366",
    calls=lambda attempts=3, **_: 3 * attempts - 2,
)
async def reflexion(
    task: Question,
    attempts: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Tries again and again, with a memory of what went wrong.

    It helps where a mistake can be put into words that keep the next attempt from it. The paper has
    a test of success from outside; here the model's own judge decides, and with a poor one the
    attempts end too early or spoil what was right.
    The memory holds what each failed attempt answered and the lesson drawn from it; the next attempt
    sees it beside the last solution. The last attempt is not judged. One without an answer is dropped.
    ``temperature`` is that of the attempts; judge and reflection are at 0.

    Cost: 2 calls where the first attempt is found right, 3 * attempts - 2 at most.

    The item fails where attempts is below 1.

    Reference: Shinn et al. 2023, Reflexion: Language Agents with Verbal Reinforcement Learning,
    arXiv:2303.11366.

    Example::

        async def workflow(task):
            return await reflexion(task, attempts=2)
    """
    at_least_one("reflexion", attempts=attempts)
    attempt = await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=model
    )
    memory: list[str] = []
    for number in range(1, attempts):
        verdict = await verify(task, attempt, role=role, model=model)
        if verdict.ok:
            break
        reflection = await ask(
            "This solution is wrong. Say in one sentence what to do differently.",
            task,
            attempt,
            verdict,
            role=role,
            output="lesson",
            model=model,
        )
        lesson = reflection.text or verdict.critique
        memory.append(f"Attempt {number} gave {attempt.text or 'no answer'}. {lesson}")
        again = await revise(
            task,
            attempt,
            "\n".join(memory),
            instruction="Solve the problem again without these mistakes, step by step. "
            "Give the answer on the last line: Answer: ...",
            role=role,
            temperature=temperature,
            model=model,
        )
        attempt = again if again.text else attempt
    return attempt
