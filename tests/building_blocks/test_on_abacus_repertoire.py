"""Every block of the catalogue on the embedded model, through the evaluator: none fails by its own fault."""

import asyncio
import inspect
import re
import textwrap

import pytest

from masdesign.aio import run_sync
from masdesign.building_blocks import blocks
from masdesign.evaluation.evaluator import evaluate
from masdesign.evaluation.session import open_runtime
from masdesign.tasks import Task, load_task
from masdesign.tasks.task import TOOLS
from masdesign.types import Answer, Item
from masdesign.workflow import Design, call_bound

pytestmark = pytest.mark.timeout(900)  # a thousand calls, all of them in the first test's fixture
BLOCKS = {name: block for name, block in blocks().items() if block.calls != 0}
EXAMPLE = re.compile(r"^Example::\n\n((?:(?:    .*)?\n?)+)", re.MULTILINE)
PASSAGES = Item(
    "passages",
    "How many pens do Anna and Ben have together?",
    "7",
    ("Anna has 3 pens. Her book costs 12.", "Ben has 4 pens.", "Cora has 9 books."),
)
"""An item whose parts lie in separate passages."""


def source_of(block):
    """A workflow of one call of the block; of its example where it takes or gives something else."""
    given = [
        p
        for p in block.signature.parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if [p.name for p in given] == ["task"] and block.hints["return"] is Answer:
        return f"async def workflow(task):\n    return await {block.name}(task)\n"
    return textwrap.dedent(EXAMPLE.search(inspect.cleandoc(block.doc)).group(1))


def mixed_task():
    """Three items of as many kinds (numbers, options, passages), with every tool and a few `train` items."""
    sums, walks = load_task("arithmetic", items=1), load_task("navigate", items=1)
    val = [sums.val[0], walks.val[0], PASSAGES]
    return Task.of("mixed", train=sums.train[:8], val=val, metric="exact", tools=TOOLS)


async def all_evaluations(task):
    """Each block's evaluation by name, all at once, so that the model's batches are full."""
    async with open_runtime("abacus", task=task) as runtime:
        found = await asyncio.gather(
            *[evaluate(Design(source_of(block)), task, "val", runtime) for block in BLOCKS.values()]
        )
    return dict(zip(BLOCKS, found, strict=True))


@pytest.fixture(scope="module")
def evaluations():
    return run_sync(all_evaluations, mixed_task())


@pytest.mark.slow
@pytest.mark.parametrize("name", BLOCKS)
def test_no_item_fails_by_the_block_s_own_fault(name, evaluations):
    results = evaluations[name].results
    assert len(results) == 3
    failures = [result.failure for result in results if result.failure is not None]
    assert {failure.kind for failure in failures} <= {"parse", "cut"}, failures


@pytest.mark.parametrize("name", BLOCKS)
def test_it_asks_and_no_more_often_than_was_known_before(name, evaluations):
    bound = call_bound(Design(source_of(BLOCKS[name])), BLOCKS)
    assert all(1 <= result.calls <= bound for result in evaluations[name].results)
