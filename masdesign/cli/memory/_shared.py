"""What the commands share that stream items: how a memory learns."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli import _options as opt

_NO_LABELS = opt.flag("--no-labels", "Tell no target: the model judges itself.")
_LAG = opt.option("--lag", "Items of a block.", 1, least=1)

learning_options = opt.together(
    opt.option("--from start", "NAME[@VERSION] to begin with.", "", metavar="MEMORY"),
    opt.budget_option,
    _NO_LABELS,
    opt.option("--poison", "Share of wrong labels.", 0.0, type=click.FloatRange(0, 1), metavar="SHARE"),
    _LAG,
    opt.option("--writer", "How an item is written.", "reflect", of=("reflect", "contrast", "case", "none")),
    opt.option("--train-items", "Items.", 100, least=1),
    opt.job_options,
)
guided_options = opt.together(
    opt.option("--memory", "Of strategies; with --learn: solve.", metavar="NAME[@VERSION]"),
    _NO_LABELS,
    opt.option("--most", "Workflows an item.", 3, least=1),
    _LAG,
)


def learning_of(task: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a verb that streams is given: its task, and the options of `learning_options`."""
    from masdesign.experiments.writing import Learning
    from masdesign.tasks import load_task

    given = {"task": load_task(task, **opt.task_arguments(options)), "model": opt.chosen_models(options)}
    labels = not options.pop("no_labels")
    learning = Learning(labels=labels, **{name: options.pop(name) for name in ("writer", "lag", "poison")})
    taken = {name: options.pop(name) for name in ("start", "budget", "seed")}
    items = options.pop("train_items")
    return {"learning": learning, "items": items, **given, **taken, **opt.resources(options)}


def guided_of(options: dict[str, Any], **more: Any) -> Any:
    """Take the options of `guided_options` out of a command's keyword arguments."""
    from masdesign.search.solve.guided import Guided

    name, labels = options.pop("memory") or Guided().memory, not options.pop("no_labels")
    return Guided(name, labels=labels, **{name: options.pop(name) for name in ("most", "lag")}, **more)
