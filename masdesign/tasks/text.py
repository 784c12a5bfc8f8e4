"""Texts made comparable: what counts as the same question, and as the same answer."""

import hashlib
import unicodedata


def fold(text: str) -> str:
    """One form for all spellings of a text: NFKC, case folded, runs of white space as one space.

    >>> fold("  Is\\n2 + 2  FOUR? ")
    'is 2 + 2 four?'
    """
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def text_hash(text: str) -> str:
    """SHA-256 of a folded text, as 64 hex digits: the same for every spelling, on every machine."""
    return hashlib.sha256(fold(text).encode("utf-8", "surrogatepass")).hexdigest()
