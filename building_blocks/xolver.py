"""Agents that solve in rounds, share a memory of the best solutions so far, and leave what they learnt."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.cases import cases
from masdesign.building_blocks.contrast import contrast
from masdesign.building_blocks.debate_round import debate_round
from masdesign.building_blocks.rate import rate
from masdesign.building_blocks.recall import recall
from masdesign.types import SAMPLING_TEMPERATURE, Answer, Question
from masdesign.workflow import block, gather, weighted_majority


@block(
    cost="2 * n * (rounds + 1) + 1 calls",
    reference="arXiv:2506.14234",
    calls=lambda n=3, rounds=1, **_: 2 * n * (rounds + 1) + 1,
    needs="stream",
)
async def xolver(
    task: Question,
    n: int = 3,
    rounds: int = 1,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = SAMPLING_TEMPERATURE,
    model: str = "",
) -> Answer:
    """Lets agents write and rate solutions in rounds, from a shared memory.

    It helps where agents find different parts of a solution, and a judge can tell better from worse.
    The agents begin with what earlier items taught, one with lessons (`recall`), the next with cases
    (`cases`), and so on. A judge rates every solution; the shared memory holds the n best of all rounds,
    and in each round every agent writes a new one in sight of it. At the end the memory votes, weighted
    by its ratings, and a lesson is written of what the best solution did and the worst did not (it is in
    the run's memory once the item has ended). A solution without an answer rates 0.

    Cost: 2 * n * (rounds + 1) + 1 calls.

    The item fails where n or rounds is below 1.

    Reference: Xolver: Multi-Agent Reasoning with Holistic Experience Learning Just Like an Olympiad Team,
    2025, arXiv:2506.14234 (whose agents' roles a planner chooses; here all have the same).

    Example::

        async def workflow(task):
            return await xolver(task, n=2)
    """
    at_least_one("xolver", n=n, rounds=rounds)
    how = {"instruction": instruction, "role": role, "model": model}
    drafts = await gather(
        *[
            cases(task, 2, temperature=temperature, **how)
            if agent % 2
            else recall(task, 2, False, temperature=temperature, **how)
            for agent in range(n)
        ]
    )
    tried = await _rated(task, drafts, role, model)
    for _ in range(rounds):
        shared = [answer for _, answer in tried[:n]]
        drafts = await gather(
            *[
                debate_round(
                    task,
                    drafts[agent],
                    [answer for answer in shared if answer != drafts[agent]][: n - 1],
                    role=role,
                    temperature=temperature,
                    model=model,
                )
                for agent in range(n)
            ]
        )
        tried = sorted(tried + await _rated(task, drafts, role, model), key=lambda pair: -pair[0])
    best, worst = tried[0][1], tried[-1][1]
    if best != worst:
        await contrast(task, [best, worst], model=model)
    kept = [(value, answer) for value, answer in tried[:n] if answer.text]
    return weighted_majority([answer for _, answer in kept], [value for value, _ in kept]) if kept else best


async def _rated(task: Question, answers: list[Answer], role: str, model: str) -> list[tuple[float, Answer]]:
    """The answers with what a judge gives each, the best first."""
    values = await gather(*[rate(task, answer, role=role, model=model) for answer in answers])
    rated = [(value if answer.text else 0.0, answer) for value, answer in zip(values, answers, strict=True)]
    return sorted(rated, key=lambda pair: -pair[0])
