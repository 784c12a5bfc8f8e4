"""Blocks in a real item's run: the sandbox, the waves and the trace as they are; the model is a script."""

from collections.abc import Callable
from contextlib import asynccontextmanager

import pytest

from masdesign.building_blocks import blocks
from masdesign.lm.providers.scripted import Scripted
from masdesign.testing.block import dice
from masdesign.types import Question
from masdesign.workflow import Design, MontySandbox, Runtime, run_item

QUESTION = Question("((1 + 2) * 3) =", ("Work from the inside out.",), ("9", "(B) 10"))


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
