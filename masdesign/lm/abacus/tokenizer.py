"""Text to token ids and back, without loss, for any text.

A piece is a word, a digit or a sign, each with the space before it. Pieces of the vocabulary are one
token; every other piece is spelt in its UTF-8 bytes. Special tokens (roles, end of turn) have
no spelling: only `Tokenizer.encode_chat` makes them, so no text can pass for one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from masdesign.types import Message

SPECIALS = ("<bos>", "<system>", "<user>", "<assistant>", "<end>")
BYTES = 256
PIECE = re.compile(r"\n| ?[A-Za-z]+| ?[0-9]| ?[^\sA-Za-z0-9]|\s")
WEIGHTS = Path(__file__).parent / "weights"
SHIPPED = {"": WEIGHTS, "2": WEIGHTS, "3": WEIGHTS.with_name("weights3")}
"""The models in the package, by what stands after ``abacus:``; nothing means the first one."""
VOCABULARY_FILE = WEIGHTS / "vocab.json"


class Tokenizer:
    """Ids in order: the special tokens, the 256 bytes, the pieces.

    Messages are laid out as ``<bos>``, then for each its role's token, its text and ``<end>``, then
    ``<assistant>``, after which the model writes its reply and ``<end>``.

    >>> t = Tokenizer(["Hi", " there"])
    >>> t.encode("Hi there")
    [261, 262]
    >>> t.decode(t.encode("Hi thère"))
    'Hi thère'
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        if len(set(pieces)) != len(pieces):
            raise ValueError("vocabulary pieces must be distinct")
        self.pieces = tuple(pieces)
        first = len(SPECIALS) + BYTES
        self._ids: dict[str, list[int]] = {piece: [first + i] for i, piece in enumerate(pieces)}
        self._spelling: list[bytes] = [b""] * len(SPECIALS)
        self._spelling += [bytes([value]) for value in range(BYTES)]
        self._spelling += [piece.encode() for piece in pieces]
        self.bos, self.system, self.user, self.assistant, self.end = range(len(SPECIALS))
        self._roles = {"system": self.system, "user": self.user, "assistant": self.assistant}

    @classmethod
    def from_file(cls, path: Path | str) -> Tokenizer:
        """Read the pieces from a JSON file: ``{"pieces": [...]}``."""
        return cls(json.loads(Path(path).read_text(encoding="utf-8"))["pieces"])

    @classmethod
    def load(cls) -> Tokenizer:
        """The tokenizer of the weights in the package."""
        return cls.from_file(VOCABULARY_FILE)

    def save(self, path: Path | str) -> None:
        """Write what `from_file` reads."""
        Path(path).write_text(json.dumps({"pieces": self.pieces}, indent=0) + "\n", encoding="utf-8")

    def __len__(self) -> int:
        """The number of ids."""
        return len(self._spelling)

    def encode(self, text: str) -> list[int]:
        """Ids of a text; never a special token. Lone surrogates are kept as they are.

        >>> Tokenizer([]).encode("<end>") == [ord(c) + 5 for c in "<end>"]
        True
        """
        vocabulary, out = self._ids, []
        for piece in PIECE.findall(text):
            ids = vocabulary.get(piece)
            out += ids if ids is not None else self._spell(piece)
        return out

    def _spell(self, piece: str) -> list[int]:
        ids = [len(SPECIALS) + value for value in piece.encode("utf-8", "surrogatepass")]
        if len(self._ids) < 50_000:
            self._ids[piece] = ids
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; special tokens are dropped, bytes that are no UTF-8 become U+FFFD."""
        spelt = b"".join([self._spelling[i] for i in ids])
        try:
            return spelt.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return spelt.decode("utf-8", "replace")

    def encode_chat(self, messages: Sequence[Message]) -> list[int]:
        """Ids of a conversation, up to and including the token after which the reply comes.

        >>> t = Tokenizer(["Hi"])
        >>> t.encode_chat([Message("user", "Hi")])
        [0, 2, 261, 4, 3]
        """
        ids = [self.bos]
        for message in messages:
            ids.append(self._roles[message.role])
            ids += self.encode(message.content)
            ids.append(self.end)
        ids.append(self.assistant)
        return ids


def own_count(model: str) -> Callable[[str], int] | None:
    """Return what counts tokens as the model of this id does; ``None`` where its tokenizer is not here.

    It goes by the id, so that a run is the same when it is replayed or its items run elsewhere. A model of
    one's own counts as abacus 2 does, whose vocabulary is the smallest: too many rather than too few.

    >>> [own_count(model)("Go to the conservatory.") for model in ("abacus-2@0", "abacus-3@0")]
    [17, 5]
    >>> own_count("openai/gpt-4o-mini")
    """
    family, _, version = model.partition("@")[0].partition("-")
    return _counter(SHIPPED.get(version, WEIGHTS)) if family == "abacus" else None


@cache
def _counter(folder: Path) -> Callable[[str], int]:
    encode = Tokenizer.from_file(folder / VOCABULARY_FILE.name).encode
    return lambda text: len(encode(text))
