"""Counting tokens as a model does, where its tokenizer is at hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from masdesign.lm.abacus.tokenizer import Tokenizer


def own_count(model: str) -> Callable[[str], int] | None:
    """Return what counts tokens as the model of this id does; ``None`` where its tokenizer is not here.

    It goes by the id, so that a run is the same when it is replayed or its items run elsewhere.

    >>> own_count("abacus-3@3f2a91c0")("Xiangyang")
    9
    >>> own_count("openai/gpt-4o-mini")
    """
    return _count_abacus if model.startswith("abacus-") else None


def _count_abacus(text: str) -> int:
    return len(_abacus().encode(text))


@cache
def _abacus() -> Tokenizer:
    return Tokenizer.load()
