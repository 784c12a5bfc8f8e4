"""Monte Carlo tree search over the steps of a solution, with a judge for its values."""

import math

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.next_step import next_step
from masdesign.building_blocks.rate import rate
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, weighted_majority


@block(
    cost="up to 33 calls by default",
    reference="arXiv:2305.14992",
    calls=lambda simulations=8, branches=2, **_: 2 * branches * simulations + 1,
)
async def monte_carlo_tree_search(
    task: Question,
    simulations: int = 8,
    branches: int = 2,
    exploration: float = 0.3,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Searches over steps by UCT and a judge's values, then votes.

    It helps where `tree_of_thoughts` would, and the judge's early values are not to be trusted: what
    looked poor is tried again once the rest has disappointed. It takes as many rounds as simulations.
    Each simulation goes down from the root by the upper confidence bound (UCT), adds ``branches``
    next steps to the leaf that it finds, has them rated, and hands the values up to the root. A leaf that
    has its answer, or no new step, is only counted again. More ``exploration`` makes the tree broad,
    less makes it deep, which few simulations need. Of the leaves with an answer, the answer
    with the greatest sum of values is returned; where there is none, the best leaf is completed in one call.
    ``instruction`` is the request of the steps, ``temperature`` theirs; the judge's is 0.

    Cost: 2 * branches * simulations + 1 calls at most: 33 by default.

    The item fails where simulations or branches is below 1.

    Reference: Hao et al. 2023, Reasoning with Language Model is Planning with World Model,
    arXiv:2305.14992 (with the judge's value in place of a roll-out).

    Example::

        async def workflow(task):
            return await monte_carlo_tree_search(task, simulations=4)
    """
    at_least_one("monte_carlo_tree_search", simulations=simulations, branches=branches)
    states, values, parents = [Answer("")], [0.0], [-1]
    children: list[list[int]] = [[]]
    visits, totals = [1], [0.0]

    def promise(node: int) -> float:
        explored = math.sqrt(math.log(visits[parents[node]]) / visits[node])
        return totals[node] / visits[node] + exploration * explored

    def hand_up(node: int) -> None:
        value = values[node]
        while node >= 0:
            visits[node] += 1
            totals[node] += value
            node = parents[node]

    for _ in range(simulations):
        leaf = 0
        while children[leaf]:
            leaf = max(children[leaf], key=promise)
        grown: list[Answer] = []
        if not states[leaf].text:
            steps = await gather(
                *[
                    next_step(
                        task,
                        states[leaf],
                        instruction=instruction,
                        role=role,
                        temperature=temperature,
                        model=model,
                    )
                    for _ in range(branches)
                ]
            )
            different = {step.reasoning: step for step in steps}
            grown = [step for step in different.values() if step.reasoning != states[leaf].reasoning]
        if not grown:
            hand_up(leaf)
        rated = await gather(*[rate(task, state, role=role, model=model) for state in grown])
        for state, value in zip(grown, rated):  # noqa: B905  (the sandbox's zip has no strict)
            children[leaf].append(len(states))
            states.append(state)
            values.append(value)
            parents.append(leaf)
            children.append([])
            visits.append(0)
            totals.append(0.0)
            hand_up(len(states) - 1)
    ends = [node for node in range(len(states)) if states[node].text]
    if ends:
        return weighted_majority([states[node] for node in ends], [values[node] for node in ends])
    leaves = [node for node in range(len(states)) if not children[node]]
    best = max(leaves, key=lambda node: values[node])
    return await ask(
        "Complete this solution, step by step.",
        task,
        states[best],
        role=role,
        temperature=temperature,
        model=model,
    )
