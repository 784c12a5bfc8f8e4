"""The parts of the forward pass: rotary positions, matrix products, attention.

*Rotary positions*, for queries and keys of all heads in one go (Su et al. 2021, arXiv:2104.09864).

The projection's outputs are ordered so that everything to be turned by a cosine lies side by side:
first halves of q and k, then their second halves, then v. Within a head the features keep one order
in q and in k, so their products are what they would have been.

*Matrix products* whose every row depends on that row alone, to the last bit.

A BLAS product gives a row other bits when the number of rows changes, and even when the row moves
within the matrix, since the kernel treats edges and groups of rows differently. So rows are
multiplied in tiles of a fixed size, padded, small enough that all rows of a tile take the same path
through the kernel. Which size that is depends on the processor and is tried out when a model is loaded.

*Attention* over keys and values in an arena.

Every product has a shape that follows from a sequence's own length: a multiple of `BLOCK` keys,
with those that a query may not see masked. So a sequence's neighbours do not change its bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.arena import BLOCK, Arena
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


CANDIDATES = (8, 4, 2, 1)
"""Tile sizes to try, the fastest first. (A larger tile is faster still, but none was found to be even.)"""


def padded(rows: int, tile: int) -> int:
    """``rows`` rounded up to whole tiles.

    >>> padded(9, 8), padded(8, 8)
    (16, 8)
    """
    return -(-rows // tile) * tile


def product(x: Array, matrix: Array, tile: int) -> Array:
    """``x @ matrix`` in tiles; ``x`` has a multiple of ``tile`` rows."""
    out = np.empty((x.shape[0], matrix.shape[1]), np.float32)
    tiles = (x.shape[0] // tile, tile)
    np.matmul(x.reshape(*tiles, x.shape[1]), matrix, out=out.reshape(*tiles, matrix.shape[1]))
    return out


def even_tile(matrices: list[Array], rng: np.random.Generator) -> int:
    """The first candidate with which no row's product depends on its place, for all ``matrices``.

    One matrix of each shape is enough. A tile of one row is even by definition.
    """
    return next((tile for tile in CANDIDATES if all(_is_even(m, tile, rng) for m in matrices)), 1)


def _is_even(matrix: Array, tile: int, rng: np.random.Generator) -> bool:
    x = rng.standard_normal((tile, matrix.shape[0]), dtype=np.float32)
    expected = x @ matrix
    shifted = (np.roll(x, k, axis=0) for k in range(1, tile))
    return all(
        np.array_equal(np.roll(rows @ matrix, -k, axis=0), expected)
        for k, rows in enumerate(shifted, start=1)
    )


CAUSAL: Array = np.triu(np.full((BLOCK, BLOCK), -np.inf, np.float32), 1)
"""Within a block, a query sees the keys up to its own place."""


def mix(scores: Array, values: Array) -> Array:
    """Values weighted by the softmax of ``scores`` (…, queries, keys), which are used up."""
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    mixed: Array = scores @ values
    mixed /= scores.sum(axis=-1, keepdims=True)
    return mixed


def attend_newest(arena: Arena, layer: int, q: Array) -> Array:
    """The newest token of each slot in use looks at its whole sequence; q and result (slots, heads, head)."""
    scores = q[:, :, None] @ arena.keys[: arena.count, layer]
    scores += arena.mask[: arena.count]
    return mix(scores, arena.values[: arena.count, layer])[:, :, 0]


def attend_prompts(arena: Arena, layer: int, first: int, q: Array) -> Array:
    """Every token of the prompts in slots from ``first`` looks back.

    Queries and result are (slots, heads, length, head). They go block by block, each over the keys up
    to its block's end.
    """
    keys, values = arena.keys[first : arena.count, layer], arena.values[first : arena.count, layer]
    mixed = np.empty_like(q)
    for start in range(0, arena.length, BLOCK):
        end = start + BLOCK
        scores = q[:, :, start:end] @ keys[..., :end]
        scores[..., start:] += CAUSAL
        mixed[:, :, start:end] = mix(scores, values[:, :, :end])
    return mixed
