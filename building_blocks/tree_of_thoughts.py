"""Search over steps, breadth first, keeping the partial solutions that are rated best."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks.ask import ask
from masdesign.building_blocks.next_step import next_step
from masdesign.building_blocks.rate import rate
from masdesign.types import Answer, Question
from masdesign.workflow import block, gather


@block(
    cost="up to 37 calls by default",
    reference="arXiv:2305.10601",
    calls=lambda width=2, branches=2, depth=5, **_: 2 * branches * (width * (depth - 1) + 1) + 1,
)
async def tree_of_thoughts(
    task: Question,
    width: int = 2,
    branches: int = 2,
    depth: int = 5,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.8,
    model: str = "",
) -> Answer:
    """Grows partial solutions by steps, and goes on from the best few.

    It helps where a wrong early step cannot be mended later and the judge sees it at once. With a
    poor judge it is a costly way to draw a solution or two: ten times the calls, where a vote is the bar.
    At each of ``depth`` levels every kept state grows ``branches`` next steps; equal ones count once;
    the ``width`` rated best are kept. It ends once all kept states have their answer, and returns
    the best of these; where none has, the best state is completed in one call.
    ``instruction`` is the request of the steps, ``temperature`` theirs; the judge's is 0.

    Cost: 2 * branches * (width * (depth - 1) + 1) + 1 calls at most: 37 by default.

    The item fails where width, branches or depth is below 1.

    Reference: Yao et al. 2023, Tree of Thoughts: Deliberate Problem Solving with Large Language
    Models, arXiv:2305.10601 (breadth-first search with values).

    Example::

        async def workflow(task):
            return await tree_of_thoughts(task, width=1, depth=4)
    """
    at_least_one("tree_of_thoughts", width=width, branches=branches, depth=depth)
    beam, values = [Answer("")], {"": 0.0}
    for _ in range(depth):
        grown = await gather(
            *[
                next_step(
                    task, state, instruction=instruction, role=role, temperature=temperature, model=model
                )
                for state in beam
                for _ in range(1 if state.text else branches)
            ]
        )
        states = list({state.reasoning: state for state in grown}.values())
        new = [state for state in states if state.reasoning not in values]
        rated = await gather(*[rate(task, state, role=role, model=model) for state in new])
        values.update({state.reasoning: value for state, value in zip(new, rated)})  # noqa: B905
        beam = sorted(states, key=lambda state: -values[state.reasoning])[:width]
        if all(state.text for state in beam):
            break
    for state in beam:
        if state.text:
            return state
    return await ask(
        "Complete this solution, step by step.",
        task,
        beam[0],
        role=role,
        temperature=temperature,
        model=model,
    )
