"""A decision tree from what can be seen of a question to the way that answers such questions best."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from masdesign.retrieval import words
from masdesign.types import Question

LEAST = 5
"""Items on either side of a test."""
DEPTH = 2
"""Tests that a question goes through, at most."""

FOLDS = 8
"""Parts of the items, each of which is left out once to see what a tree of the others gains there."""

Tests = Mapping[str, Sequence[bool]]
"""By expressions in the design language: whether each item passes the test."""
Scores = Sequence[Sequence[float]]
"""By way: the score on each item."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A test of a question, and where those go that pass it, and the others."""

    test: str
    passed: Rule | int
    failed: Rule | int


def way_of(then: Rule | int, item: int, tests: Tests) -> int:
    """Return the place of the way that an item goes."""
    while isinstance(then, Rule):
        then = then.passed if tests[then.test][item] else then.failed
    return then


def body(then: Rule | int, names: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a workflow that calls the function of the way that a question goes.

    >>> rule = Rule("len(task.context) >= 2", 1, 0)
    >>> print("\\n".join(body(rule, ["as_whole", "in_parts"])))
    if len(task.context) >= 2:
        return await in_parts(task)
    return await as_whole(task)
    """
    if isinstance(then, int):
        yield f"return await {names[then]}(task)"
    else:
        yield f"if {then.test}:"
        yield from (f"    {line}" for line in body(then.passed, names))
        yield from body(then.failed, names)


def question_tests(questions: Sequence[Question]) -> dict[str, list[bool]]:
    """Return the tests that tell some of the questions from others: counts, then words in order.

    >>> list(question_tests([Question("Who lies?")] * 5 + [Question("1 + 1 = 2?")] * 5))
    ['len(task.question.split()) >= 5', '"lies" in task.question.lower()', '"who" in task.question.lower()']
    """
    tests = dict[str, list[bool]]()
    for text, counts in {
        "len(task.context)": [len(q.context) for q in questions],
        "len(task.choices)": [len(q.choices) for q in questions],
        "len(task.question.split())": [len(q.question.split()) for q in questions],
    }.items():
        for least in sorted(set(counts)):
            tests[f"{text} >= {least}"] = [count >= least for count in counts]
    texts = [q.question.lower() for q in questions]
    for word in sorted({word for text in texts for word in words(text) if word.isalpha()}):
        tests[f"{json.dumps(word)} in task.question.lower()"] = [word in text for text in texts]
    return {test: held for test, held in tests.items() if LEAST <= sum(held) <= len(held) - LEAST}


def learn(scores: Scores, tests: Tests, items: Sequence[int], depth: int = DEPTH) -> Rule | int:
    """Return the tree, greedily grown, whose ways add up to the most on these items; of equals the first.

    >>> tests = {"a": [True] * 6 + [False] * 6}
    >>> learn([[1.0] * 6 + [0.0] * 6, [0.5] * 12], tests, range(12))
    Rule(test='a', passed=0, failed=1)
    """
    best, total = _best(scores, items)
    gains = dict[str, float]()
    for test, held in tests.items() if depth else ():
        sides = [i for i in items if held[i]], [i for i in items if not held[i]]
        if min(map(len, sides)) >= LEAST:
            gains[test] = sum(_best(scores, side)[1] for side in sides) - total
    test = max(gains, key=lambda name: gains[name], default="")
    if not test or gains[test] <= 0:
        return best
    passed, failed = (
        learn(scores, tests, [i for i in items if tests[test][i] is side], depth - 1)
        for side in (True, False)
    )
    return passed if passed == failed else Rule(test, passed, failed)


def held_out_gain(scores: Scores, tests: Tests) -> float:
    """Return what such a tree gains an item over the best single way, on items that it has not seen."""
    items, gain = list(range(len(scores[0]))), 0.0
    Random(0).shuffle(items)  # kinds may stand in turns, or one after another
    for fold in range(FOLDS):
        held_out = items[fold::FOLDS]
        seen = sorted(set(items).difference(held_out))
        rule, single = learn(scores, tests, seen), _best(scores, seen)[0]
        gain += sum(scores[way_of(rule, i, tests)][i] - scores[single][i] for i in held_out)
    return gain / len(items)


def _best(scores: Scores, items: Sequence[int]) -> tuple[int, float]:
    """The way with the highest sum, the first of equals, and that sum."""
    sums = [sum(way[i] for i in items) for way in scores]
    return sums.index(max(sums)), max(sums)
