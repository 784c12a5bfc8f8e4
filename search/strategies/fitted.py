"""Designs whose parameters are fitted on `train`: a router, measured profiles, a calibrated doubt.

A router is a decision tree from what can be seen of a question to the way that answers such questions best.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from masdesign.archive.view import ArchiveView
from masdesign.building_blocks.capability_match import WAYS
from masdesign.retrieval import words
from masdesign.search.practice import Practice, PracticedItem
from masdesign.search.strategies.evolution import Evolution
from masdesign.search.strategy import Proposal
from masdesign.syntax import tree_of
from masdesign.types import Question, Verdict
from masdesign.workflow import Design

ROUTED = 10
"""How many designs a router chooses among: the best of each that call the same blocks."""
CHECKS = 3
"""Checks of a fast answer that its calibrated doubt counts."""
KINDS = ("easy: one or two steps", "hard: many steps, or steps that are easily confused")
"""Where the rows of `train` name no kinds of questions."""
MOST_KINDS = 8
_CALLED = re.compile(r"(\w+)\(")
_HEAD = "async def workflow(task):\n"


class Fitted(Evolution):
    """Fits a router, profiles of models and a doubt on train items, then goes on as evolution.

    Once its first designs are scored on val, it looks at what they do on `train`, item by item, and writes:

    - a *router*: which of the run's designs answers a question follows from what can be seen of the
      question (its words, its length, its passages), by at most two tests. It is a small decision tree, grown
      on `train`, and proposed only where such trees gain on items that they were not grown on;
    - `capability_match` by *measured scores*: how each model of the run (of one model, each way to use it)
      does on each kind of question, kinds as the rows of `train` name them, else easy and hard;
    - `fast_and_slow` with a *calibrated doubt*: how often fast answers are right, by how many checks approve,
      against how often the slow workflow is;
    - `cascade` with its hand-over at a step.

    All of it stands in the design's source, so that whatever runs, serves or exports the design has it, and
    no label is needed to answer. That costs `train` calls of every design that it looks at, once. A run
    whose models answer recorded prompts only fits the router alone.

    References: I. Ong et al. 2024, RouteLLM, arXiv:2406.18665 (a router learnt from outcomes; its features
    are embeddings and its labels preferences, ours are readable tests and scores); Y. Shen et al. 2023,
    HuggingGPT, arXiv:2303.17580; W. Yao et al. 2024, HDFlow, arXiv:2409.17433; H. Sun et al. 2024,
    AdaSwitch, arXiv:2410.13181; M. Ayer et al. 1955, doi:10.1214/aoms/1177728423 (pooled violators).
    """

    name: ClassVar[str] = "fitted"
    reference: ClassVar[str] = "arXiv:2406.18665"

    _fits = True

    def propose(self, view: ArchiveView, n: int) -> Iterable[Proposal] | Awaitable[Iterable[Proposal]]:
        """The founders, the fitted designs as soon as founders have scores, then children.

        Raises:
            BudgetExhausted, CredentialsError: as evaluating the designs on `train` would.
        """
        practice = self.setting.practice
        own = [
            entry for entry in view.entries if entry.design.origin == self.name and entry.score is not None
        ]
        if practice is None or not self._fits or not own:
            return self.grown(view, n)
        self._fits = False
        return self._fit(practice, view, n)

    async def _fit(self, practice: Practice, view: ArchiveView, n: int) -> list[Proposal]:
        fitted = [await self._router(practice, view)]
        forms = self.setting.grammar.forms.keys() if not self.setting.grammar.repertoires else ()
        if "capability_match" in forms:
            fitted.append(await self._match(practice))
        if "fast_and_slow" in forms:
            fitted.append(await self._doubt(practice))
        if "cascade" in forms:
            large = "".join(f", large_model={name!r}" for name in self.setting.grammar.models[-1:])
            call = f'cascade(task, below=0.5, hand_over="step"{large})'
            fitted.append(self._design("hand-over at a step", call, "Hands over at the first doubted step."))
        new = [Proposal(d) for d in fitted if d is not None and self.setting.book.claim(d)][:n]
        return [*new, *self.grown(view, n - len(new))]

    def _design(self, name: str, call: str, thought: str, parents: tuple[str, ...] = ()) -> Design:
        source = call if call.startswith("async def") else f"{_HEAD}    return await {call}\n"
        return Design(source, name, thought, parents, self.name)

    async def _router(self, practice: Practice, view: ArchiveView) -> Design | None:
        """A router among designs of different blocks, where it gains on items that it was not learnt from."""
        scored = [e for e in view.entries if e.score is not None and _is_one_function(e.design)]
        by_calls = dict[frozenset[str], Design]()
        for entry in self.setting.objective.order(scored):
            by_calls.setdefault(frozenset(_CALLED.findall(entry.design.source)), entry.design)
        ways = [*by_calls.values()][:ROUTED]
        rows = [await practice(design) for design in ways]
        answered = [row for row in zip(*rows, strict=True) if all(one.score is not None for one in row)]
        if len(ways) < 2 or len(answered) < 4 * LEAST:
            return None
        scores = [[one.score or 0.0 for one in column] for column in zip(*answered, strict=True)]
        tests = question_tests([Question.of(row[0].item) for row in answered])
        rule = learn(scores, tests, range(len(answered)))
        gain = held_out_gain(scores, tests)
        if isinstance(rule, int) or gain <= 0:
            return None
        return self._routed(rule, ways, f"Learnt on {len(answered)} train items: {gain:+.3f} held out.")

    def _routed(self, rule: Rule, ways: Sequence[Design], learnt: str) -> Design:
        lines = "\n".join(f"    {line}" for line in body(rule, [f"way_{i}" for i in range(len(ways))]))
        used = [i for i in range(len(ways)) if f"way_{i}(" in lines]
        functions = [ways[i].source.replace("def workflow(", f"def way_{i}(", 1).strip() for i in used]
        source = "\n\n\n".join([*functions, f"{_HEAD}{lines}\n"])
        name = f"router: {' or '.join(ways[i].name for i in used)}"
        return self._design(name, source, f"Routes by {rule.test}. {learnt}", tuple(ways[i].id for i in used))

    async def _match(self, practice: Practice) -> Design | None:
        """Measured scores by kind, where not everybody's best kind is the same one's."""
        models = ["", *self.setting.grammar.models] if self.setting.grammar.models else []
        ways = ["direct(task)", "chain_of_thought(task)", "self_consistency(task, 3)"]
        calls = [f"chain_of_thought(task, model={name!r})" for name in models] or ways
        columns = [await practice(self._design("", call, "")) for call in calls]
        kinds = _kinds(columns[0])
        sort = f"    return Answer(await classify(task, {kinds!r}) or 'none')\n"
        sorted_as = [one.outcome.answer for one in await practice(self._design("", _HEAD + sort, ""))]
        names = [kind.partition(":")[0].strip() for kind in kinds]
        of_kind = [a.text if a is not None else "" for a in sorted_as]
        scores = [
            [_shrunk([one for one, kind in zip(c, of_kind, strict=True) if kind == name], c) for c in columns]
            for name in names
        ]
        if len({row.index(max(row)) for row in scores}) < 2:
            return None
        team = f"{models!r}, " if models else ""
        call = f"capability_match(task, {team}kinds={kinds!r}, scores={scores})"
        who = ", ".join(repr(name) for name in models or WAYS)
        return self._design("measured profiles", call, f"Scores of {who} by kind, measured on train items.")

    async def _doubt(self, practice: Practice) -> Design | None:
        """What approvals are worth against the slow workflow, where some are worth more and some less."""
        check = f"[verify(task, fast, temperature=0.8) for _ in range({CHECKS})]"
        fast = f"{_HEAD}    fast = await direct(task)\n    await gather(*{check})\n    return fast\n"
        slow = 'fast_and_slow(task, slow="workflow", trust=[0.0, 0.0], below=1.0)'
        checked = await practice(self._design("", fast, ""))
        below = _shrunk(slow_items := await practice(self._design("", slow, "")), slow_items)
        by_count = [[one for one in checked if _approvals(one) == count] for count in range(CHECKS + 1)]
        trust = rising([_shrunk(some, checked) for some in by_count], [len(some) + 1 for some in by_count])
        if not trust[0] < below <= trust[-1]:
            return None
        call = f'fast_and_slow(task, slow="workflow", trust={trust}, below={below})'
        told = (
            f"A fast answer stands where so many approvals were right more often than {below} on train items."
        )
        return self._design("calibrated doubt", call, told)


def _is_one_function(design: Design) -> bool:
    return len(tree_of(design.source).body) == 1 and "def workflow(task):" in design.source


def _kinds(practiced: Sequence[PracticedItem]) -> list[str]:
    """The values of the first field of the rows that names few kinds, each of several questions."""
    rows = [one.item for one in practiced]
    for name in rows[0].record if rows else ():
        values = [row.record.get(name) for row in rows]
        kinds = sorted({value for value in values if isinstance(value, str)})
        names_few = 1 < len(kinds) <= MOST_KINDS and min(map(values.count, kinds)) >= LEAST
        if names_few and not all(v in row.targets for v, row in zip(values, rows, strict=True)):
            return kinds
    return list(KINDS)


def _approvals(practiced: PracticedItem) -> int:
    verdicts = (node.output for node in practiced.outcome.trace.root.walk())
    return sum(isinstance(verdict, Verdict) and verdict.ok for verdict in verdicts)


def _shrunk(some: Sequence[PracticedItem], every: Sequence[PracticedItem]) -> float:
    """The mean score of some items, drawn to that of all by the weight of one; two digits."""
    own = [one.score for one in some if one.score is not None]
    whole = [one.score for one in every if one.score is not None]
    return round((sum(own) + sum(whole) / max(1, len(whole))) / (len(own) + 1), 2)


def rising(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The closest values that never fall (weighted least squares; pooled adjacent violators).

    >>> rising([0.2, 0.6, 0.4, 0.9], [1, 1, 3, 1])
    [0.2, 0.45, 0.45, 0.9]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            both = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / both, both, before[2] + pool[2])
        pools.append(pool)
    return [round(value, 2) for value, _, count in pools for _ in range(count)]


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
