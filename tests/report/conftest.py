"""Runs to report on: real evaluations of a scripted model, with hostile text wherever text can be."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from masdesign.archive import Archive, RunRecord
from masdesign.building_blocks import blocks
from masdesign.evaluation import evaluate
from masdesign.evaluation.blank import blank_control
from masdesign.experiments.baselines import direct, step_by_step
from masdesign.experiments.votes import self_consistency_design
from masdesign.lm import Cached, Scripted
from masdesign.records.cache import Cache
from masdesign.session.opening import Opening
from masdesign.tasks import Task
from masdesign.types import Completion, Failure, Item, Request, Usage
from masdesign.workflow import Design, MontySandbox, Runtime

HOSTILE = (
    '<script>document.title = "planted"</script><img src=x onerror="document.title=1">$x_1$ & "\'{{ 7*7 }}'
)
WINNER = Design(
    "async def workflow(task):\n"
    "    # " + HOSTILE + "\n"
    "    drafts = await gather(*[chain_of_thought(task, temperature=0.8) for _ in range(3)])\n"
    "    if agreement(drafts) < 1.0:\n"
    "        return await revise(task, drafts[0], 'look again')\n"
    "    return majority(drafts)\n",
    name=f"vote or revise {HOSTILE}",
    thought=f"Asks again where in doubt. {HOSTILE}",
    parents=(self_consistency_design(3).id,),
    origin=f"evolution {HOSTILE}",
)
CHILD = Design(
    "async def workflow(task):\n    return await self_consistency(task, n=2)\n",
    name="vote of 2",
    parents=(WINNER.id,),
    origin="evolution",
)
BROKEN = Design("async def workflow(task):\n    return await nothing(task)\n", name=f"broken {HOSTILE}")
BASELINES = (direct(), step_by_step(), *map(self_consistency_design, (1, 3, 5, 9)))


def items(name: str, count: int) -> list[Item]:
    """Sums, each with hostile text in its question and its passage."""
    return [
        Item(f"{name}{i}", f"{HOSTILE} {name}: {i} + {i * 7 % 13} =", str(i + i * 7 % 13), (HOSTILE,))
        for i in range(count)
    ]


def sums(val: int = 24, test: int = 20) -> Task:
    return Task.of(
        f"sums {HOSTILE}", train=items("train", 3), val=items("val", val), test=items("test", test)
    )


def reply(request: Request) -> Completion:
    """Right or wrong by chance, the same for the same request; now and then cut, or without an answer."""
    prompt = request.messages[-1].content
    found = re.search(r": (\d+) \+ (\d+) =", prompt)
    assert found
    parts = repr((prompt, request.temperature, request.sample))
    draw = int(hashlib.sha256(parts.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
    right = int(found[1]) + int(found[2])
    good = draw < (0.2 if "at once" in prompt else 0.9 if "look again" in prompt else 0.6)
    text = f"Adding {HOSTILE}.\nAnswer: {right if good else right + 1 + int(draw * 1000) % 5}"
    usage = Usage(len(prompt.split()), len(text.split()))
    if 0.93 < draw < 0.96:
        return Completion(f"Adding {HOSTILE} and", usage, "length")
    return Completion(text, usage)


@dataclass(frozen=True)
class Made:
    """An archive file, the recorded calls beside it, and what they are of."""

    archive: Path
    cache: Path
    task: Task
    run: str


async def make_run(
    folder: Path,
    *,
    task: Task | None = None,
    designs: Sequence[Design] = (WINNER, CHILD),
    ended: bool = True,
    outcome: Mapping[str, Any] | None = None,
    answer: Callable[[Request], Completion] = reply,
) -> Made:
    """A run as a search leaves it: proposals, evaluations, an opening, an outcome."""
    task = task or sums()
    made = Made(folder / "archive.db", folder / "calls.db", task, "trial")
    clock = itertools.count(1_700_000_000).__next__
    with Archive(made.archive, clock=clock) as archive, Cache(made.cache) as cache:
        async with MontySandbox() as sandbox:
            model = Cached(Scripted(answer, "scripted-1@ab"), cache)
            runtime = Runtime(models={"": model}, blocks=blocks(), sandbox=sandbox)
            await _record(archive, runtime, made, designs, ended, outcome or {})
    return made


async def _record(
    archive: Archive,
    runtime: Runtime,
    made: Made,
    designs: Sequence[Design],
    ended: bool,
    outcome: Mapping[str, Any],
) -> None:
    task, run = made.task, made.run
    settings = {
        "objective": "score", "batch": 8, "world": 0, "val_items": len(task.val),
        "test_items": task.size("test"), "metric": task.metric.name, "tools": [],
    }  # fmt: skip
    facts = {"budget": "700calls", "concurrency": 64}
    archive.start_run(
        RunRecord(run, task.name, task.version, "scripted-1@ab", "evolution", 3, settings, facts)
    )
    proposed = [*BASELINES, *designs]
    for place, design in enumerate(proposed):
        found = await evaluate(design, task, "val", runtime)
        told = {"score": found.score, "items": found.items, "tokens_per_item": found.tokens_per_item}
        told |= {"failures": {k: n for k, n in found.failures.items() if n}}
        told |= {"spent": 100.0 * (place + 1)}
        archive.record_proposal(run, place, design, "complete", told)
        archive.add_evaluation(found, run)
    archive.record_proposal(run, len(proposed), BROKEN, "failed", {"score": None, "items": 0})
    archive.add_failure(BROKEN, Failure("design", f"unknown block {HOSTILE}", 2, f"use {HOSTILE}"), run)
    if not ended:
        return
    best = designs[0] if designs else step_by_step()
    tested = list({design.id: design for design in (best, *BASELINES)}.values())
    opening = Opening.record(archive, run, task, tested)
    for design in tested:
        archive.add_evaluation(await evaluate(design, task, opening, runtime), run)
    blank = await blank_control(best, task, opening, runtime)
    spend = {"calls": 700, "tokens": 12345, "usd": 0.0, "seconds": 75.0, "paid_calls": 650, "paid_usd": 0.0}
    archive.finish_run(
        run,
        {
            "spend": spend,
            "best": {"id": best.id, "blank_control": blank, "by_model": {}},
            "cost_unit": "tokens",
            "model_notes": [f"a note {HOSTILE}"],
            **outcome,
        },
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One ended run with everything in it; tests must not write to its archive."""
    return asyncio.run(make_run(tmp_path_factory.mktemp("report")))


@pytest.fixture(scope="session")
def page(made: Made) -> str:
    """The page on it."""
    from masdesign.report import run_report

    return run_report(made.archive, task=made.task, cache=made.cache)


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of 5,000 candidates, as large as a search of days leaves: written at once, without items."""
    from sqlalchemy import create_engine, insert

    from masdesign.archive.tables import schema

    path = tmp_path_factory.mktemp("many") / "archive.db"
    settings = {"val_items": 200, "metric": "numeric"}
    with Archive(path) as archive:
        archive.start_run(RunRecord("long", "sums", "1", "scripted-1@ab", "evolution", 0, settings))
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("designs", "evaluations", "links", "tried")
    }
    for n in range(5000):
        _add_rows(rows, n)
    with create_engine(f"sqlite:///{path}").begin() as connection:
        for table, name in (
            (schema.designs, "designs"),
            (schema.evaluations, "evaluations"),
            (schema.run_evaluations, "links"),
            (schema.proposals, "tried"),
        ):
            connection.execute(insert(table), rows[name])
    return path


def _add_rows(rows: dict[str, list[dict[str, Any]]], n: int) -> None:
    id_ = f"{n + 16**11:012x}"
    parents = f'["{n // 2 + 16**11:012x}"]' if n else "[]"
    source = "async def workflow(task):\n" + "".join(
        f"    draft{k} = await chain_of_thought(task, role='expert {n}', temperature=0.{k})\n"
        for k in range(9)
    )
    design = {"id": id_, "source": source, "name": f"nine drafts of expert {n}", "thought": "It may help."}
    rows["designs"].append({**design, "parents": parents, "origin": "evolution", "created": 1.7e9})
    complete, score = n % 4 == 0, 0.2 + 0.6 * (n * 7919 % 5000) / 5000
    numbers = {"score": score, "low": score - 0.1, "high": score + 0.1, "items": 200 if complete else 24}
    costs = {"tokens_per_item": 50.0 + n * 31 % 900, "calls_per_item": 9.0, "usd_per_item": 0.0}
    place = {"task": "sums", "task_version": "1", "split": "val", "model": "scripted-1@ab", "world": 0}
    rows["evaluations"].append(
        {
            **{"seq": n + 1, "key": id_, "foreign_": False, "design_id": id_, "fingerprint": "", "size": 200},
            **{"unscored": 0, "complete": complete, "created": 1.7e9, **place, **numbers, **costs},
        }
    )
    rows["links"].append({"run": "long", "evaluation": n + 1})
    told = f'{{"spent": {9 * n}, "failures": {{"parse": {n % 3}}}}}'
    stage = "complete" if complete else "screened"
    rows["tried"].append({"run": "long", "position": n, "design_id": id_, "stage": stage, "outcome": told})
