"""Answer each kind of problem in its own way, by its own model."""

from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.classify import classify
from masdesign.building_blocks.direct import direct
from masdesign.building_blocks.self_consistency import self_consistency
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question
from masdesign.workflow import block, running


@block(cost="2 to n + 1 calls", reference="arXiv:2406.18665", calls=lambda n=5, **_: max(n, 1) + 1)
async def router(
    task: Question,
    kinds: list[str] | None = None,
    ways: list[str] | None = None,
    models: list[str] | None = None,
    n: int = 5,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Sorts the problem into a kind, and answers it in that kind's way and by its model.

    It helps where kinds of problems differ in what they need, and cheap ones are many. It rests on the
    first look at the problem: a model that sorts badly does better with one good way for all.
    A kind is a name, or ``"name: what belongs to it"``; ``ways`` and ``models`` are aligned with them. A way
    is ``direct``, ``steps`` or ``vote`` (of n); an empty model is ``model``, which also does the sorting.
    By default there are easy problems, taken step by step, and hard ones, voted on; with one
    model only, the ways are all that differs. Where no kind can be read, the last one is taken.
    ``temperature`` is that of single answers; a vote draws at 0.8 at least.

    Cost: 1 call to sort, then 1, or n where the way is a vote.

    The item fails where there are fewer than two kinds, or not a way and a model for each.

    References: Ong et al. 2024, RouteLLM: Learning to Route LLMs with Preference Data,
    arXiv:2406.18665; Ding et al. 2024, Hybrid LLM: Cost-Efficient and Quality-Aware Query Routing,
    arXiv:2404.14618.

    Example::

        async def workflow(task):
            return await router(task, ["short", "long: it has many steps"], ["direct", "vote"], n=3)
    """
    kinds = kinds or ["easy: one or two steps", "hard: many steps, or steps that are easily confused"]
    ways = ways or ["steps"] * (len(kinds) - 1) + ["vote"]
    models = models or [""] * len(kinds)
    routes = {"direct", "steps", "vote"}
    if not 2 <= len(kinds) == len(ways) == len(models) or not routes.issuperset(ways) or n < 1:
        raise running().failed(
            f"router: {len(kinds)} kinds, the ways {', '.join(ways)}, {len(models)} models, n = {n}",
            "give two kinds or more, for each a way (direct, steps or vote) and a model; n from 1",
        )
    names = [kind.partition(":")[0].strip() for kind in kinds]
    picked = await classify(task, kinds, role=role, model=model)
    at = names.index(picked) if picked else len(names) - 1
    who, way = models[at] or model, ways[at]
    if way == "direct":
        return await direct(task, instruction=instruction, role=role, temperature=temperature, model=who)
    if way == "steps":
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=who
        )
    drawn = max(temperature, SAMPLING_TEMPERATURE)
    return await self_consistency(task, n, instruction=instruction, role=role, temperature=drawn, model=who)
