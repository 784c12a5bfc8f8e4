"""Matrix products whose every row depends on that row alone, to the last bit.

A BLAS product gives a row other bits when the number of rows changes, and even when the row moves
within the matrix, since the kernel treats edges and groups of rows differently. So rows are
multiplied in tiles of a fixed size, padded, small enough that all rows of a tile take the same path
through the kernel. Which size that is depends on the processor and is tried out when a model is loaded.
"""

from __future__ import annotations

import numpy as np

from masdesign.lm.abacus.weights import Array

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
