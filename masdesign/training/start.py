"""Start from an earlier model's weights: the layers as they are, the embedding's rows piece by piece.

The new model may be deeper, have a smear and a longer window. It begins as the same function: what is new
adds nothing until it is trained (Chen et al. 2016, Net2Net, arXiv:1511.05641).
"""

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer
from masdesign.training.export import load
from masdesign.training.model import Abacus, Architecture

_SPREAD = 0.7
"""A new piece's row: the mean of the earlier pieces' rows, and so much of their standard deviation."""


def start_from(
    folder: Path, tokenizer: Tokenizer, generator: torch.Generator, shape: Architecture | None = None
) -> Abacus:
    """The model that `save` wrote into the folder, with a row for each piece of ``tokenizer``.

    ``shape`` is what it is to be, of the same width and heads; by default as it was.

    A piece that is new takes the row of the piece that differs from it only in the space before it, where
    that is known, and otherwise begins near the mean of all pieces.
    """
    old, vocabulary, _ = load(folder)
    weights = old.state_dict()
    weights["embed.weight"] = carried(weights["embed.weight"], vocabulary, tokenizer, generator)
    new = Abacus(replace(shape or old.arch, vocabulary=len(tokenizer)))
    new.load_state_dict(_grown(weights, old.arch, new))
    return new


def _grown(weights: dict[str, Tensor], old: Architecture, new: Abacus) -> dict[str, Tensor]:
    """The earlier weights under the new model's names; new layers, in the middle, add nothing yet."""
    added, middle, state = new.arch.layers - old.layers, (old.layers + 1) // 2, new.state_dict()
    for name, value in state.items():
        head, _, rest = name.removeprefix("layers.").partition(".")
        if not name.startswith("layers."):
            state[name] = weights[name]
        elif middle <= int(head) < middle + added:
            state[name] = torch.zeros_like(value) if rest in ("out.weight", "down.weight") else value
        else:
            earlier = f"layers.{int(head) - (added if int(head) >= middle else 0)}.{rest}"
            state[name] = weights.get(earlier, torch.zeros_like(value))  # a smear that was not there
    return state


def carried(rows: Tensor, earlier: Tokenizer, tokenizer: Tokenizer, generator: torch.Generator) -> Tensor:
    """The embedding for ``tokenizer``, given the ``rows`` of the embedding for ``earlier``."""
    first = len(SPECIALS) + BYTES
    of = {piece: rows[first + i] for i, piece in enumerate(earlier.pieces)}
    words = {piece.strip(): row for piece, row in of.items()}
    mean, deviation = rows[first:].mean(0), rows[first:].std(0)
    out = [*rows[:first]]
    for piece in tokenizer.pieces:
        row = of.get(piece, words.get(piece.strip()))
        if row is None:
            row = mean + _SPREAD * deviation * torch.randn(mean.shape, generator=generator)
        out.append(row)
    return torch.stack(out)


def union(pieces: list[str], earlier: Tokenizer) -> list[str]:
    """The pieces of both vocabularies; sorted."""
    return sorted({*pieces, *earlier.pieces})
