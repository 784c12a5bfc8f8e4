"""What a person sees of a distillation: progress on standard error, then the prompt and its row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from masdesign.distill import Distillation, Row
    from masdesign.distill.events import Event, Progress
    from masdesign.evaluation import Difference, Evaluation

PLAIN_SECONDS = 15.0
"""Where no terminal shows progress, it is a line so often, and at each new phase."""
PLAIN_WIDTH = 110


class Watcher:
    """Shows where the work stands; says how to go on with it, at the start and where it was interrupted."""

    def __init__(self, resume: Callable[[str], str]) -> None:
        self._resume = resume
        self._command = ""
        self._live: Live | None = None
        self._shown = ("", 0.0)

    def __enter__(self) -> Watcher:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True, highlight=False), transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
        if self._command and kind is not None and issubclass(kind, KeyboardInterrupt):
            click.echo(f"what was finished is kept; go on with: {self._command}", err=True)

    def on_event(self, event: Event) -> None:
        """Show one event."""
        from masdesign.distill.events import Note, Started

        if isinstance(event, Started):
            self._command = self._resume(event.run)
            what = "going on with run" if event.resumed else "run"
            self._say(f"{what} {event.run}; if it is interrupted, go on with: {self._command}")
        elif isinstance(event, Note):
            self._say(f"note: {event.text}")
        elif self._live is not None:
            self._live.update(_line(event))
        else:
            phase, since = self._shown
            if event.phase != phase or monotonic() - since >= PLAIN_SECONDS:
                self._shown = (event.phase, monotonic())
                self._say(_line(event))

    def _say(self, text: str) -> None:
        if self._live is not None:
            self._live.console.print(text, markup=False, soft_wrap=True)
        else:
            click.echo(text, err=True)


def _line(progress: Progress) -> str:
    spend = progress.spend
    of = f" {progress.done} of {progress.total}" if progress.total else ""
    return f"{progress.phase}:{of}, {spend.calls} calls, {spend.tokens} tokens, {spend.seconds:.0f} s"


def show(found: Distillation, form: str, *, quiet: bool) -> None:
    """The prompt (unless it was written to a file), the rows, and what they say."""
    if not quiet:
        click.echo(found.text(form))
    name = found.teacher.name or found.teacher.id
    click.echo(f"{found.method} of {name} ({found.teacher.id}) on {found.task}, answered by {found.model}")
    if len(found.drafts) > 1:
        _print_drafts(found)
    for row in (found.val, found.test):
        if row is not None:
            _print_row(row)
    for note in found.notes:
        click.echo(f"note: {note}")
    click.echo(found.verdict)
    spend = found.spend
    money = f", {spend.usd:.4f} USD ({spend.paid_usd:.4f} paid)" if spend.usd else ""
    click.echo(
        f"spent {spend.calls} calls ({spend.paid_calls} sent), {spend.tokens} tokens{money}, "
        f"{spend.seconds:.0f} s; run {found.run}"
    )
    click.echo(f'use it: masdesign run {found.design.id} --question "…"')


def _print_drafts(found: Distillation) -> None:
    table = _table("draft", "val", "tokens an item", "id")
    for tried in found.drafts:
        chosen = " (chosen)" if tried.design.id == found.design.id else ""
        tokens = f"{tried.val.tokens_per_item:.0f}"
        table.add_row(tried.how + chosen, f"{tried.val.score:.3f}", tokens, tried.design.id)
    _print(table)


def _print_row(row: Row) -> None:
    what = "chosen by" if row.split == "val" else "one look at"
    click.echo(f"{what} {row.split} ({row.student.items} items; costs are an item's)")
    money = row.teacher.usd_per_item > 0
    columns = ("95 % interval", "prompt minus it", "tokens", "calls", "seconds")
    table = _table("", row.split, *columns, *(("USD for 1000",) if money else ()))
    rows: list[tuple[str, Evaluation, Difference | None]] = [
        ("the prompt", row.student, None),
        ("the design", row.teacher, row.against_teacher),
        ("step by step", row.step_by_step, row.against_step),
        (f"vote of {row.k}", row.matched, row.against_matched),
    ]
    for name, run, minus in rows:
        told = f"{minus.mean:+.3f} ({minus.low:+.2f} to {minus.high:+.2f})" if minus else ""
        usd = (f"{1000 * run.usd_per_item:.3f}",) if money else ()
        table.add_row(
            name, f"{run.score:.3f}", f"{run.low:.2f} to {run.high:.2f}", told,
            f"{run.tokens_per_item:.0f}", f"{run.calls_per_item:.1f}", f"{run.seconds_per_item:.2f}", *usd,
        )  # fmt: skip
    _print(table)
    if row.retention is not None:
        kept = row.retention
        click.echo(
            f"score kept: {kept.value:.0%} of the design's "
            f"(95 % interval {kept.low:.0%} to {kept.high:.0%}), at {row.cost_ratio or 0.0:.0%} of its tokens"
        )
    if row.gain_kept is not None:
        gain = row.gain_kept
        click.echo(
            f"gain kept: {gain.value:.0%} of what the design gains over step by step "
            f"({gain.low:.0%} to {gain.high:.0%})"
        )
    if row.fresh_tokens is not None:
        click.echo(
            f"with the shared beginning of prompts cached by the provider: {row.fresh_tokens:.0f} new tokens "
            f"an item, of {row.student.tokens_per_item:.0f}"
        )


def _table(first: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _print(table: object) -> None:
    from rich.console import Console

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    Console(highlight=False, width=width).print(table)
