"""What the mechanisms teach: prompts that pose free questions, replies that the blocks' readers read."""

from __future__ import annotations

import random

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `training`")

from masdesign.building_blocks import blocks
from masdesign.building_blocks._prompt import template_source
from masdesign.building_blocks.read import read_answer, read_field, read_label, read_numbered
from masdesign.distill import wording
from masdesign.distill.outline import outline
from masdesign.environments.call_text import read_calls
from masdesign.environments.house import House, make
from masdesign.environments.state import tools_of
from masdesign.tasks.buckets import is_reserved
from masdesign.training.case import questions_in
from masdesign.training.export import TEMPLATES
from masdesign.training.mechanisms import MECHANISMS, Draw
from masdesign.training.mechanisms.composite import request
from masdesign.training.mechanisms.house import house_episode
from masdesign.training.probe import one_turn
from masdesign.training.recipe import TrainingRecipe

SEEDS = range(8)
QUICK = sorted(MECHANISMS.keys() - {"act_search"})


def examples(name: str, held: bool = False, ease: float = 0.4):
    return [e for seed in SEEDS for e in MECHANISMS[name](Draw(random.Random(seed), ease, held))]


@pytest.mark.parametrize("name", QUICK)
def test_every_mechanism_has_prompts_and_replies(name):
    made = examples(name)
    assert len(made) >= len(SEEDS) // 2
    assert all(example.reply.strip() for example in made)
    assert all(example.messages[-1].role == "user" for example in made)
    assert examples(name) == made  # the same seed gives the same cases


@pytest.mark.parametrize("name", ["act_lookup", "act_mend", "cases", "notes", "recall", "route", "act_house"])
def test_probes_pose_reserved_questions_and_training_none(name):
    for held in (False, True):
        posed = [questions_in(example)[-1] for example in examples(name, held)]
        assert all(is_reserved(question) is held for question in posed)


def test_probes_have_wordings_that_training_never_has():
    trained = {Draw(random.Random(seed)).phrase("recall") for seed in range(400)}
    held = {Draw(random.Random(seed), held=True).phrase("recall") for seed in range(100)}
    assert len(trained) >= 30
    assert trained.isdisjoint(held)


@pytest.mark.parametrize("name", ["act_lookup", "act_mend", "act_house", "act_part", "go_on"])
def test_every_turn_of_an_agent_is_an_action_or_an_answer(name):
    for example in examples(name):
        replies = [m.content for m in example.messages if m.role == "assistant"] + [example.reply]
        for reply in replies[:-1]:
            thought, action = reply.split("\n")
            assert thought.startswith("Thought: ")
            assert action.startswith("Action: ")
            assert read_calls(reply, ())[0].name
        assert read_answer(replies[-1]).text or read_calls(replies[-1], ())


@pytest.mark.parametrize("difficulty", [1, 3])
def test_the_teacher_of_the_house_reaches_every_goal(difficulty):
    for seed in range(6):
        house = House(make(random.Random(seed), difficulty))
        episode = house_episode(house)
        assert house.outcome()["reward"] == 1.0
        for _, call, _ in episode.steps:
            assert read_calls(f"Action: {call}", tools_of(House))


def test_replies_are_read_by_the_blocks_readers():
    for example in examples("plan"):
        assert read_numbered(example.reply, "step")
    for example in examples("route"):
        labels = [
            line[2:].partition(":")[0]
            for line in example.messages[-1].content.splitlines()
            if line[:2] == "- "
        ]
        assert read_label(example.reply, "kind", labels)
    for example in examples("notes"):
        assert read_field(example.reply, "missing").text or read_answer(example.reply).text
    for example in examples("applies"):
        assert read_field(example.reply, "lessons").text


def test_what_is_worked_out_is_right():
    for name in ("cases", "operators"):
        for example in examples(name):
            *_, working, last = example.reply.splitlines()
            assert working.rpartition(" = ")[2].lstrip("+") == last.removeprefix("Answer: ")


def test_a_lesson_is_named_before_it_is_used():
    made = [e for e in examples("recall") if " by lesson " in e.reply]
    assert len(made) >= len(SEEDS)
    for example in made:
        source, working, _ = example.reply.splitlines()
        name, change, *_ = source.split()
        assert name in example.messages[-1].content
        assert change in working


def test_composite_requests_are_those_of_distillation():
    source = "async def workflow(task):\n    return await isolate(task, n=4)"
    assert request("isolate", 4) == wording.composed(outline(source, blocks()))


def test_one_turn_ends_before_a_reply_of_the_conversation():
    (example,) = MECHANISMS["act_lookup"](Draw(random.Random(3)))
    turns = {one_turn(example, random.Random(seed)) for seed in range(20)}
    assert len(turns) > 1
    for turn in turns:
        assert turn.messages == example.messages[: len(turn.messages)]
        assert turn.messages[-1].role == "user"


def test_the_recipe_names_every_mechanism_and_the_manifest_every_template():
    assert TrainingRecipe().mechanisms.keys() == MECHANISMS.keys()
    assert all(template_source(name) for name in TEMPLATES)
