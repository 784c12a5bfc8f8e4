"""masdesign memory learn: answer a task's train items in order, and learn from each."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import (
    archive_option,
    chosen_models,
    emit,
    json_option,
    model_options,
    resources,
    task_arguments,
    task_options,
)
from masdesign.cli._say import say
from masdesign.cli.memory._shared import learning_of, learning_options


@click.command()
@click.argument("design")
@click.argument("task")
@click.option("--name", default="", help="Of the memory; by default the task's.")
@learning_options
@archive_option
@model_options
@task_options
@json_option
def command(design: str, task: str, name: str, as_json: bool, **options: Any) -> None:
    """Stream the train items of TASK through DESIGN, and keep what they teach.

    \b
    masdesign memory learn recall orders.jsonl --lag 4
    masdesign evaluate recall orders.jsonl --memory orders
    """
    from masdesign.experiments.learning import run_learn
    from masdesign.tasks import load_task

    problem = load_task(task, **task_arguments(options))
    streaming = learning_of(options)
    models, seed = chosen_models(options), options.pop("seed")
    learnt = run_learn(design, problem, name=name, model=models, seed=seed, **streaming, **resources(options))
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
