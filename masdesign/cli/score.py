"""masdesign score: how good are answers that you have already?"""

from typing import Any

import click

from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import ModelFlags, model_options
from masdesign.cli._say import emit, say


@click.command()
@click.argument("file")
@opt.option("--scorer --metric=NAME scorer", "See: masdesign scorers.", required=True)
@opt.option("--answer=FORM", "How replies are read; by default as the scorer needs.")
@opt.option(
    "--reduce=R",
    "Makes the rows of an item (same id, or question) one: mean, pass@K, at_least_one or majority.",
    "",
)
@opt.option("--budget=B", "Of a judge: 2000calls, 2Mtokens or 5usd; unlimited by default.")
@opt.together(opt.archive_option, model_options, opt.json_option)
def command(
    file: str, scorer: str, answer: str | None, reduce: str, budget: str | None, as_json: bool, **options: Any
) -> None:
    """Score the answers in FILE: lines of answer (or reply: a whole reply) and target (or targets).

    Lines may have choices and record as well; lm-eval's samples and Inspect's logs are read, too. A judge is
    asked once for each answer: its calls are kept beside the archive. What people said of an answer stands in
    its record as human (right, wrong, or 0 to 1); the judge's agreement with it is shown.

    \b
    masdesign score outputs.jsonl --scorer numeric
    masdesign score programs.jsonl --scorer code --reduce pass@5 --json
    masdesign score essays.jsonl --scorer judge:openai/gpt-4o --budget 1usd
    """
    from masdesign.experiments.score import score_answers

    given: dict[str, Any] = {"answer": answer, "reduce": reduce, "budget": budget}
    scores = score_answers(file, scorer, **given, **_judge(options, scorer))
    if as_json:
        emit(scores.to_json())
        return
    interval = f"95 % interval {scores.low:.3f} to {scores.high:.3f}"
    say(f"{reduce or 'score':<8}  {scores.score:.3f}  ({interval}, {scores.items} items)")
    for name, value in (scores.parts or {}).items():
        say(f"{name:<8}  {value:.3f}")
    for line in scores.judge.lines() if scores.judge else ():
        say(line)
    if (spend := scores.spend) is not None:
        say(f"the judge took {spend.calls} calls ({spend.paid_calls} sent), {spend.tokens} tokens")
    if scores.unread:
        say(f"note: replies from which no answer could be read (they score 0): {scores.unread}")


def _judge(options: dict[str, Any], scorer: str) -> dict[str, Any]:
    """The judge's model with what the command line says of it, and where its calls are kept."""
    head, _, model = scorer.partition(":")
    if head != "judge":
        return {}
    flags = ModelFlags.take(options)
    named = model.removesuffix("+self")
    rows = {"judge": named} if named else {}
    table = ModelFlags({**flags.rows, **rows}, flags.base_url, flags.price, flags.options).table()
    return {"judge": table.get("judge", table[""]), "cache": cache_path(options["archive"])}
