"""Several agents answer, see each other's answers, and answer again."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.debate_round import debate_round
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather, majority


@block(
    cost="n * (rounds + 1) calls",
    reference="arXiv:2305.14325",
    calls=lambda n=3, rounds=1, roles=None, **_: len(roles or range(n)) * (rounds + 1),
)
async def debate(
    task: Question,
    n: int = 3,
    rounds: int = 1,
    roles: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Lets agents answer, answer again in sight of each other, and vote.

    It helps where agents disagree and the right solution convinces when it is seen. Agents tend to
    follow the majority, right or wrong, so a vote of as many draws is the bar. The prompts of a round
    hold n solutions: two or three agents are usual, and one or two rounds.
    With ``roles`` there is one agent a role, and n does not count; without, all have the same ``role``.
    One whose new answer cannot be read keeps its old one.

    Cost: n * (rounds + 1) calls.

    The item fails where n or rounds is below 1.

    References: Du et al. 2023, Improving Factuality and Reasoning in Language Models through
    Multiagent Debate, arXiv:2305.14325; with roles: Liang et al. 2023, Encouraging Divergent Thinking
    in Large Language Models through Multi-Agent Debate, arXiv:2305.19118.

    Example::

        async def workflow(task):
            return await debate(task, roles=["You are careful.", "You doubt everything."])
    """
    at_least_one("debate", n=n, rounds=rounds)
    agents = roles or [role] * n
    answers = await gather(
        *[
            chain_of_thought(task, instruction=instruction, role=agent, temperature=temperature, model=model)
            for agent in agents
        ]
    )
    for _ in range(rounds):
        again = await gather(
            *[
                debate_round(
                    task,
                    answers[i],
                    answers[:i] + answers[i + 1 :],
                    role=agents[i],
                    temperature=temperature,
                    model=model,
                )
                for i in range(len(agents))
            ]
        )
        answers = [new if new.text else old for new, old in zip(again, answers)]  # noqa: B905
    return majority(answers)
