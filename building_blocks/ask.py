"""The free form: any instruction, over any inputs, to any role and model."""

import re

from masdesign.building_blocks._asking import as_asked, ending_of, read_reply, read_stated, with_ending
from masdesign.building_blocks._step import labelled, reply
from masdesign.building_blocks._window import inputs_that_fit
from masdesign.building_blocks.read import read_field
from masdesign.types import Answer, Question, Verdict
from masdesign.workflow import block, running

_OUTPUT = re.compile(r"[^\W\d][\w -]{0,39}")


@block(cost="1 call", reference="arXiv:2408.08435", templates=("ask",))
async def ask(
    instruction: str,
    *inputs: Question | Answer | Verdict | str,
    role: str = "",
    output: str = "answer",
    model: str = "",
    temperature: float = 0.0,
) -> Answer:
    """Asks anything: an instruction of your own over any inputs, in any role.

    Use it for what no other block does: split a problem, summarise, score, take a persona, route by
    a label. The prompt shows each input under its kind (a task as Problem, an answer as Solution, a
    verdict as Critique, a string as Input, an empty string not at all), then the instruction, then
    asks for a last line ``Output: …``. The text of that line is the ``text`` of what is returned
    (empty where there is none), the whole reply its ``reasoning``. With ``output=""`` the whole reply
    is the text. Of inputs that a small model's window would not hold the middle is left out.

    Cost: 1 call.

    The item fails where the instruction is empty, or ``output`` is not a name.

    Reference: Hu, Lu, Clune 2024, Automated Design of Agentic Systems, arXiv:2408.08435 (the agent
    call with free instruction, role and output fields).

    Example::

        async def workflow(task):
            plan = await ask("Which rules does this problem need?", task, output="plan")
            return await ask("Solve the problem by this plan.", task, plan.text, role="You are a teacher.")
    """
    if not instruction.strip():
        raise running().failed("ask: the instruction is empty", "say what the model is to do")
    if output and not _OUTPUT.fullmatch(output):
        raise running().failed(
            f"ask: output {output[:50]!r} is not a name", "use one word or a few, such as 'answer' or 'score'"
        )
    posed = next((as_asked(value) for value in inputs if isinstance(value, Question)), None)
    ending = ending_of(posed) if posed is not None and output.lower() == "answer" else ""
    reply_text = await reply(
        "ask",
        role=role,
        temperature=temperature,
        model=model,
        instruction=with_ending(instruction, ending),
        inputs=inputs_that_fit([labelled(value) for value in inputs if value != ""], instruction, model),
        task=posed,
        output="" if ending else output.replace("_", " "),
    )
    if not output:
        return Answer(reply_text.strip(), reply_text)
    if output.lower() != "answer":
        return read_field(reply_text, output)
    return read_reply(reply_text, posed) if ending and posed is not None else read_stated(reply_text, posed)
