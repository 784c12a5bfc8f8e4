"""Made-up names in an item's place: the problem stays the same, and its solutions stay right."""

from __future__ import annotations

import random
import re

import pytest

from masdesign.tasks.families import families, sample_items
from masdesign.tasks.families.shuffled_objects import without_options
from masdesign.tasks.families.truth_tellers import PEOPLE
from masdesign.training import paths
from masdesign.training.renaming import made_up, renamed
from masdesign.training.solution import check


@pytest.mark.parametrize("family", ["shuffled_objects", "truth_tellers"])
def test_a_renamed_item_is_solved_as_before_under_its_new_names(family: str) -> None:
    rng, changed = random.Random(1), 0
    for item in sample_items(families()[family], 60, 3, 2, reserved=False):
        new = renamed(item, rng)
        people = new.record["people"]
        gone = [name for name in item.record["people"] if name not in people]
        changed += len(gone)
        assert len(set(people)) == len(item.record["people"])
        assert not any(re.search(rf"\b{name}\b", new.question) for name in gone)
        assert all(re.search(rf"\b{name}\b", new.question) for name in people)
        solution = paths.solve(family, new.record, rng)
        assert solution.answer == new.target == item.target
        assert all(step.ok for step in check(solution.steps, paths.truth(family, new.record)))
    assert changed > 200


def test_the_target_of_an_item_without_options_keeps_its_words() -> None:
    rng = random.Random(2)
    for item in sample_items(families()["shuffled_objects"], 30, 3, 1, reserved=False):
        open_ended = without_options(item)
        assert renamed(open_ended, rng).target == open_ended.target


def test_made_up_names_are_many_and_few_of_them_known() -> None:
    rng = random.Random(3)
    names = [made_up(rng) for _ in range(2000)]
    assert len(set(names)) > 1500
    assert sum(name in PEOPLE for name in names) < 40
    assert all(re.fullmatch("[A-Z][a-z]*", name) for name in names)
