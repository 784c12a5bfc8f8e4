"""Imagine what each of several actions will come to, then do the best."""

from collections import Counter

from masdesign.building_blocks._acting import Turn, turn_text
from masdesign.building_blocks._agent import Agent, answered, finish, or_think, select_tools
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_stated
from masdesign.building_blocks._window import room
from masdesign.building_blocks.foresee import foresee
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(
    cost="up to 2n * max_steps + 1 calls",
    reference="arXiv:2411.06559",
    calls=lambda n=3, max_steps=10, **_: 2 * n * max_steps + 1,
    needs="environment",
)
@or_think
async def imagine(
    task: Question,
    n: int = 3,
    max_steps: int = 10,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Draws several actions, imagines the outcome of each, and does the best.

    It helps where actions cannot be taken back, so that no tree can be searched: the model is its own model
    of the world (`foresee`, at temperature 0). Where all n draws agree, nothing is imagined. Of equal values
    the action that was drawn more often is done. It stops as `agent` does.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: 2n * max_steps + 1 calls at most.

    The item fails where n or max_steps is below 1.

    Reference: Gu et al. 2024, Is Your LLM Secretly a World Model of the Internet? Model-Based Planning
    for Web Agents (WebDreamer), arXiv:2411.06559.

    Example::

        async def workflow(task):
            return await imagine(task, n=2, max_steps=8)
    """
    at_least_one("imagine", n=n, max_steps=max_steps)
    actor = Agent(task, "", select_tools(None, False), instruction, role, temperature, model)
    talk = actor.begin()

    async def value(action: str) -> float:
        history = talk.told(room(model, 0.5))
        return (await foresee(task, history, action, role=role, model=model))[0]

    for _ in range(max_steps):
        drawn: list[Turn] = await gather(*[talk.draw() for _ in range(n)])
        texts = [turn_text(turn, talk.tools) for turn in drawn]
        counts = Counter(text for text in texts if text)
        if not counts:
            break
        values = await gather(*map(value, counts)) if len(counts) > 1 else [0.0]
        best = max(zip(counts, values), key=lambda pair: (pair[1], counts[pair[0]]))[0]  # noqa: B905
        turn = drawn[texts.index(best)]
        talk.take(turn)
        if not turn.calls:
            return answered(read_stated(turn.text, task).text, talk)
        observation = await talk.do(turn.calls)
        if observation.done:
            return answered(observation.text, talk)
        if talk.goes_round:
            break
    return await finish(actor, talk)
