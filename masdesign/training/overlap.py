"""The measured overlap between what abacus was trained on and what it is tested on."""

import random
from pathlib import Path

from masdesign.tasks.buckets import is_reserved, question_hash
from masdesign.tasks.families import families, sample_items
from masdesign.training.case import questions_in
from masdesign.training.recipe import TrainingRecipe, cases, public_hashes

SAMPLE = 3000
RESERVED_ITEMS = 600


def measured_overlap(recipe: TrainingRecipe, public: Path | None, seed: int = 1) -> dict[str, int]:
    """Counts of training prompts, over a sample of cases, that hold a reserved or a public question.

    Items of public files are looked for only where the folder is given.
    """
    excluded = public_hashes(public)
    reserved = {
        question_hash(item.question)
        for family in families().values()
        for item in sample_items(family, RESERVED_ITEMS, 0, family.default_difficulty, reserved=True)
    }
    seen = _questions(recipe, seed, excluded)
    hashes = {question_hash(question) for question in seen}
    return {
        "training_items_checked": len(seen),
        "reserved_items": len(reserved),
        "public_items": len(excluded) // 2,
        "shared_with_reserved": len(hashes & reserved),
        "shared_with_public": len(hashes & excluded),
        "in_a_reserved_bucket": sum(map(is_reserved, seen)),
    }


def _questions(recipe: TrainingRecipe, seed: int, excluded: frozenset[str]) -> list[str]:
    """The questions in a sample of training prompts, read back out of the prompts."""
    stream, out = cases(recipe, seed, excluded), []
    rng = random.Random(seed)
    for _ in range(SAMPLE):
        if examples := next(stream):  # a case has none where all that it would ask is reserved
            out += questions_in(rng.choice(examples))
    return out
