"""The upper envelope of (cost, score) points, and their hull: the score that plain ways reach at any cost."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Reference(NamedTuple):
    """What the curve says at a number of tokens."""

    score: float
    beyond: bool
    """Whether this is past the curve's last point, where its best score stands in."""


def reference(points: Sequence[tuple[float, float]], tokens: float, *, mixed: bool = False) -> Reference:
    """The envelope of (tokens, score) points at ``tokens``; with ``mixed`` their `hull`.

    >>> points = [(100, 0.3), (300, 0.5), (200, 0.2)]
    >>> [round(reference(points, t).score, 2) for t in (50, 200, 250, 900)], reference(points, 900).beyond
    ([0.3, 0.4, 0.45, 0.5], True)
    """
    if not points:
        raise ValueError("a curve needs at least one point")
    last = max(t for t, _ in points)
    corners = hull(points) if mixed else envelope(points)
    right = bisect_right(corners, (tokens, float("inf")))
    if right == 0:
        return Reference(corners[0][1], False)
    if right == len(corners):
        return Reference(corners[-1][1], tokens > last)
    (t0, s0), (t1, s1) = corners[right - 1], corners[right]
    return Reference(s0 + (s1 - s0) * (tokens - t0) / (t1 - t0), False)


def envelope(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that score above every cheaper one (and every equally cheap one), by growing tokens."""
    corners: list[tuple[float, float]] = []
    for tokens, score in sorted(points, key=lambda p: (p[0], -p[1])):
        if not corners or score > corners[-1][1]:
            corners.append((tokens, score))
    return corners


def hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The corners of the concave hull: between two of them lies a random choice of the one or the other.

    >>> hull([(1, 0.1), (2, 0.15), (3, 0.5)])
    [(1, 0.1), (3, 0.5)]
    """
    corners: list[tuple[float, float]] = []
    for cost, score in envelope(points):
        while len(corners) > 1:
            (c0, s0), (c1, s1) = corners[-2:]
            if (s1 - s0) * (cost - c0) > (score - s0) * (c1 - c0):
                break
            corners.pop()
        corners.append((cost, score))
    return corners
