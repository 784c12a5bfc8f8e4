"""Does data of a design train a model better than its own step-by-step replies?

    python tests/benchmarks/bench_arms.py DESIGN FAMILY --out DIR [--arms untrained,own,traces,dpo,grpo]

- ``untrained``: abacus as it is, step by step and asked for the whole work in one reply;
- ``own``: a copy trained on its own right step-by-step replies, sampled;
- ``traces``: a copy trained on the design's right transcripts, each as one reply with all steps
  (`masdesign.distill.serialise`), for as many steps, of as many tokens, as ``own``;
- ``dpo``, ``grpo``: copies trained on pairs of own replies, and from the scorer (not at equal tokens).

Each is measured on val items of the family and, for what it has forgotten, of ``--others``, every row beside
the untrained model on the same items. What is done is kept in DIR (calls, copies, ``rows.json``): started
again, it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from masdesign.building_blocks._asking import read_reply
from masdesign.distill._lessons import learnable
from masdesign.distill.job import Job, Transcript
from masdesign.distill.outline import outline
from masdesign.distill.prompt import DistilledPrompt, plain_prompt
from masdesign.distill.wording import composed
from masdesign.evaluation import Evaluation, evaluate
from masdesign.evaluation.session import open_runtime
from masdesign.experiments.baselines import step_by_step
from masdesign.lm.abacus.tokenizer import SHIPPED
from masdesign.session.resolve import resolve_design
from masdesign.spending.budget import Budget
from masdesign.spending.ledger import Ledger
from masdesign.statistics.paired import paired_difference
from masdesign.tasks import Task, load_task
from masdesign.training.case import Exercise
from masdesign.types import SAMPLING_TEMPERATURE, Question
from masdesign.workflow import Design

ARMS = ("untrained", "own", "traces", "dpo", "grpo")
DRAWS = 4
"""Own replies a train item."""


@dataclass(frozen=True)
class Experiment:
    """All that decides the course of it."""

    design: str
    family: str
    out: Path
    train_items: int = 200
    items: int = 100
    steps: int = 200
    rate: float = 1e-3
    seed: int = 0
    others: tuple[str, ...] = ("arithmetic", "boolean")
    model: str = "abacus"

    @property
    def weights(self) -> Path:
        """Where the untrained model lies."""
        return SHIPPED[self.model.partition(":")[2]]


@dataclass(frozen=True)
class Data:
    """What the copies are trained on."""

    own: list[Exercise]
    traces: list[Exercise]
    pairs: list[tuple[Exercise, Exercise]]
    whole: DistilledPrompt
    """The prompt that asks for the whole work."""
    job: Job


async def gather_data(teacher: Design, job: Job) -> Data:
    """Right own replies, right traces of the design, and pairs of own replies."""
    plain, whole = plain_prompt(), DistilledPrompt((composed(outline(teacher.source, job.runtime.blocks)),))
    taught = [(t, learnable(t)) for t in await job.transcripts()]
    own, pairs, runs = list[Exercise](), [], []
    for world in range(DRAWS):
        each = replace(job, runtime=replace(job.runtime, world=world), _transcripts={})
        runs.append(await each.transcripts(step_by_step(SAMPLING_TEMPERATURE)))
    for of_item in zip(*runs, strict=True):
        right = {t.answer.reasoning: t for t in of_item if t.right}
        wrong = {t.answer.reasoning: t for t in of_item if t.score == 0.0 and t.answer.reasoning}
        own += [_example(plain, t, text) for text, t in right.items()]
        pairs += [
            (_example(plain, t, a), _example(plain, t, b))
            for (a, t), b in zip(right.items(), wrong, strict=False)
        ]
    traces = [_example(whole, t, text) for t, text in taught if text]
    return Data(own, traces, pairs, whole, job)


def _example(prompt: DistilledPrompt, transcript: Transcript, reply: str) -> Exercise:
    return Exercise("fine_tuned", prompt.messages(transcript.question), reply)


async def train(arm: str, data: Data, experiment: Experiment) -> str:
    """The model of an arm by name, trained where its folder does not hold it yet."""
    from masdesign.training.dpo import prefer
    from masdesign.training.fine_tune import Tuning, fine_tune
    from masdesign.training.grpo import reinforce

    folder = experiment.out / arm
    if arm == "untrained":
        return experiment.model
    if not (folder / "manifest.json").exists():  # which is written last
        if arm == "dpo":
            prefer(experiment.weights, data.pairs, folder, log, steps=experiment.steps, seed=experiment.seed)
        elif arm == "grpo":
            job, plain = data.job, plain_prompt()
            questions = [Question.of(item, job.runtime.asking) for item in job.train]

            async def reward(number: int, replies: Sequence[str]) -> list[float]:
                answers = [read_reply(text, questions[number]) for text in replies]
                return [score or 0.0 for score in await job.score(answers, job.train[number])]

            prompts = [plain.messages(question) for question in questions]
            await reinforce(
                experiment.weights, prompts, reward, folder, log,
                steps=experiment.steps, seed=experiment.seed,
            )  # fmt: skip
        else:
            tuning = Tuning(experiment.steps, experiment.rate, seed=experiment.seed)
            fine_tune(experiment.weights, data.own if arm == "own" else data.traces, folder, tuning, log)
    return _copy(arm, experiment)


async def measure(
    experiment: Experiment, arm: str, model: str, whole: DistilledPrompt
) -> list[dict[str, Any]]:
    """The rows of an arm: a family and a way of asking each, beside the untrained model's."""
    rows = []
    asked = {"step by step": plain_prompt(), "in one reply": whole}
    ways = [(experiment.family, way) for way in asked] + [
        (other, "step by step") for other in experiment.others
    ]
    for family, way in ways:
        task = load_task(family, items=experiment.items, test_items=1)
        design = asked[way].design(way, origin="distill", parents=())
        copied, base = [await _scored(task, design, name, experiment) for name in (model, experiment.model)]
        difference = paired_difference(copied, base, seed=experiment.seed)
        rows.append(
            {
                "arm": arm,
                "family": family,
                "asked": way,
                **copied.summary(),
                "tokens_per_item": copied.tokens_per_item,
                "minus_untrained": asdict(difference),
            }
        )
    return rows


async def compare_copies(experiment: Experiment, whole: DistilledPrompt) -> str:
    """The copy trained on the design's traces beside the one trained on its own replies, each as trained."""
    task = load_task(experiment.family, items=experiment.items, test_items=1)
    prompts = {"traces": whole, "own": plain_prompt()}
    ours, theirs = [
        await _scored(
            task, prompt.design(arm, origin="distill", parents=()), _copy(arm, experiment), experiment
        )
        for arm, prompt in prompts.items()
    ]
    gain = paired_difference(ours, theirs, seed=experiment.seed)
    return (
        f"traces minus own on {experiment.family}: {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}), "
        f"{ours.tokens_per_item:.0f} and {theirs.tokens_per_item:.0f} tokens"
    )


def _copy(arm: str, experiment: Experiment) -> str:
    return f"abacus:{experiment.out / arm}"


async def _scored(task: Task, design: Design, model: str, experiment: Experiment) -> Evaluation:
    async with open_runtime(model, task=task, cache=experiment.out / "calls.db") as runtime:
        return await evaluate(design, task, "val", replace(runtime, keep_going=True))


async def run(experiment: Experiment, arms: Sequence[str]) -> list[dict[str, Any]]:
    """All rows of the arms, in their order; those that are kept are not measured again."""
    experiment.out.mkdir(parents=True, exist_ok=True)
    file = experiment.out / "rows.json"
    kept: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    task = load_task(experiment.family, items=experiment.items, test_items=1)
    teacher = resolve_design(experiment.design, task=task)
    async with open_runtime(experiment.model, task=task, cache=experiment.out / "calls.db") as runtime:
        job = Job.on(
            task, experiment.train_items, teacher, runtime, Ledger(Budget.parse(None)), rng=random.Random(0)
        )
        data = await gather_data(teacher, job)
        log(f"{len(data.own)} own replies, {len(data.traces)} traces, {len(data.pairs)} pairs")
        for arm in arms:
            if any(row["arm"] == arm for row in kept):
                continue
            model = await train(arm, data, experiment)
            kept += await measure(experiment, arm, model, data.whole)
            file.write_text(json.dumps(kept, indent=1))
    if {"own", "traces"} <= set(arms):
        log(await compare_copies(experiment, data.whole))
    return [row for arm in arms for row in kept if row["arm"] == arm]


def log(line: str) -> None:
    """One line on standard error."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    """Run the arms, as the command line says, and print a line a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("design")
    parser.add_argument("family")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--arms", default="untrained,own,traces", help="of " + ", ".join(ARMS))
    parser.add_argument("--others", default="arithmetic,boolean", help="families, for what is forgotten")
    parser.add_argument("--model", default="abacus", help="abacus or abacus:3")
    for name in ("train_items", "items", "steps", "seed"):
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=getattr(Experiment, name))
    options = vars(parser.parse_args())
    arms = options.pop("arms").split(",")
    if unknown := [arm for arm in arms if arm not in ARMS]:
        parser.error(f"there is no arm {unknown[0]!r}; take some of {', '.join(ARMS)}")
    others = tuple(name for name in options.pop("others").split(",") if name)
    for row in asyncio.run(run(Experiment(**options, others=others), arms)):
        less = row["minus_untrained"]
        sys.stdout.write(
            f"{row['arm']:10} {row['family']:16} {row['asked']:13} {row['score']:.3f}  "
            f"minus untrained {less['mean']:+.3f} ({less['low']:+.3f} to {less['high']:+.3f})  "
            f"{row['tokens_per_item']:.0f} tokens\n"
        )


if __name__ == "__main__":
    main()
