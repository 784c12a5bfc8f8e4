"""Turn the passages into a note, then solve from the note."""

from masdesign.building_blocks._window import note_that_fits
from masdesign.building_blocks.ask import ask
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(cost="2 calls", reference="arXiv:2310.04408", calls=2)
async def summarise(
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Notes what the problem needs of its passages, then solves it from the note alone.

    It helps where passages are long and little in them matters: the solving prompt is short and free of
    distractors. What the note leaves out is lost. A problem without passages is noted itself: what is
    given, and what is asked. An ``instruction`` replaces the last request.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2 calls.

    Reference: Xu, Shi, Choi 2023, RECOMP: Improving Retrieval-Augmented LMs with Compression and
    Selective Augmentation, arXiv:2310.04408.

    Example::

        async def workflow(task):
            return await summarise(task)
    """
    note = await ask(
        "Do not solve the problem. Note every fact that is needed to solve it, one a line, and nothing else.",
        task,
        output="",
        role=role,
        temperature=temperature,
        model=model,
    )
    return await ask(
        instruction or "Solve the problem from this note, step by step.",
        Question(task.question, (), task.choices),
        note_that_fits(note.text, model),
        role=role,
        temperature=temperature,
        model=model,
    )
