"""Every reply that abacus learns is right, and reads as the blocks read it."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from masdesign.building_blocks._prompt import render
from masdesign.building_blocks.read import read_answer, read_choice, read_program, read_verdict
from masdesign.tasks.buckets import is_reserved, question_hash
from masdesign.tasks.families import families, sample_items
from masdesign.training import paths, wordings
from masdesign.training.calibrate import value
from masdesign.training.case import Case
from masdesign.training.overlap import questions_in
from masdesign.training.recipe import EASY, TrainingRecipe, cases
from masdesign.training.skills import SKILLS
from masdesign.training.solution import LAYOUTS, check, lay_out, read

FAMILIES = sorted(paths.WORKED)


def some_cases(family: str, count: int = 60) -> list[Case]:
    rng = random.Random(4)
    items = [i for d in (1, 2, 3) for i in sample_items(families()[family], count // 3, 0, d, reserved=False)]
    return [Case(family, item, wordings.role(rng), rng) for item in items]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("skill", ["direct", "chain_of_thought", "revise", "debate_round"])
def test_answers_are_right(family: str, skill: str) -> None:
    for case in some_cases(family):
        reply = SKILLS[skill](case).reply
        assert read_answer(reply).text == case.item.target
        assert reply.splitlines()[-1] == f"Answer: {case.item.target}"


@pytest.mark.parametrize("family", FAMILIES)
def test_programs_have_the_answer_as_their_value(family: str) -> None:
    for case in some_cases(family):
        assert value(read_program(SKILLS["write_program"](case).reply)) == case.item.target


@pytest.mark.parametrize("family", FAMILIES)
def test_verdicts_and_choices_are_right(family: str) -> None:
    seen = set()
    for case in some_cases(family):
        draft = case.draft()
        verdict = read_verdict(case.judgement(draft))
        assert verdict.ok is (read_answer(draft).text == case.item.target)
        seen.add(verdict.ok)
        example = SKILLS["choose"](case)
        count = example.messages[-1].content.count("Solution ")
        assert read_choice(example.reply, count) is not None
    assert seen == {True, False}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_free_form_ends_as_was_asked(family: str) -> None:
    for case in some_cases(family):
        example = SKILLS["ask"](case)
        last = example.reply.splitlines()[-1]
        assert last.endswith(f": {case.item.target}")
        if "Reply on the last line" in example.messages[-1].content:
            assert f"{last.split(':')[0]}: ..." in example.messages[-1].content


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_solutions_are_read_back_and_checked(family: str, layout: str) -> None:
    rng = random.Random(1)
    spoilt = 0
    for case in some_cases(family):
        truth = paths.truth(family, case.item.record)
        right = case.solution()
        assert read(lay_out(right, layout)) == right
        assert all(step.ok for step in check(right.steps, truth))
        bad = paths.solve_badly(family, case.item.record, rng)
        spoilt += not all(step.ok for step in check(bad.steps, truth))
    assert spoilt > 20


@pytest.mark.parametrize("family", FAMILIES)
def test_paths_differ(family: str) -> None:
    case = some_cases(family)[-1]
    assert len({case.reply() for _ in range(40)}) >= 4


def test_own_drafts_are_used_as_often_wrong_as_right() -> None:
    case = some_cases("arithmetic")[0]
    case.own = [lay_out(case.solution(), "lines")] * 9 + ["A +1\nAnswer: nonsense"]
    wrong = sum(not case.is_right(case.draft()) for _ in range(400))
    assert 140 < wrong < 260
    assert case.judgement("rubbish").endswith("Verdict: wrong")


@pytest.mark.slow
@pytest.mark.parametrize("difficulties", [TrainingRecipe().difficulties, EASY])
def test_training_never_sees_a_reserved_bucket(difficulties: dict[str, dict[int, float]]) -> None:
    seen = 0
    for examples in islice(cases(TrainingRecipe(difficulties=difficulties), 3, frozenset()), 600):
        for example in examples:
            for question in questions_in(example):
                assert not is_reserved(question), question
                seen += 1
    assert seen > 1500


@pytest.mark.slow
def test_excluded_questions_are_left_out() -> None:
    plain = TrainingRecipe(look_up_cases=0.0, asides=0.0)

    def questions(excluded: frozenset[str]) -> set[str]:
        found = islice(cases(plain, 3, excluded), 100)
        return {question for examples in found for e in examples for question in questions_in(e)}

    seen = questions(frozenset())
    assert not seen & questions(frozenset(map(question_hash, seen)))


@pytest.mark.parametrize("skill", [s for s in SKILLS if s != "ask"])
def test_wordings(skill: str) -> None:
    trained, held = wordings.train_stems(skill), wordings.held_out(skill)
    assert len(set(trained)) >= 20
    assert len(set(held)) == wordings.HELD_OUT
    assert not any(text.startswith(stem) for text in held for stem in trained)
    rng = random.Random(0)
    drawn = [wordings.instruction(skill, rng) for _ in range(2000)]
    assert 0.55 < drawn.count("") / len(drawn) < 0.65
    assert not set(drawn) & set(held)


def test_prompts_are_the_templates_own() -> None:
    case = some_cases("navigate")[0]
    case.role = ""
    seen = {SKILLS["direct"](case).messages for _ in range(60)}
    assert render("direct", task=case.question, instruction="") in seen
