"""Is the advice before a search right? Tasks whose search is known, each judged without its kin.

    python tests/benchmarks/bench_advice.py advice.json [--budget 2500calls] [--tasks N] [--bbh FOLDER]

For each task: a whole search, and its winner beside the plain ways on fresh items; then a pilot whose
candidates are winners on tasks of other groups only. A group is a family, whatever the difficulty. The report
is leave-one-group-out. Results are written after each task, so the same command goes on where it stood; the
file is what ships as ``search/advice.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import masdesign as md
from masdesign.search.advice import NEAR, KnownTask, probability, run_advise
from masdesign.tasks import Task, load_task

DIFFICULTIES = {
    "arithmetic": range(6),
    "boolean": range(6),
    "ledger": range(6),
    "navigate": range(6),
    "object_counting": range(6),
    "shuffled_objects": range(6),
    "truth_tellers": range(6),
    "two_hop": range(3),
    "lookup": range(3),
    "convention": range(3),
    "novel": range(3),
    "mixed": range(3),
}
BBH = ("boolean_expressions", "navigate", "snarks", "web_of_lies")
ITEMS, TEST_ITEMS = 60, 200


def main() -> None:
    """Go on with the measurements, then print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--budget", default="2500calls")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--bbh", type=Path, help="folder of BIG-Bench Hard files")
    parser.add_argument("--model", default="abacus")
    parser.add_argument("--cache", type=Path, help="where calls are kept")
    options = parser.parse_args()
    rows: dict[str, dict[str, Any]] = (
        {row["task"]: row for row in json.loads(options.out.read_text())["tasks"]}
        if options.out.exists()
        else {}
    )
    tasks = list(_tasks(options.bbh))[: options.tasks]
    for label, group, task in tasks:
        if label not in rows:
            rows[label] = _searched(label, group, task, options)
            _write(options.out, rows)
    for label, group, task in tasks:
        if not rows[label].get("raced"):
            others = [_known(row) for row in rows.values() if row["group"] != group]
            rows[label] |= _piloted(task, others, options)
            _write(options.out, rows)
    _report([row for row in rows.values() if row.get("raced")])


def _tasks(bbh: Path | None) -> Iterator[tuple[str, str, Task]]:
    """Label, group and task, difficulties of a family far apart in the order."""
    for step in range(6):
        for family, levels in DIFFICULTIES.items():
            if step < len(levels):
                task = load_task(family, difficulty=levels[step], items=ITEMS, test_items=TEST_ITEMS)
                yield f"{family} {levels[step]}", family, task
    for file in (bbh / f"{name}.json" for name in BBH) if bbh else ():
        yield file.stem, file.stem, load_task(str(file), items=ITEMS)


def _searched(label: str, group: str, task: Task, options: argparse.Namespace) -> dict[str, Any]:
    """One search; gains on test are above the plain ways at the same tokens."""
    with TemporaryDirectory() as folder:
        found = md.run_search(
            task, model=options.model, budget=options.budget, archive=Path(folder) / "archive.db",
            cache=options.cache or Path(folder) / "calls.db", transfer=False,
        )  # fmt: skip
        plain = run_advise(
            task, model=options.model, known=(), archive=Path(folder) / "advice.db",
            cache=options.cache or Path(folder) / "calls.db",
        )  # fmt: skip
    single = max(b.test.score for b in found.baselines if b.name in ("direct", "step_by_step"))
    row = {
        "task": label,
        "group": group,
        "pilot": asdict(plain.figures),
        "agents_pay": found.advantage.low > 0,
        "prompt_does": found.best_test.score - single <= NEAR and single > 0.5,
        "winner": found.best.source if found.advantage.low > 0 else "",
        "gain": found.advantage.score,
        "calls": found.spend.calls,
        "test": found.best_test.score,
    }
    print(json.dumps({k: v for k, v in row.items() if k not in ("pilot", "winner")}), flush=True)
    return row


def _piloted(task: Task, others: list[KnownTask], options: argparse.Namespace) -> dict[str, Any]:
    """The pilot, and what the design that it names gains on test."""
    with TemporaryDirectory() as folder:
        given = {"model": options.model, "cache": options.cache or Path(folder) / "calls.db"}
        advice = run_advise(task, known=others, archive=Path(folder) / "archive.db", **given)
        cells = md.run_transfer(
            advice.design, [task], models=[options.model], split="test", archive=Path(folder) / "archive.db",
            cache=given["cache"],
        ).table.cells  # fmt: skip
    return {
        "pilot": asdict(advice.figures),
        "raced": [design.id for design, _, _ in advice.candidates] or ["none"],
        "quick_gain": cells[0].advantage.score if cells else 0.0,
        "quick_calls": advice.spend.calls,
    }


def _known(row: dict[str, Any]) -> KnownTask:
    return KnownTask.from_json({key: row[key] for key in KnownTask.__dataclass_fields__ if key in row})


def _write(out: Path, rows: dict[str, dict[str, Any]]) -> None:
    part = out.with_suffix(".part")
    part.write_text(json.dumps({"tasks": list(rows.values())}, indent=1) + "\n")
    part.replace(out)


def _report(rows: list[dict[str, Any]]) -> None:
    """Balanced accuracy, Brier score beside the base rate's, and the share of a search's gain."""
    for outcome in ("agents_pay", "prompt_does"):
        hits: dict[bool, list[bool]] = {True: [], False: []}
        brier, base = [], []
        for row in rows:
            others = [_known(other) for other in rows if other["group"] != row["group"]]
            chance = probability(_known(row).pilot, others, outcome)
            if chance is None:
                print(f"{outcome}: too few tasks of one kind for a probability")
                break
            rate = sum(getattr(other, outcome) for other in others) / max(1, len(others))
            hits[row[outcome]].append((chance >= 0.5) == row[outcome])
            brier.append((chance - row[outcome]) ** 2)
            base.append((rate - row[outcome]) ** 2)
        if not brier:
            continue
        shares = {kind: sum(each) / len(each) for kind, each in hits.items() if each}
        print(
            f"{outcome}: {len(hits[True])} yes, {len(hits[False])} no; "
            f"balanced accuracy {sum(shares.values()) / len(shares):.3f}; "
            f"Brier {sum(brier) / len(brier):.3f} (base rate's {sum(base) / len(base):.3f})"
        )
    gain, quick = sum(max(0.0, r["gain"]) for r in rows), sum(max(0.0, r["quick_gain"]) for r in rows)
    calls, few = sum(r["calls"] for r in rows), sum(r["quick_calls"] for r in rows)
    print(f"{quick / max(gain, 1e-9):.0%} of the searches' gain for {few / max(calls, 1):.0%} of their calls")


if __name__ == "__main__":
    main()
