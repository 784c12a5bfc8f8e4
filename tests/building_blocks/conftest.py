"""Blocks in a real item's run: the sandbox, the waves and the trace as they are; the model is a script."""

import hashlib
from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm.providers.scripted import Scripted
from masdesign.types import Question
from masdesign.workflow import Design, MontySandbox, Runtime, run_item

QUESTION = Question("((1 + 2) * 3) =", ("Work from the inside out.",), ("9", "(B) 10"))

MORE = ("Question 1: What is 1 + 2?", "Question 2: What is 3 * 3?", "Problem: (1 + 2) * 3 =", "Score: 7",
        "Kind: easy", "Passages: 1")  # fmt: skip
"""What the other markers say: questions of a split, a problem without distractors, a score, a kind."""


def dice(request):
    """A model that errs: what it says depends on the prompt and on the number of the draw."""
    seed = repr((request.messages, request.sample, request.world)).encode()
    roll = hashlib.sha256(seed).digest()[0]
    verdict = "right" if roll % 2 else "wrong"
    lines = [f"I roll {roll}.", f"Answer: {roll % 3}", f"Verdict: {verdict}", f"Choice: {1 + roll % 2}"]
    return "\n".join([*lines, f"Program: {roll} % 3", "Plan: add, then multiply", *MORE])


@pytest.fixture
def script():
    """The model that errs, for a run that names its models."""
    return dice


@pytest.fixture
def runtime():
    """Opens a runtime around a script: ``async with runtime(script, tools={"python"}) as (runtime, lm)``."""

    @asynccontextmanager
    async def opened(script: Callable = dice, *, tools=frozenset(), known=None, **models):
        lm = Scripted(script)
        async with MontySandbox() as sandbox:
            yield (
                Runtime(
                    models={"": lm} | models,
                    blocks=blocks() if known is None else known,
                    sandbox=sandbox,
                    tools=frozenset(tools),
                ),
                lm,
            )

    return opened


@pytest.fixture
def run(runtime):
    """Runs the source of a workflow on one question: ``outcome, lm = await run(source, script)``."""

    async def run(source, script=dice, *, question=QUESTION, tools=frozenset(), **models):
        async with runtime(script, tools=tools, **models) as (opened, lm):
            return await run_item(Design(source), question, opened), lm

    return run


@pytest.fixture
def call(run):
    """Runs one call of a block, written as an expression: ``await call("direct(task)", script)``."""

    async def call(expression, script=dice, **options):
        return await run(f"async def workflow(task):\n    return await {expression}", script, **options)

    return call
