"""masdesign init: writes masdesign.toml, which every command then reads."""

import json
from pathlib import Path

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.errors import InputError
from masdesign.files import writing


@click.command("init")
@click.argument("task", default="arithmetic")
@opt.option("--model=MODEL", "What answers.", "abacus")
@opt.option("--budget=B", "Of a search.", "20000calls")
@opt.flag("--force", "Write over a file that is there.")
def command(task: str, model: str, budget: str, force: bool) -> None:
    """Write masdesign.toml for TASK in the working folder; `masdesign search` then needs no flags.

    \b
    masdesign init questions.jsonl --model openai/gpt-4o-mini --budget 2usd
    masdesign search
    """
    from masdesign.session.config import FILE
    from masdesign.spending.budget import Budget

    Budget.parse(budget)
    path = Path(FILE)
    if path.exists() and not force:
        raise InputError(f"{path} is there already; edit it, or write over it with --force")
    values = {"task": task, "model": model, "budget": budget}
    template = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    text = template.format(**{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})
    with writing(path) as file:
        file.write(text.encode())
    say(f"{path} written; masdesign search starts a search on {task}")
