"""What a person sees of a distillation: where it stands, on a line, then the prompt and its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from masdesign.cli._say import say
from masdesign.cli._tables import new_table, print_table
from masdesign.spending.price import known_usd

if TYPE_CHECKING:
    from masdesign.distill import Distillation, Row
    from masdesign.evaluation import Evaluation
    from masdesign.statistics.paired import Difference


def show(result: Distillation, form: str, use: str, *, quiet: bool) -> None:
    """The prompt (unless it was written to a file), the rows, what they say, and the command that answers."""
    if not quiet:
        say(result.text(form))
    name = result.teacher.name or result.teacher.id
    say(f"{result.method} of {name} ({result.teacher.id}) on {result.task}, answered by {result.model}")
    if len(result.drafts) > 1:
        _print_drafts(result)
    for row in (result.val, result.test):
        if row is not None:
            _print_row(row)
    for note in result.notes:
        say(f"note: {note}")
    advised = "" if result.row.against_step.high < 0 else f": {result.row.advice}"
    say(result.verdict + advised)
    spend = result.spend
    say(f"spent {spend}, {spend.seconds:.0f} s; run {result.run}")
    say(f"use it: {use}")


def _print_drafts(result: Distillation) -> None:
    told = any(tried.forecast is not None for tried in result.drafts)
    table = new_table("draft", *(["gain kept: forecast"] if told else []), "val", "tokens an item", "id")
    for tried in result.drafts:
        chosen = " (chosen)" if tried.design.id == result.design.id else ""
        tokens = f"{tried.val.tokens_per_item:.0f}"
        forecast = ["" if tried.forecast is None else f"{tried.forecast:.0%}"] if told else []
        table.add_row(tried.how + chosen, *forecast, f"{tried.val.score:.3f}", tokens, tried.design.id)
    print_table(table)


def _print_row(row: Row) -> None:
    what = "chosen by" if row.split == "val" else "one look at"
    say(f"{what} {row.split} ({row.student.items} items; costs are an item's)")
    columns = ("95 % interval", f"{row.what.removeprefix('the ')} minus it", "tokens", "calls", "seconds")
    table = new_table("", "USD for 1000", row.split, *columns)
    rows: list[tuple[str, Evaluation, Difference | None]] = [
        (row.what, row.student, None),
        ("the design", row.teacher, row.against_teacher),
        (row.plain, row.step_by_step, row.against_step),
        *(
            [(f"vote of {row.k}", row.matched, row.against_matched)]
            if row.matched != row.step_by_step
            else []
        ),
    ]
    for name, run, minus in rows:
        difference = f"{minus.mean:+.3f} ({minus.low:+.2f} to {minus.high:+.2f})" if minus else ""
        cost = known_usd(run.usd_per_item, run.tokens_per_item, run.model)
        usd = "unknown" if cost is None else f"{1000 * cost:.3f}" if cost else "0 (offline)"
        table.add_row(
            name, usd, f"{run.score:.3f}", f"{run.low:.2f} to {run.high:.2f}", difference,
            f"{run.tokens_per_item:.0f}", f"{run.calls_per_item:.1f}", f"{run.seconds_per_item:.2f}",
        )  # fmt: skip
    print_table(table)
    if row.retention is not None:
        kept = row.retention
        say(
            f"score kept: {kept.value:.0%} of the design's "
            f"(95 % interval {kept.low:.0%} to {kept.high:.0%}), at {row.cost_ratio or 0.0:.0%} of its tokens"
        )
    if row.gain_kept is not None:
        gain = row.gain_kept
        say(
            f"gain kept: {gain.value:.0%} of what the design gains over {row.plain} "
            f"({gain.low:.0%} to {gain.high:.0%})"
        )
    if row.fresh is not None and row.fresh.tokens < row.student.tokens_per_item:
        usd = "" if row.fresh.usd is None else f", {1000 * row.fresh.usd:.3f} USD for 1000 items"
        say(
            f"with the shared beginning of prompts cached by the provider: {row.fresh.tokens:.0f} new tokens "
            f"an item, of {row.student.tokens_per_item:.0f}{usd}"
        )
