"""The forward pass in NumPy: of whole prompts, and of one more token for every sequence in flight.

Every row's numbers depend on its own sequence alone, to the last bit, whatever else is computed
with it: products go through tiles (`tiles`), attention has lengths of its own (`attention`), and
all else is row by row.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.arena import BLOCK, Arena
from masdesign.lm.abacus.layers import (
    Rotary,
    Rotation,
    attend_newest,
    attend_prompts,
    even_tile,
    padded,
    product,
    split,
    turn,
)
from masdesign.lm.abacus.weights import AbacusWeights, Array, LayerWeights


class AbacusModel:
    """Weights and tables, ready to run."""

    def __init__(self, weights: AbacusWeights) -> None:
        self.weights = weights
        self.rotary = Rotary(weights)
        layer = weights.layers[0]
        shapes = [layer.qkv, layer.out, layer.up, layer.down, weights.unembed]
        self.tile = even_tile(shapes, np.random.default_rng(0))

    def arena(self, length: int) -> Arena:
        """An empty arena for sequences of up to ``length`` tokens."""
        weights = self.weights
        smeared = weights.width if weights.smeared else 0
        return Arena(len(weights.layers), weights.heads, weights.head, length, smeared)

    def prefill(self, arena: Arena, prompts: Sequence[Sequence[int]]) -> Array:
        """Read prompts into new slots of ``arena``; the logits after each prompt's last token.

        All prompts belong to this arena: one token longer, they still fit, and fill its last block.
        """
        first = arena.extend(len(prompts))
        lengths = np.array([len(prompt) for prompt in prompts])
        owner = np.repeat(np.arange(len(prompts)), lengths)
        ends = np.cumsum(lengths)
        position = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
        tokens = np.concatenate([np.asarray(prompt) for prompt in prompts])
        place = owner * arena.length + position
        x, by = self._start(tokens, position)
        inner = np.ones((len(x) - 1, 1), np.float32)
        inner[ends[:-1] - 1] = 0  # a prompt's first token has none before it
        padded_qkv = np.zeros((len(prompts) * arena.length, 3 * self.weights.width), np.float32)
        for index, layer in enumerate(self.weights.layers):
            z = self._normalised(x)
            if layer.smear is not None:
                arena.newest[first : arena.count, index] = z[ends - 1]
                z[1:] += (layer.smear * z[:-1]) * inner
            qkv = self._project(layer, z, by)
            padded_qkv[place] = qkv[: len(place)]
            mixed = self._look_back(arena, index, first, padded_qkv)
            rows = np.zeros_like(x)
            rows[: len(place)] = mixed[place]
            self._finish_layer(layer, x, rows)
        arena.mask[first : arena.count, 0, 0] = np.where(
            np.arange(arena.length) < lengths[:, None], 0, -np.inf
        )
        return self._logits(x[ends - 1])

    def _look_back(self, arena: Arena, index: int, first: int, qkv: Array) -> Array:
        count, heads, head = arena.count - first, self.weights.heads, self.weights.head
        q, k, v = split(qkv.reshape(count, arena.length, -1), heads)
        slots = slice(first, arena.count)
        arena.keys[slots, index].reshape(count, heads, 2, head // 2, arena.length)[:] = k.transpose(
            0, 2, 3, 4, 1
        )
        arena.values[slots, index] = v.transpose(0, 2, 1, 3)
        queries = q.transpose(0, 2, 1, 3, 4).reshape(count, heads, arena.length, head)
        mixed = attend_prompts(arena, index, first, queries)
        return mixed.transpose(0, 2, 1, 3).reshape(count * arena.length, -1)

    def advance(self, arenas: Sequence[Arena], tokens: Sequence[int], positions: Sequence[int]) -> Array:
        """One more token for every slot of ``arenas``, in order; the logits after each."""
        at = np.asarray(positions)
        x, by = self._start(np.asarray(tokens), at)
        bounds = np.cumsum([0] + [arena.count for arena in arenas]).tolist()
        parts = [(arena, slice(a, b)) for arena, a, b in zip(arenas, bounds, bounds[1:], strict=False)]
        for arena, rows in parts:
            arena.show(at[rows])
        mixed = np.zeros_like(x)
        for index, layer in enumerate(self.weights.layers):
            z = self._normalised(x)
            if layer.smear is not None:
                for arena, rows in parts:
                    own = z[rows].copy()
                    z[rows] += layer.smear * arena.newest[: arena.count, index]
                    arena.newest[: arena.count, index] = own
            q, k, v = split(self._project(layer, z, by), self.weights.heads)
            q, k = q.reshape(v.shape), k.reshape(v.shape)
            for arena, rows in parts:
                arena.write(index, at[rows], k[rows], v[rows])
                mixed[rows] = attend_newest(arena, index, q[rows]).reshape(arena.count, -1)
            self._finish_layer(layer, x, mixed)
        return self._logits(x)[: len(at)]

    def _start(self, tokens: NDArray[np.intp], positions: NDArray[np.intp]) -> tuple[Array, Rotation]:
        """The residual stream, padded to whole tiles, and its turns."""
        spare = np.zeros(padded(len(tokens), self.tile) - len(tokens), np.intp)
        x = self.weights.embed[np.concatenate([tokens, spare])]
        return x, self.rotary.at(np.concatenate([positions, spare]))

    def _project(self, layer: LayerWeights, z: Array, by: Rotation) -> Array:
        qkv = product(z, layer.qkv, self.tile)
        turn(qkv, by)
        return qkv

    def _finish_layer(self, layer: LayerWeights, x: Array, mixed: Array) -> None:
        """Add the attention's output and the MLP's to ``x``, in place."""
        x += product(mixed, layer.out, self.tile)
        hidden = product(self._normalised(x), layer.up, self.tile)
        np.maximum(hidden, 0, out=hidden)
        hidden *= hidden
        x += product(hidden, layer.down, self.tile)

    def _normalised(self, x: Array) -> Array:
        """RMSNorm without its gain, which is in the matrix that follows."""
        square = np.einsum("ij,ij->i", x, x)
        scale = 1 / np.sqrt(square / np.float32(x.shape[1]) + np.float32(self.weights.norm_eps))
        normalised: Array = x * scale[:, None]
        return normalised

    def _logits(self, x: Array) -> Array:
        rows = padded(len(x), self.tile)
        last = np.zeros((rows, x.shape[1]), np.float32)
        last[: len(x)] = x
        return product(self._normalised(last), self.weights.unembed, self.tile)[: len(x)]


def arena_length(tokens: int) -> int:
    """The length of the arena for a sequence of ``tokens``.

    >>> arena_length(64), arena_length(65)
    (64, 96)
    """
    return -(-tokens // BLOCK) * BLOCK
