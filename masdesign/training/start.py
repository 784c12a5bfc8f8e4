"""Start from an earlier model's weights: the layers as they are, the embedding's rows piece by piece."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer
from masdesign.training.export import load
from masdesign.training.model import Abacus

_SPREAD = 0.7
"""A new piece's row: the mean of the known pieces' rows, and so much of their standard deviation."""


def start_from(folder: Path, tokenizer: Tokenizer, generator: torch.Generator) -> Abacus:
    """The model that `save` wrote into the folder, with a row for each piece of ``tokenizer``.

    A piece that is new takes the row of the piece that differs from it only in the space before it, where
    that is known, and otherwise begins near the mean of all pieces.
    """
    old, known, _ = load(folder)
    new = Abacus(replace(old.arch, vocabulary=len(tokenizer)))
    weights = old.state_dict()
    weights["embed.weight"] = carried(weights["embed.weight"], known, tokenizer, generator)
    new.load_state_dict(weights)
    return new


def carried(rows: Tensor, known: Tokenizer, tokenizer: Tokenizer, generator: torch.Generator) -> Tensor:
    """The embedding for ``tokenizer``, of which ``rows`` are the embedding for ``known``."""
    first = len(SPECIALS) + BYTES
    of = {piece: rows[first + i] for i, piece in enumerate(known.pieces)}
    words = {piece.strip(): row for piece, row in of.items()}
    mean, deviation = rows[first:].mean(0), rows[first:].std(0)
    out = [*rows[:first]]
    for piece in tokenizer.pieces:
        row = of.get(piece, words.get(piece.strip()))
        if row is None:
            row = mean + _SPREAD * deviation * torch.randn(mean.shape, generator=generator)
        out.append(row)
    return torch.stack(out)


def union(pieces: list[str], known: Tokenizer) -> list[str]:
    """The pieces of both vocabularies; sorted."""
    return sorted({*pieces, *known.pieces})
