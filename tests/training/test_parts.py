"""Skills for the parts of a problem: each reply is read by the block's own reader, to the right value."""

from __future__ import annotations

import random
from itertools import islice, pairwise

import pytest

from masdesign.building_blocks.read import (
    read_answer,
    read_field,
    read_label,
    read_numbered,
    read_numbers,
    read_score,
)
from masdesign.tasks.buckets import is_reserved
from masdesign.tasks.families import families, ledger, sample_items
from masdesign.training import kinds, look_up, paths, wordings
from masdesign.training.case import Case
from masdesign.training.overlap import questions_in
from masdesign.training.part_skills import part_of
from masdesign.training.practice import practice
from masdesign.training.recipe import TrainingRecipe, cases
from masdesign.training.skills import SKILLS
from masdesign.training.solution import Step, check, read, read_steps
from masdesign.training.value_skills import demonstrations
from masdesign.types import Question

FAMILIES = sorted(paths.WORKED)


def some_cases(family: str, count: int = 60, difficulties: tuple[int, ...] = (1, 2, 3)) -> list[Case]:
    rng = random.Random(4)
    share = count // len(difficulties)
    items = [i for d in difficulties for i in sample_items(families()[family], share, 0, d, reserved=False)]
    return [Case(family, item, wordings.role(rng), rng) for item in items]


@pytest.mark.parametrize("family", FAMILIES)
def test_parts_have_their_own_right_answers(family: str) -> None:
    for case in some_cases(family):
        for part in case.parts():
            solution = paths.solve(part.family, part.item.record, case.rng)
            assert solution.answer == part.item.target
            truth = paths.truth(part.family, part.item.record)
            assert all(step.ok for step in check(solution.steps, truth))


@pytest.mark.parametrize("family", FAMILIES)
def test_answers_to_the_parts_add_up_to_the_target(family: str) -> None:
    for case in some_cases(family):
        answers = [part.item.target for part in case.parts()]
        solution = paths.merge(family, case.item.record, answers, case.rng)
        assert solution.answer == case.item.target
        assert all(step.ok for step in check(solution.steps, paths.truth(family, case.item.record)))


@pytest.mark.parametrize("family", FAMILIES)
def test_split_questions_are_the_parts(family: str) -> None:
    for case in some_cases(family):
        example = SKILLS["split_question"](case)
        found = read_numbered(example.reply, "question")
        assert found == [part.item.question for part in case.parts()]
        limit = int(example.messages[-1].content.rpartition("Write at most ")[2].split()[0])
        assert len(found) <= limit


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_merged_follows_from_the_answers_shown(family: str) -> None:
    right = 0
    for case in some_cases(family):
        example = SKILLS["merge_answers"](case)
        shown = read_numbered(example.messages[-1].content, "answer")
        parts = case.parts()
        if len(shown) < len(parts):  # the next part, after those before it
            assert questions_in(example) == [parts[len(shown)].item.question]
            assert read_answer(example.reply).text == parts[len(shown)].item.target
            right += 1
            continue
        expected = paths.merge(family, case.item.record, shown, case.rng).answer
        assert read_answer(example.reply).text == expected
        right += expected == case.item.target
        assert (expected == paths.UNKNOWN) is (paths.UNKNOWN in shown)
    assert 35 <= right < 60  # some of the answers shown are wrong


@pytest.mark.parametrize("family", FAMILIES)
def test_a_focused_problem_has_the_same_answer(family: str) -> None:
    for case in some_cases(family):
        case.aside = "The coffee is cold."
        task = case.question
        reply = SKILLS["focus"](case).reply
        text = read_field(reply, "problem").text
        assert "coffee" not in text
        assert len(text) <= len(task.question)
        if family == "ledger":
            numbers = read_numbers(read_field(reply, "passages").text, len(task.context))
            used = {figure.statement + 1 for figure in case.item.record["figures"]}
            assert set(numbers) == used
        if family == "object_counting":
            kept = text.partition("How many")[0]
            things = case.item.record["things"]
            assert all((thing.text in kept) for thing in things if thing.counts)
            assert text.count(",") <= task.question.count(",")


@pytest.mark.parametrize("family", FAMILIES)
def test_next_steps_lead_to_the_target(family: str) -> None:
    seen = set()
    for case in some_cases(family, 240):
        example = SKILLS["next_step"](case)
        assert "\n" not in example.reply
        answer = read_answer(example.reply).text
        steps = example.messages[-1].content.partition("Steps so far:\n")[2].partition("\n\n")[0]
        truth = paths.truth(family, case.item.record)
        if all(step.ok for step in check(read_steps(steps), truth)):
            if answer:
                assert answer == case.item.target
            else:
                (step,) = read_steps(example.reply)
                assert truth(step.label, step.value) is not None
        seen.add((bool(answer), bool(steps)))
    assert {(False, False), (False, True), (True, True)} <= seen


@pytest.mark.parametrize("family", FAMILIES)
def test_another_solution_is_right_and_differs(family: str) -> None:
    differ = 0
    for case in some_cases(family):
        example = SKILLS["solve_differently"](case)
        assert read_answer(example.reply).text == case.item.target
        differ += example.reply not in example.messages[-1].content
    assert differ >= 50


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_say_whether_the_steps_are_right(family: str) -> None:
    seen = set()
    for case in some_cases(family, 120):
        example = SKILLS["rate"](case)
        score = read_score(example.reply, "score", 10)
        steps = example.messages[-1].content.partition("Steps so far:\n")[2].partition("\n\n")[0]
        found = read(steps)
        given = found.steps if found else read_steps(steps)
        ok = all(step.ok for step in check(given, paths.truth(family, case.item.record)))
        ok = ok and (found is None or found.answer == case.item.target)
        assert score is not None
        assert (score > 5) is ok
        assert (score == 10) is (ok and found is not None)
        seen.add((ok, found is None))
    assert len(seen) == 4


@pytest.mark.parametrize("family", FAMILIES)
def test_kinds_are_among_those_named(family: str) -> None:
    seen = set()
    for case in some_cases(family, 120, (0, 1, 2, 3) if family != "boolean" else (1, 2, 3, 4)):
        labels, name = kinds.label(family, case.item, case.rng)
        names = [text.partition(":")[0].strip() for text in labels]
        assert read_label(f"Kind: {name}", "kind", names) == name
        if set(names) == {"easy", "hard"}:
            assert (name == "hard") is kinds.is_hard(family, case.item)
        seen.add(name)
        reply = SKILLS["classify"](case).reply
        assert reply.startswith("Kind: ")
    assert {"easy", "hard"} <= seen


@pytest.mark.parametrize("family", FAMILIES)
def test_worked_examples_set_the_manner(family: str) -> None:
    numbered = 0
    for case in some_cases(family, 120):
        case.shown = demonstrations(family, [case.item], case.rng)
        example = SKILLS["few_shot"](case)
        assert read_answer(example.reply).text == case.item.target
        assert example.messages[-1].content.count("Problem: ") >= 2
        if case.shown.layout:  # the very item that was shown is solved as it was shown
            assert example.reply == case.shown.examples[0]["solution"]
            numbered += case.shown.layout == "numbered"
        else:
            assert read(example.reply) is not None
    assert numbered


@pytest.mark.parametrize("family", FAMILIES)
def test_a_part_is_a_case_of_its_own(family: str) -> None:
    found = 0
    for case in some_cases(family):
        part = part_of(case, case.rng)
        if part is None:
            continue
        found += 1
        for skill in ("chain_of_thought", "direct"):
            assert read_answer(SKILLS[skill](part).reply).text == part.item.target
        assert len(part.question.context) <= 1
    assert found > 40


def test_figures_are_looked_up_in_the_passages_shown() -> None:
    unknown = total = alone = 0
    rng = random.Random(0)
    for _ in range(300):
        for example in look_up.look_ups(rng):
            prompt = example.messages[-1].content
            passages = [line.partition(": ")[2] for line in prompt.split("\n") if line.startswith("Passage ")]
            (question,) = questions_in(example)
            assert not is_reserved(question)
            name, company, quarter = question.removeprefix("What are the ").rstrip("?").split(" of ")[0:1] + (
                question.rstrip("?").partition(" of ")[2].split(" in Q")
            )
            mine = [p for p in passages if company in p and f"Q{quarter}" in p]
            values = [word for p in mine for word in _after(p, name)]
            answer = read_answer(example.reply).text
            assert answer == (values[0] if values else paths.UNKNOWN)
            unknown += answer == paths.UNKNOWN
            alone += len(passages) == 1
            total += 1
    assert 0.1 < unknown / total < 0.2
    assert alone / total > 0.6


def _after(passage: str, name: str) -> list[str]:
    words = passage.replace(",", "").rstrip(".").replace(" of ", " ").split()
    return [after for word, after in pairwise(words) if word == name and after.isdigit()]


def test_questions_on_the_same_statements_differ() -> None:
    """The training of `ledger` asks several questions of one context."""
    recipe = TrainingRecipe(families={"ledger": 1.0}, step_cases=1.0, practice_cases=0.0, look_up_cases=0.0)
    several = 0
    for examples in islice(cases(recipe, 0, frozenset()), 60):
        questions = {question for example in examples for question in questions_in(example)}
        several += len(questions) > 1
    assert several > 25


def test_practice_is_settled_by_the_prompt() -> None:
    rng = random.Random(0)
    for _ in range(300):
        example = practice(rng)
        for word in example.reply.split():
            assert word == "=" or word in example.messages[0].content


def test_statements_read_alike_in_context_and_meta() -> None:
    rng = random.Random(0)
    for difficulty in range(4):
        item = ledger.generate(rng, difficulty)
        for passage, statement in zip(item.context, item.record["statements"], strict=True):
            for figure in statement:
                assert _after(passage, figure.name) == [str(figure.value)]


def test_only_the_needed_passages() -> None:
    for case in some_cases("ledger", 30):
        item = ledger.only_needed(case.item)
        assert (item.question, item.target) == (case.item.question, case.item.target)
        assert len(item.context) == len(item.record["figures"])
        assert paths.passages("ledger", item) == list(range(1, len(item.context) + 1))
        for figure in item.record["figures"]:
            assert figure in item.record["statements"][figure.statement]
            assert figure.company in item.context[figure.statement]


def test_an_aside_stands_beside_the_problem() -> None:
    (case,) = some_cases("ledger", 1, (2,))
    case.aside = "The weather was fine."
    assert case.question.context == (*case.item.context, case.aside)
    (case,) = some_cases("boolean", 1, (1,))
    case.aside = "The weather was fine."
    assert case.question == Question(f"{case.aside} {case.item.question}")


def test_steps_without_an_answer_are_read() -> None:
    assert read_steps("1. A +3\n2. B +4 = +4") == (Step("A", "", "+3"), Step("B", "+4", "+4"))
