"""The tools that a task declares, as a prompt names them and as they are used."""

from __future__ import annotations

from masdesign.types import Question
from masdesign.workflow import ToolError, running

_USES = {
    "calculator": "an arithmetic expression",
    "python": "a Python program; its last expression is its result",
    "retrieval": "what to look for in the passages of the problem",
}


def tools_for(task: Question) -> list[tuple[str, str]]:
    """Name and input of each tool that the task declares; retrieval only where there are passages."""
    declared = running().runtime.tools
    return [(t, use) for t, use in _USES.items() if t in declared and (t != "retrieval" or task.context)]


async def observe(tool: str, argument: str, task: Question) -> str:
    """What the tool gives for the argument; an error is told, not raised."""
    run = running()
    try:
        if tool == "calculator":
            return await run.calculate(argument)
        if tool == "python":
            return await run.run_python(argument)
    except ToolError as error:
        return f"Error: {error}"
    return "\n".join(await run.retrieve(argument, task.context))
