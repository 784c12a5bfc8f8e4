"""From a trained module to the files of the package: weights, vocabulary, manifest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from masdesign.building_blocks._prompt import template_source, template_version
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.training.model import Abacus, Architecture, weight_name
from masdesign.training.skills import SKILLS

WEIGHTS = Path(__file__).parent.parent / "lm" / "abacus" / "weights"
NAME = "abacus-3"
"""Of what is trained now; what is fine-tuned keeps its own."""
TEMPLATES = (
    "_problem", *SKILLS, "_scene", "agent", "todo", "foresee", "appraise", "discriminate", "compact", "react",
    "conversation", "_lesson", "recall", "cases", "applies", "reflect", "contrast", "guide", "guided",
    "refine_when", "merge_lessons",
)  # fmt: skip
"""The templates that abacus is trained on."""


def template_record() -> dict[str, dict[str, Any]]:
    """Version and SHA-256 of each trained template's source, by name."""
    return {
        name: {
            "version": template_version(name),
            "sha256": hashlib.sha256(template_source(name).encode()).hexdigest(),
        }
        for name in TEMPLATES
    }


def save(model: Abacus, tokenizer: Tokenizer, facts: Mapping[str, Any], folder: Path = WEIGHTS) -> str:
    """Write ``weights.npz`` (float16), ``vocab.json`` and ``manifest.json``; gives back the revision.

    ``facts`` (recipe, seed, tokens, minutes, calibration; a name) go into the manifest as they are.
    """
    arrays = {
        weight_name(name): value.detach().float().numpy().astype(np.float16)
        for name, value in model.named_parameters()
    }
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + arrays[name].tobytes())
    digest.update("\0".join(tokenizer.pieces).encode())
    revision = digest.hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "weights.npz", **arrays)  # type: ignore[arg-type]
    tokenizer.save(folder / "vocab.json")
    manifest = {
        "name": NAME,
        "revision": revision,
        "architecture": {**asdict(model.arch), "mlp": "squared_relu", "parameters": _count(model)},
        "templates": template_record(),
        **facts,
    }
    write_manifest(manifest, folder)
    return revision


def write_manifest(manifest: Mapping[str, Any], folder: Path = WEIGHTS) -> None:
    """Write ``manifest.json``, readable by a person."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def load(folder: Path = WEIGHTS) -> tuple[Abacus, Tokenizer, dict[str, Any]]:
    """The module, the tokenizer and the manifest that `save` wrote."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(folder / "vocab.json")
    numbers = {k: v for k, v in manifest["architecture"].items() if k not in ("mlp", "parameters")}
    model = Abacus(Architecture(**numbers))
    with np.load(folder / "weights.npz") as arrays, torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[weight_name(name)].astype(np.float32)))
    return model, tokenizer, manifest


def _count(model: Abacus) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
