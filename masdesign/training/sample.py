"""Batched sampling in PyTorch, with a key-value cache: for abacus's own drafts, and for calibration.

Fast on many prompts at once. It is not the engine that ships: draws depend on the batch.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.model import Abacus, Layer, rotate

_SEQUENCES = 384
"""So many replies are written at once."""


class Sampler:
    """Replies to prompts.

    ``replies(prompts, temperature, draws)`` gives ``draws`` texts a prompt, aligned with ``prompts``;
    temperature 0 takes the likeliest token. A prompt longer than the window leaves no room and
    gives empty texts.
    """

    def __init__(self, model: Abacus, tokenizer: Tokenizer, seed: int = 0) -> None:
        self.model, self.tokenizer = model.eval(), tokenizer
        self.generator = torch.Generator().manual_seed(seed)

    @torch.inference_mode()
    def replies(
        self, prompts: Sequence[Sequence[int]], temperature: float, draws: int = 1, longest: int = 160
    ) -> list[list[str]]:
        """See the class."""
        out: list[list[str]] = [[""] * draws for _ in prompts]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        order = [i for i in order if len(prompts[i]) < self.model.arch.window]
        size = max(1, _SEQUENCES // draws)
        for start in range(0, len(order), size):
            part = order[start : start + size]
            rows = self._batch([prompts[i] for i in part], temperature, draws, longest)
            for at, i in enumerate(part):
                out[i] = [self._text(row) for row in rows[at * draws : (at + 1) * draws]]
        return out

    def _text(self, row: list[int]) -> str:
        end = self.tokenizer.end
        return self.tokenizer.decode(row[: row.index(end)] if end in row else row)

    def _batch(
        self, prompts: list[Sequence[int]], temperature: float, draws: int, longest: int
    ) -> list[list[int]]:
        width = max(map(len, prompts))
        total = min(self.model.arch.window, width + longest) - 1  # the last token is not read again
        gap = torch.tensor([width - len(p) for p in prompts])
        ids = torch.tensor([[0] * (width - len(p)) + list(p) for p in prompts])
        cache = _Cache(self.model, len(prompts), total)
        hidden = cache.run(ids, gap)
        cache.repeat(draws)
        gap, hidden = gap.repeat_interleave(draws), hidden.repeat_interleave(draws, dim=0)
        alive = torch.ones(len(gap), dtype=torch.bool)
        written = []
        while True:
            token = self._draw(self.model.logits(hidden), temperature)
            written.append(token)
            alive &= token != self.tokenizer.end
            if cache.length == total or not alive.any():
                return [list(row) for row in torch.stack(written, 1).tolist()]
            hidden = cache.run(token[:, None], gap)

    def _draw(self, scores: Tensor, temperature: float) -> Tensor:
        if temperature == 0:
            return scores.argmax(-1)
        shares = torch.softmax(scores / temperature, -1)
        return torch.multinomial(shares, 1, generator=self.generator)[:, 0]


class _Cache:
    """Keys and values of every layer; prompts are aligned at their ends, ``gap`` tokens from the left."""

    def __init__(self, model: Abacus, rows: int, total: int) -> None:
        self.model, self.length = model, 0
        head = model.arch.width // model.arch.heads
        shape = (model.arch.layers, 2, rows, model.arch.heads, total, head)
        self.memory = torch.zeros(shape)
        self.newest = torch.zeros(model.arch.layers, rows, 1, model.arch.width)

    def repeat(self, draws: int) -> None:
        if draws > 1:
            self.memory = self.memory.repeat_interleave(draws, dim=2)
            self.newest = self.newest.repeat_interleave(draws, dim=1)

    def run(self, ids: Tensor, gap: Tensor) -> Tensor:
        """The output at the last of ``ids`` (rows, new), once they are in the cache."""
        model, start = self.model, self.length
        self.length = end = start + ids.shape[1]
        places = torch.arange(start, end)
        positions = (places[None, :] - gap[:, None]).clamp(min=0)
        cos, sin = model.cos[positions].unsqueeze(1), model.sin[positions].unsqueeze(1)
        keys = torch.arange(end)
        mask = (keys[None, None, :] <= places[None, :, None]) & (keys[None, None, :] >= gap[:, None, None])
        inner = (places[None, :] > gap[:, None])[..., None]  # a prompt's first token has none before it
        mask |= keys[None, None, :] == places[None, :, None]  # a row of padding sees itself, not nothing
        x = model.embed(ids)
        for number, layer in enumerate(model.stack()):
            z = layer.norm1(x)
            if layer.smear is not None:
                earlier = torch.cat((self.newest[number], z[:, :-1]), 1)
                self.newest[number] = z[:, -1:]
                z += layer.smear * earlier * inner
            x = self._layer(number, layer, x, z, (cos, sin), mask[:, None])
        last: Tensor = model.norm(x[:, -1])
        return last

    def _layer(
        self, number: int, layer: Layer, x: Tensor, z: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor
    ) -> Tensor:
        rows, new, width = x.shape
        q, k, v = layer.qkv(z).view(rows, new, 3, layer.heads, -1).permute(2, 0, 3, 1, 4)
        keys, values = self.memory[number, 0], self.memory[number, 1]
        keys[:, :, self.length - new : self.length] = rotate(k, *turns)
        values[:, :, self.length - new : self.length] = v
        seen = slice(0, self.length)
        mixed = F.scaled_dot_product_attention(
            rotate(q, *turns), keys[:, :, seen], values[:, :, seen], attn_mask=mask
        )
        x = x + layer.out(mixed.transpose(1, 2).reshape(rows, new, width))
        out: Tensor = x + layer.down(F.relu(layer.up(layer.norm2(x))).square())
        return out
