"""Argue which of several attempts did a task best."""

from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.read import read_choice, read_field
from masdesign.types import Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2410.20285", templates=("discriminate",), needs="environment")
async def discriminate(
    task: Question,
    attempts: list[str],
    arguments: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> tuple[int, str]:
    """Chooses the attempt (1, 2, ...) that did a task best, and argues for it.

    It helps at the end of a search: several debaters, each shown the ``arguments`` of the others, decide
    by majority. An attempt is what was done and seen in it. The number is 0 where the reply names none.

    Cost: 1 call.

    The item fails where there is no attempt.

    Reference: Antoniades et al. 2024, SWE-Search: Enhancing Software Agents with Monte Carlo Tree
    Search and Iterative Refinement, arXiv:2410.20285 (the discriminator's debate).

    Example::

        async def workflow(task):
            drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(2)])
            number, why = await discriminate(task, [draft.reasoning for draft in drafts])
            return drafts[max(number - 1, 0)]
    """
    if not attempts:
        raise running().failed("discriminate: there is no attempt", "give at least one")
    share = 0.5 / len(attempts)
    text = await reply(
        "discriminate",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        attempts=[fit_share(attempt, share, model) for attempt in attempts],
        arguments=[line_that_fits(argument, model) for argument in arguments or ()],
        instruction=instruction,
    )
    return read_choice(text, len(attempts)) or 0, read_field(text, "argument").text
