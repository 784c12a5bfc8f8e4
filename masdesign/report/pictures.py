"""Pictures of the winner's workflow and lineage: boxes in layers, with arrows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup

from masdesign.report.candidates import label
from masdesign.report.findings import RunFindings
from masdesign.report.graphs import ANSWER, QUESTION, Flow, FlowStep, Key
from masdesign.report.svg import COLOURS, FONT_SIZE, drawing, inline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 2.1, 0.52
"""Of a box, in inches."""
LANE = 0.3
"""The width of a lane between boxes."""
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
    """The picture, layer below layer; an arrow past a layer goes through a lane between its boxes.

    An arrow that does not lead down, as of a design that is its own ancestor, is not drawn.
    """
    arrows = [arrow for arrow in arrows if arrow.start in boxes and arrow.end in boxes]
    arrows = [arrow for arrow in arrows if boxes[arrow.start].layer < boxes[arrow.end].layer]
    layers, routes = _with_lanes(boxes, arrows)
    places = _places(layers, routes)
    edges = [(x - _width(key), x + _width(key)) for key, (x, _) in places.items()]
    left, right = min(edge for edge, _ in edges), max(edge for _, edge in edges)
    across = max(-left, right) + MARGIN
    down = max(-y for _, y in places.values()) + HEIGHT + 2 * MARGIN
    with drawing(2 * across, down) as (figure, axes):
        figure.set_layout_engine("none")
        axes.set_position((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(-across, across)
        axes.set_ylim(HEIGHT / 2 + MARGIN - down, HEIGHT / 2 + MARGIN)
        for arrow, route in zip(arrows, routes, strict=True):
            _draw_arrow(axes, arrow, [places[node] for node in route])
        for key, box in boxes.items():
            _draw_box(axes, box, *places[key])
        hints = {box.href: box.hint for box in boxes.values() if box.href and box.hint}
        return inline(figure, name, title, hints, natural=True)


Lane = tuple[str, str, int]
"""Where an arrow passes a layer: its start, its end, the layer."""
Place = str | Lane
"""A box, by its key, or a lane."""


def _width(node: Place) -> float:
    """Half of it."""
    return WIDTH / 2 if isinstance(node, str) else LANE / 2


def _with_lanes(
    boxes: Mapping[str, Box], arrows: Sequence[Arrow]
) -> tuple[dict[int, list[Place]], list[list[Place]]]:
    """What stands in each layer, uppermost first, and each arrow's way from start to end.

    As in layered drawings of graphs (K. Sugiyama, S. Tagawa, M. Toda 1981, doi:10.1109/TSMC.1981.4308636).
    """
    layers: dict[int, list[Place]] = {layer: [] for layer in sorted({box.layer for box in boxes.values()})}
    for key, box in boxes.items():
        layers[box.layer].append(key)
    routes: list[list[Place]] = []
    for arrow in arrows:
        passed = [layer for layer in layers if boxes[arrow.start].layer < layer < boxes[arrow.end].layer]
        lanes: list[Place] = [(arrow.start, arrow.end, layer) for layer in passed]
        for lane, layer in zip(lanes, passed, strict=True):
            layers[layer].append(lane)
        routes.append([arrow.start, *lanes, arrow.end])
    return layers, routes


def _places(
    layers: Mapping[int, Sequence[Place]], routes: Sequence[Sequence[Place]]
) -> dict[Place, tuple[float, float]]:
    """Centres: a layer's boxes and lanes stand under the middle of what leads to them."""
    above: dict[Place, list[Place]] = {}
    for route in routes:
        for start, end in pairwise(route):
            above.setdefault(end, []).append(start)
    places: dict[Place, tuple[float, float]] = {}
    for row, nodes in enumerate(layers.values()):

        def middle(node: Place) -> float:
            sources = [places[before][0] for before in above.get(node, ())]
            return sum(sources) / len(sources) if sources else 0.0

        ordered = sorted(nodes, key=lambda node: (middle(node), not isinstance(node, str)))
        whole = sum(2 * _width(node) for node in ordered) + GAP_ACROSS * (len(ordered) - 1)
        x = -whole / 2
        for node in ordered:
            places[node] = (x + _width(node), -row * (HEIGHT + GAP_DOWN))
            x += 2 * _width(node) + GAP_ACROSS
    return places


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


def _draw_arrow(axes: Axes, arrow: Arrow, way: Sequence[tuple[float, float]]) -> None:
    """Along the way: straight down through lanes, in curves between layers."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    points, codes = [(way[0][0], way[0][1] - HEIGHT / 2)], [Path.MOVETO]
    for (x0, y0), (x1, y1) in pairwise(way):
        top, bottom = y0 - HEIGHT / 2, y1 + HEIGHT / 2
        if points[-1] != (x0, top):  # through the lane
            points.append((x0, top))
            codes.append(Path.LINETO)
        bend = (top - bottom) / 2
        points += [(x0, top - bend), (x1, bottom + bend), (x1, bottom)]
        codes += [Path.CURVE4] * 3
    axes.add_patch(
        FancyArrowPatch(
            path=Path(points, codes), arrowstyle="-|>", mutation_scale=8, shrinkA=1, shrinkB=1,
            color=COLOURS["muted"], linewidth=0.9,
        )
    )  # fmt: skip
    if arrow.label:
        (x0, y0), (x1, y1) = way[len(way) // 2 - 1], way[len(way) // 2]
        axes.text(
            (x0 + x1) / 2 + 0.06, (y0 + y1) / 2, arrow.label,
            fontsize=FONT_SIZE - 1, color=COLOURS["muted"], ha="left", va="center",
        )  # fmt: skip


ALWAYS = 0.995
"""Share of the items from which on an arrow has no label."""


def workflow_picture(drawn: Flow) -> Markup:
    """The steps from question to answer, with tokens an item and failures."""
    names = {key: f"s{place}" for place, key in enumerate(drawn.steps)}
    boxes = {names[key]: _step_box(drawn, key, step) for key, step in drawn.steps.items()}
    arrows = [Arrow(names[a], names[b], _share(count, drawn.items)) for (a, b), count in drawn.edges.items()]
    return layered("workflow-figure", f"The winner's steps, from {drawn.items} items of val", boxes, arrows)


def _share(count: int, items: int) -> str:
    share = count / items if items else 0.0
    return "" if share >= ALWAYS else f"{100 * share:.0f} %"


def _step_box(drawn: Flow, key: Key, step: FlowStep) -> Box:
    if key in (QUESTION, ANSWER):
        return Box(step.level, (step.name,), "ink")
    times = step.times / drawn.items
    often = "" if abs(times - 1) < 0.005 else f"× {times:.3g}, "
    text = f"{often}{step.tokens / drawn.items:.0f} tokens"
    if step.failures:
        text += f", {100 * step.failures / step.times:.1f} % failed"
    name = f"{step.name} on {step.model}" if step.model else step.name
    return Box(step.level, (name, text), "bad" if step.failures else "accent", filled=True)


def family_picture(findings: RunFindings) -> Markup:
    """Ancestors above the winner, what was made from it below."""
    tried = {candidate.design.id: candidate for candidate in findings.tried}
    assert findings.winner is not None
    ours = findings.winner.design.id
    boxes = {}
    for member in findings.family:
        candidate = tried.get(member.design_id)
        name = label(findings.designs[member.design_id])
        text = (
            f"val {candidate.score:.3f}"
            if candidate is not None and candidate.score is not None
            else "not scored here"
        )
        if candidate is not None and not candidate.complete and candidate.val is not None:
            text += f" on {candidate.val.items} items"
        boxes[member.design_id] = Box(
            layer=member.generation,
            lines=(name, text),
            colour="accent" if member.design_id == ours else "muted",
            filled=member.design_id == ours,
            href=f"#d-{member.design_id}" if candidate is not None else "",
            hint=candidate.summary if candidate is not None else name,
        )
    arrows = [Arrow(parent, member.design_id) for member in findings.family for parent in member.parents]
    return layered("lineage-figure", "The winner's lineage", boxes, arrows)
