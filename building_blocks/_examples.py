"""The task's solved `train` problems, as blocks that learn from them choose among them.

The problem at hand is never among them: its answer would be its own demonstration.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from masdesign.building_blocks._asking import are_equal
from masdesign.building_blocks._step import labelled, solution
from masdesign.types import Answer, Example, Question
from masdesign.workflow import running
from masdesign.workflow.retrieval import bm25, words

_MOST_COMPARED = 200
"""Each is compared with each to choose diverse ones; this bounds the work."""


def known_examples() -> tuple[Example, ...]:
    """The task's `train` problems with their answers; empty where the task has none."""
    run = running()
    own = (run.question.wording, run.question.context)
    return tuple(e for e in run.runtime.examples if (e.question.wording, e.question.context) != own)


def diverse_examples(n: int) -> list[Example]:
    """At most n `train` problems that stand for all of them, the same ones each time (`representatives`)."""
    examples = known_examples()[:_MOST_COMPARED]
    return [examples[place] for place in representatives(tuple(e.question.wording for e in examples), n)]


def similar_examples(task: Question, n: int) -> list[Example]:
    """At most n `train` problems that share most words with this one, by BM25, the closest first."""
    examples = known_examples()
    return [examples[place] for place in bm25(task.wording, [e.question.wording for e in examples], n)]


def is_right(answer: Answer, example: Example) -> bool:
    """Whether it is the example's known answer, as votes compare answers."""
    return are_equal(answer.text, example.answer, example.question)


def attempt(example: Example, solved: Answer) -> str:
    """An attempt at an example as it is shown to learn from: right or wrong, the problem, the solution."""
    verdict = "Right attempt." if is_right(solved, example) else f"Wrong attempt; {example.answer} is right."
    return f"{verdict}\n{labelled(example.question)['text']}\n{solution(solved)}"


@lru_cache(64)
def representatives(texts: Sequence[str], n: int) -> tuple[int, ...]:
    """The places of at most n texts such that every text has one close to it, chosen one by one.

    Closeness is the share of words in common (Jaccard). Each choice is the one that brings all texts
    closest to those chosen, as centres of clusters do; of equals, the earlier one.

    >>> representatives(("add 1 and 2", "who lies", "add 1 and 3", "who lies to whom"), 2)
    (0, 1)
    """
    bags = [frozenset(words(text)) for text in texts]
    close = [[len(a & b) / (len(a | b) or 1) for b in bags] for a in bags]
    covered, chosen = [0.0] * len(bags), list[int]()
    while len(chosen) < min(n, len(bags)):
        left = [place for place in range(len(bags)) if place not in chosen]
        best = max(left, key=lambda p: (sum(map(max, close[p], covered)), -p))
        chosen.append(best)
        covered = list(map(max, close[best], covered))
    return tuple(chosen)
