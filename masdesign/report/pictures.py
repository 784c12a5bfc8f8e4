"""Which boxes and arrows the winner's workflow and its family are."""

from __future__ import annotations

from markupsafe import Markup

from masdesign.report.boxes import Arrow, Box, layered
from masdesign.report.candidates import label
from masdesign.report.findings import Findings
from masdesign.report.flow import ANSWER, QUESTION, Flow, Key, Step

ALWAYS = 0.995
"""An arrow that is taken in so large a share of the items bears no label."""


def workflow_picture(found: Flow) -> Markup:
    """The steps from question to answer, with tokens an item and failures."""
    names = {key: f"s{place}" for place, key in enumerate(found.steps)}
    boxes = {names[key]: _step_box(found, key, step) for key, step in found.steps.items()}
    arrows = [Arrow(names[a], names[b], _share(count, found.items)) for (a, b), count in found.edges.items()]
    return layered("workflow-figure", f"The winner's steps, from {found.items} items of val", boxes, arrows)


def _share(count: int, items: int) -> str:
    share = count / items if items else 0.0
    return "" if share >= ALWAYS else f"{100 * share:.0f} %"


def _step_box(found: Flow, key: Key, step: Step) -> Box:
    if key in (QUESTION, ANSWER):
        return Box(step.level, (step.name,), "ink")
    times = step.times / found.items
    often = "" if abs(times - 1) < 0.005 else f"× {times:.3g}, "
    told = f"{often}{step.tokens / found.items:.0f} tokens"
    if step.failures:
        told += f", {100 * step.failures / step.times:.1f} % failed"
    name = f"{step.name} on {step.model}" if step.model else step.name
    return Box(step.level, (name, told), "bad" if step.failures else "accent", filled=True)


def family_picture(found: Findings) -> Markup:
    """Ancestors above the winner, what was made from it below."""
    tried = {one.design.id: one for one in found.tried}
    assert found.winner is not None
    ours = found.winner.design.id
    boxes = {}
    for member in found.family:
        one = tried.get(member.design_id)
        name = label(found.designs[member.design_id])
        told = f"val {one.score:.3f}" if one is not None and one.score is not None else "not scored here"
        if one is not None and not one.complete and one.val is not None:
            told += f" on {one.val.items} items"
        boxes[member.design_id] = Box(
            layer=member.generation,
            lines=(name, told),
            colour="accent" if member.design_id == ours else "muted",
            filled=member.design_id == ours,
            href=f"#d-{member.design_id}" if one is not None else "",
            hint=one.told if one is not None else name,
        )
    arrows = [Arrow(parent, member.design_id) for member in found.family for parent in member.parents]
    return layered("lineage-figure", "The winner's lineage", boxes, arrows)
