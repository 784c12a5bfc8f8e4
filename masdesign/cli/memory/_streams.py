"""Commands that stream items, from which a memory learns: learn, measure, strategies."""

from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._job import job_options, resources
from masdesign.cli._models import chosen_models
from masdesign.cli._say import emit, say
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._task import take_task

_NO_LABELS = opt.flag("--no-labels", "Tell no target: the model judges itself.")
_LAG = opt.option("--lag", "Items of a block.", 1, least=1)

learning_options = opt.together(
    opt.option("--from=MEMORY start", "NAME[@VERSION] to begin with.", ""),
    opt.budget_option,
    _NO_LABELS,
    opt.option("--poison=SHARE", "Share of wrong labels.", 0.0, type=click.FloatRange(0, 1)),
    _LAG,
    opt.option(
        "--writer", "How an item is written.", "reflect", of=("reflect", "tested", "contrast", "case", "none")
    ),
    opt.option("--train-items", "Items.", 100, least=1),
    job_options,
)
guided_options = opt.together(
    opt.option("--memory=NAME[@VERSION]", "Of strategies; with --learn: solve."),
    _NO_LABELS,
    opt.option("--most", "Workflows an item.", 3, least=1),
    _LAG,
)


def learning_of(task: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a verb that streams is given: its task, and the options of `learning_options`."""
    from masdesign.experiments.writing import Learning

    given = {"task": take_task(task, options), "model": chosen_models(options)}
    labels = not options.pop("no_labels")
    learning = Learning(labels=labels, **{name: options.pop(name) for name in ("writer", "lag", "poison")})
    taken = {name: options.pop(name) for name in ("start", "budget", "seed")}
    items = options.pop("train_items")
    return {"learning": learning, "items": items, **given, **taken, **resources(options)}


def guided_of(options: dict[str, Any], **more: Any) -> Any:
    """Take the options of `guided_options` out of a command's keyword arguments."""
    from masdesign.search.solve.guided import Guided

    name, labels = options.pop("memory") or Guided().memory, not options.pop("no_labels")
    return Guided(name, labels=labels, **{name: options.pop(name) for name in ("most", "lag")}, **more)


@click.command("learn", short_help="answer a task's train items in order, and learn from each")
@click.argument("design")
@click.argument("task")
@opt.option("--name", "Of the memory; by default the task's.", "")
@learning_options
def learn(design: str, task: str, name: str, as_json: bool, **options: Any) -> None:
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
        shown = {"memory": learnt.name, "version": learnt.version, "entries": len(memory)}
        emit({**shown, "score": mean, "items": len(scores), "spend": learnt.spend})
        return
    result = "none was scored" if mean is None else f"score {mean:.3f} on the way"
    say(f"{len(scores)} items, {result}; {learnt.name}@{learnt.version} has {len(memory)} entries")
    say(f"use it: masdesign evaluate {design} {task} --memory {learnt.name}@{learnt.version}")


@click.command(
    "measure", short_help="is learning worth it? Shuffled streams beside frozen and shuffled memories"
)
@click.argument("design")
@click.argument("task")
@opt.option("--orders", "Shuffled streams.", 10, least=1)
@opt.option("--then=TASK", "A second task: what carries over, what is forgotten?")
@learning_options
def measure(design: str, task: str, orders: int, then: str | None, as_json: bool, **options: Any) -> None:
    """Measure what a memory that learns is worth to DESIGN on the train items of TASK.

    Every score is of an item not seen before. Beside it stand the memory of the start (frozen), and one whose
    contents are dealt to other conditions (shuffled): a gain that survives shuffling is not the memory's.
    With --poison 0.2 one label in five is another item's; scores are by the true ones.
    """
    from masdesign.experiments.learning import run_prequential

    further: dict[str, Any] = {"then": then} if then else {}
    measured = run_prequential(design, orders=orders, **further, **learning_of(task, options)).to_json()
    if as_json:
        emit(measured)
        return
    table = new_table("memory", "1st quarter", "2nd", "3rd", "4th", "tokens an item")
    for arm, means in measured["curve"].items():
        tokens = measured["tokens_per_item"][arm]
        table.add_row(arm, *(f"{mean:.3f}" for mean in means), f"{sum(tokens) / len(tokens):.0f}")
    print_table(table)
    for name, words in (
        ("gain", "second half: {} over the frozen memory"),
        ("gain_of_content", "second half: {} over the shuffled one"),
        ("forward_transfer", f"forward transfer: {{}} on {then}, over the memory of the start"),
        ("forgetting", f"forgetting: {{}} lost of {task} by going on with {then}"),
    ):
        if d := measured.get(name):
            value = words.format(f"{d['mean']:+.3f}")
            say(f"{value} ({d['low']:+.3f} to {d['high']:+.3f}, p = {d['p']:.2g})")
    say(
        f"writing took {measured['writing_tokens_per_item']:.0f} tokens an item; "
        f"backward transfer {measured['backward_transfer']:+.3f}"
    )


@click.command("strategies", short_help="measure what remembering workflows by kind of question gains")
@click.argument("task")
@opt.option("--train-items", "Items.", 200, least=3)
@opt.option("--budget=B", "Of each item.", "200calls")
@guided_options
@job_options
def strategies(task: str, as_json: bool, **options: Any) -> None:
    """Measure masdesign solve --learn on the train items of TASK, shuffled, beside a frozen memory.

    Each item is answered before anything of it is learnt. Tokens and calls are all that an item took.
    With --no-labels the memory is told nothing; the scores that are shown are by the labels all the same.
    """
    from masdesign.search.solve.measuring import run_guided

    problem, guided = take_task(task, options), guided_of(options)
    given = {name: options.pop(name) for name in ("budget", "seed")} | {"items": options.pop("train_items")}
    models = chosen_models(options)
    measured = run_guided(problem, guided=guided, model=models, **given, **resources(options)).to_json()
    if as_json:
        emit(measured)
        return
    table = new_table("memory", "", "1st third", "2nd", "3rd")
    for arm in ("learnt", "frozen"):
        for unit, digits in (("score", 3), ("tokens", 0), ("calls", 1)):
            table.add_row(arm, unit, *(f"{mean:.{digits}f}" for mean in measured[arm][unit]))
    print_table(table)
    d = measured["difference"]
    say(f"last third: {measured['saved']:.0%} fewer tokens an item than in the first one")
    interval = f"{d['low']:+.3f} to {d['high']:+.3f}, p = {d['p']:.2g}"
    say(f"its score: {d['mean']:+.3f} over the frozen memory ({interval})")
    say(f"{measured['kinds']} kinds of problem, {measured['entries']} entries")


COMMANDS = (learn, measure, strategies)
