"""Match the problem with the model that can do it best."""

from __future__ import annotations

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.classify import classify
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="2 to 4 calls", reference="arXiv:2303.17580", calls=4)
async def capability_match(
    task: Question,
    models: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Tells what each model is good at, and lets the one that the problem is matched to solve it.

    It helps where models differ in kind (one reads well, one calculates well) and their descriptions are
    true: write them from what was measured, the cheapest model first. Descriptions that promise too
    much send everything to one model. A model is ``"name: what it is good at"``, named as in the run.
    ``model`` does the matching, and solves the problem where no name can be read (or, of a single model,
    where that one is not thought able).
    Without ``models`` three ways to use the same one stand in for them: quick (`direct`), careful
    (`chain_of_thought`) and a committee (`self_consistency` of 3).

    Cost: 2 calls; without ``models`` up to 4.

    Reference: Shen et al. 2023, HuggingGPT: Solving AI Tasks with ChatGPT and its Friends in Hugging
    Face, arXiv:2303.17580 (models chosen by their descriptions).

    Example::

        async def workflow(task):
            return await capability_match(task, role="You know your colleagues well.")
    """
    team = models or [
        "quick: problems that need no steps",
        "careful: problems of a few clear steps",
        "committee: problems in which one mistake is likely",
    ]
    picked = await classify(
        task,
        team if len(team) > 1 else [*team, "other: none of these"],
        instruction="Do not solve the problem. Whose abilities fit it best, the first of them where several "
        "would do? Give one of the names on the last line: Kind: ...",
        role=role,
        model=model,
    )
    if not models and picked == "quick":
        return await direct(task, instruction=instruction, role=role, temperature=temperature, model=model)
    if not models and picked == "committee":
        return await self_consistency(task, 3, instruction=instruction, role=role, model=model)
    able = {name.partition(":")[0].strip() for name in models or []}
    who = picked if picked in able else model
    return await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=who
    )
