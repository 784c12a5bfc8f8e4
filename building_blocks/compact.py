"""Sum up what was done, so that it takes less of the context."""

from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import note_that_fits
from masdesign.tasks.replies import label_pattern, last_match
from masdesign.types import Question
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2310.08560", templates=("compact",), needs="environment")
async def compact(
    task: Question,
    history: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> str:
    """Sums up a history of actions and observations, or any long text, in view of the task.

    It helps where what was done no longer fits the context: an agent that goes on from the summary keeps
    what it has learnt, and forgets how. `agent` calls it by itself with ``summarise=True``. The history is
    cut in the middle where it is above half of the model's window; the summary takes at most a quarter,
    and is empty where the reply has none.

    Cost: 1 call.

    Reference: Packer et al. 2023, MemGPT: Towards LLMs as Operating Systems, arXiv:2310.08560 (messages
    that leave the context are summed up).

    Example::

        async def workflow(task):
            first = await agent(task, max_steps=10)
            summary = await compact(task, first.reasoning)
            return await agent(task, max_steps=10, memory=f"Done so far: {summary}")
    """
    text = await reply(
        "compact",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        history=fit_share(history, 0.5, model),
        instruction=instruction,
    )
    marker = last_match(label_pattern("summary"), text)
    return note_that_fits(text[marker.end() :].strip() if marker else "", model)
