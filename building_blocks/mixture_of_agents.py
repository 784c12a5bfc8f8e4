"""Layers of agents, each of which sees all the answers of the layer before."""

from __future__ import annotations

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority


@block(
    cost="4 calls by default",
    reference="arXiv:2406.04692",
    calls=lambda n=3, layers=2, **_: n * (layers - 1) + 1,
)
async def mixture_of_agents(
    task: Question,
    n: int = 3,
    layers: int = 2,
    models: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Has layers of agents answer, each in sight of all of the layer before.

    It helps where several models are at hand that know different things: ``models`` names them, and
    the agents of a layer take them in turn. The last layer is one aggregator, on ``model``. Among
    draws of one model a vote is often as good, and cheaper: the aggregator reads every proposal.
    Where its answer cannot be read, the most frequent of what it saw is returned.
    ``temperature`` is that of all layers but the last, which is at 0.

    Cost: n * (layers - 1) + 1 calls.

    The item fails where n or layers is below 1.

    Reference: Wang et al. 2024, Mixture-of-Agents Enhances Large Language Model Capabilities,
    arXiv:2406.04692.

    Example::

        async def workflow(task):
            return await mixture_of_agents(task, n=2, layers=3)
    """
    at_least_one("mixture_of_agents", n=n, layers=layers)
    names = models or [model]
    combine = "Some of these solutions may be wrong. Combine what is right in them, and solve the problem."
    seen: list[Answer] = []
    for layer in range(layers - 1):
        if layer == 0:
            agents = [
                chain_of_thought(
                    task,
                    instruction=instruction,
                    role=role,
                    temperature=temperature,
                    model=names[i % len(names)],
                )
                for i in range(n)
            ]
        else:
            agents = [
                ask(combine, task, *seen, role=role, temperature=temperature, model=names[i % len(names)])
                for i in range(n)
            ]
        drafts = await gather(*agents)
        seen = [draft for draft in drafts if draft.text] or seen or drafts
    if not seen:
        return await chain_of_thought(task, instruction=instruction, role=role, model=model)
    combined = await ask(combine, task, *seen, role=role, model=model)
    return combined if combined.text else majority(seen)
