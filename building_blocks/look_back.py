"""Look back on an attempt: was the task done, and what should be done differently?"""

from masdesign.building_blocks._fit import fit_share
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.read import read_field, read_verdict
from masdesign.types import Question, Verdict
from masdesign.workflow import block


@block(cost="1 call", reference="arXiv:2303.11366", templates=("look_back",), needs="environment")
async def look_back(
    task: Question,
    history: str,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Verdict:
    """Says whether an attempt did the task; ``critique`` is the lesson for the next one.

    It helps where a task can be tried again: the next attempt is told the lesson. ``history`` is what was
    done and seen. A reply that cannot be read approves of nothing.

    Cost: 1 call.

    Reference: Shinn et al. 2023, Reflexion: Language Agents with Verbal Reinforcement Learning,
    arXiv:2303.11366.

    Example::

        async def workflow(task):
            first = await agent(task, max_steps=10)
            verdict = await look_back(task, first.reasoning)
            return first if verdict.ok else await agent(task, memory=verdict.critique)
    """
    text = await reply(
        "look_back",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        history=fit_share(history, 0.5, model),
        instruction=instruction,
    )
    return Verdict(read_verdict(text).ok, line_that_fits(read_field(text, "lesson").text, model))
