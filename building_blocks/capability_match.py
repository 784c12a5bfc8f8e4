"""Match the problem with the model that can do it best."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.classify import classify
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

WAYS = {
    "quick": "problems that need no steps",
    "careful": "problems of a few clear steps",
    "committee": "problems in which one mistake is likely",
}
"""What stands in for several models: ways to use the same one, with what each is good at."""


@block(cost="2 to 4 calls", reference="arXiv:2303.17580", calls=4)
async def capability_match(
    task: Question,
    models: list[str] | None = None,
    *,
    kinds: list[str] | None = None,
    scores: list[list[float]] | None = None,
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

    With ``kinds`` and ``scores`` nobody describes himself: ``model`` names the kind of the problem, and
    whoever scored most on that kind solves it; of equals the first, where no kind can be read the one with
    the best mean. A kind is ``"name: what belongs to it"``, a row of ``scores`` has one number for each of
    ``models`` ("" is ``model``) or for each of the three ways, as measured on labelled problems of the kind;
    the strategy ``fitted`` measures them on `train`.

    Cost: 2 calls; without ``models`` up to 4.

    The item fails where not every kind has a score of each.

    Reference: Shen et al. 2023, HuggingGPT: Solving AI Tasks with ChatGPT and its Friends in Hugging
    Face, arXiv:2303.17580 (models chosen by their descriptions; measured scores are ours).

    Example::

        async def workflow(task):
            return await capability_match(task, role="You know your colleagues well.")
    """
    names = [entry.partition(":")[0].strip() for entry in models or WAYS]
    rows = scores or []
    if len(rows) != len(kinds or ()) or any(len(row) != len(names) for row in rows):
        raise running().failed(
            f"capability_match: {len(kinds or ())} kinds, scores {rows}",
            f"give each kind a score of each of {', '.join(map(repr, names))}",
        )
    if kinds:
        kind = await classify(task, kinds, role=role, model=model) if len(kinds) > 1 else ""
        own = [row for name, row in zip(kinds, rows, strict=True) if name.partition(":")[0].strip() == kind]
        sums = [sum(column) for column in zip(*(own or rows), strict=True)]
        picked = names[sums.index(max(sums))]
    else:
        team = models or [f"{name}: {strength}" for name, strength in WAYS.items()]
        picked = await classify(
            task,
            team if len(team) > 1 else [*team, "other: none of these"],
            instruction="Do not solve the problem. Whose abilities fit it best, the first of them where "
            "several would do? Give one of the names on the last line: Kind: ...",
            role=role,
            model=model,
        )
    if not models and picked == "quick":
        return await direct(task, instruction=instruction, role=role, temperature=temperature, model=model)
    if not models and picked == "committee":
        return await self_consistency(task, 3, instruction=instruction, role=role, model=model)
    who = picked if models and picked in names else model
    return await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=who or model
    )
