"""Group Relative Policy Optimization: a copy of abacus that learns from the scorer, without a critic.

For each question G replies are sampled from the copy and scored, r_1 … r_G. The advantage of reply i is

    A_i = (r_i - mean(r)) / std(r)

and what is maximised is, over the tokens t of each reply,

    1/G sum_i 1/|o_i| sum_t { min(q A_i, clip(q, 1 - eps, 1 + eps) A_i) - beta * KL }
    q  = p(o_it) / p_old(o_it),    KL = p_ref(o_it) / p(o_it) - log(p_ref(o_it) / p(o_it)) - 1

with p_old the copy that sampled and p_ref the model that it starts from.

Reference: Shao et al. 2024, DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language
Models, arXiv:2402.03300, equations 3 and 4.
"""

import random
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from masdesign.training.case import Exercise
from masdesign.training.dpo import Copy, reply_log_probabilities
from masdesign.training.sample import Sampler
from masdesign.types import SAMPLING_TEMPERATURE, Message

QUESTIONS = 4
"""Prompts of a step."""
UPDATES = 2
"""Steps that are taken on the replies of one sampling."""
Reward = Callable[[int, Sequence[str]], Awaitable[Sequence[float]]]
"""The scores in 0..1 of replies to the prompt of that number."""


def advantages(rewards: Tensor) -> Tensor:
    """Advantages of replies, a row a question; 0 where all replies to it score alike.

    >>> advantages(torch.tensor([[1.0, 0.0], [1.0, 1.0]])).tolist()
    [[1.0, -1.0], [0.0, 0.0]]
    """
    deviation = rewards.std(1, correction=0, keepdim=True)
    return (rewards - rewards.mean(1, keepdim=True)) / deviation.clamp_min(1e-6)


def grpo_loss(
    now: Tensor,
    old: Tensor,
    reference: Tensor,
    mask: Tensor,
    advantage: Tensor,
    *,
    eps: float = 0.2,
    beta: float = 0.04,
) -> Tensor:
    """The loss of replies (rows) from log-probabilities of their tokens; ``advantage`` is one a row.

    >>> same, mask = torch.zeros(2, 3), torch.ones(2, 3)
    >>> grpo_loss(same, same, same, mask, torch.tensor([1.0, -1.0])).item()
    0.0
    """
    ratio, gain = torch.exp(now - old), advantage[:, None]
    surrogate = torch.minimum(ratio * gain, ratio.clamp(1 - eps, 1 + eps) * gain)
    apart = torch.exp(reference - now) - (reference - now) - 1
    each = ((surrogate - beta * apart) * mask).sum(1) / mask.sum(1).clamp_min(1.0)
    return -each.mean()


async def reinforce(
    start: Path,
    prompts: Sequence[tuple[Message, ...]],
    reward: Reward,
    out: Path,
    log: Callable[[str], None],
    *,
    steps: int = 50,
    group: int = 8,
    rate: float = 3e-5,
    seed: int = 0,
) -> None:
    """Train a copy of the model in ``start`` on its own sampled replies, and write it to ``out``.

    Each step samples ``group`` replies to each of some prompts, and takes steps on them.
    """
    copied, rng = Copy(start, rate), random.Random(seed)
    model, tokenizer = copied.model, copied.tokenizer
    for step in range(1, steps + 1):
        chosen = [rng.randrange(len(prompts)) for _ in range(min(QUESTIONS, len(prompts)))]
        encoded = [tokenizer.encode_chat(prompts[number]) for number in chosen]
        replies = Sampler(model, tokenizer, seed + step).replies(encoded, SAMPLING_TEMPERATURE, group)
        model.train()
        rewards = torch.tensor(
            [list(await reward(n, texts)) for n, texts in zip(chosen, replies, strict=True)]
        )
        log(f"step {step} of {steps} reward {rewards.mean().item():.4f}")
        gains = advantages(rewards).flatten()
        texts = [(prompts[n], text) for n, of_one in zip(chosen, replies, strict=True) for text in of_one]
        kept = [at for at, (_, text) in enumerate(texts) if text and gains[at] != 0]
        if not kept:
            continue
        examples = [Exercise("grpo", *texts[at]) for at in kept]
        with torch.no_grad():
            old, mask = reply_log_probabilities(model, tokenizer, examples)
            before, _ = reply_log_probabilities(copied.reference, tokenizer, examples)
        for _ in range(UPDATES):
            now, _ = reply_log_probabilities(model, tokenizer, examples)
            loss = grpo_loss(now, old, before, mask, gains[kept])
            copied.descend(loss)
    copied.save(out, {"method": "grpo", "steps": steps, "rate": rate, "group": group, "seed": seed})
