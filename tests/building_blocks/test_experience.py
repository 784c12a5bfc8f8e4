"""Blocks that read a run's memory, and those that write lessons: each mechanism fires, and where it stops."""

import pytest

from masdesign.memory import Memory, MemoryEntry
from masdesign.types import Question
from masdesign.workflow import Design, run_item

BOLT = MemoryEntry("the customer is Bolt", "add 3", id="bolt")
ACME = MemoryEntry("the customer is Acme", "take 2 off", id="acme")
TASK = Question("What does Bolt pay for goods listed at 24?")


def clerk(request):
    """Adds what a lesson or a case tells for the customer, and knows nothing by itself."""
    prompt = request.messages[-1].content
    if "Which lessons apply" in prompt:
        line = next((n for n in prompt.splitlines() if n.startswith("Lesson") and "Bolt" in n), "Lesson 0")
        return f"Lessons: {line.split()[1]}"
    if "Write one lesson" in prompt or "as one lesson" in prompt:
        return "When: the customer is Bolt\nDo: add 3"
    if "Tell a student" in prompt:
        return "Guidance: add 3" if "Do: add 3" in prompt else "I do not know."
    if "Check the solution" in prompt:
        return "Verdict: wrong"
    known = "add 3" in prompt or "listed at 10?\nAnswer: 13" in prompt
    return "24 + 3 = 27\nAnswer: 27" if known else f"24\nAnswer: {24 + request.sample}"


@pytest.fixture
def learnt(runtime):
    async def run(body, entries=(), script=clerk, task=TASK):
        async with runtime(script) as (opened, lm):
            opened.memory = Memory(tuple(entries))
            source = f"async def workflow(task):\n    {body}"
            outcome = await run_item(Design(source), task, opened)
        return outcome, [request.messages[-1].content for request in lm.requests]

    return run


def recalled(outcome):
    return [node.output for node in outcome.trace.root.walk() if node.name == "recalled"]


async def test_recall_asks_which_lessons_apply_and_solves_with_those(learnt):
    goods = MemoryEntry("goods are listed", "mind the agreement", id="goods")
    outcome, prompts = await learnt("return await recall(task)", (ACME, goods, BOLT))
    assert outcome.answer.text == "27"
    assert len(prompts) == 2
    assert "Acme" not in prompts[0]  # it shares no telling word with the problem
    assert "Do: add 3" in prompts[1]
    assert "Do: mind" not in prompts[1]
    assert recalled(outcome) == ["bolt"]


async def test_recall_without_a_check_is_one_call(learnt):
    outcome, prompts = await learnt("return await recall(task, n=1, check=False)", (ACME, BOLT))
    assert outcome.answer.text == "27"
    assert len(prompts) == 1


@pytest.mark.parametrize("block", ["recall", "cases"])
async def test_without_a_fitting_entry_nothing_is_recalled(block, learnt):
    outcome, prompts = await learnt(f"return await {block}(task)", (ACME,))
    _, usual = await learnt("return await chain_of_thought(task)")
    assert outcome.answer.text == "24"
    assert prompts == usual


async def test_lessons_that_do_not_apply_are_not_shown(learnt):
    def none(request):
        return "Lessons: none" if "Which lessons" in request.messages[-1].content else clerk(request)

    outcome, prompts = await learnt("return await recall(task)", (BOLT,), none)
    assert outcome.answer.text == "24"
    assert "Do: add 3" not in prompts[-1]
    assert recalled(outcome) == [""]


async def test_a_lesson_that_failed_too_often_is_not_looked_at(learnt):
    failed = BOLT
    for _ in range(3):
        failed = failed.used("What does Bolt pay?", helped=False)
    _, prompts = await learnt("return await recall(task)", (failed,))
    assert len(prompts) == 1


async def test_cases_infers_from_earlier_answers_and_marks_wrong_ones(learnt):
    right = MemoryEntry("What does Bolt pay for goods listed at 10?", "13", kind="case", helped=1, id="right")
    wrong = MemoryEntry("Bolt orders goods listed at 50.", "50", kind="case", hurt=1, id="wrong")
    outcome, (prompt,) = await learnt("return await cases(task)", (right, wrong))
    assert outcome.answer.text == "27"
    assert "Problem: What does Bolt pay for goods listed at 10?\nAnswer: 13\nResult: right\n\n" in prompt
    assert "Answer: 50\nResult: wrong\n\n" in prompt
    assert prompt.rindex("Problem: What does Bolt pay for goods listed at 24?") > prompt.index("Case 2")
    assert recalled(outcome) == ["right wrong"]


async def test_cases_that_helped_go_before_closer_ones_that_did_not(learnt):
    close = MemoryEntry(
        "What does Bolt pay for goods listed at 24?", "1", kind="case", helped=1, hurt=1, id="close"
    )
    proven = MemoryEntry(
        "What does Bolt pay for goods listed at 10?", "13", kind="case", helped=9, id="proven"
    )
    outcome, _ = await learnt("return await cases(task, n=1)", (close, proven))
    assert recalled(outcome) == ["close"]  # .5 against .91 / 2
    outcome, _ = await learnt("return await cases(task, n=1)", (close.used("again", helped=False), proven))
    assert recalled(outcome) == ["proven"]  # .4 against .45


async def test_reflect_writes_what_a_judge_s_verdict_taught(learnt):
    outcome, prompts = await learnt(
        "a = await chain_of_thought(task)\n    return await reflect(task, a, await verify(task, a))"
    )
    assert "Result: wrong\n\nDo not solve" in prompts[-1]
    assert outcome.answer.text == "When: the customer is Bolt\nDo: add 3"


async def test_contrast_compares_draws_of_one_problem(learnt):
    body = (
        "a = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(2)])\n"
        "    return await contrast(task, a)"
    )
    outcome, prompts = await learnt(body)
    assert "Solution 2:\n24\nAnswer: 25\n\nDo not" in prompts[-1]
    assert outcome.answer.text == "When: the customer is Bolt\nDo: add 3"


async def test_contrast_needs_something_to_compare(learnt):
    outcome, _ = await learnt("a = await direct(task)\n    return await contrast(task, [a])")
    assert "1 answers and 0 verdicts" in outcome.failure.message


async def test_the_teacher_tells_what_lessons_say_and_the_student_solves_again(learnt):
    outcome, prompts = await learnt("return await teacher_student(task)", (BOLT,))
    assert outcome.answer.text == "27"
    assert len(prompts) == 3
    assert "Do: add 3" in prompts[1]
    assert "Guidance: add 3" in prompts[2]
    assert "Do: add 3" not in prompts[2]


async def test_a_teacher_that_knows_nothing_leaves_the_student_s_solution(learnt):
    outcome, prompts = await learnt("return await teacher_student(task)")
    assert outcome.answer.text == "24"
    assert len(prompts) == 2


@pytest.mark.parametrize("block", ["recall", "cases", "teacher_student"])
async def test_none_is_too_few(block, learnt):
    outcome, prompts = await learnt(f"return await {block}(task, n=0)")
    assert "n is 0" in outcome.failure.message
    assert not prompts


def student(request):
    """Splits, works with a lesson if it is shown one, approves of what is right, and writes lessons."""
    prompt = request.messages[-1].content
    if "simpler questions" in prompt or "Split" in prompt:
        return "1. What does Bolt pay for goods listed at 24?\n2. What does Bolt pay for goods listed at 10?"
    if "Write one lesson" in prompt:
        return "When: two bills are added\nDo: first each" if "in all" in prompt else clerk(request)
    if "Check the solution" in prompt:
        return "Verdict: right" if "add 3" in prompt or "= " in prompt else "Mistake: add 3\nVerdict: wrong"
    if "in all" in prompt:
        return "27 + 13 = 40\nAnswer: 40"
    listed = 24 if "at 24" in prompt else 10
    return f"{listed} + 3 = {listed + 3}\nAnswer: {listed + 3}" if "add 3" in prompt else f"Answer: {listed}"


async def test_muse_reflects_on_each_part_and_leaves_lessons_at_every_level(learnt):
    strategy = MemoryEntry("two bills are asked for in all", "add up what first each comes to", id="whole")
    task = Question("What does Bolt pay in all for two bills, of 24 and of 10?")
    outcome, _ = await learnt("return await muse(task, n=2)", (strategy,), script=student, task=task)
    assert outcome.answer.text == "40"
    lessons = [n.output for n in outcome.trace.root.walk() if n.kind == "block" and n.name == "reflect"]
    assert len(lessons) == 3  # of each part, and of the whole
    assert "two bills" in lessons[-1]
    assert recalled(outcome)[0] == "whole"  # strategic memory, before the plan
    revised = [n for n in outcome.trace.root.walk() if n.kind == "block" and n.name == "revise"]
    assert len(revised) == 2  # what the judge rejected


async def test_muse_works_on_a_part_with_what_it_learnt_of_it(learnt):
    task = Question("What does Bolt pay in all for two bills, of 24 and of 10?")
    outcome, prompts = await learnt(
        "return await muse(task, n=2)",
        (BOLT,),
        script=lambda r: clerk(r) if "Which lessons" in r.messages[-1].content else student(r),
        task=task,
    )
    assert outcome.answer.text == "40"
    assert not [n for n in outcome.trace.root.walk() if n.kind == "block" and n.name == "revise"]
    assert sum("Do: add 3" in prompt for prompt in prompts) == 2  # procedural memory, for each part


def team(request):
    """One of three drafts is right; the judge knows, and who sees it takes it over."""
    prompt = request.messages[-1].content
    if "as one lesson" in prompt:
        assert "Answer: 27" in prompt
        return "When: Bolt pays\nDo: add 3"
    if "from 0 to 10" in prompt:
        return f"Score: {9 if 'Answer: 27' in prompt else 2}"
    if "Answer: 27" in prompt:
        return "I see.\nAnswer: 27"
    return f"Answer: {27 if request.sample else 24 if 'add 3' in prompt else 25}"


async def test_xolver_spreads_the_best_of_a_shared_memory_and_leaves_a_lesson(learnt):
    outcome, prompts = await learnt("return await xolver(task, n=3)", (BOLT,), script=team)
    assert outcome.answer.text == "27"
    again = [
        n.output.text for n in outcome.trace.root.walk() if n.kind == "block" and n.name == "debate_round"
    ]
    assert again == ["27"] * 3
    assert any("Do: add 3" in prompt for prompt in prompts)  # an agent began with a lesson
    assert [n.output for n in outcome.trace.root.walk() if n.kind == "block" and n.name == "contrast"] == [
        "When: Bolt pays\nDo: add 3"
    ]
