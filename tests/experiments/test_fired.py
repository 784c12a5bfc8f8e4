"""Essential steps: read from traces, of registered blocks, and happening where a family is made for them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.bench_mechanisms import memory_for

from masdesign.building_blocks import blocks
from masdesign.evaluation.items import run_each
from masdesign.evaluation.session import open_runtime
from masdesign.experiments.fired import ESSENTIAL, MADE_FOR, fired
from masdesign.lm.abacus.provider import AbacusLM, folder_of
from masdesign.tasks import load_task
from masdesign.tasks.families import families
from masdesign.types import Answer, Verdict
from masdesign.workflow import Design
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
    "tree_of_actions": trace(
        ("appraise", "block", (0.2, "far")),
        ("appraise", "block", (0.6, "near")),
        ("discriminate", "block", (2, "It got further.")),
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
    "tree_of_actions": trace(
        ("appraise", "block", (0.2, "far")),
        ("appraise", "block", (0.6, "near")),
        ("discriminate", "block", (0, "")),
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


async def share_fired(
    block: str, family: str, lm: AbacusLM, options: str = "", difficulty: int | None = None
) -> float:
    """The share of ten items on which the essential step happened."""
    task, happened = load_task(family, items=10, difficulty=difficulty), []
    design = Design(f"async def workflow(task):\n    return await {block}(task{options})\n")

    async def judge(item, outcome):
        happened.append(fired(block, outcome.trace.root))

    async with open_runtime(lm, task=task) as opened:
        runtime = replace(opened, memory=memory_for(block, task))
        await run_each(design, task.val, runtime, judge, lambda item, judged: None)
    return sum(happened) / len(task.val)


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
    lm = AbacusLM()
    try:
        assert await share_fired(block, family, lm, options) >= 0.5
    finally:
        await lm.aclose()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("need", MADE_FOR, ids=lambda need: need.mechanism)
async def test_every_mechanism_fires_on_abacus_3(need):
    lm = AbacusLM(folder=folder_of("3"))
    try:
        assert await share_fired(need.block, need.family, lm, difficulty=need.difficulty) >= 0.5
    finally:
        await lm.aclose()
