"""Write the list of what is to be done with the tools, or what is left of it."""

from masdesign.building_blocks._acting import scene_text, tool_lines
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._step import reply
from masdesign.building_blocks._window import line_that_fits
from masdesign.building_blocks.read import read_numbered
from masdesign.types import Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2503.09572", templates=("todo",), needs="environment")
async def todo(
    task: Question,
    n: int = 4,
    done: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> list[str]:
    """Writes a to-do list of at most n steps, in view of the tools and of what is ``done``.

    It helps where a task takes many actions: `agent` then does one step after another. Called again with
    what has been done, it gives what is left, which may be nothing. Without an environment it is shown
    no tools.

    Cost: 1 call.

    The item fails where n is below 1.

    Reference: Erdogan et al. 2025, Plan-and-Act: Improving Planning of Agents for Long-Horizon Tasks,
    arXiv:2503.09572.

    Example::

        async def workflow(task):
            reports = []
            for step in await todo(task, n=3):
                report = await agent(Question(step), memory="\\n".join(reports))
                reports.append(f"- {step}: {report.text}")
            return await agent(task, memory="\\n".join(reports))
    """
    at_least_one("todo", n=n)
    gate = running().gate
    reply_text = await reply(
        "todo",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        n=n,
        tools=tool_lines(gate.tools, model) if gate else [],
        start=scene_text(model) if gate else "",
        done=[line_that_fits(entry, model) for entry in done or ()],
        instruction=instruction,
    )
    return [line_that_fits(line, model) for line in read_numbered(reply_text, "step")[:n]]
