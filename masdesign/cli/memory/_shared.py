"""What the commands share that stream items: how a memory learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from masdesign.cli._options import (
    archive_option,
    chosen_models,
    json_option,
    model_options,
    resources,
    task_arguments,
    task_options,
)


def streaming_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that streams the items of a task: its models, its data, where it is kept."""
    for option in (json_option, task_options, model_options, archive_option):
        function = option(function)
    return function


def learning_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a `Learning`, and of the stream."""
    function = streaming_options(function)
    for option in (
        click.option("--from", "start", metavar="MEMORY", default="", help="NAME[@VERSION] to begin with."),
        click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited."),
        click.option("--no-labels", is_flag=True, help="Tell no target: the model judges itself."),
        click.option(
            "--poison",
            type=click.FloatRange(0, 1),
            default=0.0,
            metavar="SHARE",
            help="Share of wrong labels.",
        ),
        click.option("--lag", type=click.IntRange(1), default=1, show_default=True, help="Items of a block."),
        click.option(
            "--writer",
            type=click.Choice(["reflect", "contrast", "case", "none"]),
            default="reflect",
            show_default=True,
            help="How an item is written down.",
        ),
        click.option("--train-items", type=click.IntRange(1), default=100, show_default=True, help="Items."),
    ):
        function = option(function)
    return function


def learning_of(task: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a verb that streams is given: its task, and the options of `learning_options`."""
    from masdesign.experiments.writing import Learning
    from masdesign.tasks import load_task

    given = {"task": load_task(task, **task_arguments(options)), "model": chosen_models(options)}
    labels = not options.pop("no_labels")
    learning = Learning(labels=labels, **{name: options.pop(name) for name in ("writer", "lag", "poison")})
    taken = {name: options.pop(name) for name in ("start", "budget", "seed")}
    return {"learning": learning, "items": options.pop("train_items"), **given, **taken, **resources(options)}


def guided_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a memory of strategies (`masdesign.search.solve.guided.Guided`)."""
    for option in (
        click.option("--memory", metavar="NAME[@VERSION]", help="Of strategies; with --learn: solve."),
        click.option("--no-labels", is_flag=True, help="Tell no target: the model judges itself."),
        click.option(
            "--most", type=click.IntRange(1), default=3, show_default=True, help="Workflows an item."
        ),
        click.option("--lag", type=click.IntRange(1), default=1, show_default=True, help="Items of a block."),
    ):
        function = option(function)
    return function


def guided_of(options: dict[str, Any], **more: Any) -> Any:
    """Take the options of `guided_options` out of a command's keyword arguments."""
    from masdesign.search.solve.guided import Guided

    name, labels = options.pop("memory") or Guided().memory, not options.pop("no_labels")
    return Guided(name, labels=labels, **{name: options.pop(name) for name in ("most", "lag")}, **more)
