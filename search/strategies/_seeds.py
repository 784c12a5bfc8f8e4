"""The seven classic designs that Meta Agent Search begins with, in the design language."""

from __future__ import annotations

from masdesign.workflow import Design


def seeds(origin: str) -> list[Design]:
    """The seeds, the simplest first.

    Reference: S. Hu, C. Lu, J. Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435, appendix;
    each is its authors' method, which its thought names.

    >>> [design.name for design in seeds("meta_agent")][:2]
    ['chain of thought', 'self-consistency']
    """
    return [
        Design(f"async def workflow(task):\n{body}", name, thought, origin=origin)
        for name, thought, body in _SEEDS
    ]


_SEEDS = (
    (
        "chain of thought",
        "Thinking step by step before answering (arXiv:2201.11903).",
        "    return await chain_of_thought(task)\n",
    ),
    (
        "self-consistency",
        "Several chains of thought drawn at a high temperature, and a vote (arXiv:2203.11171).",
        "    return majority(await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(5)]))\n",
    ),
    (
        "self-refine",
        "A critic gives feedback on the answer until it finds no fault (arXiv:2303.17651, arXiv:2303.11366).",
        "    return await self_refine(task, rounds=5)\n",
    ),
    (
        "debate",
        "Agents in different roles answer again in sight of each other; another one decides "
        "(arXiv:2305.14325).",
        '    roles = ["a professor of mathematics", "a teacher", "an enthusiast of puzzles"]\n'
        "    first = await gather(\n"
        '        *[chain_of_thought(task, role=f"You are {role}.", temperature=0.8) for role in roles]\n'
        "    )\n"
        "    second = await gather(\n"
        "        *[\n"
        '            debate_round(task, first[i], first[:i] + first[i + 1:], role=f"You are {role}.",'
        " temperature=0.8)\n"
        "            for i, role in enumerate(roles)\n"
        "        ]\n"
        "    )\n"
        '    decide = "Reason over the solutions above carefully, and give a final answer."\n'
        "    return await ask(decide, task, *second, temperature=0.1)\n",
    ),
    (
        "step back",
        "First the principles behind the problem, then its solution with their help (arXiv:2310.06117).",
        "    return await step_back(task)\n",
    ),
    (
        "quality and diversity",
        "Solutions that differ on purpose, and a choice among them (arXiv:2408.08435).",
        "    return await quality_diversity(task, n=4)\n",
    ),
    (
        "assignment of roles",
        "A router picks the expert who solves the problem (arXiv:2305.14688).",
        "    return await role_assignment(task)\n",
    ),
)
