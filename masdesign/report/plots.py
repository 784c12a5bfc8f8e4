"""The figures with axes: score against cost, progress against spend, the winner's differences."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from textwrap import fill
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from masdesign.report.candidates import ReportedCandidate
from masdesign.report.compare import Plain, WinnerComparison
from masdesign.report.findings import RunFindings
from masdesign.report.svg import COLOURS, FONT_SIZE, drawing, inline
from masdesign.statistics.envelope import reference
from masdesign.types import SAMPLING_TEMPERATURE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 6.2, 3.7
"""In inches."""
WIDE_RANGE = 8.0
"""Costs that differ by a larger factor are drawn on a logarithmic scale."""
NAME_LENGTH = 34
LABEL_COLUMN = 18
"""Characters in a line of the forest plot's names."""
USD_ITEMS = 1000
"""Number of items that money is shown for: for one item it would be all zeros."""
RIGHT_HALF = 0.7
"""From this share of the scale on, a label stands to the left of its point."""
NEAR = 0.06
"""Points nearer than this share of the scale have one label."""
PIECES = 160
"""Line segments that the curve of the baselines is drawn with."""
MOST_DOTS = 3000
"""Most candidates drawn, the best first; more would be one blot, and a slow page."""


def frontier_plot(findings: RunFindings) -> Markup:
    """Every design that answered all of val, the frontier, and the plain ways' curve drawn through."""
    complete = [each for each in findings.tried if each.complete and each.cost is not None]
    complete = sorted(complete, key=lambda each: each.rank or 0)[:MOST_DOTS]
    front = sorted((each for each in complete if each.on_frontier), key=lambda each: each.cost or 0.0)
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        _axes(axes, findings.unit, [each.cost or 0.0 for each in complete], "score on val")
        _reach(axes, [*(each.score or 0.0 for each in complete), *(way.score for way in findings.plain_val)])
        _curve(axes, findings.plain_val)
        _dots(axes, complete, "faint", 11, linked=False)
        axes.step(
            [each.cost or 0.0 for each in front], [each.score or 0.0 for each in front],
            where="post", color=COLOURS["accent"], linewidth=1.3,
        )  # fmt: skip
        _dots(axes, front, "accent", 26, linked=True)
        if findings.winner is not None and findings.winner.cost is not None:
            _star(axes, findings.winner.cost, findings.winner.score or 0.0, findings.plain_val)
        tips = {f"#d-{candidate.design.id}": candidate.summary for candidate in front}
        return inline(figure, "frontier-figure", "Score on val against cost, every design", tips)


def look_plot(findings: RunFindings) -> Markup:
    """The one look at test: the winner and the plain ways, each with its interval."""
    test, plain = findings.test, findings.plain_test
    cost = 0.0 if test is None else test.cost_per_item(findings.unit)
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        _axes(axes, findings.unit, [*(way.cost for way in plain), cost], "score on test")
        intervals = [(way.low, way.high) for way in plain] + ([(test.low, test.high)] if test else [])
        _reach(axes, [end for interval in intervals for end in interval])
        for way in plain:
            axes.vlines(way.cost, way.low, way.high, color=COLOURS["reference"], linewidth=1, alpha=0.6)
        _curve(axes, plain)
        if test is not None:
            axes.vlines(cost, test.low, test.high, color=COLOURS["accent"], linewidth=1.6)
            _star(axes, cost, test.score, plain)
        title = "Score on test against cost: the winner and the plain ways, with intervals"
        return inline(figure, "test-figure", title)


def progress_plot(findings: RunFindings) -> Markup:
    """The best val score so far against what the run had been charged by then."""
    scored = [candidate for candidate in findings.tried if candidate.complete]
    by_spend = all(candidate.spent is not None for candidate in findings.tried)
    places = [_place(candidate, by_spend) for candidate in scored]
    best = list(accumulate((candidate.score or 0.0 for candidate in scored), max))
    line = [*places, _place(findings.tried[-1], by_spend)] if scored else []
    with drawing(WIDTH, HEIGHT - 0.7) as (figure, axes):
        axes.set_xlabel(f"{findings.charged_in} charged".strip() if by_spend else "designs tried")
        axes.locator_params(axis="x", integer=True)
        axes.set_ylabel("score on val")
        axes.grid(axis="y")
        shown = sorted(range(len(scored)), key=lambda n: scored[n].rank or 0)[:MOST_DOTS]
        axes.scatter(
            [places[n] for n in shown], [scored[n].score or 0.0 for n in shown],
            s=11, color=COLOURS["faint"], linewidths=0,
        )  # fmt: skip
        axes.step(line, [*best, *best[-1:]], where="post", color=COLOURS["accent"], linewidth=1.6)
        step = findings.plain_step
        if step is not None and places:
            axes.axhline(step.score, color=COLOURS["reference"], linewidth=1, linestyle=(0, (4, 3)))
            _note(axes, max(line), step.score, step.name, "reference")
        _reach(axes, [*(candidate.score or 0.0 for candidate in scored), *([step.score] if step else [])])
        if by_spend:
            axes.set_xlim(left=0)
        return inline(figure, "progress-figure", "Best val score so far against spend")


def _place(candidate: ReportedCandidate, by_spend: bool) -> float:
    """Where a candidate stands on the way: what was charged by then, else how many had been tried."""
    return candidate.spent if by_spend and candidate.spent is not None else float(candidate.place)


def forest_plot(compared: Sequence[WinnerComparison]) -> Markup:
    """The differences with their intervals beside the line of no difference; names stand in a column."""
    with drawing(3.6, 0.5 + 0.5 * len(compared)) as (figure, axes):
        axes.axvline(0, color=COLOURS["muted"], linewidth=1)
        for row, comparison in enumerate(compared):
            colour = COLOURS[{"better": "good", "worse": "bad"}.get(comparison.verdict, "ink")]
            axes.hlines(row, comparison.low, comparison.high, color=colour, linewidth=2.2)
            axes.plot([comparison.difference], [row], marker="o", markersize=5.5, color=colour)
        widest = max(max(abs(comparison.low), abs(comparison.high)) for comparison in compared)
        axes.set_xlim(-1.15 * max(widest, 0.02), 1.15 * max(widest, 0.02))
        axes.set_ylim(len(compared) - 0.5, -0.5)
        labels = [fill(comparison.against, LABEL_COLUMN) for comparison in compared]
        axes.set_yticks(range(len(compared)), labels, color=COLOURS["ink"], fontsize=FONT_SIZE + 1)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.3g}" if abs(value) > 1e-9 else "0")
        axes.set_xlabel("winner's score on test minus theirs")
        return inline(figure, "forest-figure", "The winner's differences, with 95 % intervals")


def _axes(axes: Axes, unit: Literal["tokens", "usd"], costs: Sequence[float], ylabel: str) -> None:
    axes.set_xlabel("tokens an item" if unit == "tokens" else f"USD for {USD_ITEMS} items")
    scale = 1 if unit == "tokens" else USD_ITEMS
    axes.set_ylabel(ylabel)
    axes.grid(axis="y")
    positive = [cost for cost in costs if cost > 0]
    if positive and max(positive) > WIDE_RANGE * min(positive):
        from matplotlib.ticker import LogLocator, NullFormatter

        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(lambda value, _: f"{scale * value:g}")


def _curve(axes: Axes, plain: Sequence[Plain]) -> None:
    """The plain ways as points, and their upper envelope, flat past its last corner.

    It is straight between points where costs are on a straight scale, and bent on a logarithmic one.
    """
    if not plain:
        return
    costs = _between([way.cost for way in plain])
    points = [(way.cost, way.score) for way in plain]
    scores = [reference(points, cost).score for cost in costs]
    axes.plot(costs, scores, color=COLOURS["reference"], linewidth=1.6)
    axes.scatter(
        [way.cost for way in plain], [way.score for way in plain], s=20, marker="s", linewidths=1.2,
        edgecolors=COLOURS["reference"],
        facecolors=[COLOURS["paper" if way.partial else "reference"] for way in plain],
    )  # fmt: skip
    sampled = f" at {SAMPLING_TEMPERATURE:g}"
    for here in _neighbours(axes, plain):
        names = (str(way.k) if way.k else way.name.removesuffix(sampled) for way in here)
        label = ", ".join(dict.fromkeys(names))
        _note(axes, here[0].cost, max(way.score for way in here), label, "reference")


def _between(costs: Sequence[float]) -> list[float]:
    """The costs, and enough places between them to draw a curve on any scale."""
    low, high = min(costs), max(costs)
    steps = [n / PIECES for n in range(1, PIECES)]
    if low > 0:
        return sorted({*costs, *(low * (high / low) ** step for step in steps)})
    return sorted({*costs, *(low + (high - low) * step for step in steps)})


def _neighbours(axes: Axes, plain: Sequence[Plain]) -> list[list[Plain]]:
    """The points in groups that stand so close that only one label has room."""
    groups: list[list[Plain]] = []
    low, high = axes.get_ylim()
    for way in plain:
        for group in groups:
            near = abs(way.cost - group[0].cost) <= NEAR * group[0].cost
            if near and abs(way.score - group[0].score) <= NEAR * (high - low):
                group.append(way)
                break
        else:
            groups.append([way])
    return groups


def _dots(
    axes: Axes, candidates: Sequence[ReportedCandidate], colour: str, size: float, *, linked: bool
) -> None:
    if candidates:
        dots = axes.scatter(
            [candidate.cost or 0.0 for candidate in candidates],
            [candidate.score or 0.0 for candidate in candidates],
            s=size, color=COLOURS[colour], linewidths=0, zorder=3 if linked else 1,
        )  # fmt: skip
        if linked:
            dots.set_urls([f"#d-{candidate.design.id}" for candidate in candidates])


def _star(axes: Axes, cost: float, score: float, plain: Sequence[Plain]) -> None:
    """The winner; its label stands below it where that of a plain way stands above."""
    low, high = axes.get_ylim()
    close = [way for way in plain if abs(way.cost - cost) <= NEAR * cost]
    crowded = any(abs(way.score - score) <= NEAR * (high - low) for way in close)
    axes.plot(
        [cost], [score], marker="*", markersize=14, color=COLOURS["accent"],
        markeredgecolor=COLOURS["paper"], markeredgewidth=0.8, zorder=5,
    )  # fmt: skip
    _note(axes, cost, score, "winner", "accent", above=-22 if crowded else 9)


def _note(axes: Axes, x: float, y: float, text: str, colour: str, above: int = 5) -> None:
    """A label beside a point, on the side where there is room."""
    shown = text if len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"
    share = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))[0]
    left = share > RIGHT_HALF
    axes.annotate(
        shown, (x, y), xytext=(-4 if left else 4, above), textcoords="offset points",
        ha="right" if left else "left", va="bottom", color=COLOURS[colour],
        fontsize=FONT_SIZE - 0.5, zorder=6,
    )  # fmt: skip


def _reach(axes: Axes, scores: Sequence[float]) -> None:
    """A scale that holds all of the scores, with air for labels above, and nothing that no score can be."""
    if scores:
        air = max(max(scores) - min(scores), 0.1)
        axes.set_ylim(max(-0.03, min(scores) - 0.08 * air), min(1.06, max(scores) + 0.16 * air))
