"""A run that goes on is the run that never stopped; a kept checkpoint holds it in half precision."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `training`")

from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.keep import keep, unpack
from masdesign.training.model import Abacus, Architecture
from masdesign.training.optimiser import Optimiser, orthogonal, related
from masdesign.training.recipe import TrainingRecipe
from masdesign.training import train as train_module
from masdesign.training.train import CHECKPOINT, Round, restore, train

TOKENIZER = Tokenizer.load()
ONE = {"practise_operators": 0.5, "applies": 0.5}
RECIPE = replace(TrainingRecipe(), mechanism_cases=1.0, mechanisms=ONE, ease=1.0)


def model() -> Abacus:
    torch.manual_seed(0)
    return Abacus(Architecture(len(TOKENIZER), width=32, layers=2, heads=2, window=640, smear=True))


class Stopped(Exception):
    """A run is ended from outside."""


def trained(folder: Path, chunks: int = 99) -> Abacus:
    """The model after a run of four chunks of data, or after the run was ended."""
    folder.mkdir(parents=True, exist_ok=True)
    abacus, left = model(), iter(range(chunks))

    def end(_model: Abacus) -> dict[str, float]:
        if next(left, None) is None:
            raise Stopped
        return {}

    run = Round(8_000, RECIPE, compiled=False, probe_seconds=-1.0)
    with suppress(Stopped):
        train(abacus, TOKENIZER, run, frozenset(), folder, None, lambda _line: None, end)
    return abacus


@pytest.mark.slow
def test_a_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_module, "CHUNK", 20)
    monkeypatch.setattr(train_module, "CHECKPOINT_SECONDS", -1.0)
    whole = trained(tmp_path / "whole")
    trained(tmp_path / "easy", chunks=1)
    parted = trained(tmp_path / "easy")
    for a, b in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.equal(a, b)
    TOKENIZER.save(tmp_path / "vocab.json")
    file = keep(tmp_path, tmp_path / "kept")
    assert unpack(file, tmp_path / "again") == "easy"
    again = model()
    optimiser = Optimiser(again, related(TOKENIZER))
    state = torch.load(tmp_path / "again" / "easy" / CHECKPOINT, weights_only=False)
    done = restore(state, again, optimiser)
    assert done.tokens >= 8_000
    assert done.chunk > 1
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.allclose(a, b, atol=2e-3 * float(a.detach().abs().max()))
    assert any(m.abs().sum() > 0 for m in optimiser.momentum)
    facts = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert facts["tokens"]["easy"] == done.tokens
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is not the file"):
        unpack(file, tmp_path / "third")


def test_muon_steps_are_orthogonal() -> None:
    generator = torch.Generator().manual_seed(0)
    for shape in ((3, 16, 48), (2, 40, 16), (1, 16, 16)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape, generator=generator)))
        assert float(values.min()) > 0.3
        assert float(values.max()) < 1.5
