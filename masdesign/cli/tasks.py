"""masdesign tasks: the tasks at hand, and with a name or a file its whole card."""

from __future__ import annotations

from typing import Any

import click

from masdesign.cli._options import emit, json_option, task_arguments, task_options
from masdesign.cli._say import say


@click.command()
@click.argument("name", required=False, metavar="[TASK]")
@task_options
@json_option
def command(name: str | None, as_json: bool, **options: Any) -> None:
    """The tasks that need no file; with TASK (a name or a path) its whole card, with two train items."""
    from masdesign.tasks import card, load_task, task_names

    if name is None:
        rows = task_names()
        emit(rows) if as_json else _print_list(rows)
    else:
        task = load_task(name, **task_arguments(options))
        emit(card(task)) if as_json else _print_card(card(task))


def _print_list(rows: list[dict[str, Any]]) -> None:
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        say(f"{row['name']:<{width}}  {row['description']} ({row['metric']}, chance {row['chance']:.2f})")
    from masdesign.tasks.benchmarks import BENCHMARKS

    for benchmark in BENCHMARKS.values():
        what = f"{benchmark.description} (of the file {benchmark.file} in MASDESIGN_DATA)"
        say(f"{benchmark.name:<{width}}  {what}", err=True)
    say("A path to a .jsonl, a BIG-Bench Hard .json or a GSM8K .jsonl is a task, too.", err=True)


def _print_card(card: dict[str, Any]) -> None:
    from masdesign.tasks import power_note

    say(f"{card['name']}  version {card['version']}")
    if card["description"]:
        say(card["description"])
    say(f"metric {card['metric']}, chance {card['chance']:.2f}, tools {', '.join(card['tools']) or 'none'}")
    say(f"items: train {card['train']}, val {card['val']}, test {card['test']}")
    for note in (*card["notes"], power_note(card["val"])):
        if note:
            say(f"note: {note}")
    for example in card["examples"]:
        say(f"\nexample from train\n{_indented(example['question'])}")
        for passage in example["context"]:
            say(_indented(f"passage: {passage}"))
        for choice in example["choices"]:
            say(_indented(f"option: {choice}"))
        say(_indented(f"-> {example['target']}"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
