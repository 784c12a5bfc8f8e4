"""Options of TASK, and the task that a command is given, with what a person should know of its items."""

from __future__ import annotations

import re
from typing import Any

import masdesign as md
from masdesign.cli._config import configured_task
from masdesign.cli._options import corpus_option, flag, names, option, several, together
from masdesign.cli._say import say
from masdesign.errors import InputError

_TASK_OPTIONS = {
    "metric": option(
        "--scorer --metric=NAME metric",
        "Of masdesign scorers, or module:function; inferred only where certain.",
    ),
    "answer": option("--answer=FORM", "How an answer is asked for and read: line, choice …"),
    "instruction": option("--instruction=TEXT", "What is to be done; every prompt says it."),
    "labels": option("--labels=A,B,…", "The answers there are."),
    "keep_all": flag("--keep-all", "Keep duplicates and contradictions."),
    "description": option("--description", "What the task asks for, in a sentence."),
    "columns": option("--columns=question=…,target=…", "Where they stand in a row."),
    "train": option("--train=FILE", "Items for demonstrations."),
    "val": option("--val=FILE", "Items to choose by."),
    "test": option("--test=FILE", "Items for the one closing look."),
    "tools": several(
        "--tools=LIST|FILE.py:function",
        "What designs may use: python, calculator, retrieval, your own functions, and what masdesign tools "
        "lists; several times.",
    ),
    "mcp": several(
        "--mcp=NAME=COMMAND|URL",
        "An MCP server's tools; NAME:pure= where they change nothing; several times.",
    ),
    "corpus": corpus_option,
    "items": option("--items", "How many val items.", least=1),
    "test_items": option("--test-items", "How many test items.", least=1),
    "difficulty": option("--difficulty", "Of a generated task; each has its default.", least=0),
}
"""By the argument of ``load_task`` that an option gives."""


task_options = together(*_TASK_OPTIONS.values())
"""The options of TASK; `take_task` takes them."""


def task_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of `task_options` out of a command's keyword arguments, ready for `load_task`."""
    picked = {name: given.pop(name) for name in _TASK_OPTIONS}
    picked["tools"] = tuple(tool for listed in picked["tools"] for tool in names(listed))
    picked["columns"] = _pairs(picked["columns"]) if picked["columns"] else None
    picked["labels"] = tuple(t.strip() for t in picked["labels"].split(",")) if picked["labels"] else None
    picked |= {name: picked[name] or None for name in ("keep_all", "mcp", "corpus")}
    for name, value in configured_task().items():
        name = "metric" if name == "scorer" else name
        if name not in picked:
            raise InputError(f"[task] {name} of masdesign.toml: this command takes no such option")
        picked[name] = picked[name] or value
    return {name: value for name, value in picked.items() if value is not None}


_NEXT_COLUMN = re.compile(r",(?=\s*\w+\s*=)")
"""A comma before the next column: others belong to a template."""


def _pairs(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in _NEXT_COLUMN.split(text)]
    if not all(sign and value for _, sign, value in pairs):
        raise InputError(f"--columns {text!r} is not of the form question=NAME,target=NAME")
    return {name.strip(): value.strip() for name, _, value in pairs}


def take_task(task: str, options: dict[str, Any]) -> md.Task:
    """Take the options of `task_options` out of a command's keyword arguments, and load TASK with them."""
    return load_task(task, task_arguments(options))


def load_task(task: str, arguments: dict[str, Any]) -> md.Task:
    """Load TASK with the ``arguments`` of `task_arguments`, and print its notes on standard error."""
    loaded = md.load_task(task, **arguments)
    say_notes(loaded, *loaded.notes)
    return loaded


def say_notes(task: md.Task, *notes: str | None) -> None:
    """Print on standard error what a person should know of a task."""
    for line in notes:
        if line:
            say(f"{task.name}: {line}", err=True)
