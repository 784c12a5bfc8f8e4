"""masdesign compare: which strategy is worth its money? Several at equal spend, with repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import click

import masdesign as md
from masdesign.cli import _options as opt
from masdesign.cli._job import cache_path
from masdesign.cli._models import chosen_models, meta_model_options, model_options
from masdesign.cli._resume import resume_command
from masdesign.cli._say import emit, say, say_opened
from masdesign.cli._tables import new_table, print_table
from masdesign.cli._task import take_task, task_options
from masdesign.cli._watch import Watcher
from masdesign.errors import InputError
from masdesign.search.events import Note, SearchProgress
from masdesign.spending.budget import UNIT_WORDS

if TYPE_CHECKING:
    from rich.table import Table

    from masdesign.search.compare.result import Comparison
    from masdesign.search.events import CompareEvent


PICTURES = (".png", ".svg", ".pdf")


@click.command()
@click.argument("task")
@opt.option("--strategies=A,B,C", "Two or more of masdesign strategies.", required=True)
@opt.option(
    "--budget=B",
    "Of each search with its share of the look at test: 4000calls, 2Mtokens or 5usd.",
    required=True,
)
@opt.option("--repeats", "Searches of each strategy.", 5, least=1)
@opt.option("--objective", "What every search is after.", "score", of=opt.OBJECTIVES)
@opt.option(
    "--experience=A,B",
    "What arms begin with: cold, warm (lessons of other tasks), shuffled, seeds (their designs).",
    "",
)
@opt.switch("literature", "Begin with designs that the literature knows.")
@opt.option("--reach", "A test score: what did each search spend for it?", type=click.FloatRange(0, 1))
@opt.option("--batch", "Designs proposed together.", 8, least=1)
@meta_model_options("The model that writes designs, for strategies that take one.")
@opt.option("--picture=FILE", "Draw test score against spend: .png, .svg or .pdf.")
@opt.flag("--yes", "Go on without asking, whatever it may cost.")
@opt.together(opt.archive_option, model_options, opt.executor_option, task_options, opt.json_option)
@click.pass_context
def command(
    context: click.Context, /, task: str, strategies: str, picture: str | None, as_json: bool, **options: Any
) -> None:
    """Compare search strategies on TASK at equal spend.

    Each strategy searches N times; repeat r has seed r and world r, the same for all, and begins with
    nothing that another one found. When all have chosen on val, test is opened once, for the winners and
    for what stood first along the way. Intervals are of 95 %, with repeats and items both resampled; tests
    are paired, and corrected by Holm's method. Interrupted, the same command goes on.

    \b
    masdesign compare arithmetic --strategies random,evolution,portfolio --budget 4000calls --repeats 10
    masdesign compare ledger --strategies portfolio --experience cold,warm,shuffled,seeds --budget 3000calls

    \b
    --json prints {run, task, model, objective, budget, unit, seed, repeats, items, designs,
      strategies: [{strategy, test: {score, low, high, items},
                    reached: [spent by each repeat]      with --reach; null where it never had it
                    curve: [{spent, score, low, high}]   test score, had it stopped there
                    repeats: [{run, seed, best: {id, name}, val, val_shrunk, test, blank_control,
                               answers_without_model, tokens_per_item, candidates, failures, spend}]}],
      pairs: [{first, second, difference, low, high, p, p_holm}]   first minus second;
                                                p is null where there is one repeat
      look, spend: {calls, tokens, usd, seconds, paid_calls, paid_usd}   of the look at test; of all
      test_openings}
    """
    drawn = _picture(picture)
    problem = take_task(task, options)
    place = options.pop("archive")
    with md.Archive(place) as archive, ComparisonWatcher(resume_command(context)) as watcher:
        comparison = md.run_compare(
            problem,
            opt.names(strategies),
            experience=opt.names(options.pop("experience")),
            model=chosen_models(options),
            archive=archive,
            cache=cache_path(place),
            on_event=watcher.on_compare_event,
            confirm=watcher.confirm(options.pop("yes")),
            **options,
        )
        say_opened(archive, problem)
    if drawn is not None:
        draw(comparison, drawn)
        say(f"drawn: {drawn}", err=True)
    emit(comparison.to_json()) if as_json else show(comparison)


def _picture(given: str | None) -> Path | None:
    """Where to draw; looked at before anything is spent."""
    if given is None:
        return None
    path = Path(given)
    if path.suffix.lower() not in PICTURES:
        raise InputError(f"--picture {given}: end its name in {', '.join(PICTURES[:-1])} or {PICTURES[-1]}")
    if not path.parent.is_dir():
        raise InputError(f"--picture {given}: there is no folder {path.parent}; make it, or name another")
    return path


class ComparisonWatcher(Watcher[SearchProgress]):
    """Shows which search is under way and where it stands; ``command`` goes on with the comparison."""

    def __init__(self, command: str) -> None:
        super().__init__(lambda run: command, str)
        self._command = command
        self._where = ""
        self._noted: set[str] = set()

    def on_compare_event(self, event: CompareEvent) -> None:
        """Show one event."""
        from masdesign.search.events import Looking, RepeatBegins

        if isinstance(event, RepeatBegins):
            self._where = f"{event.number} of {event.total}: {event.strategy}, repeat {event.repeat + 1}"
            self.say(f"{self._where} ({'finished before: ' if event.finished else ''}run {event.run})")
        elif isinstance(event, Looking):
            looked = f"test: {event.designs} designs, {event.items} of {event.of_items} items"
            self.stands(looked, looked)
        elif isinstance(event, Note):
            if event.text not in self._noted:  # most are of the task, and every search says them
                self._noted.add(event.text)
                self.say(f"note ({self._where}): {event.text}")
        elif isinstance(event, SearchProgress):
            self.stands("search", f"{self._where}; {event!s}")


def show(comparison: Comparison) -> None:
    """The whole outcome, to be read in a minute."""
    repeats = len(comparison.standings[0].repeats)
    say(
        f"\n{comparison.task} test, {comparison.items} items, {repeats} repeats at {comparison.budget}, "
        f"answered by {comparison.model}"
    )
    print_table(_strategies(comparison))
    say("differences, repeat by repeat on the same items")
    print_table(_pairs(comparison))
    for design in comparison.coded:
        name, score = comparison.names[design] or design, comparison.blanks[design]
        say(
            f"beware: with a blank model {name} of {_won_with(comparison, design)} still scores {score:.3f}: "
            "its code answers"
        )
    if repeats == 1:
        say("note: one repeat tells of these winners on other items, not of the strategies; give more")
    spend, look = comparison.spend, comparison.look
    say(
        f"spent {spend}, {spend.seconds:.0f} s; {look.calls} calls of it on one look at test, "
        f"by {comparison.designs} designs that were frozen on val"
    )


def _won_with(comparison: Comparison, design: str) -> str:
    """The strategies that chose a design."""
    return ", ".join(s.strategy for s in comparison.standings if any(r.best == design for r in s.repeats))


def _strategies(comparison: Comparison) -> Table:
    table = new_table("strategy", "test", "95 % interval", "val", "tokens an item", "designs tried")
    if comparison.standings[0].reached:
        table.add_column("spent to reach (had it)")
    for standing in sorted(comparison.standings, key=lambda s: -s.test.score):
        repeats = standing.repeats
        test = standing.test
        table.add_row(
            *(standing.strategy, f"{test.score:.3f}", f"{test.low:.3f} to {test.high:.3f}"),
            *(f"{fmean(r.val for r in repeats):.3f}", f"{fmean(r.tokens_per_item for r in repeats):.0f}"),
            f"{fmean(r.candidates for r in repeats):.0f}",
            *([_reached(standing.reached)] if standing.reached else []),
        )
    return table


def _reached(spent: Sequence[float | None]) -> str:
    """The median over the repeats; one that never had the score counts as more than any."""
    middle = sorted(math.inf if one is None else one for one in spent)[(len(spent) - 1) // 2]
    had = sum(one is not None for one in spent)
    return f"{'never' if math.isinf(middle) else f'{middle:.0f}'} ({had} of {len(spent)})"


def _pairs(comparison: Comparison) -> Table:
    table = new_table("first minus second", "test", "95 % interval", "p", "p (Holm)")
    for pair in comparison.pairs:
        by, chances = pair.difference, ("-" if p is None else f"{p:.2g}" for p in (pair.p, pair.p_holm))
        interval = f"{by.low:+.3f} to {by.high:+.3f}"
        table.add_row(f"{pair.first} - {pair.second}", f"{by.score:+.3f}", interval, *chances)
    return table


COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442")
"""Told apart by the colour-blind too (M. Okabe, K. Ito 2008)."""
STYLES = ("-", "--", ":", "-.")


def draw(comparison: Comparison, path: Path) -> None:
    """Write a picture of test score against spend, in the format that the file's name ends in.

    The same comparison gives the same file. Raises InputError where the file cannot be written.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "masdesign", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7.5, 4.6), layout="constrained")
        _fill(figure.subplots(), comparison)
        undated: dict[str, Any] = {} if path.suffix.lower() == ".png" else {_DATES[path.suffix.lower()]: None}
        try:
            figure.savefig(path, dpi=150, metadata=undated)
        except OSError as error:
            raise InputError(f"cannot write {path} ({error.strerror}); name another file") from error


_DATES = {".svg": "Date", ".pdf": "CreationDate"}


def _fill(axes: Any, comparison: Comparison) -> None:
    for number, standing in enumerate(comparison.standings):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
        spent = [point.spent for point in standing.curve]
        low, high = ([getattr(point.test, end) for point in standing.curve] for end in ("low", "high"))
        axes.fill_between(spent, low, high, color=colour, alpha=0.12, linewidth=0, step="post")
        scores = [point.test.score for point in standing.curve]
        axes.step(spent, scores, color=colour, linestyle=style, label=standing.strategy, where="post")
    counts = f"{len(comparison.standings[0].repeats)} repeats, {comparison.items} test items"
    axes.set_title(f"{comparison.task}, answered by {comparison.model}: {counts}")
    axes.set_xlabel(f"spent by the search ({UNIT_WORDS[comparison.unit]})")
    axes.set_ylabel("test score of what stood first on val")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
