"""Think, act with a tool, observe, and so on until there is an answer."""

from dataclasses import replace

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_stated
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._tools import observe, tools_for
from masdesign.building_blocks._window import note_that_fits, room, tokens
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.read import read_action
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 2n + 1 calls",
    reference="arXiv:2210.03629",
    calls=lambda n=5, **_: 2 * n + 1,
    templates=("react",),
)
async def react(
    task: Question,
    n: int = 5,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Takes turns of thought, tool use and observation until it can answer.

    It helps where a problem needs what the model cannot do in its head, and what to do next depends
    on what came out before. The tools are those that the task declares: ``calculator`` (arithmetic),
    ``python`` (a program in the sandbox), ``retrieval`` (the problem's passages, which are then shown
    only where they are asked for). A model that has not learnt the form stops early.
    Without any tool, or where the loop ends without an answer (after n turns, at half of the model's
    window, at a reply without action or answer), the problem is solved by `chain_of_thought`. An
    ``instruction`` replaces what each turn asks for, but not the form.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2n + 1 calls at most, and runs of the tools; n + 1 where retrieval asks no embedding model.

    The item fails where n is below 1.

    Reference: Yao et al. 2022, ReAct: Synergizing Reasoning and Acting in Language Models,
    arXiv:2210.03629.

    Example::

        async def workflow(task):
            return await react(task, n=4)
    """
    at_least_one("react", n=n)
    tools = tools_for(task)
    shown = Question(task.question, (), task.choices) if "retrieval" in dict(tools) else task
    steps = ""
    for _ in range(n if tools else 0):
        reply_text = await reply(
            "react",
            role=role,
            temperature=temperature,
            model=model,
            stop=("\nObservation",),
            task=shown,
            tools=tools,
            steps=steps,
            instruction=instruction,
        )
        turn = reply_text.partition("\nObservation")[0].strip()  # what it would observe is not its to say
        tool, argument = read_action(turn)
        if tool not in dict(tools):
            answer = read_stated(turn, task)
            if answer.text:
                return replace(answer, reasoning=f"{steps}\n{turn}".strip())
            break
        seen = note_that_fits(await observe(tool, argument, task), model)
        steps = f"{steps}\n{turn}\nObservation: {seen}".strip()
        if tokens(steps) > room(model, 0.5):
            break
    return await chain_of_thought(task, role=role, temperature=temperature, model=model)
