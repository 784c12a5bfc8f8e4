"""Which texts are closest to a query: by their words (BM25), or as an embedding model says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bm25s import BM25

_LOGICAL = frozenset({"and", "if", "no", "not", "or", "then"})
"""Common words that are what some problems are made of."""
RANK_CONSTANT = 60
"""The constant of reciprocal rank fusion: how little the first ranks count above later ones."""
_TERM = re.compile(r"\d+(?:[.,]\d+)*|\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Words, numbers and signs, in lower case.

    >>> words("Acme's Q2: (3 + 1,250)")
    ['acme', "'", 's', 'q2', ':', '(', '3', '+', '1,250', ')']
    """
    return _TERM.findall(text.casefold())


def bm25(query: str, texts: Sequence[str], n: int) -> list[int]:
    """The places of at most n texts, the best match first; of equals, the earlier one.

    A text that shares no word with the query comes after all that do. Words that are common in English
    (of, in, the …) do not count: in few short texts their number would decide.

    Reference: Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and Beyond,
    doi:10.1561/1500000019; Lù 2024, BM25S, arXiv:2407.03618 (the library).

    >>> bm25("What did Acme earn?", ["Bolt lost 3.", "Acme did earn 5.", "It rains."], 1)
    [1]
    """
    vocabulary, index = _index(tuple(texts))
    wanted = [word for word in _telling(query) if word in vocabulary]
    if not wanted:
        return list(range(min(n, len(texts))))
    scores = index.get_scores(wanted)
    return sorted(range(len(texts)), key=lambda place: (-float(scores[place]), place))[:n]


def matching(query: str, texts: Sequence[str], n: int) -> list[int]:
    """As `bm25`, of those texts only that share a telling word with the query.

    >>> matching("What did Acme earn?", ["Bolt lost 3.", "Acme did earn 5.", "It rains."], 2)
    [1]
    """
    wanted = telling_words(query)
    sharing = [place for place, text in enumerate(texts) if not wanted.isdisjoint(telling_words(text))]
    return [sharing[place] for place in bm25(query, [texts[place] for place in sharing], n)]


def fused(rankings: Sequence[Sequence[int]]) -> list[int]:
    """One ranking of several, each of places with the best first; of equals, the lower place.

    Reference: Cormack, Clarke and Büttcher 2009, Reciprocal Rank Fusion, doi:10.1145/1571941.1572114.

    >>> fused([[0, 1, 2], [2, 0]])
    [0, 2, 1]
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, place in enumerate(ranking):
            scores[place] = scores.get(place, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda place: (-scores[place], place))


def telling_words(text: str) -> frozenset[str]:
    """The words and numbers of a text that are not common in English.

    >>> sorted(telling_words("What does Bolt pay for 4 pens?"))
    ['4', 'bolt', 'does', 'pay', 'pens', 'what']
    """
    return frozenset(word for word in _telling(text) if word[0].isalnum())


def closest(query: str, count: int, n: int) -> list[int]:
    """The places of the n greatest of the numbers that an embedding model said, of ``count`` texts.

    >>> closest("0.1 0.9 0.5", 3, 2)
    [1, 2]
    """
    values = [float(word) for word in query.split()]
    return sorted(range(count), key=lambda place: (-values[place], place))[:n]


@lru_cache(64)  # many items ask the same train questions, or one item its passages again
def _index(texts: tuple[str, ...]) -> tuple[frozenset[str], BM25]:
    """The words of the texts, and their index (an empty one where there are no words)."""
    from bm25s import BM25

    corpus = [_telling(text) for text in texts]
    vocabulary, index = frozenset(word for text in corpus for word in text), BM25(backend="numpy")
    if vocabulary:
        index.index(corpus, show_progress=False)
    return vocabulary, index


def _telling(text: str) -> list[str]:
    """Its words without the common ones."""
    from bm25s.stopwords import STOPWORDS_EN

    return [word for word in words(text) if word in _LOGICAL or word not in STOPWORDS_EN]
