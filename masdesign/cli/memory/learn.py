"""masdesign memory learn: answer a task's train items in order, and learn from each."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import emit
from masdesign.cli._say import say
from masdesign.cli.memory._shared import learning_of, learning_options


@click.command()
@click.argument("design")
@click.argument("task")
@click.option("--name", default="", help="Of the memory; by default the task's.")
@learning_options
def command(design: str, task: str, name: str, as_json: bool, **options: Any) -> None:
    """Stream the train items of TASK through DESIGN, and keep what they teach.

    \b
    masdesign memory learn recall orders.jsonl --lag 4
    masdesign evaluate recall orders.jsonl --memory orders
    """
    from masdesign.experiments.learning import run_learn

    learnt = run_learn(design, name=name, **learning_of(task, options))
    scores = [score for score in learnt.streamed.scores if score is not None]
    mean = sum(scores) / len(scores) if scores else None
    memory = learnt.streamed.memory
    if as_json:
        emit(
            {
                "memory": learnt.name,
                "version": learnt.version,
                "entries": len(memory),
                "score": mean,
                "items": len(scores),
                "spend": learnt.spend,
            }
        )
        return
    shown = "none was scored" if mean is None else f"score {mean:.3f} on the way"
    say(f"{len(scores)} items, {shown}; {learnt.name}@{learnt.version} has {len(memory)} entries")
    say(f"use it: masdesign evaluate {design} {task} --memory {learnt.name}@{learnt.version}")
