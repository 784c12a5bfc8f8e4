"""Which questions training never sees: a stable hash sorts every question into one of ten buckets.

Generated ``val`` and ``test`` items come only from the reserved buckets; ``train`` items, and all that
abacus is trained on, only from the others.
"""

import hashlib

BUCKETS = 10
RESERVED = frozenset({0, 1})


def normalise(question: str) -> str:
    """The question without differences of case and spacing."""
    return " ".join(question.casefold().split())


def question_hash(question: str) -> str:
    """64 bits of SHA-256 over the normalised question, in hex."""
    return hashlib.sha256(normalise(question).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def bucket(question: str) -> int:
    """A bucket from 0 to 9, the same on every machine and in every version.

    >>> bucket("1 + 1 =") == bucket("  1 +  1 = ")
    True
    """
    return int(question_hash(question), 16) % BUCKETS


def is_reserved(question: str) -> bool:
    """Whether the question is kept out of training."""
    return bucket(question) in RESERVED
