"""Examples as rows of tokens: the examples of a case share their common beginning.

A case becomes a tree: the tokens that all its prompts begin with, then one branch an example. In a row
a token sees its own tree's root and its own branch, and its position is its depth, so that each example is
learnt exactly as if it stood alone, and the problem's text is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.skills import Example

SHAPES = ((192, 12), (320, 7), (512, 4))
"""Kinds of batches: (tokens a row, rows). A tree goes into the shortest row that holds it."""

_OPEN = 8
"""Rows are kept open for so many batches; the fullest are given out."""


@dataclass(frozen=True)
class Tree:
    """A shared beginning and branches, each with the index at which its reply begins."""

    root: list[int]
    branches: list[tuple[list[int], int]]

    @property
    def size(self) -> int:
        return len(self.root) + sum(len(ids) for ids, _ in self.branches)


@dataclass(frozen=True)
class Batch:
    """Rows of tokens, and where replies are predicted."""

    ids: NDArray[np.int32]
    """(rows, time)"""
    positions: NDArray[np.int32]
    tree: NDArray[np.int16]
    branch: NDArray[np.int16]
    """0 in a tree's root."""
    source: NDArray[np.int32]
    """Flat indices whose output is scored; padded with 0."""
    target: NDArray[np.int32]
    """The token to be predicted there; -100 in the padding."""


def trees(examples: Sequence[Example], tokenizer: Tokenizer) -> list[Tree]:
    """The examples of a case, in as few trees as the longest row allows; what exceeds it is dropped."""
    whole = []
    for example in examples:
        prompt = tokenizer.encode_chat(example.messages)
        whole.append((prompt + tokenizer.encode(example.reply) + [tokenizer.end], len(prompt)))
    longest = SHAPES[-1][0]
    whole = [(ids, start) for ids, start in whole if len(ids) <= longest]
    if not whole:
        return []
    shared = min(_shared([ids for ids, _ in whole]), min(start for _, start in whole) - 1)
    root = whole[0][0][:shared]
    out = [Tree(root, [])]
    for ids, start in sorted(whole, key=lambda w: len(w[0])):
        limit = next(time for time, _ in SHAPES if time >= len(ids))
        if out[-1].size + len(ids) - shared > limit and out[-1].branches:
            out.append(Tree(root, []))
        out[-1].branches.append((ids[shared:], start - shared))
    return out


def _shared(rows: Sequence[Sequence[int]]) -> int:
    """How many first tokens all rows have in common."""
    alike = (len(set(column)) == 1 for column in zip(*rows, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


class Packer:
    """Fills batches of one shape; a tree goes into the fullest open row that has room."""

    def __init__(self, time: int, rows: int) -> None:
        self.time, self.rows = time, rows
        self.waiting: list[list[Tree]] = []

    def add(self, tree: Tree) -> Batch | None:
        """Take a tree; gives back a batch when one is full."""
        best = max(
            (row for row in self.waiting if self._room(row) >= tree.size), key=self._used, default=None
        )
        if best is not None:
            best.append(tree)
            return None
        full = None
        if len(self.waiting) == _OPEN * self.rows:
            self.waiting.sort(key=self._used, reverse=True)
            full, self.waiting = self._batch(self.waiting[: self.rows]), self.waiting[self.rows :]
        self.waiting.append([tree])
        return full

    def _used(self, row: list[Tree]) -> int:
        return sum(tree.size for tree in row)

    def _room(self, row: list[Tree]) -> int:
        return self.time - self._used(row)

    def _batch(self, rows: list[list[Tree]]) -> Batch:
        shape = (self.rows, self.time)
        ids, positions = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        tree, branch = np.full(shape, -1, np.int16), np.zeros(shape, np.int16)
        source: list[int] = []
        target: list[int] = []
        for r, row in enumerate(rows):
            at = 0
            for t, one in enumerate(row):
                root = len(one.root)
                for b, (tokens, start) in enumerate([(one.root, -1), *one.branches]):
                    end = at + len(tokens)
                    ids[r, at:end] = tokens
                    depth = 0 if b == 0 else root
                    positions[r, at:end] = np.arange(depth, depth + len(tokens))
                    tree[r, at:end], branch[r, at:end] = t, b
                    if b:
                        source += range(r * self.time + at + start - 1, r * self.time + end - 1)
                        target += tokens[start:]
                    at = end
        return Batch(ids, positions, tree, branch, *_padded(source, target, self.rows * self.time))


def _padded(source: list[int], target: list[int], tokens: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """To one fixed length, so that the compiled step keeps its shapes; targets beyond it are dropped."""
    length = tokens * 9 // 20
    source, target = source[:length], target[:length]
    gap = length - len(source)
    return np.array(source + [0] * gap, np.int32), np.array(target + [-100] * gap, np.int32)


def batches(stream: Iterator[list[Example]], tokenizer: Tokenizer) -> Iterator[Batch]:
    """Batches of both shapes, as they fill up."""
    packers = [Packer(time, rows) for time, rows in SHAPES]
    for examples in stream:
        for tree in trees(examples, tokenizer):
            packer = next(p for p in packers if tree.size <= p.time)
            batch = packer.add(tree)
            if batch is not None:
                yield batch
