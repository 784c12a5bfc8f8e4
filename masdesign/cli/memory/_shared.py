"""What the commands share that stream items: how a memory learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def learning_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a `Learning`, and of the stream."""
    for option in (
        click.option("--from", "start", metavar="MEMORY", default="", help="NAME[@VERSION] to begin with."),
        click.option("--budget", metavar="B", help="20000calls, 2Mtokens, 5usd or 10min; unlimited."),
        click.option("--no-labels", is_flag=True, help="Tell no target: the model judges itself."),
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


def learning_of(options: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `learning_options` out of a command's keyword arguments, ready for the verb."""
    from masdesign.experiments.writing import Learning

    labels = not options.pop("no_labels")
    learning = Learning(writer=options.pop("writer"), lag=options.pop("lag"), labels=labels)
    taken = {name: options.pop(name) for name in ("start", "budget")}
    return {"learning": learning, "items": options.pop("train_items"), **taken}
