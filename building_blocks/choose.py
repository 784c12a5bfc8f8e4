"""Choose one among several solutions."""

from masdesign.building_blocks._step import reply, solution
from masdesign.building_blocks.read import read_choice
from masdesign.types import Answer, Question
from masdesign.workflow import block, running


@block(cost="1 call", reference="arXiv:2311.17311", templates=("choose",))
async def choose(
    task: Question,
    answers: list[Answer],
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Shows several solutions to the model and returns the one that it chooses.

    It helps where answers are free text that cannot be counted, or where few drafts disagree and a
    vote has no majority. Solutions shown first tend to be chosen more often.
    Drafts without an answer are not shown; one that is left alone is returned without a call.
    ``text`` is empty where no choice could be read from the reply, or no draft had an answer.

    Cost: 1 call (none where fewer than two drafts have an answer).

    The item fails where the list is empty.

    Reference: Chen et al. 2023, Universal Self-Consistency for Large Language Model Generation,
    arXiv:2311.17311.

    Example::

        async def workflow(task):
            drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
            if agreement(drafts) == 1:
                return drafts[0]
            return await choose(task, drafts)
    """
    if not answers:
        raise running().failed("choose: the list of answers is empty", "give it at least one")
    shown = [answer for answer in answers if answer.text] or answers[:1]
    if len(shown) == 1:
        return shown[0]
    reply_text = await reply(
        "choose",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        solutions=[solution(answer) for answer in shown],
        instruction=instruction,
    )
    number = read_choice(reply_text, len(shown))
    return Answer("", reply_text) if number is None else shown[number - 1]
