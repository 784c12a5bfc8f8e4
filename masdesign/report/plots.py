"""The figures with axes: score against cost, progress against spend, the winner's differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from masdesign.report.candidates import Tried
from masdesign.report.compare import Comparison, Plain
from masdesign.report.findings import Findings
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
USD_ITEMS = 1000
"""Money is told for so many items: for one it would be all zeros."""
RIGHT_HALF = 0.7
"""From this share of the scale on, a label stands to the left of its point."""
NEAR = 0.06
"""Points nearer than this share of the scale have one label."""
MOST_DOTS = 3000
"""So many candidates are drawn, the best; more would be one blot, and a slow page."""


def frontier_plot(found: Findings) -> Markup:
    """Every design that answered all of val, the frontier, and the plain ways' curve drawn through."""
    complete = [one for one in found.tried if one.complete and one.cost is not None]
    complete = sorted(complete, key=lambda one: one.rank or 0)[:MOST_DOTS]
    front = sorted((one for one in complete if one.on_frontier), key=lambda one: one.cost or 0.0)
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        _axes(axes, found.unit, [one.cost or 0.0 for one in complete], "score on val")
        _reach(axes, [*(one.score or 0.0 for one in complete), *(one.score for one in found.plain_val)])
        _curve(axes, found.plain_val)
        _dots(axes, complete, "faint", 11, linked=False)
        axes.step(
            [one.cost or 0.0 for one in front], [one.score or 0.0 for one in front], where="post",
            color=COLOURS["accent"], linewidth=1.3,
        )  # fmt: skip
        _dots(axes, front, "accent", 26, linked=True)
        if found.winner is not None and found.winner.cost is not None:
            _star(axes, found.winner.cost, found.winner.score or 0.0, found.plain_val)
        told = {f"#d-{one.design.id}": one.told for one in front}
        return inline(figure, "frontier-figure", "Score on val against cost, every design", told)


def look_plot(found: Findings) -> Markup:
    """The one look at test: the winner and the plain ways, each with its interval."""
    test = found.test
    with drawing(WIDTH, HEIGHT) as (figure, axes):
        costs = [plain.cost for plain in found.plain_test]
        ends = [end for plain in found.plain_test for end in (plain.low, plain.high)]
        if test is not None:
            costs.append(test.cost_per_item(found.unit))
            ends += [test.low, test.high]
        _axes(axes, found.unit, costs, "score on test")
        _reach(axes, ends)
        _bars(axes, found.plain_test)
        _curve(axes, found.plain_test)
        if test is not None:
            cost = test.cost_per_item(found.unit)
            axes.vlines(cost, test.low, test.high, color=COLOURS["accent"], linewidth=1.6)
            _star(axes, cost, test.score, found.plain_test)
        return inline(
            figure, "test-figure", "Score on test against cost: the winner and the plain ways, with intervals"
        )


def progress_plot(found: Findings) -> Markup:
    """The best val score so far against what the run had been charged by then."""
    scored = [one for one in found.tried if one.complete]
    by_spend = all(one.spent is not None for one in found.tried)
    places = [_place(one, by_spend) for one in scored]
    best, so_far = [], 0.0
    for one in scored:
        so_far = max(so_far, one.score or 0.0)
        best.append(so_far)
    line = [*places, _place(found.tried[-1], by_spend)] if scored else []
    with drawing(WIDTH, HEIGHT - 0.7) as (figure, axes):
        axes.set_xlabel(f"{found.charged_in} charged".strip() if by_spend else "designs tried")
        axes.locator_params(axis="x", integer=True)
        axes.set_ylabel("score on val")
        axes.grid(axis="y")
        shown = sorted(range(len(scored)), key=lambda n: scored[n].rank or 0)[:MOST_DOTS]
        axes.scatter(
            [places[n] for n in shown], [scored[n].score or 0.0 for n in shown],
            s=11, color=COLOURS["faint"], linewidths=0,
        )  # fmt: skip
        axes.step(line, [*best, *best[-1:]], where="post", color=COLOURS["accent"], linewidth=1.6)
        step = found.plain_step
        if step is not None and places:
            axes.axhline(step.score, color=COLOURS["reference"], linewidth=1, linestyle=(0, (4, 3)))
            _note(axes, max(line), step.score, step.name, "reference")
        _reach(axes, [*(one.score or 0.0 for one in scored), *([step.score] if step else [])])
        if by_spend:
            axes.set_xlim(left=0)
        return inline(figure, "progress-figure", "Best val score so far against spend")


def _place(one: Tried, by_spend: bool) -> float:
    """Where a candidate stands on the way: what was charged by then, else how many had been tried."""
    return one.spent if by_spend and one.spent is not None else float(one.place)


def forest_plot(compared: Sequence[Comparison]) -> Markup:
    """The differences with their intervals, beside the line of no difference."""
    with drawing(3.3, 0.5 + 0.5 * len(compared)) as (figure, axes):
        axes.axvline(0, color=COLOURS["muted"], linewidth=1)
        for row, one in enumerate(compared):
            colour = COLOURS[{"better": "good", "worse": "bad"}.get(one.verdict, "ink")]
            axes.hlines(row, one.low, one.high, color=colour, linewidth=2.2)
            axes.plot([one.difference], [row], marker="o", markersize=5.5, color=colour)
            axes.text(
                0.0, row - 0.36, f"against {one.against}", transform=axes.get_yaxis_transform(),
                color=COLOURS["ink"], ha="left", va="center", fontsize=FONT_SIZE + 1,
            )  # fmt: skip
        widest = max(max(abs(one.low), abs(one.high)) for one in compared)
        axes.set_xlim(-1.15 * max(widest, 0.02), 1.15 * max(widest, 0.02))
        axes.set_ylim(len(compared) - 0.55, -0.75)
        axes.set_yticks([])
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
    known = [cost for cost in costs if cost > 0]
    if known and max(known) > WIDE_RANGE * min(known):
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
    costs = _between([one.cost for one in plain])
    points = [(one.cost, one.score) for one in plain]
    scores = [reference(points, cost).score for cost in costs]
    axes.plot(costs, scores, color=COLOURS["reference"], linewidth=1.6)
    axes.scatter(
        [one.cost for one in plain], [one.score for one in plain], s=20, marker="s", linewidths=1.2,
        edgecolors=COLOURS["reference"],
        facecolors=[COLOURS["paper" if one.partial else "reference"] for one in plain],
    )  # fmt: skip
    for here in _neighbours(axes, plain):
        told = ", ".join(dict.fromkeys(f"{one.k}" if one.k else _short(one) for one in here))
        _note(axes, here[0].cost, max(one.score for one in here), told, "reference")


def _short(one: Plain) -> str:
    return one.name.removesuffix(f" at {SAMPLING_TEMPERATURE:g}")


def _between(costs: Sequence[float], pieces: int = 160) -> list[float]:
    """The costs, and enough places between them to draw a curve on any scale."""
    low, high = min(costs), max(costs)
    steps = [n / pieces for n in range(pieces + 1)]
    if low > 0:
        return sorted({*costs, *(low * (high / low) ** step for step in steps[1:-1])})
    return sorted({*costs, *(low + (high - low) * step for step in steps[1:-1])})


def _neighbours(axes: Axes, plain: Sequence[Plain]) -> list[list[Plain]]:
    """The points in groups that stand so close that only one label has room."""
    groups: list[list[Plain]] = []
    low, high = axes.get_ylim()
    for one in plain:
        for group in groups:
            near = abs(one.cost - group[0].cost) <= NEAR * group[0].cost
            if near and abs(one.score - group[0].score) <= NEAR * (high - low):
                group.append(one)
                break
        else:
            groups.append([one])
    return groups


def _bars(axes: Axes, plain: Sequence[Plain]) -> None:
    for one in plain:
        axes.vlines(one.cost, one.low, one.high, color=COLOURS["reference"], linewidth=1, alpha=0.6)


def _dots(axes: Axes, found: Sequence[Tried], colour: str, size: float, *, linked: bool) -> None:
    if found:
        dots = axes.scatter(
            [one.cost or 0.0 for one in found], [one.score or 0.0 for one in found],
            s=size, color=COLOURS[colour], linewidths=0, zorder=3 if linked else 1,
        )  # fmt: skip
        if linked:
            dots.set_urls([f"#d-{one.design.id}" for one in found])


def _star(axes: Axes, cost: float, score: float, plain: Sequence[Plain]) -> None:
    """The winner; its label stands below it where that of a plain way stands above."""
    low, high = axes.get_ylim()
    crowded = any(
        abs(one.cost - cost) <= NEAR * cost and abs(one.score - score) <= NEAR * (high - low) for one in plain
    )
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
