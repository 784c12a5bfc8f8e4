"""A short look at every mechanism while training goes on: reserved questions, other names, other wordings.

The share of replies whose last line is the right one, at temperature 0: of a conversation, a reply at a
place that is drawn. So choice is measured, and arithmetic only where it is the last line.
"""

import random
from collections.abc import Callable

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.case import Exercise
from masdesign.training.mechanisms import MECHANISMS, Draw
from masdesign.training.model import Abacus
from masdesign.training.sample import Sampler

ITEMS = 40
_SPARE = 8
"""Tokens that a reply may be longer than the longest right one."""
_LONGEST = 700
"""Tokens of a prompt; what is longer is not asked, to save time."""


def probe(tokenizer: Tokenizer, items: int = ITEMS, seed: int = 0) -> Callable[[Abacus], dict[str, float]]:
    """A function that measures a model; the prompts are made once."""
    by_skill = {name: _prompts(name, tokenizer, items, seed) for name in MECHANISMS}

    def measure(model: Abacus) -> dict[str, float]:
        was_training = model.training
        sampler, out = Sampler(model, tokenizer, seed), {}
        for name, pairs in by_skill.items():
            most = max(len(tokenizer.encode(right)) for _, right in pairs) + _SPARE
            replies = sampler.replies([ids for ids, _ in pairs], 0.0, longest=most)
            out[name] = round(
                sum(_same(r[0], p[1]) for r, p in zip(replies, pairs, strict=True)) / len(pairs), 2
            )
        model.train(was_training)
        return out

    return measure


def _prompts(name: str, tokenizer: Tokenizer, items: int, seed: int) -> list[tuple[list[int], str]]:
    rng = random.Random(f"probe-{name}-{seed}")
    pairs: list[tuple[list[int], str]] = []
    while len(pairs) < items:
        for example in MECHANISMS[name](Draw(rng, ease=0.3, held=True))[:2]:
            turn = one_turn(example, rng)
            ids = tokenizer.encode_chat(turn.messages)
            if len(ids) <= _LONGEST and len(pairs) < items:
                pairs.append((ids, turn.reply))
    return pairs


def one_turn(example: Exercise, rng: random.Random) -> Exercise:
    """The conversation up to one of its replies, which is what is asked."""
    places = [n for n, message in enumerate(example.messages) if message.role == "assistant"]
    at = rng.choice([*places, len(example.messages)])
    if at == len(example.messages):
        return example
    return Exercise(example.skill, example.messages[:at], example.messages[at].content)


def _same(reply: str, right: str) -> bool:
    return reply.strip().rpartition("\n")[2] == right.strip().rpartition("\n")[2]
