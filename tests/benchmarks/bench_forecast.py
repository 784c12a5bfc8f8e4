"""Forecast against outcome: how much of a design's gain a prompt keeps, on designs and families of abacus.

    python tests/benchmarks/bench_forecast.py [--items 40] [--scratch DIR] [--keep]

Rows are kept in DIR as they are made, calls in DIR/calls.db; started again, it goes on. Of each design that
gains at least `LEAST_GAIN` over step by step on val, each free prompt is a row. ``--keep`` writes the
package's table.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from random import Random
from statistics import fmean

from masdesign.distill.forecast import (
    PILOT_ITEMS,
    MeasuredShare,
    Pilot,
    expected_mean,
    forecast,
    kept_share,
    kind_of,
    read_rows,
    structure_of,
)
from masdesign.distill.job import Job
from masdesign.distill.methods.converse import Converse
from masdesign.distill.methods.transcribe import Transcribe
from masdesign.distill.outline import outline
from masdesign.evaluation import evaluate
from masdesign.evaluation.session import open_runtime
from masdesign.experiments.baselines import step_by_step
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.types import Split
from masdesign.workflow import Design, Runtime

LEAST_GAIN = 0.02
_APART = """async def workflow(task):
    questions = await split_question(task, n={n})
    parts = [await retrieve(Question(q, task.context), n={k}) for q in questions]
    answers = await gather(*[{answer} for part in parts])
    return await merge_answers({whole}, questions, answers)
"""
_LEDGER = {
    f"apart {n}/{k} {name}": _APART.format(n=n, k=k, answer=answer, whole=whole)
    for n, k, name, answer, whole in (
        (4, 1, "direct", "direct(part)", "Question(task.question, ())"),
        (5, 1, "shown all", "chain_of_thought(part)", "task"),
        (4, 1, "refined", "self_refine(part)", "Question(task.question, ())"),
    )
}
_ON_ALL = (
    "self_consistency(task, n=3)", "self_refine(task)", "conversation(task)", "plan_and_solve(task)",
    "analogical(task)", "meta_prompting(task)", "summarise(task)", "cascade(task)",
    "iterative_retrieval(task)", "step_back(task)",
)  # fmt: skip
DESIGNS: dict[str, tuple[str, ...]] = {
    "arithmetic": (
        *_ON_ALL, "self_consistency(task, n=5)", "generator_verifier_refiner(task)", "reflexion(task)",
        "analyst_coder_tester(task)", "standard_operating_procedure(task)", "self_discover(task)",
        "mixture_of_agents(task)", "adaptive_consistency(task)",
    ),
    "ledger": (
        "isolate(task, n=4)", *_LEDGER, "isolate(task, n=5)", "isolate(task, n=4, passages=2)",
        "isolate(task, n=3)",
    ),
    "truth_tellers": (*_ON_ALL, "analyst_coder_tester(task)", "adaptive_prompting(task)"),
    "navigate": (
        *_ON_ALL, "self_discover(task)", "quality_diversity(task)", "universal_self_consistency(task)",
    ),
    "object_counting": (
        "conversation(task)", "cascade(task)", "iterative_retrieval(task)", "meta_prompting(task)",
    ),
    "boolean": (*_ON_ALL, "adaptive_prompting(task)", "router(task)"),
}  # fmt: skip


async def measure(scratch: Path, items: int) -> None:
    """Make the rows that the scratch folder lacks, a file a design."""
    for family, calls in DESIGNS.items():
        task = load_task(family, items=items, test_items=1)
        async with open_runtime("abacus", task=task, cache=scratch / "calls.db") as runtime:
            for call in calls:
                kept = scratch / f"{family} {call.replace('/', ' of ')}.json"
                if kept.exists():
                    continue
                source = _LEDGER.get(call, f"async def workflow(task):\n    return await {call}\n")
                rows = await rows_of(family, Design(source, name=call), task, runtime)
                kept.write_text(json.dumps([asdict(row) for row in rows]))
                shares = ", ".join(f"{row.kind} {row.share:.2f}" for row in rows) or "no gain"
                print(f"{family} {call}: {shares}", flush=True)


async def rows_of(family: str, teacher: Design, task: Task, runtime: Runtime) -> list[MeasuredShare]:
    """The rows of one design; none where it does not gain."""

    async def score(design: Design, split: Split) -> float:
        items = task.to_learn_from(PILOT_ITEMS) if split == "train" else None
        return (await evaluate(design, task, split, runtime, items=items)).score

    plain = step_by_step(0.0)
    if await score(teacher, "val") - await score(plain, "val") < LEAST_GAIN:
        return []
    job = Job.on(task, 1, teacher, runtime, Ledger(Budget.parse(None)), rng=Random(0))
    drafts = [draft for method in (Transcribe, Converse) for draft in await method().drafts(job)]
    structure, rows = structure_of(outline(teacher.source, runtime.blocks)), []
    for draft in drafts:
        student = draft.prompt.design(draft.how, origin="distill", parents=())
        pilot = Pilot(*[await score(design, "train") for design in (student, teacher, plain)])
        share = kept_share(*[await score(design, "val") for design in (student, teacher, plain)])
        rows.append(MeasuredShare(family, teacher.name, structure, kind_of(draft.prompt), pilot, share))
    return rows


def errors(rows: Sequence[MeasuredShare]) -> Mapping[str, float]:
    """Mean absolute errors, each family left out: of the forecast, of the structure alone, of the mean."""
    by_way: dict[str, list[float]] = {"forecast": [], "structure": [], "mean": []}
    for row in rows:
        others = [other for other in rows if other.family != row.family]
        by_way["forecast"].append(abs(forecast(row.structure, row.kind, row.pilot, others) - row.share))
        by_way["structure"].append(abs(forecast(row.structure, row.kind, None, others) - row.share))
        by_way["mean"].append(abs(expected_mean(others) - row.share))
    return {way: fmean(values) for way, values in by_way.items()}


def main() -> None:
    """Measure, and print the errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--scratch", type=Path, default=Path(".masdesign/forecast"))
    parser.add_argument("--keep", action="store_true", help="write the table that ships with the package")
    parser.add_argument("--only-kept", action="store_true", help="the rows that are there; measure no more")
    options = parser.parse_args()
    options.scratch.mkdir(parents=True, exist_ok=True)
    if not options.only_kept:
        asyncio.run(measure(options.scratch, options.items))
    texts = [json.loads(file.read_text()) for file in sorted(options.scratch.glob("*.json"))]
    table = {"items": options.items, "model": "abacus", "rows": [row for rows in texts for row in rows]}
    rows = read_rows(json.dumps(table))
    designs = {(row.family, row.design) for row in rows}
    print(f"{len(rows)} prompts, {len(designs)} designs on families; mean absolute error, a family left out:")
    print(", ".join(f"{way} {error:.3f}" for way, error in errors(rows).items()))
    if options.keep:
        kept = Path(str(files("masdesign.distill") / "forecast.json"))
        kept.write_text(json.dumps(table, indent=0) + "\n")


if __name__ == "__main__":
    main()
