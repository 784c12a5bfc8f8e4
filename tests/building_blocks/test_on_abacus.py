"""Each block at work on the embedded model: it is understood, and it does what its docstring says."""

import pytest

from masdesign.aio import run_sync
from masdesign.evaluation.items import run_items
from masdesign.evaluation.session import open_runtime
from masdesign.tasks import load_task
from masdesign.workflow import Design

ITEMS = 24
WORKFLOWS = {
    "direct": "return await direct(task)",
    "chain_of_thought": "return await chain_of_thought(task)",
    "self_consistency": "return await self_consistency(task)",
    "write_program": "return await write_program(task)",
    "ask": 'return await ask("Solve the problem step by step.", task)',
    "verify": """
    draft = await chain_of_thought(task, temperature=0.8)
    verdict = await verify(task, draft)
    return Answer(draft.text, verdict.critique)""",
    "revise": """
    draft = await direct(task)
    verdict = await verify(task, draft)
    return await revise(task, draft, verdict.critique)""",
    "debate_round": """
    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(2)])
    return await debate_round(task, drafts[0], drafts[1:])""",
    "choose": """
    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])
    return await choose(task, drafts)""",
}
"""For each block, a workflow that ends with it."""


async def all_outcomes(task):
    found = {}
    async with open_runtime("abacus", tools={"python"}) as runtime:
        for name, body in WORKFLOWS.items():
            rows = found[name] = []
            design = Design(f"async def workflow(task):\n    {body.strip()}\n")
            await run_items(design, task.val, runtime, lambda *row, rows=rows: rows.append(row))
    return found


@pytest.fixture(scope="module")
def task():
    return load_task("arithmetic", items=ITEMS)


@pytest.fixture(scope="module")
def outcomes(task):
    """For each block, (item, outcome) in order of items."""
    return run_sync(all_outcomes, task)


@pytest.fixture(scope="module")
def scores(task, outcomes):
    """For each block, the share of items that its workflow gets right."""
    return {
        name: sum(task.metric(outcome.answer, item) for item, outcome in rows if outcome.answer) / len(rows)
        for name, rows in outcomes.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_model_understands_the_prompt(name, outcomes):
    """Its replies can be read, but for one now and then."""
    failures = [outcome.failure for _, outcome in outcomes[name] if outcome.failure is not None]
    assert len(failures) <= 2, failures
    assert {failure.kind for failure in failures} <= {"parse", "cut"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_last_reply_says_what_was_asked_for(name, outcomes):
    marker = {"verify": "Verdict:", "choose": "Choice:", "write_program": "Program:"}.get(name, "Answer:")
    replies = [outcome.trace.root.children[-1] for _, outcome in outcomes[name]]
    texts = [
        node.completion.text for reply in replies for node in reply.walk() if node.completion is not None
    ]
    assert sum(marker in text for text in texts) >= 0.9 * len(texts)


def test_steps_do_better_than_none(scores):
    assert scores["chain_of_thought"] > scores["direct"]


@pytest.mark.parametrize("name", [name for name in WORKFLOWS if name != "direct"])
def test_every_block_solves_some_problems(name, scores):
    assert scores[name] >= 0.25, scores


def test_a_vote_does_no_worse_than_a_draw(scores):
    assert scores["self_consistency"] >= scores["verify"] - 0.1  # the answer there is one draw


def test_a_revision_of_a_guess_improves_it(scores):
    assert scores["revise"] > scores["direct"]


def test_the_judge_tells_right_from_wrong(task, outcomes):
    """On solutions of its own: the mean of its shares of right ones passed and of wrong ones stopped."""
    judged = [
        ("Verdict: right" in outcome.answer.reasoning, bool(task.metric(outcome.answer, item)))
        for item, outcome in outcomes["verify"]
        if outcome.answer is not None
    ]
    passed = [said for said, right in judged if right]
    stopped = [not said for said, right in judged if not right]
    assert sum(passed) / len(passed) + sum(stopped) / len(stopped) > 2 * 0.65
