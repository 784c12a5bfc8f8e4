"""Does sight help a mutation? Changes aimed where runs departed from right, beside blind ones.

    python tests/benchmarks/bench_sight.py arithmetic --out FILE --cache FILE
    python tests/benchmarks/bench_sight.py ledger --spoil EXPRESSION --out FILE --cache FILE

A climb begins with a design of at least three steps that scores 15 points or more below the given one (step
by step; or EXPRESSION): one grown at random, or EXPRESSION after two random changes. It mutates: each child
answers the same val items, and takes its parent's place where it scores no less. It ends with a child within
5 points of the given design, or with its budget. *Blind* changes any place alike; *aimed* looks first at what
goes wrong on eight train items (`diagnose`), and pays for that. Calls are the different completions that
a climb took, whether the cache had them or not.

Reported: the calls of each climb; the ratio of aimed to blind (geometric mean over the seeds with a bootstrap
interval; a climb that its budget ended counts as all of it); the share of mutations that scored more than
their parent. Each climb is kept in FILE when it ends (JSON lines): started again, it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from bench_winner import completions

from masdesign.evaluation import open_runtime
from masdesign.evaluation.items import run_items
from masdesign.evaluation.scoring import Scoring
from masdesign.search.designer.diagnosis import ITEMS as TRAIN_ITEMS
from masdesign.search.designer.diagnosis import diagnose
from masdesign.search.grammar.expression import Expression
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.grammar.vary import mutate
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.statistics.intervals import bootstrap_mean, wilson
from masdesign.tasks import Task, load_task
from masdesign.types import Item
from masdesign.workflow import ItemOutcome, Runtime

ARMS = ("blind", "aimed")
ROOM, NEAR = 0.15, 0.05
"""How far below step by step a climb begins, at least, and how near to it the given score is."""
LEAST_STEPS, CHANGES = 3, 2


@dataclass
class Bench:
    """A task on a runtime, and what designs scored on it."""

    task: Task
    runtime: Runtime
    grammar: Grammar
    scored: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    """By split and expression: the mean score, and the completions that it took."""

    async def score(
        self, tree: Expression, items: tuple[Item, ...], split: str = "val"
    ) -> tuple[float, frozenset[str]]:
        """The design's mean score on the items, and the keys of its completions."""
        key = f"{split} {tree}"
        if key not in self.scored:
            outcomes: list[tuple[Item, ItemOutcome]] = []
            await run_items(
                design_of(tree), items, self.runtime, lambda item, out: outcomes.append((item, out))
            )
            scoring = Scoring(self.task, self.runtime)
            scores = [(await scoring.result(item, outcome)).score or 0.0 for item, outcome in outcomes]
            keys = (completions(outcome, self.runtime) for _, outcome in outcomes)
            self.scored[key] = sum(scores) / len(scores), frozenset(key for paid in keys for key in paid)
        return self.scored[key]

    async def blame(self, tree: Expression) -> tuple[dict[str, float], frozenset[str]]:
        """Where the design goes wrong on train items, and the completions that it takes to know."""
        _, keys = await self.score(tree, self.task.train[:TRAIN_ITEMS], "train")
        seen = await diagnose(design_of(tree), self.task, self.runtime, Ledger(Budget.parse(None)))
        return (seen.blame if seen is not None else {}), keys

    async def climb(self, start: Expression, aim: float, arm: str, seed: int, budget: int) -> dict[str, Any]:
        """Mutate until a child reaches the aim; what that took."""
        rng, tree, tried, better = Random(seed), start, {str(start)}, 0
        score, keys = await self.score(tree, self.task.val)
        paid, blame, looked = set(keys), dict[str, float](), ""
        while score < aim and len(paid) < budget:
            if arm == "aimed" and looked != str(tree):
                blame, keys = await self.blame(tree)
                paid |= keys
                looked = str(tree)
            child = mutate(tree, self.grammar, rng, blame)
            if child is None or str(child) in tried:
                continue
            tried.add(str(child))
            child_score, keys = await self.score(child, self.task.val)
            paid |= keys
            better += child_score > score
            if child_score >= score:
                tree, score = child, child_score
        row = {
            "arm": arm,
            "seed": seed,
            "calls": min(len(paid), budget),
            "reached": score >= aim,
            "score": round(score, 3),
        }
        return row | {"mutations": len(tried) - 1, "better": better, "start": str(start), "end": str(tree)}

    def spoiled(self, tree: Expression | None, rng: Random) -> Expression | None:
        """The design after a few random changes."""
        for _ in range(CHANGES):
            tree = None if tree is None else mutate(tree, self.grammar, rng)
        return tree

    async def starts(self, count: int, ceiling: float, spoil: Expression | None) -> list[Expression]:
        """Random designs of several steps, or what ``spoil`` becomes, that score no more than the ceiling."""
        rng, starts = Random(0), dict[str, Expression]()
        while len(starts) < count:
            tree = self.grammar.grow(rng) if spoil is None else self.spoiled(spoil, rng)
            if tree is None or len(list(tree.walk())) < LEAST_STEPS or str(tree) in starts:
                continue
            if (await self.score(tree, self.task.val))[0] <= ceiling:
                starts[str(tree)] = tree
        return list(starts.values())


async def measure(given: argparse.Namespace) -> list[dict[str, Any]]:
    """All climbs that are not on file yet."""
    task = load_task(given.task, items=given.items)
    rows = [json.loads(line) for line in given.out.read_text().splitlines()] if given.out.exists() else []
    done = {(row["arm"], row["seed"]) for row in rows}
    async with open_runtime(given.model, task=task, cache=given.cache) as runtime:
        passages = any(len(item.context) > 1 for item in task.train)
        grammar = Grammar(
            tools=frozenset(runtime.tools),
            passages=passages,
            blocks=runtime.blocks,
            without=tuple(given.without),
        )
        bench = Bench(task, runtime, grammar)
        spoil = grammar.parse(given.spoil) if given.spoil else None
        level, _ = await bench.score(spoil or grammar.parse("chain_of_thought()"), task.val)
        print(f"the given design scores {level:.3f}", flush=True)
        for seed, start in enumerate(await bench.starts(given.seeds, level - ROOM, spoil)):
            for arm in ARMS:
                if (arm, seed) in done:
                    continue
                row = await bench.climb(start, level - NEAR, arm, seed, given.budget)
                with given.out.open("a") as file:
                    print(json.dumps(row), file=file)
                print(json.dumps(row), flush=True)
                rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """The figures, in words."""
    by_arm = {arm: {row["seed"]: row for row in rows if row["arm"] == arm} for arm in ARMS}
    seeds = sorted(by_arm["blind"].keys() & by_arm["aimed"].keys())
    lines = []
    for arm, own in by_arm.items():
        better, tried, reached = (
            sum(own[s][what] for s in seeds) for what in ("better", "mutations", "reached")
        )
        low, high = wilson(better, tried)
        lines.append(
            f"{arm}: calls {[own[seed]['calls'] for seed in seeds]}, {reached} of {len(seeds)} reached"
        )
        lines.append(f"  better than the parent: {better} of {tried} mutations ({low:.3f} to {high:.3f})")
    ratios = [math.log(by_arm["aimed"][seed]["calls"] / by_arm["blind"][seed]["calls"]) for seed in seeds]
    mean, (low, high) = sum(ratios) / len(ratios), bootstrap_mean(ratios, seed=0)
    ratio, least, most = map(math.exp, (mean, low, high))
    lines.append(f"aimed takes {ratio:.2f} times the calls of blind ({least:.2f} to {most:.2f})")
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    """Climb, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("task", nargs="?", default="arithmetic")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--model", default="abacus")
    parser.add_argument("--spoil", help="an expression of the grammar")
    parser.add_argument("--without", nargs="*", default=[], help="blocks that no design is made of")
    parser.add_argument("--items", type=int, default=24)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--budget", type=int, default=1200)
    print(table(asyncio.run(measure(parser.parse_args(given)))))


if __name__ == "__main__":
    sys.exit(main())
