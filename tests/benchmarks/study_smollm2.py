"""Which designs help a real model of 135M parameters? SmolLM2 on five tasks, at matched tokens.

    python tests/benchmarks/study_smollm2.py DATA [--task NAME …] [--pilot] [--fires] [--slots N]

DATA is a folder with ``bbh/*.json``, ``drop/dev_300.jsonl`` and ``hotpotqa/distractor_100.json``. First
direct answers on 20 items of each task: only where it scores between .2 and .8 is a task worth the arms. The
figures of an arm are written to ``masdesign/docs/data/smollm2.json`` as soon as they are there, and
``masdesign/docs/smollm2.md`` is made from them. Calls are recorded (``--calls``), so that a study that was
interrupted goes on where it stood. The archive and the calls of the search lie beside the figures,
compressed: with them ``masdesign replay`` makes it again offline.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import lzma
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from masdesign.evaluation import Evaluation, evaluate, open_runtime
from masdesign.experiments.baselines import direct
from masdesign.experiments.block_scores import block_scores
from masdesign.experiments.fired import fired
from masdesign.lm import ModelSpec
from masdesign.search.verbs import run_search_async
from masdesign.spending.ledger import Ledger
from masdesign.tasks import Task, load_task
from masdesign.workflow import Design

DOCS = Path(__file__).resolve().parents[2] / "masdesign" / "docs"
TASKS = {
    "navigate": "bbh/navigate.json",
    "snarks": "bbh/snarks.json",
    "hotpotqa": "hotpotqa/distractor_100.json",
    "drop": "drop/dev_300.jsonl",
    "ledger": "",
}
PLAIN = ("direct", "chain_of_thought", "self_consistency", "self_refine", "best_of_n")
ON_PASSAGES = ("isolate", "iterative_retrieval", "system2_attention", "summarise")
FIRES = (
    "adaptive_consistency", "analogical", "branch_solve_merge", "chain_of_verification", "critic_reviser",
    "debate", "decompose", "generator_verifier_refiner", "least_to_most", "plan_and_solve", "reflexion",
    "role_assignment", "router", "step_back", "system2_attention", "teacher_student", "tree_of_thoughts",
    "universal_self_consistency", "weighted_vote",
)  # fmt: skip
"""Blocks that are checked for their essential step only, on as many items as a pilot has."""
PILOT, ITEMS = 20, 60
PATIENCE = 3600.0
"""Seconds that a call may take: a machine that is busy with other work is no failure of the model."""
LONGEST = 384
"""Tokens of a reply. Some replies of this model never end; one that is cut here scores 0."""
WORTH = (0.2, 0.8)
"""Between these scores of direct there is something to gain, and something to gain it with."""


def task_named(name: str, data: Path) -> Task:
    return load_task(str(data / TASKS[name]) if TASKS[name] else name)


def figures(evaluation: Evaluation) -> dict[str, Any]:
    shown = {**evaluation.summary(), "tokens_per_item": evaluation.tokens_per_item}
    return {**shown, "calls_per_item": evaluation.calls_per_item, "failures": evaluation.failures}


class Study:
    """The figures so far, in a file."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.figures = json.loads(place.read_text()) if place.exists() else {}

    def note(self, task: str, part: str, value: Any) -> None:
        self.figures.setdefault(task, {})[part] = value
        self.place.parent.mkdir(exist_ok=True)
        self.place.write_text(json.dumps(self.figures, indent=1, sort_keys=True) + "\n")
        (self.place.parent.parent / "smollm2.md").write_text(page(self.figures))
        sys.stdout.write(f"{time.strftime('%H:%M:%S')} {task} {part}\n")
        sys.stdout.flush()

    async def pilot(self, name: str, task: Task, spec: ModelSpec, calls: Path) -> float:
        async with open_runtime(spec, task=task, cache=calls) as runtime:
            start = time.monotonic()
            evaluation = await evaluate(direct(), task, "val", runtime, items=task.val[:PILOT])
        seconds = time.monotonic() - start
        self.note(name, "pilot", {**figures(evaluation), "seconds": round(seconds)})
        return evaluation.score

    async def arms(self, name: str, task: Task, spec: ModelSpec, calls: Path) -> None:
        task = task.first(val=ITEMS)
        names = (*PLAIN, *(ON_PASSAGES if task.val[0].context else ()))
        designs = {n: Design(f"async def workflow(task):\n    return await {n}(task)\n", n) for n in names}
        ledger = Ledger()
        async with open_runtime(spec, task=task, cache=calls, ledger=ledger) as runtime:
            await block_scores(
                designs, task, runtime, seed=0, ledger=ledger, keep=lambda e: self._keep(name, designs, e)
            )
            curve, scores = await block_scores(designs, task, runtime, seed=0, ledger=ledger)
        for score in scores:
            gain = None if score.advantage is None else asdict(score.advantage)
            arm = {**figures(score.evaluation), "fired": score.fired, "advantage": gain}
            self.note(name, f"arm {score.name}", arm)
        for point in curve.points:
            self.note(name, f"curve {point.name}", figures(point.evaluation))

    async def words(self, name: str, task: Task, spec: ModelSpec, calls: Path) -> None:
        """Direct and step by step without a schema: the model writes words, from which answers are read."""
        async with open_runtime(spec.with_options({"native": ""}), task=task, cache=calls) as runtime:
            for block in PLAIN[:2]:
                design = Design(f"async def workflow(task):\n    return await {block}(task)\n", block)
                evaluation = await evaluate(design, task, "val", runtime, items=task.val[:ITEMS])
                self.note(name, f"words {block}", figures(evaluation))

    async def fires(self, name: str, task: Task, spec: ModelSpec, calls: Path) -> None:
        done = self.figures[name].get("fires", {})
        async with open_runtime(spec, task=task, cache=calls) as runtime:
            for block in (b for b in FIRES if b not in done):
                design = Design(f"async def workflow(task):\n    return await {block}(task)\n", block)
                happened: list[bool] = []
                evaluation = await evaluate(
                    design, task, "val", runtime, items=task.val[:PILOT],
                    on_outcome=lambda _, outcome, b=block, h=happened: h.append(fired(b, outcome.trace.root)),
                )  # fmt: skip
                share = sum(happened) / len(happened)
                longest = spec.profile["longest"]
                done = {**done, block: {**figures(evaluation), "fired": share, "longest": longest}}
                self.note(name, "fires", done)

    def _keep(self, task: str, designs: dict[str, Design], evaluation: Evaluation) -> None:
        arm = next(name for name, design in designs.items() if design.id == evaluation.design_id)
        self.note(task, f"arm {arm}", figures(evaluation))

    async def search(self, name: str, data: Path, spec: ModelSpec, folder: Path) -> None:
        calls, archive = folder / "calls.db", folder / "archive.db"
        found = await run_search_async(
            load_task(str(data / TASKS[name]), items=PILOT, test_items=PILOT),
            model=spec,
            budget="1500calls",
            archive=str(archive),
            cache=calls,
        )
        claims = [claim.to_json() for claim in found.claims]
        self.note(name, "search", {**found.to_json()["best"], "claims": claims, "run": found.run})
        for file in (calls, archive):
            packed = self.place.parent / f"smollm2-{name}.{file.name}.xz"
            packed.write_bytes(lzma.compress(file.read_bytes(), preset=9))


def _found(study: dict[str, Any]) -> str:
    """Which designs helped, in a sentence."""
    arms = {
        f"{key[4:]} on {task}": arm["advantage"]
        for task, parts in sorted(study.items())
        for key, arm in parts.items()
        if key.startswith("arm ") and arm.get("advantage")
    }
    better = [name for name, gain in arms.items() if gain["low"] > 0]
    worse = [name for name, gain in arms.items() if gain["high"] < 0]
    return (
        "Better than the plain ways at the same tokens, by an interval above 0: "
        f"{', '.join(better) or 'none'}. Worse, by one below 0: {', '.join(worse) or 'none'}."
    )


def page(study: dict[str, Any]) -> str:
    """The figures as a page of the documents."""
    lines = [
        "# A study on a real small model",
        "",
        "SmolLM2-135M-Instruct (Q4_1, computed on the machine itself) on real data: which designs help it?",
        "`tests/benchmarks/study_smollm2.py` makes this page from `data/smollm2.json`. An advantage is the",
        "score above the plain ways (direct, step by step, votes) at the same tokens, with 95 % intervals.",
        "",
        _found(study),
        "",
        "*In words*: without a JSON schema (`--model-option native=`). With it an answer at once can always",
        f"be read, but on navigate a text within JSON often does not end (cut at {LONGEST} tokens); in words",
        "replies end, and many do not say their answer in the form that was asked for.",
    ]
    for task, parts in sorted(study.items()):
        pilot = parts.get("pilot")
        lines += ["", f"## {task}", ""]
        if pilot is not None:
            worth = WORTH[0] <= pilot["score"] <= WORTH[1]
            lines.append(
                f"Pilot: direct scores {pilot['score']:.2f} ({pilot['low']:.2f} to {pilot['high']:.2f}) on "
                f"{pilot['items']} items at {pilot['tokens_per_item']:.0f} tokens an item: "
                f"{'worth the arms.' if worth else 'left out, since it is not between .2 and .8.'}"
            )
        rows = [(key[4:], arm) for key, arm in parts.items() if key.startswith("arm ")]
        rows += [(f"{key[6:]}, in words", arm) for key, arm in parts.items() if key.startswith("words ")]
        if rows:
            lines += [
                "",
                "| design | score | tokens an item | advantage | fired | items without an answer |",
                "|---|---|---|---|---|---|",
            ]
        for name, arm in rows:
            gain = arm.get("advantage")
            above = f"{gain['score']:+.2f} ({gain['low']:+.2f} to {gain['high']:+.2f})" if gain else "–"
            fired = f"{arm['fired']:.2f}" if "fired" in arm else "–"
            score = f"{arm['score']:.2f} ({arm['low']:.2f} to {arm['high']:.2f})"
            silent = f"{sum(arm['failures'].values())} of {arm['items']}"
            lines.append(
                f"| {name} | {score} | {arm['tokens_per_item']:.0f} | {above} | {fired} | {silent} |"
            )
        if fires := parts.get("fires"):
            lines += [
                "",
                f"Whether the essential step of other blocks happens ({PILOT} items):",
                "",
                "| block | fired | score | tokens an item | longest reply |",
                "|---|---|---|---|---|",
                *(
                    f"| {block} | {row['fired']:.2f} | {row['score']:.2f} | {row['tokens_per_item']:.0f} "
                    f"| {row.get('longest', LONGEST)} |"
                    for block, row in sorted(fires.items(), key=lambda entry: -entry[1]["fired"])
                ),
            ]
        best = parts.get("search")
        if best is not None:
            test = best["test"]
            tests = [
                f"against {claim['than'].replace('_', ' ')} {claim['mean']:+.2f} ({claim['low']:+.2f} "
                f"to {claim['high']:+.2f}), {'better' if claim['holds'] else 'which may be chance'}"
                for claim in best["claims"]
            ]
            lines += [
                "",
                "A search of 1,500 calls (20 val items, 20 test items, one slot) chose "
                f"`{best['name']}`: val {best['val']['score']:.2f}, test {test['score']:.2f} "
                f"({test['low']:.2f} to {test['high']:.2f}), {'; '.join(tests)}. Made again offline from its "
                "recorded calls:",
                "",
                "```text",
                f"xz -dk data/smollm2-{task}.*.xz",
                f"masdesign replay {best['run']} --archive data/smollm2-{task}.archive.db "
                f"--cache data/smollm2-{task}.calls.db --task {TASKS[task]} --items 20 --test-items 20",
                "```",
            ]
    return "\n".join(lines) + "\n"


async def run(given: argparse.Namespace) -> None:
    study = Study(given.out)
    limits = {"slots": given.slots, "threads": given.threads, "timeout": PATIENCE, "longest": given.longest}
    spec = ModelSpec("smollm2").with_options(limits)
    for name in given.task or TASKS:
        task = task_named(name, given.data)
        pilot = study.figures.get(name, {}).get("pilot")
        score = pilot["score"] if pilot else await study.pilot(name, task, spec, given.calls)
        if given.fires:
            await study.fires(name, task, spec, given.calls)
        if given.pilot or not WORTH[0] <= score <= WORTH[1]:
            continue
        if not any("advantage" in part for part in study.figures[name].values()):
            await study.arms(name, task, spec, given.calls)
        if not any(part.startswith("words") for part in study.figures[name]):
            await study.words(name, task, spec, given.calls)
        if name in given.search and "search" not in study.figures[name]:
            await study.search(name, given.data, spec, given.calls.parent / f"search-{name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--task", action="append", choices=sorted(TASKS))
    parser.add_argument("--search", nargs="*", default=["navigate"], choices=sorted(TASKS))
    parser.add_argument("--pilot", action="store_true", help="the pilots alone")
    parser.add_argument("--fires", action="store_true", help="also whether the steps of other blocks happen")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--longest", type=int, default=LONGEST, help="tokens of a reply")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--calls", type=Path, default=Path("smollm2-calls.db"))
    parser.add_argument("--out", type=Path, default=DOCS / "data" / "smollm2.json")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
