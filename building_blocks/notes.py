"""The item's notes: written and read by a design, and by the agents that take notes."""

from masdesign.building_blocks._notes import names_of_notes, read_note, write_note
from masdesign.environments.state import WrongCall
from masdesign.types import Answer
from masdesign.workflow import block, running


@block(cost="no call", reference="arXiv:2310.08560", calls=0, needs="environment")
async def notes(name: str = "", text: str = "") -> Answer:
    """Writes a note where there is a text, else reads it; without a name, lists the notes.

    It helps where several agents work on one item: what one of them writes, or the design itself, the others
    read (`agent` with ``notes=True``), however long ago it was. A note that is not there, or too many of
    them, do not end the item: the text then begins with ``Error:``.

    Cost: no call.

    Reference: Packer et al. 2023, MemGPT: Towards LLMs as Operating Systems, arXiv:2310.08560.

    Example::

        async def workflow(task):
            await notes("goal", task.question)
            await agent(task, max_steps=10, notes=True)
            seen = await notes("goal")
            return await agent(task, max_steps=10, notes=True, memory=seen.text)
    """
    try:
        seen = (write_note(name, text) if text else read_note(name)) if name else names_of_notes()
    except WrongCall as error:
        seen = f"Error: {error}"
    running().note("notes", seen)
    return Answer(seen)
