"""Pictures of the winner's workflow and lineage, as boxes and arrows."""

from __future__ import annotations

from markupsafe import Markup

from masdesign.report.boxes import Arrow, Box, layered
from masdesign.report.candidates import label
from masdesign.report.findings import RunFindings
from masdesign.report.flow import ANSWER, QUESTION, Flow, FlowStep, Key

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
            hint=candidate.told if candidate is not None else name,
        )
    arrows = [Arrow(parent, member.design_id) for member in findings.family for parent in member.parents]
    return layered("lineage-figure", "The winner's lineage", boxes, arrows)
