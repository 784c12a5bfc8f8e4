"""Predict what an action will come to, and give it a value, without doing it."""

from masdesign.building_blocks._acting import listed_tool
from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.read import read_field, read_score
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2411.06559", templates=("foresee",), needs="environment")
async def foresee(
    task: Question,
    history: str,
    action: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> tuple[float, str]:
    """Predicts an action's outcome: a value (0 no help, 1 done), and what will be observed.

    It helps where an action cannot be taken back, or is dear: the model imagines it first. ``history`` is
    what was done and seen so far, ``action`` its next line (``Action: go[hall]``). A reply without a number
    from 0 to 10 values 0.

    Cost: 1 call.

    Reference: Gu et al. 2024, Is Your LLM Secretly a World Model of the Internet? Model-Based Planning
    for Web Agents (WebDreamer), arXiv:2411.06559.

    Example::

        async def workflow(task):
            value, outcome = await foresee(task, "", "Action: look[]")
            return await agent(task) if value > 0.5 else await direct(task)
    """
    text = await reply(
        "foresee",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        tools=listed_tool(action, model),
        history=fit_share(history, 0.5, model),
        action=fit_share(action, 1 / 8, model),
        instruction=instruction,
    )
    outcome = note_that_fits(read_field(text, "outcome").text, model)
    return (read_score(text, "score", 10) or 0.0) / 10, outcome
