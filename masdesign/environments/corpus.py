"""Documents of one or several sources that an agent searches and reads."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from masdesign.environments.schema import tool
from masdesign.environments.state import State, StateEpisode, WrongCall, tools_of
from masdesign.errors import InputError
from masdesign.protocols import Services
from masdesign.retrieval import RANK_CONSTANT, bm25, closest, fused, words
from masdesign.types import Item, Message, Observation, Tool

VERSION = 1
MOST_RESULTS = 10
SNIPPET = 160
"""Characters of a document that a result shows."""
PAGE = 4_000
"""Characters per call of `read`."""
CANDIDATES = 50
"""Documents of each source that are ranked again, together."""
EMBEDDED = 200
"""Documents that an embedding model is shown for a search, at most: those that words find, then others."""
MEANT = 2_000
"""Characters of each of them that it is shown: one call takes all of them."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with the id by which it is read."""

    id: str
    text: str
    source: str = ""


class Library(State):
    """The documents of an episode, which never change."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = {document.id: document for document in documents}
        self._lent: Services | None = None
        self._sources: dict[str, list[Document]] = {}
        for document in documents:
            self._sources.setdefault(document.source, []).append(document)

    def __deepcopy__(self, memo: Mapping[int, Any]) -> Library:
        return self

    def lent(self, services: Services) -> Library:
        """The same documents, searched by their meaning, too, by the model that is lent."""
        library = copy(self)
        library._lent = services
        return library

    @tool
    def search(self, query: str, results: int = 5) -> str | Awaitable[str]:
        """Search the documents by words. Shows ids with the beginning of what matches.

        Args:
            query: words to look for.
            results: how many to show, at most 10.
        """
        if not _terms(query):
            raise WrongCall("The query has no words.")
        count = max(1, min(results, MOST_RESULTS))
        ranked = self._ranked(query)
        if self._lent is not None:
            return self._by_meaning(query, ranked, count, self._lent)
        return _listed(ranked[:count], query)

    @tool
    def read(self, id: str, start: int = 0) -> str:
        """Read a document.

        Args:
            id: as a search shows it, without brackets.
            start: the character to begin at, where a document is long.
        """
        document = self.documents.get(id.strip().strip("[]"))
        if document is None:
            raise WrongCall(f"There is no document {id!r}; search for one.")
        begin = max(0, start)
        page, rest = document.text[begin : begin + PAGE], len(document.text) - begin - PAGE
        return f"{page}\n[{rest} characters more: read on with start={begin + PAGE}]" if rest > 0 else page

    def _ranked(self, query: str) -> list[Document]:
        """The documents that share a word with the query, the best first.

        Each source is ranked by itself (scores of different collections cannot be compared) and the best of
        all sources are ranked again together; the two ranks are fused by their reciprocals.
        """
        wanted = _terms(query)
        candidates: list[tuple[int, Document]] = []
        for documents in self._sources.values():
            places = bm25(query, [d.text for d in documents], CANDIDATES)
            candidates += [(rank, documents[place]) for rank, place in enumerate(places)]
        candidates = [(rank, d) for rank, d in candidates if wanted & _terms(d.text)]
        ranked = [document for _, document in candidates]
        if len(self._sources) > 1:
            again = bm25(query, [d.text for d in ranked], len(ranked))
            by_source = {place: rank for place, (rank, _) in enumerate(candidates)}
            scores = {
                place: 1 / (RANK_CONSTANT + rank) + 1 / (RANK_CONSTANT + by_source[place])
                for rank, place in enumerate(again)
            }
            ranked = [ranked[place] for place in sorted(scores, key=lambda p: (-scores[p], p))]
        return ranked

    async def _by_meaning(self, query: str, ranked: list[Document], count: int, lent: Services) -> str:
        """The ranks by words fused with those by the embedding model, at one call of it."""
        shown = list({d.id: d for d in (*ranked, *self.documents.values())}.values())[:EMBEDDED]
        messages = [Message("user", text) for text in (*(d.text[:MEANT] for d in shown), query)]
        near = await lent.complete("embedding", messages, max_tokens=1, sample=0)
        order = fused([range(min(len(ranked), len(shown))), closest(near.text, len(shown), CANDIDATES)])
        return _listed([shown[place] for place in order[:count]], query)


class Corpus:
    """An environment of documents, the same for all items: `search` and `read`.

    >>> corpus = Corpus([Document("a", "Ulm has a tall church."), Document("b", "Bonn lies on the Rhine.")])
    >>> corpus.tools[0].name, corpus.places
    ('search', 0)
    """

    name = "corpus"
    ranks_by_meaning = True
    """Whether searches ask the run's model in the role ``embedding``, where there is one."""
    places = 0
    calls = 0
    deterministic = True
    places_read: tuple[Path, ...] = ()
    """Where the documents were read from."""
    tools: tuple[Tool, ...] = tuple(replace(tool, effect="pure") for tool in tools_of(Library))

    def __init__(self, documents: Iterable[Document]) -> None:
        """Take the documents.

        Raises:
            InputError: there is none, or two have the same id.
        """
        self.library = Library(tuple(documents))
        count = sum(len(passages) for passages in self.library._sources.values())
        if not count:
            raise InputError("a corpus needs at least one document")
        if len(self.library.documents) < count:
            raise InputError("two documents of the corpus have the same id; make the ids different")
        texts = [(d.id, d.source, d.text) for d in self.library.documents.values()]
        self.version = hashlib.sha256(json.dumps([VERSION, texts]).encode()).hexdigest()[:8]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Corpus:
        """Read files and folders, each a source.

        A ``.jsonl`` file has a document a line (``text``, optional ``id``, ``title``); any other file is one
        document; a folder holds files.

        Raises:
            InputError: a path does not exist, or a file is not text or not JSON lines.
        """
        documents = [document for path in paths for document in _documents(path)]
        twice = len({d.id for d in documents}) < len(documents)
        corpus = cls(replace(d, id=f"{d.source}/{d.id}") if twice else d for d in documents)
        corpus.places_read = tuple(path.resolve() for path in paths)
        return corpus

    async def open(self, item: Item, seed: int, services: Services) -> StateEpisode:
        """Begin an episode, which has no state."""
        library = self.library.lent(services) if getattr(services, "embeds", False) else self.library
        return StateEpisode(library, {t.name: t for t in self.tools}, Observation(""))


def _documents(path: Path) -> list[Document]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        return [replace(d, source=path.name) for file in files for d in _documents_of(file, path)]
    return _documents_of(path, path.parent)


def _documents_of(file: Path, folder: Path) -> list[Document]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"corpus {file} does not exist; check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"corpus {file} cannot be read as text ({error}); give UTF-8 files") from error
    if file.suffix != ".jsonl":
        return [Document(file.relative_to(folder).as_posix(), text, file.name)]
    return [_document(line, number, file) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _document(line: str, number: int, file: Path) -> Document:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(
            f"corpus {file}, line {number}: not JSON ({error}); give a document a line"
        ) from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise InputError(f'corpus {file}, line {number}: no text; a document is {{"text": …}}')
    title = f"{row['title']}\n" if row.get("title") else ""
    return Document(str(row.get("id", number)), f"{title}{row['text']}", file.stem)


def _listed(best: Sequence[Document], query: str) -> str:
    if not best:
        return "No document has any of these words."
    return "\n".join(f"[{d.id}] {_snippet(d.text, query)}" for d in best)


def _terms(text: str) -> set[str]:
    """Its words and numbers, without signs."""
    return {word for word in words(text) if word[0].isalnum()}


def _snippet(text: str, query: str) -> str:
    """The part of a text around the first word of the query, on one line."""
    flat = " ".join(text.split())
    wanted = sorted(map(re.escape, _terms(query)))
    match = re.search(rf"\b(?:{'|'.join(wanted)})\b", flat, re.IGNORECASE) if wanted else None
    start = max(0, (match.start() if match else 0) - SNIPPET // 3)
    part = flat[start : start + SNIPPET]
    return f"{'…' if start else ''}{part}{'…' if start + SNIPPET < len(flat) else ''}"
