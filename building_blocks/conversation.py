"""One model in one conversation: the turns of a team, all by one that remembers what it said."""

from __future__ import annotations

from masdesign.building_blocks._asking import as_asked, ending_of, read_stated, with_ending
from masdesign.building_blocks._prompt import render
from masdesign.building_blocks._step import kept_reply
from masdesign.types import Answer, Message, Question
from masdesign.workflow import block, running


@block(
    cost="len(turns) calls",
    reference="arXiv:2601.12307",
    calls=lambda turns=None, **_: len(turns or range(2)),
    templates=("conversation",),
)
async def conversation(
    task: Question,
    turns: list[str] | None = None,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem in the turns of one conversation, each in sight of all before.

    It helps where the agents of a team share a model: what one of them found need not be told to the
    next, and a provider that caches the shared beginning of prompts charges it once. What was said
    earlier also misleads: a judge that has just solved the problem seldom finds its own mistake.
    Each of ``turns`` is one request, in order; by default to think, then to check and answer. The
    last should ask for a last line ``Answer: …``; of replies without one, the last answer given counts.
    An ``instruction`` replaces the first request. ``text`` is empty where no reply had an answer.

    Cost: one call a turn, with a prompt that grows by each reply.

    The item fails where ``turns`` is empty.

    Reference: Rethinking the Value of Multi-Agent Workflow: A Strong Single Agent Baseline (OneFlow),
    2026, arXiv:2601.12307.

    Example::

        async def workflow(task):
            return await conversation(task, ["Think step by step.", "Check it. End with: Answer: ..."])
    """
    if turns is not None and not turns:
        raise running().failed("conversation: there is no turn", "give at least one request")
    requests = turns or ["", "Check each step. Then give the answer on the last line: Answer: ..."]
    task = as_asked(task)
    ending = ending_of(task)
    opening = render("conversation", role=role, task=task, instruction=instruction or requests[0])
    messages = list(opening)
    answer = Answer("")
    for number, turn in enumerate(requests):
        if number:
            messages.append(Message("user", with_ending(turn, ending) if "Answer:" in turn else turn))
        completion = await running().complete(messages, model=model, temperature=temperature)
        text = kept_reply(completion, running().lm(model).window)
        messages.append(Message("assistant", text))
        stated = read_stated(text, task)
        answer = stated if stated.text or not answer.text else answer
    return answer
