"""A comparison as a picture: test score against spend, a line and its interval for each strategy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from masdesign.errors import InputError
from masdesign.spending.budget import UNIT_WORDS

if TYPE_CHECKING:
    from masdesign.search.compare.result import Comparison

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#f0e442")
"""Told apart by the colour-blind too (M. Okabe, K. Ito 2008)."""
STYLES = ("-", "--", ":", "-.")


def draw(comparison: Comparison, path: Path) -> None:
    """Write the picture, in the format that the file's name ends in; the same comparison, the same file.

    Raises InputError where the file cannot be written.
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
    repeats = len(comparison.standings[0].repeats)
    axes.set_title(
        f"{comparison.task}, answered by {comparison.model}: {repeats} repeats, {comparison.items} test items"
    )
    axes.set_xlabel(f"spent by the search ({UNIT_WORDS[comparison.unit]})")
    axes.set_ylabel("test score of what stood first on val")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
