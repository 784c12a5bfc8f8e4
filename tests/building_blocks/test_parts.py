"""The single steps that composite blocks are made of: what each shows, and what it makes of the reply."""

import pytest

from masdesign.types import Item, Question
from masdesign.workflow import Design, run_item

LEDGER = Question("Who owes more?", ("Anna owes 3.", "It rains.", "Ben owes 5."), ("Anna", "Ben"))


def asked(lm):
    return [request.messages[-1].content for request in lm.requests]


async def test_split_question_gives_at_most_n_in_order(run):
    source = "async def workflow(task):\n    return ' | '.join(await split_question(task, n=2))"
    reply = "Question 1: What does Anna owe?\nQuestion 2: What does Ben owe?\nQuestion 3: Who owes more?"
    outcome, lm = await run(source, lambda _: reply, question=LEDGER)
    assert outcome.answer.text == "What does Anna owe? | What does Ben owe?"
    assert "at most 2 lines" in asked(lm)[0]


async def test_split_question_fails_for_no_questions(run):
    outcome, _ = await run("async def workflow(task):\n    return str(await split_question(task, n=0))")
    assert outcome.failure.kind == "design"
    assert "n is 0" in outcome.failure.message


async def test_merge_answers_shows_each_part_and_no_passage_that_it_was_not_given(call):
    whole = "merge_answers(Question(task.question), ['Anna?', 'Ben?'], [Answer('3', 'Long.'), Answer('')])"
    outcome, lm = await call(whole, lambda _: "Answer: Ben", question=LEDGER)
    assert outcome.answer.text == "Ben"
    (prompt,) = asked(lm)
    assert "Question 1: Anna?\nAnswer 1: 3" in prompt
    assert "Answer 2: unknown" in prompt
    assert "rains" not in prompt
    assert "Long" not in prompt


async def test_merge_answers_fails_where_the_numbers_differ(call):
    outcome, _ = await call("merge_answers(task, ['Anna?'], [])")
    assert outcome.failure.message.startswith("merge_answers: 1 questions but 0 answers")


@pytest.mark.parametrize(
    ("reply", "question", "passages"),
    [
        ("Passages: 1, 3\nProblem: Does Anna owe more than Ben?", "Does Anna owe more than Ben?", "02"),
        ("Passages: none\nProblem: Who?", "Who?", "012"),
        ("Passages: 7", "Who owes more?", "012"),
        ("I cannot.", "Who owes more?", "012"),
    ],
)
async def test_focus_keeps_what_is_named_and_the_options(run, reply, question, passages):
    source = """
async def workflow(task):
    kept = await focus(task)
    places = "".join([str(task.context.index(p)) for p in kept.context])
    return kept.question + " | " + places + " | " + " ".join(kept.choices)
"""
    outcome, _ = await run(source, lambda _: reply, question=LEDGER)
    assert outcome.answer.text == f"{question} | {passages} | Anna Ben"


async def test_solve_differently_shows_the_others(call):
    others = "[Answer('3', 'By counting: 3. Answer: 3'), Answer('5')]"
    outcome, lm = await call(f"solve_differently(task, {others})", lambda _: "By adding. Answer: 8")
    assert outcome.answer.text == "8"
    assert "Solution 1:\nBy counting: 3. Answer: 3" in asked(lm)[0]
    assert "Solution 2:\nAnswer: 5" in asked(lm)[0]


@pytest.mark.parametrize(("reply", "value"), [("Score: 7", "0.7"), ("Score: 0", "0.0"), ("fine", "0.0")])
async def test_rate_is_a_share(run, reply, value):
    source = "async def workflow(task):\n    return str(await rate(task, Answer('', 'First, 1 + 2 = 3.')))"
    outcome, lm = await run(source, lambda _: reply)
    assert outcome.answer.text == value
    assert "Steps so far:\nFirst, 1 + 2 = 3.\n" in asked(lm)[0]


async def test_classify_gives_the_name_alone(call):
    labels = "['easy: one step', 'hard: many steps']"
    outcome, lm = await call(f"classify(task, {labels})", lambda _: "Kind: hard: many steps")
    assert outcome.answer.text == "hard"
    assert "- hard: many steps" in asked(lm)[0]


async def test_classify_fails_for_a_single_label(call):
    outcome, _ = await call("classify(task, ['easy'])")
    assert outcome.failure.message.startswith("classify: 1 labels")


async def test_next_step_goes_on_until_there_is_an_answer(run):
    source = """
async def workflow(task):
    state = Answer("")
    for _ in range(5):
        state = await next_step(task, state)
    return state
"""
    replies = iter(["1 + 2 = 3", "3 * 3 = 9", "Answer: 9"])
    outcome, lm = await run(source, lambda _: next(replies))
    assert outcome.answer.text == "9"
    assert outcome.answer.reasoning == "1 + 2 = 3\n3 * 3 = 9\nAnswer: 9"
    first, second, third = asked(lm)
    assert "Steps so far" not in first
    assert "Steps so far:\n1 + 2 = 3\n" in second
    assert "Steps so far:\n1 + 2 = 3\n3 * 3 = 9\n" in third


async def test_few_shot_shows_the_first_train_items_with_their_solutions(runtime):
    async with runtime(lambda _: "Answer: 9") as (opened, lm):
        opened.train = lambda: (
            Item("a", "2 + 2 =", "4", solution="2 and 2 are 4."),
            Item("b", "3 + 3 =", "6"),
            Item("c", "4 + 4 =", "8"),
        )
        source = "async def workflow(task):\n    return await few_shot(task)"
        outcome = await run_item(Design(source), Question("1 + 8 ="), opened)
    assert outcome.answer.text == "9"
    (prompt,) = asked(lm)
    assert prompt.startswith("Problem: 2 + 2 =\n\nSolution:\n2 and 2 are 4.\nAnswer: 4\n\nProblem: 3 + 3 =")
    assert "Solution:\nAnswer: 6" in prompt
    assert "4 + 4" not in prompt
    assert prompt.index("1 + 8") > prompt.index("Answer: 6")


async def test_few_shot_without_examples_is_chain_of_thought(call):
    _, shown = await call("few_shot(task)")
    _, usual = await call("chain_of_thought(task)")
    assert asked(shown) == asked(usual)
