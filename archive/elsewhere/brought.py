"""What a reader gives: a design with its claims, or why there is none."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from masdesign.workflow.design import Design

_INTERVAL = re.compile(
    r"\(\s*(-?[\d.]{1,12})%?\s*,\s*(-?[\d.]{1,12})%?\s*\)\D{0,20}?median:?\s*(-?[\d.]{1,12})%?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A design from elsewhere."""

    design: Design
    claim: Mapping[str, Any] = field(default_factory=dict)
    """What its makers say of it: evidence, never a score of ours."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that cannot be brought in."""

    name: str
    reason: str


class Unreadable(Exception):
    """Why a thing cannot be brought in. Never leaves the package."""


def fitness(text: str) -> dict[str, Any]:
    """A claimed score as text, taken apart where it can be: shares of 1, and what is wrong with it.

    >>> fitness("95% Bootstrap Confidence Interval: (51.9%, 56.7%), Median: 65.8%")["broken"]
    'the median lies outside the interval'
    """
    interval = _INTERVAL.search(text)
    claim: dict[str, Any] = {"text": text[:500]}
    if interval is None:
        return claim
    try:
        low, high, median = (round(float(part) / 100, 6) for part in interval.groups())
    except ValueError:
        return claim
    claim |= {"low": low, "high": high, "median": median}
    if low > high:
        claim["broken"] = "its low end is above its high end"
    elif not low <= median <= high:
        claim["broken"] = "the median lies outside the interval"
    return claim


def text_of(data: Mapping[str, Any], name: str, most: int) -> str:
    """A member that is text, cut; empty where it is something else."""
    value = data.get(name)
    return value[:most] if isinstance(value, str) else ""


def plain_value(value: Any, depth: int = 0) -> Any:
    """A JSON value as a claim keeps it: short texts, few members, not deep."""
    if isinstance(value, str):
        return value[:2000]
    if isinstance(value, list):
        return [plain_value(v, depth + 1) for v in value[:50]] if depth < 3 else []
    if isinstance(value, dict):
        return (
            {str(k)[:100]: plain_value(v, depth + 1) for k, v in list(value.items())[:50]}
            if depth < 3
            else {}
        )
    return value


def constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module's top level gives names to, as its literals say; nothing is evaluated."""
    values: dict[str, str] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign):
            continue
        try:
            value = ast.literal_eval(node.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, str):
            values[target.id] = value
    return values
