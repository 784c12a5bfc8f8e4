"""Abacus as a PyTorch module: a small decoder-only transformer.

Per layer, with RMSNorm (eps 1e-5, gain) before each part and no biases anywhere::

    z = norm1(x);  z[t] = z[t] + smear * z[t-1]      where the architecture has a smear
    x = x + out(attention(rope(q), rope(k), v))      q, k, v = split(qkv(z), 3)
    x = x + down(relu(up(norm2(x))) ** 2)            squared ReLU

    logits = norm(x) @ embed.T                       tied embeddings, no scaling of x

``qkv`` stacks q (rows 0 to width), k, v; within each the heads lie one after the other. Rotary
positions turn the first half of a head against its second half ("half-split"): with
``angle[p, j] = p * base ** (-2 j / head)`` for j < head / 2,
``(a, b) -> (a cos - b sin, b cos + a sin)``. Attention is scaled by ``head ** -0.5`` and causal.

References: Su et al. 2021 (rotary positions), So et al. 2021 (squared ReLU), Zhang and Sennrich
2019 (RMSNorm); the smear is the key shift of Olsson et al. 2022, arXiv:2209.11895 ("smeared keys"),
on all three inputs: what stood before a token is known to the first layer, so copying is learnt early.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SMEAR = 0.4
"""Where the smear's gains begin."""


@cache
def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers itself; where it does not, they are slower."""
    cpu_info = Path("/proc/cpuinfo")
    return cpu_info.exists() and any(flag in cpu_info.read_text() for flag in ("avx512_bf16", "amx_bf16"))


@dataclass(frozen=True, slots=True)
class Architecture:
    """The numbers that fix a model's shape."""

    vocabulary: int
    width: int = 160
    layers: int = 5
    heads: int = 5
    window: int = 512
    """Tokens of context, prompt and reply together."""
    rope_base: float = 10000.0
    norm_eps: float = 1e-5
    smear: bool = False
    """Whether attention's input holds a share, by channel, of the token before."""


def rotary_tables(arch: Architecture) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each (window, head / 2)."""
    half = arch.width // arch.heads // 2
    frequency = arch.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(arch.window, dtype=torch.float64)[:, None] * frequency[None, :]
    return angle.cos().float(), angle.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn ``x`` (batch, heads, time, head) by its positions; tables are (…, time, head / 2)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Norm(nn.Module):
    """RMSNorm with a gain, in float32."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.gain, self.eps)


def earlier(z: Tensor, before: Tensor | None) -> Tensor:
    """What ``z`` (batch, time, width) is at the token before each token; zero where there is none.

    ``before`` (batch * time) gives that token's flat number, counted from 1, where it is not the one
    to the left; 0 stands for none.
    """
    if before is None:
        return F.pad(z, (0, 0, 1, 0))[:, :-1]
    rows = F.pad(z.flatten(0, 1), (0, 0, 1, 0))
    return rows.index_select(0, before).view_as(z)


class Layer(nn.Module):
    """Attention, then the squared-ReLU MLP, both on the residual stream."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        width = arch.width
        self.heads = arch.heads
        self.norm1 = Norm(width, arch.norm_eps)
        self.smear = nn.Parameter(torch.full((width,), SMEAR)) if arch.smear else None
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.norm2 = Norm(width, arch.norm_eps)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, before: Tensor | None = None
    ) -> Tensor:
        batch, time, width = x.shape
        z = self.norm1(x)
        if self.smear is not None:
            z = z + self.smear * earlier(z, before)
        qkv = self.qkv(z).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = rotate(qkv[0], cos, sin), rotate(qkv[1], cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, qkv[2], attn_mask=mask, is_causal=mask is None)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        more: Tensor = self.down(F.relu(self.up(self.norm2(x))).square())
        return x + more


class Abacus(nn.Module):
    """Token ids to the residual stream (`forward`) and to logits (`logits`)."""

    cos: Tensor
    sin: Tensor

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        self.arch = arch
        self.embed = nn.Embedding(arch.vocabulary, arch.width)
        self.layers = nn.ModuleList(Layer(arch) for _ in range(arch.layers))
        self.norm = Norm(arch.width, arch.norm_eps)
        cos, sin = rotary_tables(arch)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        scale = (2 * self.arch.layers) ** -0.5
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                small = name.endswith(("out.weight", "down.weight"))
                nn.init.normal_(weight, std=0.05 * (scale if small else 1.0))

    def stack(self) -> list[Layer]:
        """The layers, first to last."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    def turns(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines for positions (batch, time), each (batch, 1, time, head / 2)."""
        return self.cos[positions].unsqueeze(1), self.sin[positions].unsqueeze(1)

    def forward(
        self,
        ids: Tensor,
        turns: tuple[Tensor, Tensor] | None = None,
        mask: Tensor | None = None,
        before: Tensor | None = None,
    ) -> Tensor:
        """The normalised residual stream (batch, time, width).

        ``turns`` default to those of positions 0, 1, 2 …; ``mask`` (batch, 1, time, time) is added to the
        attention's scores, and defaults to causal; ``before`` is that of `earlier`.
        """
        cos, sin = turns or (self.cos[: ids.shape[1]], self.sin[: ids.shape[1]])
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, before)
        out: Tensor = self.norm(x)
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores over the vocabulary, tied to the embedding."""
        return hidden @ self.embed.weight.T


def weight_name(parameter: str) -> str:
    """The name that a parameter has in ``weights.npz``.

    >>> weight_name("layers.3.norm1.gain"), weight_name("layers.0.qkv.weight"), weight_name("embed.weight")
    ('layers.3.norm1', 'layers.0.qkv', 'embed')
    """
    return parameter.removesuffix(".weight").removesuffix(".gain")
