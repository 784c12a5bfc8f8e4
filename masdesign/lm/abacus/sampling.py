"""Which token comes next: the likeliest, or a draw that depends on the request alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.weights import Array


def uniforms(
    world: int, sample: int, temperature: float, prompt: Sequence[int], count: int
) -> NDArray[np.float64]:
    """The random numbers of one reply, in [0, 1): its t-th token uses the t-th.

    They are a stream of SHAKE-256 over the arguments, so a longer reply begins as a shorter one.

    >>> a, b = uniforms(0, 0, 0.8, [1, 2], 2), uniforms(0, 0, 0.8, [1, 2], 3)
    >>> bool((a == b[:2]).all()), bool((a == uniforms(0, 1, 0.8, [1, 2], 2)).any())
    (True, False)
    """
    key = repr((world, sample, float(temperature), list(prompt))).encode()
    bits = np.frombuffer(hashlib.shake_256(key).digest(8 * count), dtype="<u8")
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(logits: Array, temperatures: NDArray[np.float64], draws: NDArray[np.float64]) -> NDArray[np.intp]:
    """One token a row: the likeliest where the temperature is 0, else the draw's quantile.

    All arguments are aligned by row; a row's token depends on that row alone.

    >>> pick(np.array([[0, 3, 1], [0, 0, 0]], np.float32), np.array([0.0, 1.0]), np.array([0.0, 0.99]))
    array([1, 2])
    """
    tokens: NDArray[np.intp] = logits.argmax(axis=1)
    warm = np.flatnonzero(temperatures > 0)
    if len(warm):
        scores = logits[warm].astype(np.float64)
        scores -= scores.max(axis=1, keepdims=True)
        scores /= temperatures[warm, None]
        reached = np.cumsum(np.exp(scores), axis=1)
        tokens[warm] = (reached <= draws[warm, None] * reached[:, -1:]).sum(axis=1)
    return tokens
