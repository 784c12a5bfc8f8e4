"""Targets are worked out again here, from the question's text alone."""

from __future__ import annotations

import random
import re

import pytest

from masdesign.errors import InputError
from masdesign.tasks.buckets import RESERVED, bucket, is_reserved, normalise
from masdesign.tasks.families import Family, families, sample_items

ALL = sorted(families())
DIFFICULTIES = range(6)


def arithmetic(question: str) -> str:
    return str(eval(question.removesuffix("=")))  # noqa: S307


def boolean(question: str) -> str:
    return str(eval(question.removesuffix("is")))  # noqa: S307


def navigate(question: str) -> str:
    x = y = 0
    dx, dy = 0, 1
    for sentence in question.split("? ", 1)[1].split(". "):
        match sentence.strip(". ").split():
            case ["Turn", "left"]:
                dx, dy = -dy, dx
            case ["Turn", "right"]:
                dx, dy = dy, -dx
            case ["Turn", "around"]:
                dx, dy = -dx, -dy
            case ["Take", count, _]:
                x, y = x + dx * int(count), y + dy * int(count)
            case ["Take", count, _, where]:
                way = {"forward": (0, 1), "backward": (0, -1), "left": (-1, 0), "right": (1, 0)}[where]
                x, y = x + way[0] * int(count), y + way[1] * int(count)
            case ["Always", "face", "forward"]:
                pass
            case other:
                raise AssertionError(other)
    return "Yes" if (x, y) == (0, 0) else "No"


def truth_tellers(question: str) -> str:
    honest: dict[str, bool] = {}
    for name, claim in re.findall(r"(\w+) (lies|tells the truth)\.", question.split(" says ")[0] + " "):
        honest[name] = claim != "lies"
    for speaker, about, claim in re.findall(r"(\w+) says (\w+) (lies|tells the truth)", question):
        honest[speaker] = honest[about] == (claim != "lies")
    asked = re.search(r"Does (\w+) tell the truth\?$", question)
    assert asked is not None
    return "Yes" if honest[asked[1]] else "No"


SOLVERS = {f.__name__: f for f in (arithmetic, boolean, navigate, truth_tellers)}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_targets_are_right(name: str, difficulty: int) -> None:
    rng = random.Random(difficulty)
    for _ in range(150):
        item = families()[name].generate(rng, difficulty)
        assert SOLVERS[name](item.question) == item.target, item.question


@pytest.mark.parametrize("name", ALL)
def test_blind_guessing_scores_chance(name: str) -> None:
    family = families()[name]
    items = sample_items(family, 400, 3, family.default_difficulty, reserved=True)
    commonest = max(sum(i.target == t for i in items) for t in {i.target for i in items}) / len(items)
    assert commonest < family.chance + 0.08


@pytest.mark.parametrize("name", ALL)
def test_a_longer_list_begins_with_the_shorter(name: str) -> None:
    family = families()[name]
    short, long = (sample_items(family, n, 0, 2, reserved=True) for n in (20, 60))
    assert long[:20] == short
    assert len({normalise(i.question) for i in long}) == 60
    assert all(i.id.startswith(f"{name}-v{family.version}-") for i in long)


@pytest.mark.parametrize("name", ALL)
def test_reserved_and_training_items_are_apart(name: str) -> None:
    held, free = (sample_items(families()[name], 100, 0, 1, reserved=r) for r in (True, False))
    assert all(bucket(i.question) in RESERVED for i in held)
    assert not any(is_reserved(i.question) for i in free)


def test_seeds_give_other_items() -> None:
    family = families()["arithmetic"]
    assert sample_items(family, 5, 0, 1, True) != sample_items(family, 5, 1, 1, True)


def test_bad_difficulty_names_the_cure() -> None:
    with pytest.raises(InputError, match="use 1"):
        sample_items(families()["boolean"], 5, 0, -1, reserved=True)


def test_too_many_items_are_refused() -> None:
    few = Family(
        "few",
        1,
        "",
        "exact",
        0.0,
        1,
        lambda rng, _d: families()["boolean"].generate(random.Random(rng.randrange(9)), 1),
    )
    with pytest.raises(InputError, match="distinct items"):
        sample_items(few, 50, 0, 1, reserved=False)


def test_buckets_are_fixed() -> None:
    """Stored splits depend on these; they never change."""
    assert [bucket(q) for q in ("1 + 1 =", "not ( True ) is", "Who?")] == [4, 2, 4]
    counts = [0] * 10
    for n in range(5000):
        counts[bucket(str(n))] += 1
    assert min(counts) > 400
