"""Try a task in its environment again and again, with the lessons of earlier trials."""

from masdesign.building_blocks._agent import Agent, or_think, select_tools, take_turns
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._window import room
from masdesign.building_blocks.look_back import look_back
from masdesign.types import Answer, Question
from masdesign.workflow import block, running

LESSONS = "Lessons of earlier attempts:"


@block(
    cost="up to trials * (max_steps + 2) - 1 calls",
    reference="arXiv:2303.11366",
    calls=lambda trials=3, max_steps=12, **_: trials * (max_steps + 2) - 1,
    needs="environment",
)
@or_think
async def reflexion_trials(
    task: Question,
    trials: int = 3,
    max_steps: int = 12,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Tries, looks back, and begins anew with the lesson.

    It helps where an environment can be begun anew, and a failure can be put into words. The paper is
    told of success by the environment; here the model looks back itself (`look_back`), since rewards are
    not shown to agents. The last trial counts, and is not looked back on.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: trials * (max_steps + 2) - 1 calls at most.

    The item fails where trials or max_steps is below 1, or a tool changes the world outside.

    Reference: Shinn et al. 2023, Reflexion: Language Agents with Verbal Reinforcement Learning,
    arXiv:2303.11366 (trials in ALFWorld).

    Example::

        async def workflow(task):
            return await reflexion_trials(task, trials=2, max_steps=20)
    """
    at_least_one("reflexion_trials", trials=trials, max_steps=max_steps)
    actor = Agent(task, "", select_tools(None, False), instruction, role, temperature, model)
    lessons: list[str] = []
    for trial in range(trials):
        trained = actor.remember("\n".join([LESSONS, *lessons])) if lessons else actor
        talk = trained.begin()
        answer = await take_turns(trained, talk, max_steps)
        if trial == trials - 1:
            break
        verdict = await look_back(task, talk.told(room(model, 0.5)), role=role, model=model)
        if verdict.ok:
            break
        if verdict.critique:
            lessons.append(f"- {verdict.critique}")
        await running().reset()
    return answer
