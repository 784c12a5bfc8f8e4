"""A critic holds a draft against one rule at a time; a reviser mends it."""

from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.building_blocks.revise import revise
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="2 * len(rules) + 1 calls",
    reference="arXiv:2212.08073",
    calls=lambda rules=None, **_: 2 * len(rules or ["steps", "question"]) + 1,
)
async def critic_reviser(
    task: Question,
    rules: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Has a critic hold a draft against each rule, a reviser mend it.

    It helps where what makes a good answer can be said in a few rules: of form, of safety, of
    what is often forgotten. Unlike `self_refine` it does not ask whether the draft is right, so that every
    rule costs two calls, and a draft without fault is revised as well.
    By default two rules: every step is right; the answer is what was asked for. A revision without
    an answer is dropped. The critic has a role of its own; ``role`` is that of the solver and reviser,
    ``temperature`` theirs too; the critic's is 0.

    Cost: 2 * len(rules) + 1 calls; 5 with the default rules.

    Reference: Bai et al. 2022, Constitutional AI: Harmlessness from AI Feedback, arXiv:2212.08073 (its
    critiques and revisions).

    Example::

        async def workflow(task):
            return await critic_reviser(task, ["The units are right.", "The answer is one number."])
    """
    rules = rules or ["Every step is right.", "The answer is what the problem asks for."]
    draft = await chain_of_thought(
        task, instruction=instruction, role=role, temperature=temperature, model=model
    )
    for rule in rules:
        critique = await ask(
            f"Check this solution by one rule: {rule} Say where it is not kept, and how to correct it.",
            task,
            draft,
            role="You are a strict critic.",
            output="",
            model=model,
        )
        revised = await revise(
            task, draft, critique.text or rule, role=role, temperature=temperature, model=model
        )
        draft = revised if revised.text else draft
    return draft
