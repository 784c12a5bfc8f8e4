"""Search inside an item: which steps are grown, which are kept, which part of the tree is visited again."""

import pytest

from masdesign.types import Question

TASK = Question("Spell it.")


def text(request):
    return request.messages[-1].content


def asked(lm, words):
    return [text(request) for request in lm.requests if words in text(request)]


def steps_of(prompt):
    """The steps so far, as one word of letters."""
    if "Steps so far:" not in prompt:
        return ""
    return "".join(prompt.partition("Steps so far:\n")[2].partition("\n\n")[0].split())


def spelling(good, *, letters="ab", length=3):
    """A model that adds a letter a step (the draw says which) and answers at a length; its judge of words."""

    def script(request):
        prompt = text(request)
        word = steps_of(prompt)
        if "Score:" in prompt:
            return f"Score: {good(word.partition('Answer:')[0])}"
        letter = letters[request.sample % len(letters)]
        if len(word) + 1 < length:
            return letter
        return f"{letter}\nAnswer: {word + letter}"

    return script


async def test_a_tree_of_thoughts_keeps_the_states_that_are_rated_best(call):
    outcome, lm = await call(
        "tree_of_thoughts(task, depth=3)", spelling(lambda word: min(10, 2 * word.count("b"))), question=TASK
    )
    grown = [steps_of(prompt) for prompt in asked(lm, "next step only")]
    assert grown == ["", "", "b", "b", "a", "a", "bb", "bb", "ba", "ba"]
    assert outcome.answer.text == "bbb"
    assert len(asked(lm, "Score:")) == 2 + 4 + 4
    assert outcome.calls == 20


async def test_equal_steps_are_one_state_and_rated_once(call):
    outcome, lm = await call("tree_of_thoughts(task)", spelling(lambda word: 5, letters="b"), question=TASK)
    assert len(asked(lm, "Score:")) == 3
    assert outcome.answer.text == "bbb"


async def test_a_tree_ends_once_all_kept_states_have_their_answer(call):
    outcome, _ = await call(
        "tree_of_thoughts(task, depth=5)", spelling(lambda word: 5, length=1), question=TASK
    )
    assert outcome.answer.text == "a"
    assert outcome.calls == 4


async def test_an_early_answer_does_not_end_the_search_while_a_better_state_is_open(call):
    def script(request):
        prompt = text(request)
        word = steps_of(prompt)
        if "Score:" in prompt:
            return f"Score: {9 if word.startswith('b') else 1}"
        if word == "b":
            return "Answer: late"
        return "Answer: early" if request.sample == 0 else "b"

    outcome, _ = await call("tree_of_thoughts(task)", script, question=TASK)
    assert outcome.answer.text == "late"


async def test_a_tree_without_an_answer_completes_its_best_state(call):
    def script(request):
        if "Complete this solution" in text(request):
            return "Answer: done"
        return spelling(lambda word: 2 * word.count("b"), length=9)(request)

    outcome, lm = await call("tree_of_thoughts(task, depth=2)", script, question=TASK)
    assert outcome.answer.text == "done"
    assert "Solution:\nb\nb\n" in text(lm.requests[-1])


async def test_branches_see_the_whole_and_are_merged(call):
    def script(request):
        prompt = text(request)
        if "Question 1: ..." in prompt:
            return "Question 1: How many pens?\nQuestion 2: How many books?"
        if "Answer 1:" in prompt:
            return "Answer: 7"
        return "Answer: 3" if "part of the problem: How many pens?" in prompt else "Answer: 4"

    outcome, lm = await call("branch_solve_merge(task)", script, question=Question("Pens and books?"))
    _, pens, books, merged = map(text, lm.requests)
    assert all(prompt.startswith("Problem: Pens and books?") for prompt in (pens, books))
    assert "How many books?" in books
    assert "How many books?" not in pens
    assert "Question 1: How many pens?\nAnswer 1: 3\n\nQuestion 2: How many books?\nAnswer 2: 4\n" in merged
    assert outcome.answer.text == "7"


async def test_what_has_no_parts_is_solved_as_a_whole(call):
    outcome, _ = await call("branch_solve_merge(task)", lambda request: "Answer: 7")
    assert outcome.answer.text == "7"
    assert outcome.calls == 2


async def test_a_tree_search_goes_down_where_values_promise_most(call):
    outcome, lm = await call(
        "monte_carlo_tree_search(task, simulations=3)",
        spelling(lambda word: min(10, 3 * word.count("b"))),
        question=TASK,
    )
    grown = [steps_of(prompt) for prompt in asked(lm, "next step only")]
    assert grown == ["", "", "b", "b", "bb", "bb"]
    assert outcome.answer.text == "bbb"
    assert outcome.calls == 12


async def test_a_part_that_disappoints_is_left_for_another(call):
    """What begins with b looks good at first and never is; a has the better end."""
    values = {"a": 4, "b": 6, "bb": 0, "ba": 0, "aa": 9, "ab": 9}
    script = spelling(lambda word: values.get(word, 9 if word.startswith("a") else 0))
    outcome, lm = await call("monte_carlo_tree_search(task, simulations=5)", script, question=TASK)
    grown = [steps_of(prompt) for prompt in asked(lm, "next step only")]
    assert grown[2:6] == ["b", "b", "a", "a"]
    assert outcome.answer.text.startswith("a")


async def test_more_exploration_spreads_the_visits(call):
    async def first_letters(exploration):
        _, lm = await call(
            f"monte_carlo_tree_search(task, simulations=9, exploration={exploration})",
            spelling(lambda word: 3 + 4 * word.startswith("b"), length=5),
            question=TASK,
        )
        return [steps_of(prompt)[:1] for prompt in asked(lm, "next step only")]

    assert (await first_letters(0.0)).count("a") == 0
    assert (await first_letters(3.0)).count("a") > 4


async def test_an_answer_that_was_reached_is_not_grown_but_counted_again(call):
    outcome, _ = await call(
        "monte_carlo_tree_search(task)", spelling(lambda word: 5, length=1), question=TASK
    )
    assert outcome.calls == 4
    assert outcome.answer.text == "a"


async def test_the_ends_vote_with_their_values(call):
    """Two ends of 4 outweigh one of 6."""

    def script(request):
        prompt = text(request)
        if "Score:" in prompt:
            return "Score: 6" if "Answer: six" in prompt else "Score: 4"
        return ["first\nAnswer: four", "Answer: six", "second\nAnswer: four"][request.sample]

    outcome, _ = await call("monte_carlo_tree_search(task, simulations=1, branches=3)", script)
    assert outcome.answer.text == "four"


async def test_a_search_without_an_end_completes_its_best_leaf(call):
    def script(request):
        if "Complete this solution" in text(request):
            return "Answer: done"
        return spelling(lambda word: min(10, 3 * word.count("b")), length=9)(request)

    outcome, lm = await call("monte_carlo_tree_search(task, simulations=2)", script, question=TASK)
    assert outcome.answer.text == "done"
    assert "Solution:\nb\nb\n" in text(lm.requests[-1])
    assert outcome.calls == 9


async def test_a_model_that_says_nothing_costs_few_calls(call):
    outcome, _ = await call("monte_carlo_tree_search(task)", lambda request: "")
    assert outcome.failure.kind == "parse"
    assert outcome.calls == 17  # two steps a simulation, none of them new, and the completion


@pytest.mark.parametrize(
    "expression",
    [
        "tree_of_thoughts(task, width=0)", "tree_of_thoughts(task, depth=0)", "branch_solve_merge(task, n=0)",
        "monte_carlo_tree_search(task, simulations=0)", "monte_carlo_tree_search(task, branches=0)",
        "tree_of_thoughts(task, width=4, depth=9)", "monte_carlo_tree_search(task, simulations=16)",
    ],
)  # fmt: skip
async def test_bad_arguments_are_refused_before_a_call(expression, call):
    outcome, lm = await call(expression)
    assert outcome.failure.kind == "design"
    assert expression.partition("(")[0] in outcome.failure.message
    assert not lm.requests
