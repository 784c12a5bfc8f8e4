"""Rotary positions, for queries and keys of all heads in one go (Su et al. 2021, arXiv:2104.09864).

The projection's outputs are ordered so that everything to be turned by a cosine lies side by side:
first halves of q and k, then their second halves, then v. Within a head the features keep one order
in q and in k, so their products are what they would have been.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.weights import AbacusWeights, Array


@dataclass(frozen=True, slots=True)
class Rotation:
    """Cosines and sines, each (rows, width): one row a token."""

    cos: Array
    sin: Array


class Rotary:
    """The tables of one model."""

    def __init__(self, weights: AbacusWeights) -> None:
        half = weights.head // 2
        frequency = weights.rope_base ** (-np.arange(half) / half)
        angle = np.arange(weights.window)[:, None] * frequency
        # q and k of every head turn alike
        self._cos = np.tile(np.cos(angle), 2 * weights.heads).astype(np.float32)
        self._sin = np.tile(np.sin(angle), 2 * weights.heads).astype(np.float32)

    def at(self, positions: NDArray[np.intp]) -> Rotation:
        """The turn of a token at each of ``positions``."""
        return Rotation(self._cos[positions], self._sin[positions])


def turn(qkv: Array, by: Rotation) -> None:
    """Turn q and k in place."""
    width = by.cos.shape[1]
    a, b = qkv[:, :width], qkv[:, width : 2 * width]
    turned = a * by.cos
    turned -= b * by.sin
    b *= by.cos
    a *= by.sin
    b += a
    a[:] = turned


def split(qkv: Array, heads: int) -> tuple[Array, Array, Array]:
    """Views of q, k (…, heads, 2, head / 2) and v (…, heads, head)."""
    *lead, width = qkv.shape
    width //= 3
    halves = qkv[..., : 2 * width].reshape(*lead, 2, 2, heads, -1)
    q, k = np.moveaxis(halves[..., 0, :, :], -3, -2), np.moveaxis(halves[..., 1, :, :], -3, -2)
    return q, k, qkv[..., 2 * width :].reshape(*lead, heads, -1)
