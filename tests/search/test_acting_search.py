"""A search on a task with something to act on: designs that act are tried first, and one of them wins."""

import json
from random import Random

import pytest

import masdesign as md
from masdesign.environments import repair
from masdesign.lm import Scripted
from masdesign.search.grammar.classics import baselines, classics
from masdesign.search.grammar.generate import ACTING_CALLS, Grammar
from masdesign.tasks import load_task
from masdesign.types import Request

ACTING = Grammar(max_calls=ACTING_CALLS, acting=True)
ACTS = {name for name, form in ACTING.forms.items() if getattr(form.origin, "needs", "") == "environment"}


def handy_model(task) -> Scripted:
    """Mends what it is shown where it may act; without tools it can but guess."""
    items = [*task.train, *task.val, *task._all("test")]
    actions = {item.question: repair.oracle(item) for item in items}

    def reply(request: Request) -> str:
        asked = request.messages[0].content
        known = [question for question in actions if question in asked]
        if not known or "Action:" not in asked:
            return "Verdict: right\nAnswer: done"
        step = sum(message.role == "assistant" for message in request.messages)
        if step >= len(actions[known[0]]):
            return "Answer: done"
        action = actions[known[0]][step]
        return f"Thought: next.\nAction: {action.tool} {json.dumps(dict(action.arguments))}"

    return Scripted(reply, window=100_000)


def test_the_plain_agent_is_a_baseline_and_what_acts_is_known() -> None:
    assert "agent()" in map(str, baselines(ACTING))
    known = {part.name for tree in classics(ACTING) for part in tree.walk()}
    assert {"agent", "plan_and_act", "delegate", "tree_of_actions"} <= known
    assert not ACTS & {part.name for tree in classics(Grammar()) for part in tree.walk()}


def test_a_good_part_of_what_is_grown_acts_and_keeps_to_the_bound() -> None:
    rng = Random(0)
    grown = [ACTING.grow(rng) for _ in range(60)]
    acting = [tree for tree in grown if any(part.name in ACTS for part in tree.walk())]
    assert len(acting) >= 15
    assert any(tree.parts for tree in acting)
    assert all(ACTING.calls(tree) <= ACTING_CALLS for tree in grown)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["portfolio", "random"])
def test_the_winner_of_a_search_on_repair_acts(tmp_path, strategy: str) -> None:
    task = load_task("repair", items=16, test_items=8)
    result = md.run_search(
        task,
        model=handy_model(task),
        budget="1500calls",
        strategy=strategy,
        archive=tmp_path / "archive.db",
    )
    assert result.best_test.score == 1.0
    assert any(f"{name}(" in result.best.source for name in ACTS)
    with md.Archive(tmp_path / "archive.db") as archive:
        tried = [stored.source for stored in archive.designs()]
    assert sum(any(f"{name}(" in source for name in ACTS) for source in tried) >= 3
