from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masdesign.lm.abacus.tokenizer import BYTES, SPECIALS, Tokenizer, own_count
from masdesign.lm.abacus.tokenizer import SHIPPED as SHIPPED_MODELS
from masdesign.types import Message

SHIPPED = Tokenizer.load()
SMALL = Tokenizer([" the", "The", " 1", "1", "\n", " +"])
TEXTS = st.text(st.characters(codec="utf-8"))


@given(TEXTS)
def test_any_text_comes_back(text: str) -> None:
    for tokenizer in (SHIPPED, SMALL):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@given(st.text())
def test_lone_surrogates_come_back_too(text: str) -> None:
    assert SHIPPED.decode(SHIPPED.encode(text)) == text


@given(TEXTS, st.sampled_from(SPECIALS))
def test_no_text_is_a_special_token(text: str, special: str) -> None:
    assert min(SHIPPED.encode(text + special + text), default=99) >= len(SPECIALS)


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert SHIPPED.decode([len(SPECIALS) + 0xFF]) == "\ufffd"


def test_a_question_has_a_token_a_word_or_digit() -> None:
    assert len(SHIPPED.encode("((-1 + 2 + 9 * 5) - 4) =")) == 15
    assert len(SHIPPED.encode("Take 9 steps left.")) == 5


def test_chat_layout() -> None:
    t = SHIPPED
    ids = t.encode_chat(
        [Message("system", "A"), Message("user", "B"), Message("assistant", "C"), Message("user", "")]
    )
    assert ids == [
        t.bos, t.system, *t.encode("A"), t.end, t.user, *t.encode("B"), t.end,
        t.assistant, *t.encode("C"), t.end, t.user, t.end, t.assistant,
    ]  # fmt: skip


def test_ids_fill_the_vocabulary() -> None:
    assert len(SMALL) == len(SPECIALS) + BYTES + 6
    assert max(SMALL.encode("The the 1 1\n + ü")) == len(SMALL) - 1


def test_repeated_pieces_are_refused() -> None:
    with pytest.raises(ValueError, match="distinct"):
        Tokenizer(["a", "a"])


@pytest.mark.parametrize("folder", sorted(set(SHIPPED_MODELS.values())), ids=lambda folder: folder.name)
def test_tokens_of_each_shipped_model_are_counted_with_its_own_vocabulary(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    count = own_count(f"{manifest['name']}@{manifest['revision'][:8]}")
    assert count is not None
    text = "You are in the pantry. Doors lead to: conservatory, hall.\nThe oak bench: grey clock, 12 of Bamo."
    assert count(text) == len(Tokenizer.from_file(folder / "vocab.json").encode(text))
