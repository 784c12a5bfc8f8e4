"""AdamW, with gradients clipped and tokens that are related learning from each other."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer
from masdesign.training.model import Abacus

_DECAY = 0.05
_CLIP = 1.0


def related(tokenizer: Tokenizer) -> Tensor:
    """For each token the number of its group: pieces that differ only in the space before them."""
    alone = len(SPECIALS) + BYTES
    groups: dict[str, int] = {}
    kin = [groups.setdefault(piece.strip() or piece, alone + len(groups)) for piece in tokenizer.pieces]
    return torch.tensor([*range(alone), *kin])


class Optimiser:
    """AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) over a model's parameters.

    ``kin`` gives each token the number of its group (`related`): tokens of a group share their
    gradients beside having their own, so that " seven" learns from "seven".
    """

    def __init__(self, model: Abacus, kin: Tensor) -> None:
        self.embed, self.kin = model.embed.weight, kin
        self.parameters = list(model.parameters())
        matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and n != "embed.weight"]
        rest = [p for n, p in model.named_parameters() if p.ndim == 1 or n == "embed.weight"]
        groups: list[dict[str, Any]] = [
            {"params": matrices, "weight_decay": _DECAY},
            {"params": rest, "weight_decay": 0.0},
        ]
        self.adam = torch.optim.AdamW(groups, betas=(0.9, 0.97), fused=True)

    def step(self, rate: float) -> None:
        """One step along the gradients, which are then cleared."""
        own = self.embed.grad
        if own is not None:
            own += torch.zeros_like(own).index_add_(0, self.kin, own)[self.kin]
        torch.nn.utils.clip_grad_norm_(self.parameters, _CLIP)
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        """What `load_state` takes."""
        return self.adam.state_dict()

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a saved `state` of the same model."""
        self.adam.load_state_dict(state)
