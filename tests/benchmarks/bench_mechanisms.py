"""Which mechanisms happen on an embedded model, and where they pay: a row a mechanism, need beside control.

    python tests/benchmarks/bench_mechanisms.py MODEL --out FILE [--items 200] [--controls 60] [--cache FILE]

Each block of `masdesign.experiments.fired.MADE_FOR` is measured on the family in which its step is needed,
and on the control in which it is not: score, tokens an item, advantage over self-consistency and the other
plain ways at the same tokens with its interval, share of the items in which the essential step happened.
`recall` and `cases` read a memory of the task's `train` items, as a faultless writer would keep them. Each
cell is kept in FILE as soon as it is known (JSON lines): started again, it goes on. At the end the table is
printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from masdesign.evaluation.session import open_runtime
from masdesign.experiments.block_scores import block_scores
from masdesign.experiments.fired import MADE_FOR
from masdesign.memory import EMPTY, Memory, MemoryEntry
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.workflow import Design

MEMORIES = {"recall": "lesson", "cases": "case"}
"""Blocks that read a memory, and the kind of its entries."""
LATER = 40
"""`train` items of `convention` that a memory holds: each of its 18 customers comes up about twice."""


def memory_for(block: str, task: Task) -> Memory:
    """What a faultless writer would have kept of the task's first `train` items; empty for most blocks."""
    kind = MEMORIES.get(block)
    if kind is None:
        return EMPTY
    if kind == "case" or task.name != "convention":
        return Memory().put(
            *(MemoryEntry(i.question, str(i.target), kind="case") for i in task.train[:LATER])
        )
    return Memory().put(*(_lesson(item.record) for item in task.train))


def _lesson(record: Any) -> MemoryEntry:
    change = record["change"]
    what = f"add {change} to the price" if change > 0 else f"subtract {-change} from the price"
    return MemoryEntry(f"the customer is {record['name']}", what)


async def cell(
    block: str, family: str, model: str, items: int, cache: Path | None, difficulty: int | None = None
) -> dict[str, Any]:
    """One block on one family, at its default difficulty unless another one is given."""
    task = load_task(family, items=items, difficulty=difficulty)
    design = Design(f"async def workflow(task):\n    return await {block}(task)\n")
    ledger = Ledger(Budget.parse(None))
    async with open_runtime(model, task=task, cache=cache, ledger=ledger) as opened:
        runtime = replace(opened, memory=memory_for(block, task))
        curve, (score,) = await block_scores({block: design}, task, runtime, seed=0, ledger=ledger)
    return {
        "block": block,
        "family": family,
        "model": score.evaluation.model,
        "items": items,
        "difficulty": difficulty,
        "score": score.evaluation.score,
        "tokens": score.evaluation.tokens_per_item,
        "fired": score.fired,
        "advantage": asdict(score.advantage) if score.advantage else None,
        "step_by_step": curve.point("step_by_step").evaluation.score,
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The cells as a table in Markdown."""
    lines = [
        "| block | family | items | score | tokens | step by step | over the plain ways | fired |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        gain = row["advantage"]
        family = f"`{row['family']}`" + (f" ({row['difficulty']})" if row.get("difficulty") else "")
        over = f"{gain['score']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}]" if gain else "–"
        lines.append(
            f"| `{row['block']}` | {family} | {row['items']} | {row['score']:.3f} "
            f"| {row['tokens']:,.0f} | {row['step_by_step']:.3f} | {over} | {row['fired']:.2f} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure what FILE does not hold yet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--items", type=int, default=200, help="on the family in which it is needed")
    parser.add_argument("--controls", type=int, default=60, help="on the control; 0 leaves controls out")
    parser.add_argument("--only", default="", help="blocks, separated by commas")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args(arguments)
    rows = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    done = {(row["block"], row["family"]) for row in rows}
    only = {name for name in options.only.split(",") if name}
    needs = [need for need in MADE_FOR if not only or need.block in only]
    cells = dict.fromkeys((need.block, need.family, options.items, need.difficulty) for need in needs)
    if options.controls:
        cells |= dict.fromkeys((need.block, need.control, options.controls, None) for need in needs)
    for block, family, items, difficulty in cells:
        if (block, family) not in done:
            rows.append(asyncio.run(cell(block, family, options.model, items, options.cache, difficulty)))
            with options.out.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(rows[-1]) + "\n")
            print(table(rows[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
