"""Say of which kind a problem is."""

from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_label
from masdesign.types import Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2406.18665", templates=("classify",))
async def classify(
    task: Question,
    labels: list[str],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> str:
    """Sorts a problem into one of several kinds, and returns the kind's name.

    It helps where problems of different kinds deserve different steps or models: easy and hard,
    counting and logic. A label is a name, or ``"name: what belongs to it"``.
    The text is empty where no name could be read from the reply.

    Cost: 1 call.

    The item fails where fewer than two labels are given.

    Reference: Ong et al. 2024, RouteLLM: Learning to Route LLMs with Preference Data,
    arXiv:2406.18665.

    Example::

        async def workflow(task):
            if await classify(task, ["easy", "hard"]) == "easy":
                return await chain_of_thought(task)
            return await self_consistency(task)
    """
    if len(labels) < 2:
        raise running().failed(f"classify: {len(labels)} labels", "give it at least two")
    reply_text = await reply(
        "classify",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        labels=labels,
        instruction=instruction,
    )
    return read_label(reply_text, "kind", [label.partition(":")[0].strip() for label in labels])
