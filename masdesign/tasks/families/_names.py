"""Made-up names, which no model has seen: short, so that they are cheap to read and to copy."""

import random

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def made_up_name(rng: random.Random, syllables: int = 2) -> str:
    """Return a made-up name of ``syllables`` syllables.

    >>> made_up_name(random.Random(1))
    'Fuza'
    """
    return "".join(rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(syllables)).capitalize()


def made_up_names(rng: random.Random, count: int, syllables: int = 2) -> list[str]:
    """Return ``count`` distinct made-up names."""
    names: dict[str, None] = {}
    while len(names) < count:
        names[made_up_name(rng, syllables)] = None
    return list(names)
