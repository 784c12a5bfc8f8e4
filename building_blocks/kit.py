"""What a block of your own is written with: one call with a template, and the answer of its reply.

@block(templates=("shout",))
async def shout(task: Question, *, model: str = "") -> Answer:
    '''Shouts the problem at the model.'''
    return await ask_for_answer("shout", task, model=model)
"""

from __future__ import annotations

from typing import Any

from masdesign.building_blocks._asking import read_reply
from masdesign.building_blocks._step import reply
from masdesign.types import Answer, Question


async def ask_for_answer(
    template: str,
    task: Question,
    *,
    instruction: str = "",
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
    **values: Any,
) -> Answer:
    """Ask the model once with the block's template, and read its answer in the task's form.

    The answer is empty where the reply has none.

    Parameters:
        template: its name without ``.j2``. It sees ``task``, ``instruction`` and ``values``.
        role: the system message, where there is one.
        model: of several models of a run, the name of the one that is asked.
    """
    text = await ask_for_text(
        template,
        task=task,
        instruction=instruction,
        role=role,
        temperature=temperature,
        model=model,
        **values,
    )
    return read_reply(text, task)


async def ask_for_text(
    template: str,
    *,
    role: str = "",
    temperature: float = 0.0,
    model: str = "",
    stop: tuple[str, ...] = (),
    **values: Any,
) -> str:
    """Ask the model once with the block's template, and return its reply, up to the first of ``stop``."""
    return await reply(template, role=role, temperature=temperature, model=model, stop=stop, **values)
