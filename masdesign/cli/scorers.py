"""masdesign scorers: what says how good an answer is, one line each."""

import inspect
from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._say import emit, say
from masdesign.cli._tables import print_columns


@click.command()
@click.argument("name", required=False)
@opt.json_option
def command(name: str | None, as_json: bool) -> None:
    """The scorers by name; with NAME all that is said of it."""
    from masdesign.tasks.scorers import SCORERS, scorer_named

    if name is not None:
        card = _card(scorer_named(name))
        emit(card) if as_json else say(f"{card['name']}: {card['text']}")
        return
    rows = [_card(scorer) for scorer in SCORERS.all().values()]
    if as_json:
        emit([{key: row[key] for key in ("name", "summary", "answer", "calls")} for row in rows])
        return
    print_columns([(row["name"], row["summary"]) for row in rows])
    say("judge:MODEL, module:function and FILE.py:function are scorers, too.", err=True)


def _card(scorer: Any) -> dict[str, Any]:
    from masdesign.tasks.scorers import form_of

    text = inspect.getdoc(getattr(scorer, "function", type(scorer))) or ""
    summary = " ".join(text.split("\n\n")[0].split())
    return {
        "name": scorer.name,
        "summary": summary,
        "text": text,
        "answer": form_of(scorer) or getattr(scorer, "under", "line"),
        "calls": scorer.calls,
    }
