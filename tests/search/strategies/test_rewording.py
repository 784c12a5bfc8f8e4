"""OPRO and PromptAgent: what each shows the model that writes, and how that reaches the designs."""

from __future__ import annotations

import re
from random import Random
from zlib import crc32

import pytest

from masdesign.archive.view import ArchiveView, Entry
from masdesign.building_blocks import blocks
from masdesign.errors import InputError
from masdesign.experiments.baselines import step_by_step
from masdesign.lm import Budgeted, Scripted
from masdesign.search.designer import Designer
from masdesign.search.grammar.generate import Grammar
from masdesign.search.objective import ScoreObjective
from masdesign.search.strategies.opro import OPRO
from masdesign.search.strategies.prompt_agent import PromptAgent
from masdesign.search.strategy import Setting
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task
from masdesign.types import Item, Request
from masdesign.workflow import Design, MontySandbox, Runtime, check

TASK = Task.of(
    "sums",
    train=[Item(f"t{i}", f"train canary {i} + 1 =", str(i + 1)) for i in range(4)],
    val=[Item("v", "val canary: 7 + 1 =", "8")],
    test=[Item("e", "test canary: 8 + 1 =", "9")],
    description="Add two numbers.",
)


def score(design: Design) -> float:
    """Each further check that is asked for is worth a tenth."""
    checks = re.search(r"Check (\d+) times", design.source)
    return 0.2 + 0.1 * int(checks[1]) if checks else 0.2


def optimiser(request: Request) -> str:
    """Goes one further than the best or the last instruction that it is shown; every third draw says less."""
    prompt = request.messages[-1].content
    if "Feedback: ..." in prompt:
        return "Feedback: It does not carry."
    checks = [int(n) for n in re.findall(r"Check (\d+) times", prompt)]
    more = (checks or [0])[-1] + (request.sample % 3 != 2)
    return f"Instruction: Check {more} times, {crc32(prompt.encode())}, {request.sample}."


@pytest.fixture
async def searching():
    """Runs a strategy for some batches of three; gives its entries and the prompts of the optimiser."""
    ledger = Ledger(Budget.parse(None))
    async with MontySandbox() as sandbox:

        async def searching(kind, batches, solver=lambda request: "Answer: 1", writer=optimiser):
            meta = Scripted(writer, "meta", window=100_000)
            lm = Budgeted(Scripted(solver), ledger)
            designer = Designer(Budgeted(meta, ledger), Runtime({"": lm}, blocks(), sandbox), ledger, TASK)
            strategy = kind(Setting(Grammar(), ScoreObjective(), Random(0), designer=designer))
            entries = (Entry(step_by_step(), 0.2, 50.0, 200, None, "complete"),)
            for _ in range(batches):
                proposals = await strategy.propose(ArchiveView(entries), 3)
                entries += tuple(
                    Entry(p.design, score(p.design), 50.0, 200, None, "complete") for p in proposals
                )
            return entries, [request.messages[-1].content for request in meta.requests]

        yield searching


@pytest.mark.slow
@pytest.mark.parametrize("kind", [OPRO, PromptAgent])
async def test_instructions_get_better_and_stay_readable(searching, kind) -> None:
    entries, prompts = await searching(kind, 5)
    assert len({entry.design.id for entry in entries}) == len(entries) > 10
    assert max(entry.score for entry in entries[-3:]) > max(entry.score for entry in entries[1:4]) > 0.2
    for entry in entries[1:]:
        check(entry.design, blocks())
        assert "Say on the last line: Answer: ..." in entry.design.source
        assert entry.design.origin == kind.name
        assert set(entry.design.parents) <= {other.design.id for other in entries}
    assert all("train canary" in prompt for prompt in prompts)
    assert not any(canary in prompt for prompt in prompts for canary in ("val canary", "test canary"))


async def test_opro_shows_a_trajectory_the_best_last(searching) -> None:
    entries, prompts = await searching(OPRO, 3)
    scores = [float(text) for text in re.findall(r"Score: ([\d.]+)", prompts[-1])]
    assert len(scores) == 1 + 3 + 3
    assert scores == sorted(scores)
    assert scores[-1] > scores[0]
    assert entries[-1].design.parents[0] in {entry.design.id for entry in entries[4:7]}


async def test_prompt_agent_writes_after_feedback_on_errors_down_the_best_branch(searching) -> None:
    entries, prompts = await searching(PromptAgent, 8)
    asked = [prompt for prompt in prompts if "Feedback: ..." in prompt]
    revised = [prompt for prompt in prompts if "Feedback: ..." not in prompt]
    assert all("Right answer: 3" in prompt and "Its answer: 1" in prompt for prompt in asked)
    assert all("It does not carry." in prompt for prompt in revised)
    first = [entry for entry in entries if entry.design.parents == (step_by_step().id,)]
    assert len(first) == 3  # then it goes down
    branch = {one.design.id: number for number, one in enumerate(first)}
    for entry in entries[4:]:
        branch[entry.design.id] = branch[entry.design.parents[0]]
    sizes = [list(branch.values()).count(number) for number in range(3)]
    assert sizes[2] == min(sizes) < max(sizes)  # the third draw adds nothing
    assert max(len(re.findall(r"Score: ", prompt)) for prompt in revised) >= 3  # the path is shown


def adds(request: Request) -> str:
    asked = re.search(r"(\d+) \+ 1", request.messages[-1].content)
    return f"Answer: {int(asked[1]) + 1}" if asked else "Hm."


async def test_without_errors_or_readable_replies_nothing_is_proposed(searching) -> None:
    entries, prompts = await searching(PromptAgent, 1, solver=adds)
    assert (len(entries), prompts) == (1, [])
    for kind in (OPRO, PromptAgent):
        entries, prompts = await searching(kind, 1, writer=lambda request: "Hm.")
        assert len(entries) == 1
        assert prompts


@pytest.mark.parametrize("kind", [OPRO, PromptAgent])
def test_both_need_a_model_that_writes(kind) -> None:
    with pytest.raises(InputError, match="give a meta-model"):
        kind(Setting(Grammar(), ScoreObjective(), Random(0)))
