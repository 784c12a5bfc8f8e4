"""Layers of agents, each of which sees all the answers of the layer before."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority


@block(
    cost="n * layers + 1 calls",
    reference="arXiv:2406.04692",
    calls=lambda n=3, layers=1, **_: n * layers + 1,
)
async def mixture_of_agents(
    task: Question,
    n: int = 3,
    layers: int = 1,
    models: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Has layers of n agents answer, each in sight of all of the one before.

    It helps where several models are at hand that know different things: ``models`` names them, and
    the agents of a layer take them in turn. After the layers one aggregator, on ``model``, answers. Among
    draws of one model a vote is often as good, and cheaper: the aggregator reads every proposal.
    Where its answer cannot be read, the most frequent of the last layer is returned.
    ``temperature`` is that of the layers; the aggregator is at 0.

    Cost: n * layers + 1 calls.

    The item fails where n or layers is below 1.

    Reference: Wang et al. 2024, Mixture-of-Agents Enhances Large Language Model Capabilities,
    arXiv:2406.04692.

    Example::

        async def workflow(task):
            return await mixture_of_agents(task, n=2, layers=3)
    """
    at_least_one("mixture_of_agents", n=n, layers=layers)
    names = models or [model]
    agents = [names[i % len(names)] for i in range(n)]
    combine = "Some of these solutions may be wrong. Combine what is right in them, and solve the problem."
    proposals = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=agent)
            for agent in agents
        ]
    )
    for _ in range(layers - 1):
        seen = [proposal for proposal in proposals if proposal.text]
        proposals = await gather(
            *[ask(combine, task, *seen, role=role, temperature=temperature, model=agent) for agent in agents]
        )
    seen = [proposal for proposal in proposals if proposal.text]
    combined = await ask(combine, task, *seen, role=role, model=model)
    return combined if combined.text else majority(proposals)
