"""Where keys and values are kept while a sequence is being written.

Sequences of about one length lie side by side, so that attention reads them where they lie, and in
one product. A sequence that outgrows its arena moves to the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.weights import Array

BLOCK = 32
"""Lengths in attention are multiples of this, whatever else is in the batch."""
STEP = 8
"""An arena has room for this many slots at least, and for twice as many each time that it grows."""


class Arena:
    """Slots 0 to ``count`` - 1 are in use; each has room for ``length`` tokens.

    ``keys`` is (slots, layers, heads, head, length), ``values`` (slots, layers, heads, length, head),
    ``mask`` (slots, 1, 1, length): zero where a slot holds a token, else minus infinity; ``newest``
    (slots, layers, width) what attention read of the newest token, before the smear (width 0 where there
    is none).
    """

    def __init__(self, layers: int, heads: int, head: int, length: int, smeared: int = 0) -> None:
        self.length = length
        self.count = 0
        self.keys: Array = np.zeros((0, layers, heads, head, length), np.float32)
        self.values: Array = np.zeros((0, layers, heads, length, head), np.float32)
        self.mask: Array = np.zeros((0, 1, 1, length), np.float32)
        self.newest: Array = np.zeros((0, layers, smeared), np.float32)

    @property
    def size(self) -> int:
        """Bytes of keys and values, slots that are free included."""
        return self.keys.nbytes + self.values.nbytes

    def extend(self, count: int) -> int:
        """Take ``count`` new slots side by side; the first one's number."""
        first, self.count = self.count, self.count + count
        if self.count > len(self.keys):
            slots = max(self.count, STEP, 2 * len(self.keys))
            self.keys, self.values = _grown(self.keys, slots), _grown(self.values, slots)
            self.mask, self.newest = _grown(self.mask, slots), _grown(self.newest, slots)
        self.mask[first : self.count] = -np.inf
        return first

    def drop(self, slot: int) -> None:
        """Give up a slot; the last slot's content takes its place."""
        self.count -= 1
        if slot != self.count:
            self.copy(self, self.count, slot, self.length)

    def copy(self, source: Arena, from_slot: int, slot: int, tokens: int) -> None:
        """Fill a slot with the first ``tokens`` tokens of another arena's."""
        self.keys[slot, ..., :tokens] = source.keys[from_slot, ..., :tokens]
        self.values[slot, ..., :tokens, :] = source.values[from_slot, ..., :tokens, :]
        self.mask[slot, ..., :tokens] = source.mask[from_slot, ..., :tokens]
        self.newest[slot] = source.newest[from_slot]

    def write(self, layer: int, positions: NDArray[np.intp], k: Array, v: Array) -> None:
        """Put one token's key and value into each slot in use, k (count, heads, head), v the same."""
        slots = np.arange(self.count)
        self.keys[slots, layer, :, :, positions] = k
        self.values[slots, layer, :, positions] = v

    def show(self, positions: NDArray[np.intp]) -> None:
        """Let attention see the token at each slot's position."""
        self.mask[np.arange(self.count), 0, 0, positions] = 0.0


def _grown(array: Array, slots: int) -> Array:
    out = np.zeros((slots, *array.shape[1:]), np.float32)
    out[: len(array)] = array
    return out
