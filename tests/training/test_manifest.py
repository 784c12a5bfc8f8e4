"""The package's weights, and what their manifest promises."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra `training`")

from masdesign.building_blocks._prompt import template_version
from masdesign.training.export import WEIGHTS, load, save, template_record


def test_listed_templates_are_unchanged() -> None:
    """A template that abacus was trained on gets a new version when it changes."""
    _, _, manifest = load()
    now = template_record()
    for name, trained in manifest["templates"].items():
        if template_version(name) == trained["version"]:
            assert now[name]["sha256"] == trained["sha256"], f"{name}.j2 changed: raise its version"


def test_weights_are_small_and_of_the_stated_shape() -> None:
    model, tokenizer, manifest = load()
    assert sum(f.stat().st_size for f in WEIGHTS.iterdir()) < 25e6
    assert model.arch.vocabulary == len(tokenizer)
    assert manifest["architecture"]["parameters"] == sum(p.numel() for p in model.parameters())
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_saving_again_gives_the_same_revision(tmp_path: Path) -> None:
    model, tokenizer, manifest = load()
    assert save(model, tokenizer, {}, tmp_path) == manifest["revision"]
    again, _, _ = load(tmp_path)
    for a, b in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
