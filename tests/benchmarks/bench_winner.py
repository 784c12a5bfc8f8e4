"""Calls and tokens until the winner is known: every candidate in full, once and five times, and as here.

    python tests/benchmarks/bench_winner.py [--quick]

64 designs of the grammar answer one train item and 128 val items of ``arithmetic`` once, by abacus; of each
answer the table holds the score, and the key and the tokens of every completion that it took. From it four
protocols are replayed, over the candidates in many orders:

- *in full*: every candidate answers all 128 items and pays every completion, as in ADAS (S. Hu, C. Lu,
  J. Clune 2024, arXiv:2408.08435);
- *five times*: each of them five times over, as in AFlow (J. Zhang et al. 2024, arXiv:2410.10762), reckoned
  as five times the first;
- *once*: as in full, with what several candidates ask paid once, which shows how much the designs share;
- *here*: the stages of the search (screening, race, all of val) in batches of eight, where a completion that
  was had before, for this candidate or another, is not paid again.

Whether the quality is the same is measured, too: in how many orders the winner's score on all of val is
within one point of that of the best of all candidates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from outcome import Curve, Outcome, Row, main

from masdesign.evaluation import Evaluation, open_runtime
from masdesign.evaluation.items import run_items
from masdesign.evaluation.scoring import Scoring
from masdesign.records.keys import cache_key
from masdesign.search.grammar.generate import Grammar
from masdesign.search.grammar.tree import design_of
from masdesign.search.loop.candidate import Candidate
from masdesign.search.loop.stages import Stages
from masdesign.search.objective import ScoreObjective
from masdesign.search.settings import DEFAULT_BATCH
from masdesign.tasks import Task, load_task
from masdesign.types import Item, Result, Split, Usage
from masdesign.workflow import Design, ItemOutcome, Runtime

CANDIDATES, ITEMS, ORDERS = 64, 128, 100
QUICK = (8, 30, 5)
POINT = 0.01
AIM = 0.1

Paid = dict[str, int]
"""The tokens of completions, by key."""


@dataclass(frozen=True)
class Table:
    """What every candidate answered, item by item."""

    designs: list[Design]
    scores: np.ndarray
    """A row a candidate, a column an item of val."""
    val: list[list[Paid]]
    """The completions of each candidate on each item of val."""
    train: list[Paid]
    """Those on the one train item."""
    calls: np.ndarray
    """Completions of each candidate, val and train, each paid as often as it was asked for."""
    tokens: np.ndarray


@dataclass(frozen=True)
class Spent:
    """What a protocol paid until it had its winner."""

    calls: int
    tokens: int
    lost: float = 0.0
    """The best candidate's score on all of val minus the winner's."""


def measure(quick: bool) -> Outcome:
    candidates, items, orders = QUICK if quick else (CANDIDATES, ITEMS, ORDERS)
    task = load_task("arithmetic", items=items)
    table = asyncio.run(record(task, candidates))
    sizes = [candidates // part for part in (8, 4, 2, 1) if candidates // part >= 4]
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(candidates) for _ in range(orders)]
    full = {n: [in_full(table, order[:n]) for order in drawn] for n in sizes}
    ours = {n: asyncio.run(all_here(table, [order[:n] for order in drawn])) for n in sizes}
    return outcome_of(full, ours, distinct_calls(table), items)


def outcome_of(
    full: dict[int, list[Spent]], ours: dict[int, list[Spent]], distinct: int, items: int
) -> Outcome:
    """The rows and the curve, of what was spent by the number of candidates."""
    most = max(full)
    name = f"{most} candidates, {items} items"
    calls, tokens = (mean(full[most], unit) for unit in ("calls", "tokens"))
    rows = [
        Row(f"{name}, each in full: calls", calls, ""),
        Row(f"{name}, each in full five times: calls", 5 * calls, "", "each in full", 5.0),
        Row(
            f"{name}, in full, a completion paid once: calls", distinct, "", "each in full", distinct / calls
        ),
    ]
    for unit, first in (("calls", calls), ("tokens", tokens)):
        value = mean(ours[most], unit)
        rows.append(Row(f"{name}, here: {unit}", value, "", "each in full", value / first, AIM))
    near = sum(one.lost <= POINT + 1e-9 for one in ours[most]) / len(ours[most])
    note = (
        f"the winner's score is within one point of the best candidate's in {near:.0%} of "
        f"{len(ours[most])} orders; on average {100 * mean(ours[most], 'lost'):.2f} points are lost"
    )
    lines = {
        "each in full, five times": [(float(n), 5 * mean(some, "calls")) for n, some in full.items()],
        "each in full": [(float(n), mean(some, "calls")) for n, some in full.items()],
        "here": [(float(n), mean(some, "calls")) for n, some in ours.items()],
    }
    curve = Curve("candidates", "candidates", "calls to the winner", lines)
    return Outcome("winner", tuple(rows), (curve,), (note,))


def mean(spent: Sequence[Spent], unit: str) -> float:
    """The mean of one figure."""
    return float(np.mean([getattr(one, unit) for one in spent]))


async def record(task: Task, candidates: int) -> Table:
    """Let the candidates answer."""
    rng, designs = Random(0), dict[str, Design]()
    while len(designs) < candidates:
        design = design_of(Grammar().grow(rng))
        designs.setdefault(design.id, design)
    scores, val, train, calls, tokens = [], [], [], [], []
    async with open_runtime("abacus", task=task) as runtime:
        for design in designs.values():
            outcomes = await answered(design, task, runtime)
            paid = [completions(outcome, runtime) for _, outcome in outcomes]
            train.append(paid[0])
            val.append(paid[1:])
            scoring = Scoring(task, runtime)
            results = [await scoring.result(item, outcome) for item, outcome in outcomes[1:]]
            scores.append([result.score or 0.0 for result in results])
            calls.append(sum(outcome.calls for _, outcome in outcomes))
            tokens.append(sum(outcome.usage.tokens for _, outcome in outcomes))
    return Table(list(designs.values()), np.array(scores), val, train, np.array(calls), np.array(tokens))


async def answered(design: Design, task: Task, runtime: Runtime) -> list[tuple[Item, ItemOutcome]]:
    """The design on one train item, and on all of val."""
    outcomes: list[tuple[Item, ItemOutcome]] = []
    items = (*task.train[:1], *task.val)
    await run_items(design, items, runtime, lambda item, outcome: outcomes.append((item, outcome)))
    return outcomes


def completions(outcome: ItemOutcome, runtime: Runtime) -> Paid:
    """The completions of an item by their keys in the cache."""
    model = runtime.models[""].model
    return {
        cache_key(replace(node.request, model=model)): node.completion.usage.tokens
        for node in outcome.trace.root.walk()
        if node.request is not None and node.completion is not None
    }


def in_full(table: Table, order: Sequence[int]) -> Spent:
    """Every candidate on every item, every completion paid."""
    return Spent(int(table.calls[order].sum()), int(table.tokens[order].sum()))


def distinct_calls(table: Table) -> int:
    """Different completions of all candidates on all items: what they share depends on the designs alone."""
    return len({key for paid in (*table.train, *(paid for row in table.val for paid in row)) for key in paid})


async def all_here(table: Table, orders: Sequence[Sequence[int]]) -> list[Spent]:
    """The search's stages over the candidates, in each order."""
    return [await here(table, order) for order in orders]


async def here(table: Table, order: Sequence[int]) -> Spent:
    """The search's stages over the candidates, in one order."""
    stages, tried = Replayed(table), list[Candidate]()
    for start in range(0, len(order), DEFAULT_BATCH):
        rows = enumerate(order[start : start + DEFAULT_BATCH], start)
        batch = [Candidate(index, replace(table.designs[row], name=str(row))) for index, row in rows]
        await stages.try_batch(batch, tried, ScoreObjective())
        tried += batch
    complete = [candidate.entry() for candidate in tried if candidate.complete]
    winner = int(ScoreObjective().order(complete)[0].design.name)
    full = table.scores.mean(axis=1)
    lost = float(full[order].max() - full[winner])
    return Spent(len(stages.paid), sum(stages.paid.values()), lost)


class Replayed(Stages):
    """The search's stages, with every answer taken from the table; ``paid`` is what they had to pay."""

    def __init__(self, table: Table) -> None:
        size = table.scores.shape[1]
        items = tuple(Item(str(i), str(i), "") for i in range(size))
        super().__init__(Task.of("table", val=items), runtime=None, ledger=None)  # type: ignore[arg-type]
        self.table, self.paid = table, Paid()

    async def _is_well_formed(self, candidate: Candidate) -> bool:
        return True

    async def _dry_run(self, candidates: list[Candidate]) -> list[Candidate]:
        for candidate in candidates:
            self.paid |= self.table.train[int(candidate.design.name)]
        return candidates

    async def _run(self, candidate: Candidate, split: Split, items: Sequence[Item]) -> Evaluation:
        row = int(candidate.design.name)
        results = []
        for item in items:
            paid = self.table.val[row][int(item.id)]
            self.paid |= paid
            usage = Usage(sum(paid.values()))
            results.append(Result(item.id, None, float(self.table.scores[row, int(item.id)]), usage))
        size = self.table.scores.shape[1]
        return Evaluation(candidate.design.id, "table", "1", split, "", 0, "", size, tuple(results))


if __name__ == "__main__":
    main(measure, __doc__)
