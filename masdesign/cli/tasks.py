"""masdesign tasks: the tasks at hand, and with a name or a file its whole card."""

from typing import Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli._task import task_arguments, task_options
from masdesign.errors import InputError


@click.command()
@click.argument("name", required=False, metavar="[TASK]")
@opt.together(task_options, opt.json_option)
def command(name: str | None, as_json: bool, **options: Any) -> None:
    """The tasks that need no file; with TASK (a name or a path) its whole card, with two train items."""
    from masdesign.tasks import benchmark_card, card, task_names

    if name is None:
        rows = task_names()
        emit(rows) if as_json else _print_list(rows)
        return
    about = benchmark_card(name)
    try:
        whole = card(md.load_task(name, **task_arguments(options)))
    except InputError as error:
        if about is None:
            raise
        whole = {"name": name, "notes": [str(error)]}
    if about is not None:
        whole = {**about, **whole}
    emit(whole) if as_json else _print_card(whole)


def _print_list(rows: list[dict[str, Any]]) -> None:
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        chance = f", chance {row['chance']:.2f}" if row["chance"] is not None else ""
        say(f"{row['name']:<{width}}  {row['description']} ({row['metric']}{chance})")
    say("A path (CSV, TSV, JSON, JSON lines, Parquet, a folder) or hf:OWNER/NAME is a task, too.", err=True)


_ABOUT = ("official", "licence", "source", "files", "hub", "columns", "scorer", "answer", "instruction")
"""What a benchmark's card has beside that of any task."""


def _print_card(card: dict[str, Any]) -> None:
    from masdesign.tasks import power_note

    say(f"{card['name']}" + (f"  version {card['version']}" if "version" in card else ""))
    if card.get("description"):
        say(card["description"])
    for name in _ABOUT:
        if card.get(name):
            value = card[name]
            text = ", ".join(f"{k}: {v}" for k, v in value.items()) if isinstance(value, dict) else value
            say(f"{name}: {text}")
    if "val" in card:
        tools = ", ".join(card["tools"]) or "none"
        say(f"metric {card['metric']}, chance {card['chance']:.2f}, tools {tools}")
        say(f"items: train {card['train']}, val {card['val']}, test {card['test']}")
    for note in (*card["notes"], power_note(card["val"]) if "val" in card else None):
        if note:
            say(f"note: {note}")
    for example in card.get("examples", ()):
        say(f"\nexample from train\n{_indent(example['question'])}")
        for passage in example["context"]:
            say(_indent(f"passage: {passage}"))
        for choice in example["choices"]:
            say(_indent(f"option: {choice}"))
        say(_indent(f"-> {example['target']}"))


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
