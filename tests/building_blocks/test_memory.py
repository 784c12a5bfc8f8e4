"""Memory: what blocks learn from `train` items, and from nothing else."""

import pytest

from masdesign.building_blocks._examples import representatives
from masdesign.types import Item, Question
from masdesign.workflow import Design, run_item

TRAIN = (
    Item("a", "Tom has 3 pens and buys 4. How many pens?", "7", solution="3 + 4 = 7."),
    Item("b", "Who lies, Eva or Max?", "Eva"),
    Item("c", "Ida has 2 nuts and buys 5. How many nuts?", "7"),
    Item("d", "Ida has 9 nuts and buys 1. How many nuts?", "10"),
)
TASK = Question("Ann has 6 nuts and buys 2. How many nuts?")


def asked(lm):
    return [request.messages[-1].content for request in lm.requests]


def adds(request):
    """Solves the problem in which 2 nuts become 7, and is wrong on the others."""
    prompt = request.messages[-1].content
    if "lessons" in prompt:
        return "Add both numbers." if "attempts" in prompt else "Answer: 8"
    problem = prompt.rpartition("Problem: ")[2]
    return "2 + 5 = 7.\nAnswer: 7" if problem.startswith("Ida has 2") else "Answer: 8"


@pytest.fixture
def trained(runtime):
    async def run(expression, script=adds, items=TRAIN):
        async with runtime(script) as (opened, lm):
            opened.train = lambda: tuple(items)
            source = f"async def workflow(task):\n    return await {expression}"
            return await run_item(Design(source), TASK, opened), lm

    return run


async def test_similar_cases_shows_the_closest_with_what_worked_on_them(trained):
    outcome, lm = await trained("similar_cases(task, n=3)")
    assert outcome.answer.text == "8"
    assert len(lm.requests) == 3  # two cases without a worked solution, and the problem
    last = asked(lm)[-1]
    assert last.count("Solution:") == 2
    assert "Problem: Ida has 2 nuts and buys 5. How many nuts?\n\nSolution:\n2 + 5 = 7.\nAnswer: 7" in last
    assert "Problem: Tom has 3 pens and buys 4. How many pens?\n\nSolution:\n3 + 4 = 7.\nAnswer: 7" in last
    assert "Ida has 9" not in last  # nothing worked on it
    assert "lies" not in last
    assert last.index("Ida has 2") < last.index("Tom has") < last.index("Ann has")


WHICH = "Which statement is sarcastic?"
STATEMENTS = (
    Item("a", WHICH, "(A)", choices=("(A) Rain again, how lovely.", "(B) It rains again.")),
    Item("b", WHICH, "(B)", choices=("(A) The train is late.", "(B) The train is late, what a surprise.")),
)


async def test_problems_that_differ_in_their_options_alone_are_different_problems(runtime):
    """All items of a benchmark may ask the same, of other options."""
    task = Question(WHICH, (), ("(A) The train is never on time.", "(B) Of course, the train is on time."))
    async with runtime(lambda _: "Answer: (B)") as (opened, lm):
        opened.train = lambda: (*STATEMENTS, Item("c", WHICH, "(B)", choices=task.choices))
        for block, closest in (
            ("few_shot(task)", "Rain again"),
            ("similar_cases(task, n=1)", "what a surprise"),
        ):
            source = f"async def workflow(task):\n    return await {block}"
            await run_item(Design(source), task, opened)
            prompt = asked(lm)[-1]
            assert closest in prompt
            assert prompt.count("Of course, the train") == 1  # its own answer is not shown


async def test_insights_learns_from_right_and_wrong_and_minds_the_lessons(trained):
    outcome, lm = await trained("insights(task, n=4)")
    assert outcome.answer.text == "8"
    assert len(lm.requests) == 6
    learn, solve = asked(lm)[-2:]
    assert "Wrong attempt; Eva is right.\nWho lies, Eva or Max?\nAnswer: 8" in learn
    assert "Right attempt.\nIda has 2 nuts and buys 5. How many nuts?\n2 + 5 = 7.\nAnswer: 7" in learn
    assert learn.index("Wrong attempt") < learn.index("Right attempt")
    assert "Ann has" not in learn
    assert "Ann has 6" in solve
    assert "Input:\nAdd both numbers.\n" in solve


async def test_lessons_are_the_same_for_every_problem(runtime):
    prompts = []
    for question in (TASK, Question("Ann has 1 nut and buys 1. How many nuts?")):
        async with runtime(adds) as (opened, lm):
            opened.train = lambda: TRAIN
            await run_item(Design("async def workflow(t):\n    return await insights(t)"), question, opened)
        prompts.append(asked(lm)[:-1])
    assert prompts[0] == prompts[1]


@pytest.mark.parametrize("name", ["similar_cases", "insights"])
async def test_without_train_items_there_is_nothing_to_remember(name, trained, call):
    outcome, lm = await trained(f"{name}(task)", items=())
    _, usual = await call("chain_of_thought(task)", question=TASK)
    assert outcome.answer.text == "8"
    assert asked(lm) == asked(usual)


@pytest.mark.parametrize("name", ["similar_cases", "insights"])
async def test_none_is_too_few(name, trained):
    outcome, lm = await trained(f"{name}(task, n=0)")
    assert "n is 0" in outcome.failure.message
    assert not lm.requests


def test_representatives_stand_for_all_and_are_found_again():
    texts = tuple(item.question for item in TRAIN)
    assert set(representatives(texts, 2)) & {2, 3}
    assert representatives(texts, 2) == representatives(texts, 9)[:2]
    assert len(set(representatives(texts, 9))) == len(texts)
    assert representatives((), 3) == ()
