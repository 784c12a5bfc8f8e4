"""Where training begins: weights that already look back and copy.

Finding and copying what stands in the prompt takes a head that looks at the token before and, above it,
heads that look for where the current token stood and copy what followed (Olsson et al. 2022,
arXiv:2209.11895). Small models spend most of a short training on forming them. They are set here by
hand, in the manner of mimetic initialisation (Trockman and Kolter 2023, arXiv:2305.09828); everything
stays trainable.
"""

import torch
from torch import Tensor

from masdesign.training.model import Abacus

COPYING = 3
"""So many heads of the second layer look for the current token and copy what followed it."""
_FAST = 3
"""The look-back goes by the so many fastest rotary pairs, which tell neighbours apart."""
_SPREAD = 0.3
"""Standard deviation of the embeddings: large enough that what the layers add does not drown them."""
_CONSTANT = 6 * _SPREAD
"""The first coordinate of every embedding: what a head that goes by position alone can hold on to."""
_GAIN = 0.25
"""The last norm's, so that the first scores are of moderate size."""


@torch.no_grad()
def begin(model: Abacus, kin: Tensor, generator: torch.Generator) -> None:
    """Set the embeddings (near equal within a group of ``kin``) and the two layers' heads in place."""
    width, head = model.arch.width, model.arch.width // model.arch.heads
    embed = model.embed.weight
    embed.copy_(torch.randn(embed.shape, generator=generator) * _SPREAD)
    embed.copy_(0.95 * embed[kin] + 0.3 * embed)
    model.norm.gain.fill_(_GAIN)
    embed[:, 0] = _CONSTANT
    for layer in model.stack():  # else noise drowns the embeddings
        layer.out.weight.zero_()
        layer.down.weight.zero_()
    basis = torch.linalg.qr(torch.randn(width - 1, width - 1, generator=generator))[0]
    basis = torch.cat((torch.zeros(width - 1, 1), basis), 1)  # nothing of the constant coordinate
    seek, mark = basis[:head], basis[head : 2 * head]
    _look_back(model, seek, mark)
    second = model.stack()[1]
    for number in range(COPYING):
        rows = slice(number * head, (number + 1) * head)
        second.qkv.weight[rows] = 2.2 * seek
        second.qkv.weight[width + rows.start : width + rows.stop] = 2.2 * mark
        content = basis[(number + 2) * head : (number + 3) * head]
        content = content if len(content) == head else basis[-head:]
        second.qkv.weight[2 * width + rows.start : 2 * width + rows.stop] = content
        second.out.weight[:, rows] = 6 * _SPREAD * content.T


def _look_back(model: Abacus, seek: Tensor, mark: Tensor) -> None:
    """The first layer's first head: attends to the token before, and writes what it is along ``mark``."""
    width, head = model.arch.width, model.arch.width // model.arch.heads
    first, half = model.stack()[0], head // 2
    turn = model.arch.rope_base ** (-torch.arange(half) / half)
    first.qkv.weight[:head] *= 0.0
    first.qkv.weight[width : width + head] *= 0.0
    for pair in range(_FAST):
        first.qkv.weight[pair, 0] = 2.0
        first.qkv.weight[width + pair, 0] = 2.0 * turn[pair].cos()
        first.qkv.weight[width + half + pair, 0] = 2.0 * turn[pair].sin()
    first.qkv.weight[2 * width : 2 * width + head] = seek
    first.out.weight[:, :head] = 3 * _SPREAD * mark.T
