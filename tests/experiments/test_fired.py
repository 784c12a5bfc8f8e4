"""Essential steps: read from traces, of registered blocks, and happening where a family is made for them."""

from __future__ import annotations

import pytest

from masdesign.building_blocks import blocks
from masdesign.experiments.block_scores import block_scores
from masdesign.experiments.fired import ESSENTIAL, MADE_FOR, fired
from masdesign.lm import Cached
from masdesign.lm.abacus.provider import AbacusLM
from masdesign.records.cache import Cache
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import load_task
from masdesign.tasks.families import families
from masdesign.types import Answer, Verdict
from masdesign.workflow import Design, MontySandbox, Runtime
from masdesign.workflow.trace import Node


def trace(*steps: tuple[str, str, object]) -> Node:
    root = Node("workflow", "workflow")
    for name, kind, output in steps:
        root.child(name, kind).output = output
    return root


GAVE = {
    "agent": trace(("lookup", "tool", "Bamo: code 34.")),
    "delegate": trace(("todo", "block", ["Find it."]), ("lookup", "tool", "34")),
    "isolate": trace(("split_question", "block", ["How many?", "For how much?"])),
    "router": trace(("classify", "block", "hard")),
    "critic_reviser": trace(
        ("ask", "block", Answer("Step 2 is wrong.")), ("revise", "block", Answer("4", "Answer: 4"))
    ),
    "imagine": trace(("foresee", "block", (5.0, "a door")), ("foresee", "block", (2.0, "a wall"))),
    "self_refine": trace(
        ("verify", "block", Verdict(False, "step 2")), ("revise", "block", Answer("4", "Answer: 4"))
    ),
    "best_of_n": trace(("rate", "block", 3.0), ("rate", "block", 8.0)),
    "iterative_retrieval": trace(
        ("ask", "block", Answer("b", "Note: a\nMissing: b")), ("ask", "block", Answer("none", "Note: b"))
    ),
    "self_consistency": trace(
        ("chain_of_thought", "block", Answer("4")), ("chain_of_thought", "block", Answer("5"))
    ),
    "summarise": trace(("ask", "block", Answer("short"))),
}
DID_NOT = {
    "agent": trace(("lookup", "tool", "Error: There is no entry Bamo.")),
    "delegate": trace(("todo", "block", []), ("lookup", "tool", "34")),
    "isolate": trace(("split_question", "block", ["How many?"])),
    "router": trace(("classify", "block", "")),
    "critic_reviser": trace(
        ("ask", "block", Answer("Answer: 4")), ("revise", "block", Answer("4", "Answer: 4"))
    ),
    "imagine": trace(("foresee", "block", (5.0, "a door"))),
    "self_refine": trace(("verify", "block", Verdict(True, "ok"))),
    "best_of_n": trace(("rate", "block", 8.0), ("rate", "block", 8.0)),
    "iterative_retrieval": trace(("ask", "block", Answer("none", "Note: a\nMissing: none"))),
    "self_consistency": trace(
        ("chain_of_thought", "block", Answer("4")), ("chain_of_thought", "block", Answer(""))
    ),
    "summarise": trace(("ask", "block", Answer(""))),
}


@pytest.mark.parametrize("block", GAVE)
def test_the_essential_step_is_read_from_the_trace(block):
    assert fired(block, GAVE[block])
    assert not fired(block, DID_NOT[block])


def test_tables_name_blocks_and_families_that_exist():
    assert ESSENTIAL.keys() <= blocks().keys()
    assert {need.block for need in MADE_FOR} <= blocks().keys()
    assert {name for need in MADE_FOR for name in (need.family, need.control)} <= families().keys()
    assert all(need.family != need.control for need in MADE_FOR)
    assert len({need.mechanism for need in MADE_FOR}) == len(MADE_FOR)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("block", "family", "options"),
    [
        ("decompose", "arithmetic", ""),
        ("self_consistency", "navigate", ""),
        ("fast_and_slow", "ledger", ', slow="workflow"'),
        ("cascade", "arithmetic", ', hand_over="step", below=0.95'),
    ],
)
async def test_a_block_that_abacus_can_play_fires_on_the_family_made_for_it(block, family, options):
    """At least half of ten items."""
    lm = AbacusLM()
    task = load_task(family, items=10)
    designs = {block: Design(f"async def workflow(task):\n    return await {block}(task{options})\n")}
    ledger = Ledger(Budget.parse(None))
    try:
        async with MontySandbox() as sandbox:
            with Cache.memory() as cache:
                runtime = Runtime(models={"": Cached(lm, cache)}, blocks=blocks(), sandbox=sandbox)
                _, (score,) = await block_scores(designs, task, runtime, seed=0, ledger=ledger)
    finally:
        await lm.aclose()
    assert score.fired >= 0.5
