"""An agent: thinks, calls a tool, looks at what came of it, and so on until it is done."""

from __future__ import annotations

from masdesign.building_blocks._acting import Talk, shown_tools
from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import as_asked, ending_of, read_reply, read_stated
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Message, Question
from masdesign.workflow import block, running
from masdesign.workflow.run import takes_tools

FINISH = "You can take no further step. Give the answer now, as far as you have come."
LINE = "Write: Answer: ..."
GO_ON = "Write one line Action: tool {...}, or one line Answer: ..."


@block(
    cost="up to max_steps + 1 calls",
    reference="arXiv:2210.03629",
    calls=lambda max_steps=30, **_: max_steps + 1,
    templates=("agent",),
    needs="environment",
)
async def agent(
    task: Question,
    max_steps: int = 30,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Acts in the task's environment, step by step, until it is done.

    It helps where a problem has to be worked on and not only thought about: the tools are those of the
    task. It stops by itself (an answer, or the end of the episode), after ``max_steps`` turns, or where
    it goes round in circles (the same call with the same result three times). Where it was stopped it is
    asked once more for its answer. Where the conversation is too long for the model's window, the oldest
    observations are shortened. An ``instruction`` replaces what it is told to do, but not the form.
    Without an environment the problem is solved by `chain_of_thought`.

    Cost: max_steps + 1 calls at most.

    The item fails where max_steps is below 1.

    Reference: Yao et al. 2022, ReAct: Synergizing Reasoning and Acting in Language Models,
    arXiv:2210.03629; Yang et al. 2024, SWE-agent, arXiv:2405.15793 (what to tell of a long observation).

    Example::

        async def workflow(task):
            return await agent(task, max_steps=60)
    """
    at_least_one("agent", max_steps=max_steps)
    run = running()
    if run.gate is None:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    native = takes_tools(run.lm(model))
    messages = render(
        "agent",
        role=role,
        task=as_asked(task),
        start=run.gate.start.text,
        tools=() if native else shown_tools(run.gate.tools),
        instruction=instruction,
    )
    talk = Talk(list(messages), run.gate.tools, model, temperature, native)
    silent = 0
    for _ in range(max_steps):
        turn = await talk.turn()
        answer = read_stated(turn.text, task)
        if turn.calls:
            observation = await talk.do(turn.calls)
            if observation.done:
                return _answered(answer.text or observation.text, talk)
            if talk.goes_round:
                break
        elif answer.text:
            return _answered(answer.text, talk)
        elif silent:
            break
        else:
            silent += 1
            talk.messages.append(Message("user", GO_ON))
    ending = ending_of(as_asked(task))
    last = await talk.turn(f"{FINISH}\n{ending}" if ending else f"{FINISH} {LINE}")
    return _answered((read_reply if ending else read_stated)(last.text, task).text, talk)


def _answered(text: str, talk: Talk) -> Answer:
    return Answer(text, "\n".join(talk.transcript))
