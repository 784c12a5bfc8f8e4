"""Solve a problem with lessons from earlier ones."""

from masdesign.building_blocks._arguments import at_least_one
from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._lessons import lesson_text, lessons_near, show_entries
from masdesign.building_blocks._step import reply
from masdesign.building_blocks.applies import applies
from masdesign.building_blocks.chain_of_thought import chain_of_thought
from masdesign.types import Answer, Question
from masdesign.workflow import block


@block(
    cost="up to 2 calls",
    reference="arXiv:2509.25140",
    calls=lambda check=True, **_: 2 if check else 1,
    templates=("recall",),
    needs="memory",
)
async def recall(
    task: Question,
    n: int = 3,
    check: bool = True,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
) -> Answer:
    """Solves a problem with at most n lessons of the run's memory.

    It helps where later problems need what earlier ones have taught: conventions, pitfalls, procedures.
    Lessons are found by the words of their conditions, and by their meaning where the run has an embedding
    model. With ``check`` twice as many are found, and the model says which `applies`, since a lesson in
    the wrong place misleads. Where the memory has none for the problem, this is `chain_of_thought`.
    ``text`` is empty where no answer could be read from the last reply.

    Cost: 2 calls; 1 without ``check``, and where no lesson shares a word with the problem.

    The item fails where n is below 1.

    Reference: Ouyang et al. 2025, ReasoningBank: Scaling Agent Self-Evolving with Reasoning Memory,
    arXiv:2509.25140.

    Example::

        async def workflow(task):
            return await recall(task, n=2)
    """
    at_least_one("recall", n=n)
    entries = await lessons_near(task, 2 * n if check else n)
    if check and entries:
        texts = [lesson_text(entry) for entry in entries]
        kept = await applies(task, texts, role=role, temperature=temperature, model=model)
        entries = [entry for entry, text in zip(entries, texts, strict=True) if text in kept]
    entries = show_entries(entries[:n], model)
    if not entries:
        return await chain_of_thought(
            task, instruction=instruction, role=role, temperature=temperature, model=model
        )
    text = await reply(
        "recall",
        role=role,
        temperature=temperature,
        model=model,
        task=task,
        entries=tuple(entries),
        instruction=instruction,
    )
    return read_reply(text, task)
