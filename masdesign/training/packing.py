"""Examples as rows of tokens: the examples of a case share their common beginning.

A case becomes a tree: the tokens that all its prompts begin with, then one branch an example. In a row
a token sees its own tree's root and its own branch, and its position is its depth, so that each example is
learnt exactly as if it stood alone, and the problem's text is read once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.case import Exercise

SHAPES = ((320, 10), (640, 5), (1536, 2))
"""Kinds of batches: (tokens a row, rows). A tree goes into the shortest row that holds it."""

LONGEST = SHAPES[-1][0]
_OPEN = 8
"""Rows are kept open for so many batches; the fullest are given out."""


@dataclass(frozen=True)
class Tree:
    """A shared beginning and branches, each with a mark at the tokens that are replies'."""

    root: list[int]
    branches: list[tuple[list[int], list[bool]]]
    skill: str = ""

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
    before: NDArray[np.int32]
    """The flat number, from 1, of the token before each token in its example; 0 where there is none."""
    source: NDArray[np.int32]
    """Flat indices whose output is scored: the token before, in the same branch or at its root's end."""
    target: NDArray[np.int32]
    """The token to be predicted there."""
    reply: NDArray[np.bool_]
    """Whether that token is a reply's, not a prompt's."""
    real: NDArray[np.bool_]
    """False in the padding."""
    skills: tuple[str, ...]
    """Names of the skills whose examples these are."""
    skill: NDArray[np.int16]
    """The number in ``skills`` of each token predicted."""


def trees(examples: Sequence[Exercise], tokenizer: Tokenizer, window: int = LONGEST) -> list[Tree]:
    """The examples of a case, in as few trees as the window allows; what exceeds it is dropped."""
    whole = [encode_example(example, tokenizer) for example in examples]
    whole = [(ids, marks) for ids, marks in whole if len(ids) <= window]
    if not whole:
        return []
    shared = min(_shared([ids for ids, _ in whole]), min(marks.index(True) for _, marks in whole) - 1)
    root = whole[0][0][:shared]
    skill = examples[0].skill
    out = [Tree(root, [], skill)]
    for ids, marks in sorted(whole, key=lambda w: len(w[0])):
        limit = next(time for time, _ in SHAPES if time >= len(ids))
        if out[-1].size + len(ids) - shared > limit and out[-1].branches:
            out.append(Tree(root, [], skill))
        out[-1].branches.append((ids[shared:], marks[shared:]))
    return out


def encode_example(example: Exercise, tokenizer: Tokenizer) -> tuple[list[int], list[bool]]:
    """The example's tokens, and which of them are a reply's: those of every turn of the assistant."""
    ids = [*tokenizer.encode_chat(example.messages), *tokenizer.encode(example.reply), tokenizer.end]
    marks, replying = [], False
    for token in ids:
        marks.append(replying)
        replying = token == tokenizer.assistant or (replying and token != tokenizer.end)
    return ids, marks


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

    def rest(self) -> Iterator[Batch]:
        """What is left, in batches that are not full."""
        while self.waiting:
            rows, self.waiting = self.waiting[: self.rows], self.waiting[self.rows :]
            yield self._batch(rows)

    def _used(self, row: list[Tree]) -> int:
        return sum(tree.size for tree in row)

    def _room(self, row: list[Tree]) -> int:
        return self.time - self._used(row)

    def _batch(self, rows: list[list[Tree]]) -> Batch:
        shape = (self.rows, self.time)
        ids, positions = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
        tree, branch = np.full(shape, -1, np.int16), np.zeros(shape, np.int16)
        before = np.zeros(shape, np.int32)
        source: list[int] = []
        target: list[int] = []
        reply: list[bool] = []
        names: dict[str, int] = {}
        skill: list[int] = []
        for r, row in enumerate(rows):
            at = 0
            for t, one in enumerate(row):
                root, last = len(one.root), r * self.time + at + len(one.root) - 1
                for b, (tokens, marks) in enumerate([(one.root, [False] * len(one.root)), *one.branches]):
                    end = at + len(tokens)
                    ids[r, at:end] = tokens
                    depth = root if b else 0
                    positions[r, at:end] = np.arange(depth, depth + len(tokens))
                    tree[r, at:end], branch[r, at:end] = t, b
                    here = r * self.time + at
                    source += [last if b else here, *range(here, here + len(tokens) - 1)][not b :]
                    target += tokens[not b :]
                    reply += marks[not b :]
                    skill += [names.setdefault(one.skill, len(names))] * (len(tokens) - (not b))
                    before[r, at:end] = [last + 1 if b else 0, *range(here + 1, here + len(tokens))]
                    at = end
        gap = self.rows * self.time - len(source)
        return Batch(
            ids,
            positions,
            tree,
            branch,
            before,
            np.array(source + [0] * gap, np.int32),
            np.array(target + [0] * gap, np.int32),
            np.array(reply + [False] * gap),
            np.array([True] * len(source) + [False] * gap),
            tuple(names),
            np.array(skill + [-1] * gap, np.int16),
        )


def batches(stream: Iterator[list[Exercise]], tokenizer: Tokenizer, window: int = LONGEST) -> Iterator[Batch]:
    """Batches of all shapes that a window holds, as they fill up."""
    return _filled([Packer(time, rows) for time, rows in SHAPES], stream, tokenizer, window)


def packed(stream: Iterator[list[Exercise]], tokenizer: Tokenizer, window: int = LONGEST) -> list[Batch]:
    """All of a stream that ends, in batches of which the last are not full."""
    packers = [Packer(time, rows) for time, rows in SHAPES]
    full = list(_filled(packers, stream, tokenizer, window))
    return full + [batch for packer in packers for batch in packer.rest()]


def _filled(
    packers: Sequence[Packer], stream: Iterator[list[Exercise]], tokenizer: Tokenizer, window: int
) -> Iterator[Batch]:
    for examples in stream:
        for tree in trees(examples, tokenizer, window):
            packer = next(p for p in packers if tree.size <= p.time)
            batch = packer.add(tree)
            if batch is not None:
                yield batch
