"""Abacus's own solutions of fresh training items: what its judge, its revisions and debates learn from.

A judge trained on planted errors alone calls its own mistakes right, since they look like what it
would have written (Huang et al. 2023, arXiv:2310.01798, measured the same on large models).
"""

import random
from collections.abc import Mapping, Sequence

from masdesign.tasks.buckets import question_hash
from masdesign.tasks.families import families, sample_items
from masdesign.training.measure import answers, prompt, right
from masdesign.training.recipe import TrainingRecipe
from masdesign.training.sample import Sampler
from masdesign.training.wordings import instruction
from masdesign.types import Item

DRAWS = 6
SOLVED_SHARE = 0.25
"""At most this share of the items kept have no wrong draft."""


def drafts(
    sampler: Sampler, recipe: TrainingRecipe, items: Mapping[str, int], seed: int, excluded: frozenset[str]
) -> dict[str, list[tuple[Item, list[str]]]]:
    """For each family, items of the training buckets with `DRAWS` replies each.

    ``items`` says how many items a family; those that were always solved are thinned out.
    """
    out: dict[str, list[tuple[Item, list[str]]]] = {}
    for name, count in items.items():
        shares = recipe.difficulties[name]
        whole = sum(shares.values())
        own_items: list[Item] = []
        for difficulty, part in shares.items():
            if difficulty:
                wanted = round(count * part / whole)
                own_items += sample_items(families()[name], wanted, seed, difficulty, reserved=False)
        own_items = [item for item in own_items if question_hash(item.question) not in excluded]
        out[name] = _thinned(own_items, _draw(sampler, own_items, seed), seed)
    return out


def _draw(sampler: Sampler, items: Sequence[Item], seed: int) -> list[list[str]]:
    """Draws at the default wording, a third at another one."""
    other = instruction("chain_of_thought", random.Random(seed))
    usual = answers(sampler, items, prompt("chain_of_thought"), 0.9, DRAWS * 2 // 3)
    varied = answers(sampler, items, prompt("chain_of_thought", other), 0.9, DRAWS - DRAWS * 2 // 3)
    return [a + b for a, b in zip(usual, varied, strict=True)]


def _thinned(items: Sequence[Item], replies: Sequence[list[str]], seed: int) -> list[tuple[Item, list[str]]]:
    pairs = list(zip(items, replies, strict=True))
    mixed = [(item, row) for item, row in pairs if not all(right(item, reply) for reply in row)]
    solved = [(item, row) for item, row in pairs if all(right(item, reply) for reply in row)]
    keep = max(50, round(len(mixed) * SOLVED_SHARE / (1 - SOLVED_SHARE)))
    return mixed + random.Random(seed).sample(solved, min(keep, len(solved)))
