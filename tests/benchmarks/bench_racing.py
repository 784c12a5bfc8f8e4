"""How often racing misses the best of 60 fixed candidates, and what it saves.

    python tests/benchmarks/bench_racing.py [--task arithmetic] [--table FILE.npz] [--synthetic] [--runs 200]

60 designs of the grammar answer all of val once; their outcomes (item x candidate) are the table, which is
kept in a file and read again from there. Each run draws val's items anew from the table (with replacement),
shuffles the candidates, and sends them through the search's own stages (screening, race, all of val) in
batches of eight. Reported over all runs: the share in which the winner's full val score is within one point
of that of full evaluation's winner (aim: at least 0.9), and the calls as a share of full evaluation's (at
most 0.4, aim a third). ``--synthetic`` makes a table without a model: votes over shared draws, and steps that
mend and spoil, with the spread and the correlations that abacus's outcomes have on ``arithmetic``.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np

from masdesign.evaluation import Evaluation, evaluate, open_runtime
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.stages import Stages
from masdesign.search.objective import ScoreObjective
from masdesign.search.settings import DEFAULT_BATCH
from masdesign.statistics.intervals import wilson
from masdesign.tasks import Task, load_task
from masdesign.types import Item, Result, Split, Usage
from masdesign.workflow import Design

CANDIDATES, ITEMS, POINT = 60, 200, 0.01


@dataclass(frozen=True)
class Table:
    """What every candidate scored on every item, and the calls that it makes an item."""

    scores: np.ndarray
    """A row a candidate, a column an item."""
    calls: np.ndarray

    @property
    def summary(self) -> str:
        """Its spread and its correlations, on one line."""
        means = self.scores.mean(axis=1)
        usual = self.scores[means > means.max() - 0.15]
        apart = np.mean([np.mean(a != b) for a, b in combinations(usual, 2)])
        quartiles = ", ".join(f"{q:.3f}" for q in np.quantile(means, [0, 0.25, 0.5, 0.75, 1]))
        return (
            f"{len(means)} candidates x {self.scores.shape[1]} items; scores {quartiles} (quartiles); "
            f"two of the better ones differ on {apart:.1%} of the items; "
            f"{self.calls.mean():.1f} calls an item"
        )


def synthetic(seed: int = 0, candidates: int = CANDIDATES, items: int = ITEMS) -> Table:
    """Votes over draws that all share, then a step that mends some answers and spoils some others."""
    rng = np.random.default_rng(seed)
    known = np.where(rng.random(items) < 0.75, rng.beta(4.0, 0.6, items), rng.beta(0.4, 3.0, items))
    shared = rng.random((9, items)) < known
    scores, calls = np.empty((candidates, items)), np.empty(candidates)
    for row in range(candidates):
        draws = int(rng.integers(1, 10))
        votes = shared[:draws].sum(axis=0)
        right = (votes * 2 > draws) | ((votes * 2 == draws) & shared[0])
        if rng.random() < 0.7:
            mends, spoils = rng.uniform(0, 0.25), rng.uniform(0, 0.12)
            chance = rng.random(items)
            right = np.where(right, chance >= spoils, chance < mends)
        scores[row] = right
        calls[row] = draws + int(rng.integers(0, 5))
    scores[0] = rng.random(items) < 0.03
    return Table(scores, calls)


async def recorded(task: Task, model: str, cache: Path) -> Table:
    """The real outcomes of 60 designs of the grammar on val."""
    rng, designs = Random(0), dict[str, Design]()
    while len(designs) < CANDIDATES:
        design = design_of(Grammar().grow(rng))
        designs.setdefault(design.id, design)
    scores, calls = [], []
    async with open_runtime(model, tools=task.tools, cache=cache) as runtime:
        for number, design in enumerate(designs.values(), 1):
            found = await evaluate(design, task, "val", runtime)
            if found.unscored:
                raise SystemExit(f"{found.unscored} items of {design.name} have no score; run it again")
            scores.append([result.score for result in found.results])
            calls.append(found.calls_per_item)
            print(f"{number} of {CANDIDATES}: {design.name}, {found.score:.3f}", flush=True)
    return Table(np.array(scores), np.array(calls))


class Replayed(Stages):
    """The search's stages, with every answer taken from the table."""

    def __init__(self, table: Table) -> None:
        size = table.scores.shape[1]
        items = tuple(Item(str(i), str(i), "") for i in range(size))
        super().__init__(Task.of("table", val=items), runtime=None, ledger=None)  # type: ignore[arg-type]
        self.table, self.answered = table, np.zeros(len(table.scores), dtype=int)

    async def _is_well_formed(self, candidate: Candidate) -> bool:
        return True

    async def _dry_run(self, candidates: list[Candidate]) -> list[Candidate]:
        return candidates

    async def _run(self, candidate: Candidate, split: Split, items: Sequence[Item]) -> Evaluation:
        row = int(candidate.design.name)
        scores, tokens = self.table.scores[row], int(50 * self.table.calls[row])
        self.answered[row] += len(items)
        results = (Result(i.id, None, float(scores[int(i.id)]), Usage(tokens)) for i in items)
        size = self.table.scores.shape[1]
        return Evaluation(candidate.design.id, "table", "1", split, "", 0, "", size, tuple(results))


@dataclass(frozen=True)
class Outcome:
    """One run."""

    lost: float
    """Full evaluation's best val score minus that of the raced winner."""
    share: float
    """Calls of the race, of those of full evaluation."""


async def race_once(table: Table, rng: np.random.Generator) -> Outcome:
    """The table's items drawn anew, its candidates in a new order."""
    size = table.scores.shape[1]
    drawn = Table(table.scores[:, rng.integers(size, size=size)], table.calls)
    order = rng.permutation(len(table.scores))
    stages, objective, tried = Replayed(drawn), ScoreObjective(), list[Candidate]()
    for start in range(0, len(order), DEFAULT_BATCH):
        rows = enumerate(order[start : start + DEFAULT_BATCH], start)
        batch = [Candidate(index, Design(f"design {row}", name=str(row))) for index, row in rows]
        await stages.try_batch(batch, tried, objective)
        tried += batch
    complete = [candidate.entry() for candidate in tried if candidate.complete]
    winner = int(objective.order(complete)[0].design.name)
    full = drawn.scores.mean(axis=1)
    spent = float(stages.answered @ table.calls) / (size * float(table.calls.sum()))
    return Outcome(float(full.max() - full[winner]), spent)


def measure(table: Table, runs: int, seed: int = 0) -> list[Outcome]:
    """So many runs, each from the table anew."""
    rng = np.random.default_rng(seed)

    async def all_runs() -> list[Outcome]:
        return [await race_once(table, rng) for _ in range(runs)]

    return asyncio.run(all_runs())


def show(outcomes: Sequence[Outcome]) -> None:
    """The two figures, and how far the misses missed."""
    near = sum(outcome.lost <= POINT + 1e-9 for outcome in outcomes)
    low, high = wilson(near, len(outcomes))
    lost = np.array([outcome.lost for outcome in outcomes])
    shares = np.array([outcome.share for outcome in outcomes])
    print(f"within one point of full evaluation's winner: {near / len(outcomes):.1%} of {len(outcomes)} runs")
    print(
        f"  (95 % interval {low:.1%} to {high:.1%}); the same score in {np.mean(lost < 1e-9):.1%}; "
        f"mean loss {100 * lost.mean():.2f} points, largest {100 * lost.max():.1f}"
    )
    print(f"calls: {shares.mean():.1%} of full evaluation's ({shares.min():.1%} to {shares.max():.1%})")


def main() -> None:
    """Makes or reads the table, then races."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="arithmetic")
    parser.add_argument("--model", default="abacus")
    parser.add_argument("--table", type=Path, help="where the table is kept; by default named for the task")
    parser.add_argument("--cache", type=Path, default=Path(".masdesign/calls.db"))
    parser.add_argument("--synthetic", action="store_true")
    parser.add_argument("--runs", type=int, default=200)
    options = parser.parse_args()
    place = options.table or Path(f".masdesign/outcomes-{options.task}.npz")
    if options.synthetic:
        table = synthetic()
    elif place.exists():
        with np.load(place) as kept:
            table = Table(kept["scores"], kept["calls"])
    else:
        table = asyncio.run(recorded(load_task(options.task), options.model, options.cache))
        place.parent.mkdir(parents=True, exist_ok=True)
        np.savez(place, scores=table.scores, calls=table.calls)
        print(f"the table is in {place}")
    print(table.summary)
    show(measure(table, options.runs))


if __name__ == "__main__":
    main()
