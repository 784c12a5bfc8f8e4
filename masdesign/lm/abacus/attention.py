"""Attention over keys and values in an arena.

Every product has a shape that follows from a sequence's own length: a multiple of `BLOCK` keys,
with those that a query may not see masked. So a sequence's neighbours do not change its bits.
"""

from __future__ import annotations

import numpy as np

from masdesign.lm.abacus.arena import BLOCK, Arena
from masdesign.lm.abacus.weights import Array

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
