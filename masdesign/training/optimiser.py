"""The optimiser: Muon for matrices, AdamW for the rest; tokens that are related learn from each other."""

from typing import Any

import torch
from torch import Tensor

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer
from masdesign.training.model import Abacus, has_bfloat16

_DECAY = 0.05
_CLIP = 1.0
_MOMENTUM = 0.95
_LIKE_ADAM = 0.2
"""A step's root mean square beside the rate, as AdamW's mostly is (Liu et al. 2025, arXiv:2502.16982)."""
_QUINTIC = (3.4445, -4.7750, 2.0315)


def related(tokenizer: Tokenizer) -> Tensor:
    """For each token the number of its group: pieces that differ only in the space before them."""
    alone = len(SPECIALS) + BYTES
    groups: dict[str, int] = {}
    kin = [groups.setdefault(piece.strip() or piece, alone + len(groups)) for piece in tokenizer.pieces]
    return torch.tensor([*range(alone), *kin])


class Optimiser:
    """Muon (Jordan et al. 2024) over the layers' matrices, AdamW (arXiv:1711.05101) over all else.

    Muon takes the momentum of a matrix's gradient with all its singular values near 1: every direction is
    learnt at one speed. ``kin`` gives each token the number of its group (`related`): tokens of a group share
    their gradients beside having their own, so that " seven" learns from "seven".
    """

    def __init__(self, model: Abacus, kin: Tensor, muon: bool = True) -> None:
        self.embed, self.kin = model.embed.weight, kin
        self.parameters = list(model.parameters())
        matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and n != "embed.weight"]
        rest = [p for n, p in model.named_parameters() if p.ndim == 1 or n == "embed.weight"]
        self.matrices = matrices if muon else []
        self.momentum = [torch.zeros_like(p) for p in self.matrices]
        groups: list[dict[str, Any]] = [{"params": rest, "weight_decay": 0.0}]
        if not muon:
            groups.append({"params": matrices, "weight_decay": _DECAY})
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
        self._muon(rate)
        self.adam.zero_grad(set_to_none=True)
        for matrix in self.matrices:
            matrix.grad = None

    @torch.no_grad()
    def _muon(self, rate: float) -> None:
        """Matrices of one shape go together."""
        by_shape: dict[torch.Size, list[int]] = {}
        for number, matrix in enumerate(self.matrices):
            if matrix.grad is not None:
                self.momentum[number].lerp_(matrix.grad, 1 - _MOMENTUM)
                by_shape.setdefault(matrix.shape, []).append(number)
        for shape, numbers in by_shape.items():
            ahead = [
                torch.lerp(self.matrices[n].grad, self.momentum[n], _MOMENTUM)  # Nesterov's
                for n in numbers
            ]
            steps = orthogonal(torch.stack(ahead)) * (_LIKE_ADAM * max(shape) ** 0.5)
            for n, step in zip(numbers, steps, strict=True):
                self.matrices[n].mul_(1 - rate * _DECAY).add_(step, alpha=-rate)

    def state(self) -> dict[str, Any]:
        """What `load_state` takes."""
        return {"adam": self.adam.state_dict(), "momentum": self.momentum}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a saved `state` of the same model."""
        moments = state["moments"] if "moments" in state else state["adam"]["state"]
        self.adam.load_state_dict({**self.adam.state_dict(), "state": moments})
        for mine, saved in zip(self.momentum, state["momentum"], strict=True):
            mine.copy_(saved)


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices (count, rows, columns) with all singular values near 1, by Newton's and Schulz's iteration."""
    wide = matrices.mT if matrices.shape[1] > matrices.shape[2] else matrices
    x = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    x = x.bfloat16() if has_bfloat16() else x
    a, b, c = _QUINTIC
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if matrices.shape[1] > matrices.shape[2] else x).to(matrices.dtype)
