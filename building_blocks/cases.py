"""Solve a problem with the answers to earlier ones beside it."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._lessons import cases_near, show_entries
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2508.16153", calls=1, templates=("cases",), needs="memory")
async def cases(
    task: Question,
    n: int = 4,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem with at most n cases of the run's memory: earlier problems, and their answers.

    It helps where what is asked for can be inferred from answers to kindred problems, and nobody has put
    it into words. Among the closest cases those are chosen that have helped before; wrong answers
    are shown as such. `similar_cases` does the same with the task's `train` items. Without a
    case that shares a word with the problem this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the reply.

    Cost: 1 call.

    The item fails where n is below 1.

    Reference: Zhou et al. 2025, AgentFly: Fine-tuning LLM Agents without Fine-tuning LLMs,
    arXiv:2508.16153 (which learns the choice with a Q-network; here by counting what helped).

    Example::

        async def workflow(task):
            return await cases(task, n=4)
    """
    at_least_one("cases", n=n)
    held = show_entries(await cases_near(task, n), model)
    if not held:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    shown = [
        {
            "question": Question(case.when),
            "answer": case.what,
            "result": "right" if case.helped >= case.hurt else "wrong",
        }
        for case in held
    ]
    text = await reply(
        "cases",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        cases=shown,
        instruction=instruction,
    )
    return read_reply(text, task)
