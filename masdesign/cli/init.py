"""masdesign init: writes masdesign.toml, which every command then reads."""

import json
from pathlib import Path

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import say
from masdesign.errors import InputError
from masdesign.files import writing

_TEXT = """\
# Read by every masdesign command in this folder and below it; flags go before it.

# plugins = ["shout.py"]            # your own blocks, strategies, scorers and models
# archive = ".masdesign/archive.db"
# concurrency = 64

[models.default]
model = {model}
# base_url = "http://127.0.0.1:8000/v1"
# key_env = "OPENAI_API_KEY"       # the variable that holds the key
# price = "0.15/0.60"              # USD per million prompt/completion tokens
# max_tokens = 4096                # any option of the model

# [models.meta]                    # writes designs; other roles are judge, user and embedding
# model = "openai/gpt-4o"

[task]
name = {task}
# columns = {{ question = "problem", target = "solution" }}
# items = 200
# test_items = 400

[search]
budget = {budget}
strategy = "portfolio"
objective = "score"
"""


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
    text = _TEXT.format(**{name: json.dumps(value, ensure_ascii=False) for name, value in values.items()})
    with writing(path) as file:
        file.write(text.encode())
    say(f"{path} written; masdesign search starts a search on {task}")
