"""One action in the task's environment, for designs that decide themselves what to do next."""

from masdesign.types import Answer
from masdesign.workflow import block, running

ENDED = "(The episode has ended.)"


@block(cost="no call", reference="arXiv:2402.01030", calls=0, needs="environment")
async def act(tool: str, **arguments: str | int | float | bool | list[str] | None) -> Answer:
    """Calls one tool of the task's environment; ``text`` is what came of it.

    It helps where code should decide what is done next. A wrong call does not end the item: the text then
    begins with ``Error:``. ``reasoning`` is ``(The episode has ended.)`` once it has. Where the tool takes
    a number or an object, it may be given as JSON text.

    Cost: no call.

    The item fails where the task has no environment.

    Reference: Wang et al. 2024, Executable Code Actions Elicit Better LLM Agents, arXiv:2402.01030.

    Example::

        async def workflow(task):
            seen = await act("look", at="the shelf")
            return await ask("What is there?", task, seen)
    """
    observation = await running().act(tool, arguments)
    text = f"Error: {observation.text}" if observation.error else observation.text
    return Answer(text, ENDED if observation.done else "")
