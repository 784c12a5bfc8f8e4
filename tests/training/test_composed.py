"""Prompts of several steps in one reply: what is asked, and that the replies are right."""

from __future__ import annotations

import random

import pytest

from masdesign.tasks.families import families, sample_items
from masdesign.training import paths
from masdesign.training.case import Case
from masdesign.training.composed import composed
from masdesign.training.solution import read


@pytest.mark.parametrize("family", sorted(paths.WORKED))
def test_the_steps_are_numbered_and_the_last_line_is_the_answer(family: str) -> None:
    level = families()[family].default_difficulty
    for n, item in enumerate(sample_items(families()[family], 40, seed=5, difficulty=level, reserved=False)):
        example = composed(Case(family, item, "", random.Random(n)))
        asked = example.messages[-1].content
        assert "\n1. " in asked
        assert asked.endswith("Answer: ...")
        last = example.reply.rpartition("\n")[2]
        assert last == f"Answer: {item.target}"
        assert read(example.reply) is not None
