"""What the new families say is spelt in whole pieces, and fits the window."""

from __future__ import annotations

import random

import pytest

from masdesign.lm.abacus.tokenizer import PIECE
from masdesign.tasks.families import families, ledger, object_counting, shuffled_objects
from masdesign.training.case import Case, Exercise
from masdesign.training.recipe import TrainingRecipe, cases
from masdesign.training.skills import SKILLS
from masdesign.training.vocabulary import pieces

WINDOW = 512
AROUND = 6
"""Special tokens of a prompt with a role, and of its reply."""
LAST_DIFFICULTY = {"ledger": 6, "object_counting": 4, "shuffled_objects": 3}


@pytest.fixture(scope="module")
def known() -> set[str]:
    return set(pieces(cases(TrainingRecipe(), 0, frozenset()), 600))


def texts(example: Exercise) -> list[str]:
    return [*(message.content for message in example.messages), example.reply]


@pytest.mark.slow
def test_names_are_whole_pieces(known: set[str]) -> None:
    words = {*ledger.COMPANIES, *ledger.FIGURES, *shuffled_objects.USUAL}
    for kind in object_counting.KINDS:
        for name in object_counting.names(kind):
            words |= {*name.split(), *object_counting.plural(name).split()}
    assert not {f" {word}" for word in words} - known


@pytest.mark.parametrize("family", LAST_DIFFICULTY)
def test_problems_are_spelt_in_pieces(family: str, known: set[str]) -> None:
    rng = random.Random(0)
    for _ in range(60):
        item = families()[family].generate(rng, families()[family].default_difficulty)
        example = SKILLS["chain_of_thought"](Case(family, item, "", rng))
        for text in texts(example):
            missing = {piece for piece in PIECE.findall(text) if piece not in known}
            assert not missing


@pytest.mark.parametrize("family", LAST_DIFFICULTY)
def test_items_with_room_for_their_steps_fit_the_window(family: str) -> None:
    rng = random.Random(0)
    for difficulty in range(LAST_DIFFICULTY[family] + 1):
        for _ in range(60):
            item = families()[family].generate(rng, difficulty)
            example = SKILLS["chain_of_thought"](Case(family, item, "You are patient and exact.", rng))
            assert sum(len(PIECE.findall(text)) for text in texts(example)) + AROUND <= WINDOW
