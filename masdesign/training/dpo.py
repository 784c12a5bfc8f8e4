"""Direct Preference Optimization: a copy of abacus that prefers right replies to wrong ones.

    L = -E log sigmoid(beta * [(log p(y_w | x) - log p_ref(y_w | x)) - (log p(y_l | x) - log p_ref(y_l | x))])

where y_w is the chosen and y_l the rejected reply to x, p the copy, and p_ref the model that it starts from.
To that the loss of the chosen reply is added with a small weight, which keeps it likely in itself (as in Pang
et al. 2024, Iterative Reasoning Preference Optimization, arXiv:2404.19733).

Reference: Rafailov et al. 2023, Direct Preference Optimization: Your Language Model is Secretly a Reward
Model, arXiv:2305.18290, equation 7.
"""

import copy
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.case import Exercise
from masdesign.training.export import load, save
from masdesign.training.model import Abacus
from masdesign.training.packing import encode_example

Pair = tuple[Exercise, Exercise]
"""The chosen and the rejected reply to one prompt."""
PAIRS = 8
"""Pairs of a step."""
LIKELY = 0.2
"""Weight of the chosen reply's own loss, a token."""


def reply_log_probabilities(
    model: Abacus, tokenizer: Tokenizer, examples: Sequence[Exercise]
) -> tuple[Tensor, Tensor]:
    """Log-probabilities (examples, tokens) of the tokens after the first, and a mask of those of replies."""
    rows = [encode_example(example, tokenizer) for example in examples]
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row, _ in rows])
    mask = torch.tensor([[*marks, *[False] * (longest - len(marks))] for _, marks in rows])
    scores = torch.log_softmax(model.logits(model(ids[:, :-1])), -1)
    return scores.gather(-1, ids[:, 1:, None])[..., 0], mask[:, 1:].float()


def dpo_loss(policy: tuple[Tensor, Tensor], reference: tuple[Tensor, Tensor], beta: float = 0.1) -> Tensor:
    """The mean loss of pairs, from log-probabilities of their chosen and their rejected replies.

    >>> equal = (torch.zeros(2), torch.zeros(2))
    >>> round(dpo_loss(equal, equal).item(), 4)
    0.6931
    """
    margin = (policy[0] - reference[0]) - (policy[1] - reference[1])
    return -F.logsigmoid(beta * margin).mean()


def prefer(
    start: Path,
    pairs: Sequence[Pair],
    out: Path,
    log: Callable[[str], None],
    *,
    steps: int = 100,
    rate: float = 5e-5,
    beta: float = 0.1,
    seed: int = 0,
) -> None:
    """Train a copy of the model in ``start`` on the pairs, and write it to ``out``.

    Raises ValueError where no pair fits the model's window.
    """
    copied = Copy(start, rate)
    model, tokenizer = copied.model, copied.tokenizer
    fits = [p for p in pairs if max(len(encode_example(e, tokenizer)[0]) for e in p) <= model.arch.window]
    if not fits:
        raise ValueError("no pair of replies fits the model's window")
    rng = random.Random(seed)

    def sums(of: Abacus, batch: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor]:
        examples = [pair[side] for side in (0, 1) for pair in batch]
        each, mask = reply_log_probabilities(of, tokenizer, examples)
        chosen, rejected = (each * mask).sum(1).split(len(batch))
        return chosen, rejected, chosen / mask[: len(batch)].sum(1)

    for step in range(1, steps + 1):
        batch = [rng.choice(fits) for _ in range(PAIRS)]
        with torch.no_grad():
            before = sums(copied.reference, batch)
        now = sums(model, batch)
        loss = dpo_loss(now[:2], before[:2], beta) - LIKELY * now[2].mean()
        copied.descend(loss)
        log(f"step {step} of {steps} loss {loss.item():.4f}")
    copied.save(out, {"method": "dpo", "steps": steps, "rate": rate, "beta": beta, "seed": seed})


class Copy:
    """A copy of a model that is trained, beside the model as it was."""

    def __init__(self, start: Path, rate: float) -> None:
        self.model, self.tokenizer, self.manifest = load(start)
        self.reference = copy.deepcopy(self.model).eval()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=rate, weight_decay=0.0)

    def descend(self, loss: Tensor) -> None:
        """One step along the loss's gradient."""
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()

    def save(self, out: Path, facts: dict[str, Any]) -> None:
        """Write the copy, and how it came about."""
        start = {"name": self.manifest["name"], "fine_tuned_from": self.manifest["revision"]}
        save(self.model, self.tokenizer, {**start, "calibration": {}, "fine_tuning": facts}, out)
