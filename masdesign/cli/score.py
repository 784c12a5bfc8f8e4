"""masdesign score: how good are answers that one has?"""

from __future__ import annotations

import click

from masdesign.cli._options import emit, json_option
from masdesign.cli._say import say


@click.command()
@click.argument("file")
@click.option("--scorer", "--metric", "scorer", required=True, metavar="NAME", help="See: masdesign scorers.")
@click.option("--answer", metavar="FORM", help="How replies are read; by default as the scorer needs.")
@json_option
def command(file: str, scorer: str, answer: str | None, as_json: bool) -> None:
    """Score the answers in FILE: lines of answer (or reply: a whole reply) and target (or targets).

    Lines may have choices and record as well; lm-eval's samples and Inspect's JSON logs are read, too.

    \b
    masdesign score outputs.jsonl --scorer numeric
    masdesign score programs.jsonl --scorer code --json
    """
    from masdesign.experiments.score import score_answers

    scores = score_answers(file, scorer, answer=answer)
    if as_json:
        emit(scores.to_json())
        return
    interval = f"95 % interval {scores.low:.3f} to {scores.high:.3f}"
    say(f"score     {scores.score:.3f}  ({interval}, {scores.items} items)")
    if scores.unread:
        say(f"note: no answer could be read from {scores.unread} of {scores.items} replies; they score 0")
