"""Which of a problem's passages a question needs: by retrieval, or by the model."""

from __future__ import annotations

from collections.abc import Sequence

from masdesign.building_blocks.focus import focus
from masdesign.types import Question
from masdesign.workflow import running


async def passages_for(
    question: str, passages: Sequence[str], n: int, *, role: str, temperature: float, model: str
) -> tuple[str, ...]:
    """The passages that a question needs.

    Where the task declares the tool ``retrieval``: the n closest to it, the closest first; no call, or
    one where the run has an embedding model. Elsewhere: those that the model names when it is shown all
    (`focus`), one call; all of them where it names none. At most one passage is given back as it is.
    """
    if len(passages) < 2:
        return tuple(passages)
    if "retrieval" in running().runtime.tools:
        return tuple(await running().retrieve(question, passages, n))
    kept = await focus(Question(question, tuple(passages)), role=role, temperature=temperature, model=model)
    return kept.context
