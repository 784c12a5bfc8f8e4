"""Several solutions that differ on purpose, then a choice."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.choose import choose
from masdesign.building_blocks.solve_differently import solve_differently
from masdesign.types import Answer, Question
from masdesign.workflow import block, majority


@block(cost="n + 1 calls", reference="arXiv:2408.08435", calls=lambda n=3, **_: n + 1)
async def quality_diversity(
    task: Question,
    n: int = 3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Solves a problem in n ways that differ on purpose, and chooses among them.

    It helps where independent draws repeat one mistake. Each solution is written in sight of those
    before it, so it takes n rounds, and a good first way is not taken again: where the model is
    mostly right, a vote over like draws is better.
    Where no choice can be read, the most frequent answer is returned. ``instruction`` is the request of
    the first solution. ``temperature`` is that of the solutions; the choice is made at 0.

    Cost: n + 1 calls.

    The item fails where n is below 1.

    Reference: Hu, Lu, Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435 (the
    quality-diversity agent that its archive begins with).

    Example::

        async def workflow(task):
            return await quality_diversity(task, n=3)
    """
    at_least_one("quality_diversity", n=n)
    ways = [
        await chain_of_thought(task, instruction=instruction, role=role, temperature=temperature, model=model)
    ]
    for _ in range(n - 1):
        others = [way for way in ways if way.text]
        ways.append(await solve_differently(task, others, role=role, temperature=temperature, model=model))
    chosen = await choose(task, ways, role=role, model=model)
    return chosen if chosen.text else majority(ways)
