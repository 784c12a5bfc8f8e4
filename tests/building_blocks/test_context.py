"""Context: each block shows its solver what it says, and no more."""

import pytest

from masdesign.types import Question

LEDGER = Question(
    "How much more did Acme earn than Bolt?",
    ("Bolt earned 3 in spring.", "It rained in spring.", "Acme earned 8 in spring."),
)
SPLIT = "Question 1: What did Acme earn?\nQuestion 2: What did Bolt earn?"


def asked(lm):
    return [request.messages[-1].content for request in lm.requests]


def in_turn(*replies):
    left = iter(replies)
    return lambda request: next(left)


def ledger(request):
    """Splits, finds, reads a figure and subtracts: what a model does that can do each step alone."""
    prompt = request.messages[-1].content
    problem = prompt.partition("Problem: ")[2].partition("\n")[0]
    if "Split it" in prompt:
        return SPLIT
    if "Passages: ..." in prompt:
        return f"Passages: {'3' if 'Acme' in problem else '1'}\nProblem: {problem}"
    if "Answer 2:" in prompt:
        return "8 - 3 = 5\nAnswer: 5"
    return "Answer: 8" if prompt.count("Passage ") == 1 and "Acme earned 8" in prompt else "Answer: 3"


async def test_decompose_answers_all_parts_at_once_and_shows_each_all_passages(call):
    script = in_turn(SPLIT, "Answer: 8", "Answer: 3", "Answer: 5")
    outcome, lm = await call("decompose(task)", script, question=LEDGER)
    assert outcome.answer.text == "5"
    _, acme, bolt, merged = asked(lm)
    for prompt, question in ((acme, "What did Acme earn?"), (bolt, "What did Bolt earn?")):
        assert f"Problem: {question}\n" in prompt
        assert all(passage in prompt for passage in LEDGER.context)
        assert "Answer 1" not in prompt
    assert "Question 1: What did Acme earn?\nAnswer 1: 8\n" in merged
    assert "Question 2: What did Bolt earn?\nAnswer 2: 3\n" in merged
    assert "Passage" not in merged


async def test_isolate_shows_each_part_its_own_passage_alone(call):
    outcome, lm = await call("isolate(task)", ledger, question=LEDGER, tools={"retrieval"})
    assert outcome.answer.text == "5"
    _, acme, bolt, merged = asked(lm)
    assert acme.startswith("Passage 1: Acme earned 8 in spring.\nProblem: What did Acme earn?")
    assert bolt.startswith("Passage 1: Bolt earned 3 in spring.\nProblem: What did Bolt earn?")
    assert "Answer 1: 8" in merged
    assert "Passage" not in merged


async def test_isolate_lets_the_model_find_the_passages_where_there_is_no_retrieval(call):
    outcome, lm = await call("isolate(task)", ledger, question=LEDGER)
    assert outcome.answer.text == "5"
    assert outcome.calls == 6
    assert all(passage in asked(lm)[1] for passage in LEDGER.context)
    assert asked(lm)[3].startswith("Passage 1: Acme earned 8 in spring.\nProblem: What did Acme earn?")


async def test_a_part_without_a_passage_of_its_own_is_shown_the_problem(call):
    plain = Question("Acme earned 8, Bolt 3. How much more did Acme earn?")
    _, lm = await call("isolate(task)", in_turn(SPLIT, *["Answer: 8"] * 3), question=plain)
    assert len(lm.requests) == 4
    assert asked(lm)[1].startswith(f"Passage 1: {plain.question}\nProblem: What did Acme earn?")


async def test_iterative_retrieval_looks_for_what_is_missing(call):
    script = in_turn(
        "Note: Acme: 8\nMissing: what Bolt earned",
        "Note: Bolt: 3\nMissing: none",
        "8 - 3 = 5\nAnswer: 5",
    )
    question = Question("How much more did Acme earn than the other?", LEDGER.context)
    outcome, lm = await call("iterative_retrieval(task)", script, question=question, tools={"retrieval"})
    assert outcome.answer.text == "5"
    first, second, last = asked(lm)
    assert first.count("Passage ") == second.count("Passage ") == 1
    assert "Input" not in first
    assert "Bolt earned 3 in spring." in second
    assert "Input:\nAcme: 8\n" in second
    assert "Input:\nAcme: 8\nBolt: 3\n" in last
    assert "Passage" not in last


async def test_iterative_retrieval_keeps_passages_of_which_nothing_was_noted(call):
    script = in_turn("Hm.", "Answer: 5")
    _, lm = await call("iterative_retrieval(task)", script, question=LEDGER, tools={"retrieval"})
    assert "Passage 1: Bolt earned 3 in spring." in asked(lm)[1] or "Acme earned 8" in asked(lm)[1]
    assert asked(lm)[1].count("Passage ") == 1


async def test_iterative_retrieval_sees_no_passage_twice_and_stops_when_all_are_seen(call):
    note = "Note: seen.\nMissing: what Acme and Bolt earned in spring"
    _, lm = await call(
        "iterative_retrieval(task, n=9)",
        lambda request: note if "Note: ..." in request.messages[-1].content else "Answer: 5",
        question=LEDGER,
        tools={"retrieval"},
    )
    shown = [prompt.splitlines()[1] for prompt in asked(lm)[:-1]]
    assert sorted(shown) == sorted(f"Passage 1: {passage}" for passage in LEDGER.context)


async def test_summarise_solves_from_the_note_alone(call):
    script = in_turn("Acme: 8\nBolt: 3", "Answer: 5")
    outcome, lm = await call("summarise(task)", script, question=LEDGER)
    assert outcome.answer.text == "5"
    note, solve = asked(lm)
    assert "It rained" in note
    assert "Passage" not in solve
    assert "Input:\nAcme: 8\nBolt: 3\n" in solve


async def test_a_note_is_cut_to_a_quarter_of_the_window(runtime):
    from masdesign.workflow import Design, run_item

    async with runtime(lambda _: "word " * 500 + "Answer: 5") as (opened, lm):
        lm.window = 400
        design = Design("async def workflow(task):\n    return await summarise(task)")
        await run_item(design, LEDGER, opened)
    assert asked(lm)[1].count("word") == 100


async def test_a_reply_that_never_ends_does_not_burst_the_next_prompt(runtime):
    """A small model may repeat itself until its window is full."""
    from masdesign.workflow import Design, run_item

    endless = " ".join(["again"] * 400)
    reply = f"Question 1: {endless}\nQuestion 2: {endless}\nMissing: {endless}\nAnswer: {endless}"
    for name in ("decompose", "isolate", "least_to_most", "iterative_retrieval", "step_back", "summarise"):
        async with runtime(lambda _: reply) as (opened, lm):
            lm.window = 512
            design = Design(f"async def workflow(task):\n    return await {name}(task)")
            await run_item(design, LEDGER, opened)
        assert max(len(prompt.split()) for prompt in asked(lm)) < 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("isolate(task, passages=0)", "passages is 0"),
        ("isolate(task, n=0)", "n is 0"),
        ("decompose(task, n=0)", "n is 0"),
        ("iterative_retrieval(task, n=0)", "n is 0"),
        ("iterative_retrieval(task, passages=0)", "passages is 0"),
    ],
)
async def test_none_is_too_few(expression, said, call):
    outcome, lm = await call(expression, question=LEDGER)
    assert outcome.failure.kind == "design"
    assert said in outcome.failure.message
    assert not lm.requests
