"""Blocks in a real item's run: the sandbox, the waves and the trace as they are; the model is a script."""

from collections.abc import Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from rooms import Rooms

from masdesign.building_blocks import blocks
from masdesign.evaluation.services import ItemServices
from masdesign.lm.providers.scripted import Scripted
from masdesign.testing.block import dice
from masdesign.types import Item, Question
from masdesign.workflow import Design, MontySandbox, Runtime, run_item
from masdesign.workflow.branches import Branches
from masdesign.workflow.gate import Acting

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


@pytest.fixture
async def play():
    """Runs a design in the room with a model that gives the replies, one after another, or by a function."""
    async with MontySandbox() as sandbox:

        async def play(source, replies, *, native=False, window=4096, world=None, model="scripted"):
            rest = None if callable(replies) else iter(replies)
            lm = Scripted(replies if rest is None else lambda request: next(rest), model, window=window)
            if native:
                lm.profile = SimpleNamespace(native=frozenset({"tools"}))
            runtime = Runtime(
                {"": lm}, blocks(), sandbox, allow_no_calls=True, acting=Acting(world or Rooms())
            )
            item = Item("i", "Fetch the lamp.", "")
            gate = Branches(await runtime.acting.open(item, 0, ItemServices(runtime)))
            outcome = await run_item(
                Design(f"async def workflow(task):\n    {source}\n"),
                Question("Fetch the lamp."),
                runtime,
                gate,
            )
            return outcome, lm, await gate.outcome()

        yield play
