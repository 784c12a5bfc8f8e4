"""`masdesign.retrieval`, under the name by which blocks import it: a block's version counts its imports."""

from masdesign.retrieval import bm25, words

__all__ = ["bm25", "words"]
