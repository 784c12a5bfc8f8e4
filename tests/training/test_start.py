"""Training begins from an earlier model's weights: what it knew, it still knows."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `training`")

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.export import load, save
from masdesign.training.model import Abacus, Architecture
from masdesign.training.start import start_from, union

OLD = Tokenizer(["Answer", " sales", " two", "two"])
NEW = Tokenizer(union([" Acme", " sales", "sales", "zebra"], OLD))


def started(folder: Path) -> tuple[Abacus, Abacus]:
    """The earlier model, as it was saved, and the one that starts from it."""
    torch.manual_seed(0)
    save(Abacus(Architecture(len(OLD), width=32, layers=2, heads=2)), OLD, {}, folder)
    old, _, _ = load(folder)
    return old, start_from(folder, NEW, torch.Generator().manual_seed(0))


def test_known_texts_have_the_same_outputs(tmp_path: Path) -> None:
    old, new = started(tmp_path)
    text = "Answer two sales"
    before, after = (m(torch.tensor([t.encode(text)])) for m, t in ((old, OLD), (new, NEW)))
    assert torch.allclose(before, after, atol=1e-6)
    assert new.arch.vocabulary == len(NEW)


def test_a_deeper_model_with_a_smear_begins_as_the_same_function(tmp_path: Path) -> None:
    torch.manual_seed(0)
    save(Abacus(Architecture(len(OLD), width=32, layers=3, heads=2)), OLD, {}, tmp_path)
    old, _, _ = load(tmp_path)
    shape = Architecture(0, width=32, layers=5, heads=2, window=600, smear=True)
    new = start_from(tmp_path, OLD, torch.Generator().manual_seed(0), shape)
    ids = torch.tensor([OLD.encode("Answer two sales")])
    assert torch.allclose(old(ids), new(ids), atol=1e-6)
    assert new.arch == Architecture(len(OLD), width=32, layers=5, heads=2, window=600, smear=True)
    new(ids).sum().backward()
    assert all(layer.smear.grad.abs().sum() > 0 for layer in (new.stack()[0], new.stack()[-1]))


def test_a_piece_takes_the_row_of_its_kin(tmp_path: Path) -> None:
    _, new = started(tmp_path)
    rows = {piece: new.embed.weight[NEW.encode(piece)[0]] for piece in NEW.pieces}
    assert torch.equal(rows["sales"], rows[" sales"])
    assert not torch.equal(rows["zebra"], rows[" Acme"])
    assert all(torch.isfinite(row).all() for row in rows.values())


def test_the_vocabulary_keeps_what_was_known() -> None:
    assert set(OLD.pieces) <= set(NEW.pieces)
    assert list(NEW.pieces) == sorted(NEW.pieces)
