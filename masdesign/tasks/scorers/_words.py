"""Answers as bags of words, the way SQuAD's script makes them; HotpotQA's script copied its rules."""

from __future__ import annotations

import re
import string
from collections import Counter

from masdesign.errors import InputError

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without punctuation (ASCII), without articles, white space as single blanks.

    >>> normalise("The  Quick, brown fox.")
    'quick brown fox'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def word_f1(prediction: str, target: str) -> float:
    """Harmonic mean of precision and recall over the words of two texts; 0 where either has none.

    >>> round(word_f1("the red fox", "a quick red fox"), 3)
    0.8
    """
    given, wanted = normalise(prediction).split(), normalise(target).split()
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted)) if shared else 0.0


def measure_named(scorer: str, argument: str) -> str:
    """The name of a scorer with its measure: ``f1``, which is its default, or ``em`` (exact match).

    >>> measure_named("squad", "em"), measure_named("squad", "f1")
    ('squad:em', 'squad')
    """
    if argument not in ("em", "f1"):
        raise InputError(f"scorer {scorer}:{argument}: unknown; write {scorer}:f1 or {scorer}:em")
    return scorer if argument == "f1" else f"{scorer}:{argument}"
