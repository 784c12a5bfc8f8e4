"""`solve` on a scripted model: plans, reflection, what is unknown, what a budget leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from zlib import crc32

import pytest

from masdesign.building_blocks import blocks
from masdesign.errors import BudgetExhausted, CredentialsError, ProviderError
from masdesign.lm import Budgeted, Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.search.designer import Designer
from masdesign.search.solve import SolvedQuestion, TriedWorkflow, solve
from masdesign.search.solve.plan import LADDER, Plan, SubQuestion
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.types import Question, Request
from masdesign.workflow import MontySandbox, Runtime, check

QUESTION = Question("Ann has 3 pens and Bob 4 boxes of 5. How many things in all?")
PARTS = "Question 1: How many things does Ann have?\nQuestion 2: How many things does Bob have?"
Script = Callable[[Request], "str | Exception"]


def asked(request: Request) -> str:
    """What kind of step a prompt is: split, merge, judge, revise, or solve (the whole, or a part)."""
    prompt = request.messages[-1].content
    for mark, kind in (
        ("Split it into", "split"), ("Answer 1:", "merge"), ("Check the solution", "judge"),
        ("Critique:", "revise"), ("Another solution:", "debate"), ("at once", "direct"),
    ):  # fmt: skip
        if mark in prompt:
            return kind
    found = re.search(r"Problem: (.*)", prompt)
    assert found
    return "ann" if "does Ann" in found[1] else "bob" if "does Bob" in found[1] else "whole"


async def solved(
    script: Script, budget: str | None = None, *, meta: Scripted | None = None, **options: Any
) -> tuple[SolvedQuestion, Ledger]:
    ledger = Ledger(Budget.parse(budget))
    store = Cache.memory()
    async with MontySandbox() as sandbox:
        lm = Budgeted(Cached(Scripted(script), store), ledger)
        runtime = Runtime({"": lm}, blocks(), sandbox)
        designer = Designer(Budgeted(meta, ledger), runtime, ledger) if meta else None
        found = await solve(QUESTION, runtime, ledger, designer=designer, **options)
    store.close()
    return found, ledger


def good_at_parts(request: Request) -> str:
    """Every draft of the whole is wrong in its own way; of a part, right."""
    match asked(request):
        case "split":
            return PARTS
        case "merge":
            return "3 + 20 = 23\nAnswer: 23"
        case "judge":
            prompt = request.messages[-1].content
            right = any(mark in prompt for mark in ("Answer: 23", "does Ann have?", "does Bob have?"))
            return f"Verdict: {'right' if right else 'wrong'}"
        case "ann":
            return "Answer: 3"
        case "bob":
            return "Answer: 20"
        case _:
            return f"Answer: {7 + request.sample}"


async def test_a_plan_of_parts_answers_what_no_block_can() -> None:
    found, ledger = await solved(good_at_parts)
    assert found.answer is not None
    assert found.answer.text == "23"
    assert found.chosen is not None
    assert found.chosen.findings is not None
    assert [part.agreement for part in found.chosen.findings.parts] == [1.0, 1.0]
    assert found.chosen.findings.complete is True
    assert sum(tried.findings is not None for tried in found.tried) == 1  # nothing asked for another round
    assert "How many things does Bob have?" in found.chosen.design.source
    assert ledger.spend.calls < 60


async def test_a_part_that_its_agents_disagree_on_gets_a_stronger_block_then_is_split() -> None:
    def script(request: Request) -> str:
        prompt = request.messages[-1].content
        if asked(request) == "split" and "does Bob" in prompt.split("Problem:")[1]:
            return "Question 1: How many boxes?\nQuestion 2: How many in a box?"
        if asked(request) in ("bob", "debate") and "does Bob" in prompt:
            return f"Answer: {request.sample + crc32(prompt.encode()) + (100 if request.temperature else 0)}"
        return good_at_parts(request)

    found, _ = await solved(script, rounds=4)
    plans = [tried.design.source for tried in found.tried if tried.findings]
    assert len(plans) == 4
    assert "checked(Question(QUESTIONS[1]" in plans[1]
    assert "debated(Question(QUESTIONS[1]" in plans[2]
    assert "How many boxes?" in plans[3]
    hardest = [tried.findings.hardest for tried in found.tried if tried.findings]
    assert hardest[:3] == [1, 1, 1]


async def test_parts_that_do_not_suffice_are_solved_in_order() -> None:
    def script(request: Request) -> str:
        prompt = request.messages[-1].content
        if asked(request) == "bob":
            return f"Answer: {20 if 'does Ann have? 3' in prompt else 5}"
        if asked(request) == "merge":
            return f"Answer: {23 if 'Answer 2: 20' in prompt else 8}"
        return good_at_parts(request)

    found, _ = await solved(script)
    plans = [tried for tried in found.tried if tried.findings]
    assert [tried.findings.complete for tried in plans if tried.findings] == [False, True]
    assert "known" in plans[1].design.source
    assert found.answer is not None
    assert found.answer.text == "23"


async def test_an_answer_that_nobody_could_judge_is_unknown_and_may_win() -> None:
    """The judge's replies cannot be read; what most designs say stands, and no candidate counts as wrong."""

    def script(request: Request) -> str:
        return "Hm, hm." if asked(request) == "judge" else good_at_parts(request)

    found, _ = await solved(script)
    assert found.answer is not None
    assert {one.approval for one in found.judged} == {None}
    assert found.answer.text == max(found.judged, key=lambda judged: judged.support).answer.text


async def test_a_provider_that_fails_a_step_makes_no_answer_wrong() -> None:
    def script(request: Request) -> str | Exception:
        return ProviderError("down") if asked(request) == "debate" else good_at_parts(request)

    found, _ = await solved(script)
    failed = [tried for tried in found.tried if tried.outcome.failure]
    assert [tried.outcome.failure.kind for tried in failed if tried.outcome.failure] == ["provider"]
    assert found.answer is not None
    assert found.answer.text == "23"


async def test_where_nothing_can_be_read_a_guess_is_asked_for() -> None:
    found, _ = await solved(lambda request: "Answer: 5" if asked(request) == "direct" else "Hm.\nHm.")
    assert found.answer is not None
    assert found.answer.text == "5"
    assert found.design is not None
    assert "direct(" in found.design.source
    silent, _ = await solved(lambda request: "Hm.\nHm.")
    assert silent.answer is None
    assert silent.failure is not None
    assert silent.failure.kind == "parse"


async def test_the_budget_ends_the_design_and_keeps_what_was_found() -> None:
    found, ledger = await solved(good_at_parts, "9calls")
    assert ledger.spend.calls <= 9
    assert found.answer is not None
    with pytest.raises(BudgetExhausted, match="larger budget"):
        await solved(good_at_parts, "10tokens")


async def test_a_refused_key_ends_it() -> None:
    with pytest.raises(CredentialsError):
        await solved(lambda request: CredentialsError("no such key"))


async def test_each_try_is_told_in_order() -> None:
    seen: list[TriedWorkflow] = []
    found, _ = await solved(good_at_parts, on_tried=seen.append)
    assert tuple(seen) == found.tried
    assert len({tried.design.id for tried in seen}) == len(seen)


@pytest.mark.parametrize("in_order", [False, True])
def test_every_plan_is_well_formed(in_order: bool) -> None:
    odd = 'What is "x {y}" \\ in é?\nAnd {{ 1 }}?'
    plan = Plan(tuple(SubQuestion(odd, way, (i,)) for i, way in enumerate(LADDER)))
    plan = plan.chained() if in_order else plan
    assert check(plan.design(), blocks()).call_bound == 3 + 10 + 6 + 1


WRITTEN = """Thought: Ann and Bob apart.
Name: by person
```python
async def workflow(task):
    whole = task.context or (task.question,)
    ann, bob = await gather(
        {ann}(Question("How many things does Ann have?", whole){n}),
        self_consistency(Question("How many things does Bob have?", whole), n=3),
    )
    return await merge_answers(task, ["Ann?", "Bob?"], [ann, bob])
```"""


def prompts_of(meta: Scripted) -> list[str]:
    return [request.messages[-1].content for request in meta.requests]


async def test_a_designer_writes_the_workflow_from_what_was_tried() -> None:
    meta = Scripted(lambda request: WRITTEN.format(ann="self_consistency", n=", n=3"), "meta", window=100_000)
    found, ledger = await solved(good_at_parts, meta=meta)
    assert found.design is not None
    assert (found.design.name, found.design.origin) == ("by person", "solve")
    assert found.answer is not None
    assert found.answer.text == "23"
    assert found.chosen is not None
    assert found.chosen.findings is not None
    asked = [part.question for part in found.chosen.findings.parts]
    assert asked == ["How many things does Ann have?", "How many things does Bob have?"]
    (prompt,) = prompts_of(meta)  # nothing in what the agents said asked for another
    assert QUESTION.question in prompt
    assert "none to be wrong" in prompt
    assert "vote of 5" in prompt
    assert ledger.spend.tokens > len(prompt.split())  # the designer's tokens are among them


async def test_a_designer_is_told_what_the_agents_said_and_what_failed() -> None:
    def designed(request: Request) -> str:
        turn = len([1 for prompt in prompts_of(meta) if "# The question" in prompt])
        if turn == 1:
            return WRITTEN.format(ann="nobody", n="")  # never repaired
        return WRITTEN.format(ann="self_consistency", n=f", n={turn + 1}")

    def script(request: Request) -> str:
        if asked(request) == "bob":
            return f"Answer: {request.sample + 40}"
        return good_at_parts(request)

    meta = Scripted(designed, "meta", window=100_000)
    found, _ = await solved(script, meta=meta, rounds=3)
    told = [prompt for prompt in prompts_of(meta) if "# The question" in prompt]
    assert len(told) == 3
    assert "nobody" in told[1]
    assert "It failed: " in told[1]
    assert "How many things does Bob have?): answers 40, 41, 42; too hard as it stands" in told[2]
    assert "self_consistency" in told[2].split("What its agents said:")[1]
    assert found.answer is not None


async def test_a_designer_that_cannot_be_had_costs_no_answer() -> None:
    meta = Scripted(lambda request: ProviderError("down"), "meta", window=100_000)
    found, _ = await solved(good_at_parts, meta=meta)
    assert found.answer is not None
    assert all(tried.findings is None for tried in found.tried)
