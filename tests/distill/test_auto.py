"""`auto` forecasts, measures what is worth it, and says why; conversations hold what their steps saw."""

from __future__ import annotations

import re

import pytest

from masdesign.distill import run_distill_async
from masdesign.environments import Toolbox
from masdesign.errors import InputError
from masdesign.lm import Scripted
from masdesign.tasks import Task
from masdesign.types import Item
from masdesign.workflow import Design

APART = Design("async def workflow(task):\n    return await isolate(task, n=2)\n", name="apart")
SHELVES = ("Oak", "Elm", "Fir", "Ash", "Yew", "Box")


def shelf_items(name, count):
    """Sums of two figures that lie in passages of their own."""
    items = []
    for n in range(count):
        a, b = SHELVES[n % 6], SHELVES[(n + 2) % 6]
        figures = {tree: (n * 7 + 3 * place) % 50 + 10 for place, tree in enumerate(SHELVES)}
        passages = tuple(f"{tree} {name}{n}: sales {figure}." for tree, figure in figures.items())
        question = f"Sales of {a} {name}{n} plus sales of {b} {name}{n}?"
        items.append(Item(f"{name}{n}", question, str(figures[a] + figures[b]), context=passages))
    return items


def reader(request):
    """Reads one passage at a time: among several it takes the first."""
    prompt = request.messages[-1].content
    if "Write at most" in prompt or "Split" in prompt:
        a, b = re.findall(r"sales of (\w+ \w+)", prompt, re.IGNORECASE)[-2:]
        return f"Question 1: Sales of {a}?\nQuestion 2: Sales of {b}?"
    if "Write it again" in prompt or "Passages:" in prompt:
        return "Passages: 1"
    if found := re.findall(r"Answer \d: (\d+)", prompt):
        return f"{' + '.join(found)}\nAnswer: {sum(map(int, found))}"
    figures = re.findall(r"sales (\d+)\.", prompt)
    return f"Read.\nAnswer: {figures[0] if figures else 0}"


@pytest.fixture
def shelves():
    splits = {"train": 24, "val": 30, "test": 12}
    return Task.of(
        "shelves", **{name: shelf_items(name, count) for name, count in splits.items()}, tools=("retrieval",)
    )


@pytest.mark.slow
async def test_a_prompt_that_keeps_the_gain_is_forecast_measured_and_taken(tmp_path, shelves):
    found = await run_distill_async(
        APART, shelves, model=Scripted(reader), archive=tmp_path / "archive.db", budget="3000calls"
    )
    assert found.method == "auto"
    first = found.drafts[0]
    assert first.how in (
        "converse: each turn alone, given its passages",
        "converse: one conversation, each turn given its passages",
    )
    assert first.forecast > 0.5
    assert found.test.student.score == 1.0 == found.test.teacher.score
    assert found.test.step_by_step.score < 0.5
    assert found.test.cost_ratio < 1 or "use the design" in found.test.advice
    assert any(note.startswith("forecast: ") and "contexts" in note for note in found.notes)
    assert any("left out" in note for note in found.notes)
    assert "transcribe: transcribed from the source" not in {tried.how for tried in found.drafts}


@pytest.mark.slow
async def test_passages_are_shown_only_where_their_step_needs_them(tmp_path, shelves):
    model = Scripted(reader)
    found = await run_distill_async(
        APART, shelves, method="converse", model=model, archive=tmp_path / "archive.db", budget="3000calls"
    )
    assert "{evidence}" in found.prompt.turns[1]
    asked = [r.messages[-1].content for r in model.requests if "step by step, then" in r.messages[-1].content]
    parts = [text for text in asked if re.search(r"^Problem: Sales of \w+ \w+\?$", text, re.MULTILINE)]
    assert parts
    for text in parts:
        tree = re.search(r"Problem: Sales of (\w+ \w+)\?", text)[1]
        assert re.findall(r"Passage \d: (\w+ \w+):", text) == [tree]


@pytest.mark.slow
async def test_small_budgets_still_make_a_prompt(run):
    found, _, _ = await run("auto", budget="600calls")
    assert found.spend.calls <= 600
    assert found.drafts


def up(key: str) -> str:
    "Look a figure up."
    return str(len(key) * 3)


def clerk(request):
    """Looks up once where it is told to work in steps; else it guesses."""
    first = request.messages[0].content
    if "to-do" in first.lower() or "Write at most" in first or "Plan" in first:
        return "1. Look it up."
    said = [m for m in request.messages if m.role == "assistant"]
    key = re.search(r"of (\w+)\?", first)
    if not said and key:
        return f"Thought: I look.\nAction: up[{key[1]}]"
    seen = re.findall(r"Observation: (\d+)", request.messages[-1].content)
    return f"Answer: {seen[-1] if seen else 1}"


@pytest.mark.slow
async def test_a_design_that_acts_becomes_one_agent_with_its_tools(tmp_path):
    words = ["oak", "beech", "maple", "elm", "ash", "chestnut"]
    splits = {name: [Item(f"{name}{n}", f"What is the figure of {w}{name}{n}?", str(3 * len(f"{w}{name}{n}")))
                     for n, w in enumerate(words)] for name in ("train", "val", "test")}  # fmt: skip
    task = Task.of("figures", **splits, environment=Toolbox([up]))
    design = Design("async def workflow(task):\n    return await plan_and_act(task, n=2, max_steps=3)\n")
    found = await run_distill_async(
        design,
        task,
        method="transcribe",
        model=Scripted(clerk),
        archive=tmp_path / "a.db",
        budget="2000calls",
    )
    assert found.design.source.startswith(
        "async def workflow(task):\n    return await agent(task, instruction="
    )
    assert [tool.name for tool in found.prompt.tools] == ["up"]
    assert found.val.student.score == 1.0
    assert found.val.plain == "the plain agent"
    assert "the plain agent" in found.verdict
    assert '"name": "up"' in found.text("openai")
    with pytest.raises(InputError, match="an agent's prompt"):
        found.text("python")
