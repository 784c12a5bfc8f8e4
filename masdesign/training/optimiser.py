"""Muon for the matrices, AdamW for the embedding and the gains, in float32 for CPUs without bf16.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) takes the nearest orthogonal matrix
of the momentum as its step. Steps are scaled by 0.2 sqrt(longer side), so that one learning rate
fits both (Liu et al. 2025, arXiv:2502.16982).
"""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer
from masdesign.training.model import Abacus

_ADAM_SHARE = 1.0
"""AdamW's learning rate, as a share of Muon's."""
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonal(matrices: Tensor) -> Tensor:
    """Newton-Schulz, five rounds, on (n, rows, columns): singular values go to about 1."""
    x: Tensor = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    for _ in range(5):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return x.mT if tall else x


def related(tokenizer: Tokenizer) -> Tensor:
    """For each token the number of its group: pieces that differ only in the space before them."""
    alone = len(SPECIALS) + BYTES
    groups: dict[str, int] = {}
    kin = [groups.setdefault(piece.strip() or piece, alone + len(groups)) for piece in tokenizer.pieces]
    return torch.tensor([*range(alone), *kin])


class Optimiser:
    """Both rules behind one `step`; the state can be saved and loaded.

    ``kin`` gives each token the number of its group (`related`): tokens of a group share their
    gradients beside having their own, so that " seven" learns from "seven".
    """

    def __init__(self, model: Abacus, kin: Tensor, decay: float = 0.02, momentum: float = 0.95) -> None:
        self.momentum, self.decay = momentum, decay
        self.embed, self.kin = model.embed.weight, kin
        self.groups: dict[torch.Size, list[Tensor]] = defaultdict(list)
        rest = [model.embed.weight]
        for name, parameter in model.named_parameters():
            if parameter.ndim == 1:
                rest.append(parameter)
            elif name != "embed.weight":
                # q, k and v are three maps that share one matrix
                parts = parameter.data.chunk(3) if "qkv" in name else (parameter.data,)
                self.groups[parts[0].shape].append(parameter)
        self.moments = {p: torch.zeros_like(p) for ps in self.groups.values() for p in ps}
        self.adam = torch.optim.AdamW(rest, betas=(0.9, 0.98), weight_decay=0.0)
        self.parameters = list(model.parameters())

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step along the gradients, which are then cleared."""
        own = self.embed.grad
        assert own is not None
        own += torch.zeros_like(own).index_add_(0, self.kin, own)[self.kin]
        for group in self.adam.param_groups:
            group["lr"] = rate * _ADAM_SHARE
        self.adam.step()
        for shape, parameters in self.groups.items():
            self._muon(shape, parameters, rate)
        for parameter in self.parameters:
            parameter.grad = None

    def _muon(self, shape: torch.Size, parameters: list[Tensor], rate: float) -> None:
        looks = []
        for p in parameters:
            assert p.grad is not None
            moment = self.moments[p]
            moment.lerp_(p.grad, 1 - self.momentum)
            looks.append(p.grad.lerp(moment, self.momentum).view(-1, *shape))
        sizes = [len(look) for look in looks]
        steps = orthogonal(torch.cat(looks)) * (0.2 * max(shape) ** 0.5)
        for p, step in zip(parameters, steps.split(sizes), strict=True):
            p.mul_(1 - rate * self.decay).sub_(step.view_as(p), alpha=rate)

    def state(self) -> dict[str, object]:
        """What `load_state` takes."""
        return {"adam": self.adam.state_dict(), "moments": list(self.moments.values())}

    def load_state(self, state: dict[str, object]) -> None:
        """Go on from a saved `state` of the same model."""
        self.adam.load_state_dict(state["adam"])  # type: ignore[arg-type]
        for mine, theirs in zip(self.moments.values(), state["moments"], strict=True):  # type: ignore[call-overload]
            mine.copy_(theirs)
