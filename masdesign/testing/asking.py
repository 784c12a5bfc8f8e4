"""One question answered by a design or a block, with a script in place of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from masdesign.aio import run_sync
from masdesign.building_blocks import BLOCKS
from masdesign.lm import Scripted as Scripted
from masdesign.types import Completion, Question, Request
from masdesign.workflow import Block, Design, ItemOutcome, MontySandbox, Runtime, run_item

Reply = Callable[[Request], "str | Completion | Exception"]


def answer(
    design: Design | Block[..., Any],
    question: Question | str,
    reply: Reply = lambda request: "Answer: 4",
    *,
    blocks: Iterable[Block[..., Any]] = (),
    tools: Iterable[str] = (),
) -> tuple[ItemOutcome, Scripted]:
    """Run a design, or a block that takes only a task, in the sandbox as a search would.

    Parameters:
        reply: gives each reply, or the exception that the model raises.
        blocks: blocks of your own that the design names.
        tools: what it may use: ``python``, ``calculator``, ``retrieval``.

    Returns:
        What became of the question, and the model: its ``requests`` lists what it was asked.

    >>> outcome, model = answer(Design("async def workflow(task): return await direct(task)"), "2 + 2 =")
    >>> outcome.answer.text, len(model.requests)
    ('4', 1)
    """
    registered = BLOCKS.all() | {block.name: block for block in blocks}
    if isinstance(design, Block):
        registered[design.name] = design
        design = Design(f"async def workflow(task):\n    return await {design.name}(task)\n")
    model = Scripted(reply)
    posed = question if isinstance(question, Question) else Question(question)
    return run_sync(_run, design, posed, model, registered, frozenset(tools)), model


async def _run(
    design: Design,
    question: Question,
    model: Scripted,
    registered: dict[str, Block[..., Any]],
    tools: frozenset[str],
) -> ItemOutcome:
    async with MontySandbox() as sandbox:
        return await run_item(design, question, Runtime({"": model}, registered, sandbox, tools=tools))
