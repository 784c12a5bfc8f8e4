"""Boxes in layers with arrows between them: how workflows and lineages are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from masdesign.report.svg import COLOURS, FONT_SIZE, drawing, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 2.1, 0.52
"""Of a box, in inches."""
GAP_ACROSS, GAP_DOWN, MARGIN = 0.25, 0.42, 0.04
CHARACTERS = 31
"""What a box holds in one line."""


@dataclass(frozen=True, slots=True)
class Box:
    """One node."""

    layer: int
    """0 is the uppermost."""
    lines: tuple[str, ...]
    """One or two; longer ones are cut."""
    colour: str = "muted"
    """Of its border, one of `COLOURS`."""
    filled: bool = False
    href: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a box above to one below."""

    start: str
    end: str
    label: str = ""


def layered(name: str, title: str, boxes: Mapping[str, Box], arrows: Sequence[Arrow]) -> Markup:
    """The picture, layer below layer."""
    places = _places(boxes, arrows)
    across = max((abs(x) for x, _ in places.values()), default=0.0) + WIDTH / 2 + MARGIN
    down = max((-y for _, y in places.values()), default=0.0) + HEIGHT + 2 * MARGIN
    width = 2 * across
    with drawing(width, down) as (figure, axes):
        figure.set_layout_engine("none")
        axes.set_position((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-width / 2, width / 2)
        axes.set_ylim(HEIGHT / 2 + MARGIN - down, HEIGHT / 2 + MARGIN)
        for arrow in arrows:
            if arrow.start in places and arrow.end in places:
                _draw_arrow(axes, arrow, places, boxes)
        for key, box in boxes.items():
            _draw_box(axes, box, *places[key])
        hints = {box.href: box.hint for box in boxes.values() if box.href and box.hint}
        return inline(figure, name, title, hints, natural=True)


def _places(boxes: Mapping[str, Box], arrows: Sequence[Arrow]) -> dict[str, tuple[float, float]]:
    """Centres: a layer's boxes stand under the middle of what leads to them."""
    places: dict[str, tuple[float, float]] = {}
    layers = sorted({box.layer for box in boxes.values()})
    for row, layer in enumerate(layers):
        keys = [key for key, box in boxes.items() if box.layer == layer]
        middles = {key: _middle(key, arrows, places) for key in keys}
        keys.sort(key=lambda key: middles[key])
        for column, key in enumerate(keys):
            x = (column - (len(keys) - 1) / 2) * (WIDTH + GAP_ACROSS)
            places[key] = (x, -row * (HEIGHT + GAP_DOWN))
    return places


def _middle(key: str, arrows: Sequence[Arrow], places: Mapping[str, tuple[float, float]]) -> float:
    above = [places[arrow.start][0] for arrow in arrows if arrow.end == key and arrow.start in places]
    return sum(above) / len(above) if above else 0.0


def _draw_box(axes: Axes, box: Box, x: float, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    patch = FancyBboxPatch(
        (x - WIDTH / 2, y - HEIGHT / 2),
        WIDTH,
        HEIGHT,
        boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=COLOURS["tint" if box.filled else "paper"],
        edgecolor=COLOURS[box.colour],
        linewidth=1.6 if box.filled else 1.0,
        url=box.href or None,
    )
    axes.add_patch(patch)
    offsets = (0.0,) if len(box.lines) == 1 else (0.1, -0.11)
    for place, (line, offset) in enumerate(zip(box.lines, offsets, strict=False)):
        axes.text(
            x,
            y + offset,
            line if len(line) <= CHARACTERS else line[: CHARACTERS - 1] + "…",
            ha="center",
            va="center",
            fontsize=FONT_SIZE if not place else FONT_SIZE - 1,
            color=COLOURS["muted" if place else "ink"],
            url=box.href or None,
        )


def _draw_arrow(
    axes: Axes, arrow: Arrow, places: Mapping[str, tuple[float, float]], boxes: Mapping[str, Box]
) -> None:
    from matplotlib.patches import FancyArrowPatch

    (x0, y0), (x1, y1) = places[arrow.start], places[arrow.end]
    far = boxes[arrow.end].layer - boxes[arrow.start].layer > 1
    bend = (0.28 if x1 >= x0 else -0.28) if far and abs(x1 - x0) < WIDTH else 0.0
    axes.add_patch(
        FancyArrowPatch(
            (x0, y0 - HEIGHT / 2),
            (x1, y1 + HEIGHT / 2),
            arrowstyle="-|>",
            mutation_scale=8,
            connectionstyle=f"arc3,rad={bend}",
            color=COLOURS["muted"],
            linewidth=0.9,
            shrinkA=1,
            shrinkB=1,
        )
    )
    if arrow.label:
        down = y0 - y1 - HEIGHT
        axes.text(
            (x0 + x1 - bend * down) / 2 + (-0.06 if bend > 0 else 0.06),  # where the arrow is, and beside it
            (y0 + y1 - bend * (x1 - x0)) / 2,
            arrow.label,
            fontsize=FONT_SIZE - 1,
            color=COLOURS["muted"],
            ha="right" if bend > 0 else "left",
            va="center",
        )
