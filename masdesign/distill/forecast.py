"""The share of a design's gain that a prompt will keep, forecast from structure and a few pilot items.

Designs of the same structure (`structure_of`) lose alike in prompts of the same kind (`kind_of`): votes are
lost in one reply, separate contexts wherever the passages stand together. The shares `measured` on such
designs give the expectation, and the pilot moves it by as much as it weighs beside them (empirical Bayes).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean

from masdesign.distill.outline import Outline, flat
from masdesign.distill.prompt import DistilledPrompt
from masdesign.distill.wording import turns_with_evidence

PILOT_ITEMS = 20
"""Train items of a pilot: the design, step by step and the prompt answer them."""
LIKE = 2.0
"""Shrinkage: weight of the overall mean in the mean of a class, in rows."""
GAIN = 0.1
"""The expectation weighs as much as a pilot in which the design gains this much (score)."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """Mean scores on the pilot's items, in 0..1."""

    student: float
    teacher: float
    step_by_step: float


@dataclass(frozen=True, slots=True)
class MeasuredShare:
    """One prompt of one design on one family: the pilot, and the share of the gain kept on other items."""

    family: str
    design: str
    structure: str
    kind: str
    pilot: Pilot
    share: float


def structure_of(steps: Outline) -> str:
    """What a design's gain comes from: ``contexts``, ``draws``, ``parts``, ``checks`` or ``steps``.

    >>> from masdesign.building_blocks import blocks
    >>> from masdesign.distill.outline import outline
    >>> of = lambda call: outline(f"async def workflow(task):\\n    return await {call}", blocks())
    >>> [structure_of(of(call)) for call in ("isolate(task)", "self_consistency(task)", "self_refine(task)")]
    ['contexts', 'draws', 'checks']
    """
    told = flat(steps)
    if turns_with_evidence(steps):
        return "contexts"
    if any(step.times > 1 for step in told):
        return "draws"
    if any(step.block == "split_question" for step in told):
        return "parts"
    return "checks" if any(step.block in ("verify", "revise") for step in told) else "steps"


def kind_of(prompt: DistilledPrompt) -> str:
    """How a prompt asks: in one ``reply``, a ``conversation``, one with ``evidence``, or turns ``alone``."""
    text = "".join(prompt.turns)
    if len(prompt.turns) == 1:
        return "reply"
    return "alone" if "{new}" in text else "evidence" if "{evidence" in text else "conversation"


def kept_share(student: float, teacher: float, step_by_step: float) -> float:
    """The share of the gain over step by step that is kept, in 0..1; scores in 0..1, a gain above 0.

    >>> kept_share(0.5, 0.75, 0.25)
    0.5
    """
    return min(1.0, max(0.0, (student - step_by_step) / (teacher - step_by_step)))


@cache
def measured() -> tuple[MeasuredShare, ...]:
    """The rows that ship with the package, made by ``python tests/benchmarks/bench_forecast.py``."""
    return read_rows((files(__package__) / "forecast.json").read_text(encoding="utf-8"))


def read_rows(text: str) -> tuple[MeasuredShare, ...]:
    """Rows of a kept table."""
    return tuple(MeasuredShare(**{**row, "pilot": Pilot(**row["pilot"])}) for row in json.loads(text)["rows"])


def expected_share(structure: str, kind: str, rows: Sequence[MeasuredShare]) -> float:
    """The mean share of rows of that structure and kind, drawn towards those of the kind, and of all."""
    mean = expected_mean(rows)
    for alike in (
        [row.share for row in rows if row.kind == kind],
        [row.share for row in rows if (row.kind, row.structure) == (kind, structure)],
    ):
        mean = (sum(alike) + LIKE * mean) / (len(alike) + LIKE)
    return mean


def expected_mean(rows: Sequence[MeasuredShare]) -> float:
    """The mean share of all rows; a half where there are none."""
    return fmean(row.share for row in rows) if rows else 0.5


def forecast(
    structure: str, kind: str, pilot: Pilot | None, rows: Sequence[MeasuredShare] | None = None
) -> float:
    """The share of the gain that a prompt is expected to keep, in 0..1.

    Parameters:
        pilot: ``None`` where the prompt was not tried; then the structure alone tells.
        rows: what to learn from; by default all that was measured.

    >>> forecast("draws", "reply", None, []), forecast("draws", "reply", Pilot(0.6, 0.6, 0.2), [])
    (0.5, 0.9)
    """
    mean = expected_share(structure, kind, measured() if rows is None else rows)
    if pilot is None:
        return mean
    gain = max(0.0, pilot.teacher - pilot.step_by_step)
    kept = min(max(0.0, pilot.student - pilot.step_by_step), gain or 1.0)
    return round(min(1.0, (kept + GAIN * mean) / (gain + GAIN)), 2)
