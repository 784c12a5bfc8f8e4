"""Give a value to where an episode stands, in words and as a number."""

from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.read import read_field, read_score
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2410.20285", templates=("appraise",), needs="environment")
async def appraise(
    task: Question,
    history: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> tuple[float, str]:
    """Values what was done so far: 0 for hopeless, 1 for done; and says why.

    It helps where actions are searched over (`tree_of_actions`), or where an agent should stop early.
    ``history`` is what was done and seen. A reply without a number from 0 to 10 values 0.

    Cost: 1 call.

    Reference: Antoniades et al. 2024, SWE-Search: Enhancing Software Agents with Monte Carlo Tree
    Search and Iterative Refinement, arXiv:2410.20285 (the value agent).

    Example::

        async def workflow(task):
            first = await agent(task, max_steps=5)
            value, why = await appraise(task, first.reasoning)
            return first if value > 0.8 else await agent(task, memory=why)
    """
    text = await reply(
        "appraise",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        history=fit_share(history, 0.5, model),
        instruction=instruction,
    )
    return (read_score(text, "score", 10) or 0.0) / 10, note_that_fits(read_field(text, "reason").text, model)
