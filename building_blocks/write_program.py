"""Write a Python expression, and answer with its value."""

from masdesign.building_blocks._asking import read_value
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.read import read_program
from masdesign.types import Answer, Question
from masdesign.workflow import ToolError, block, running


@block(cost="1 call", reference="arXiv:2211.10435", templates=("write_program",))
async def write_program(
    task: Question, *, instruction: str = "", role: str = "", temperature: float = 0.0, model: str = ""
) -> Answer:
    """Writes a Python program for the problem, runs it, and answers with its value.

    Also known as program of thoughts. It helps where the model sets a calculation up rightly and
    carries it out wrongly. Only for tasks that declare the tool ``python``; elsewhere the item fails
    with a message that says so. The program runs in the sandbox: its last expression's value, else
    what it printed. ``text`` is empty where no program could be read, or where it failed;
    ``reasoning`` says which.

    Cost: 1 call, and a run of the interpreter.

    References: Gao et al. 2022, PAL: Program-aided Language Models, arXiv:2211.10435; Chen et al.
    2022, Program of Thoughts Prompting, arXiv:2211.12588.

    Example::

        async def workflow(task):
            computed = await write_program(task)
            if computed.text:
                return computed
            return await chain_of_thought(task)
    """
    run = running()
    if "python" not in run.runtime.tools:  # said before a call is paid for
        raise run.failed(
            "write_program: the task does not declare the tool python",
            "declare the tool, or use chain_of_thought",
        )
    reply_text = await reply(
        "write_program", role=role, temperature=temperature, model=model, task=task, instruction=instruction
    )
    source = read_program(reply_text)
    if not source:
        return Answer("", reply_text)
    try:
        value = await run.run_python(source)
    except ToolError as error:
        return Answer("", f"{reply_text}\nError: {error}")
    return read_value(value.strip(), reply_text, task)
