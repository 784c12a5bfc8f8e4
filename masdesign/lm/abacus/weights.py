"""Abacus's weights, read from a file and laid out for inference.

The file holds ``embed``, ``layers.{i}.norm1|qkv|out|norm2|up|down``, from the third model on also
``layers.{i}.smear``, and ``norm`` (see `masdesign.training.model`), in float16. All sizes but the heads'
are read from the arrays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

HEAD = 32
"""Features of a head, where the manifest does not say."""


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One layer; each matrix is (inputs, outputs) and contiguous, with the norm before it folded in."""

    qkv: Array
    """Outputs are ordered for `masdesign.lm.abacus.layers`; queries carry the factor ``head ** -0.5``."""
    out: Array
    up: Array
    down: Array
    smear: Array | None = None
    """By channel, the share of the token before in attention's input; ``None`` in earlier models."""


@dataclass(frozen=True, slots=True)
class AbacusWeights:
    """Everything that the forward pass reads, in float32."""

    embed: Array
    """(vocabulary, width)"""
    unembed: Array
    """(width, vocabulary): the transposed embedding with the last norm folded in."""
    layers: tuple[LayerWeights, ...]
    heads: int
    window: int
    rope_base: float
    norm_eps: float

    @property
    def width(self) -> int:
        """Features of the residual stream."""
        return int(self.embed.shape[1])

    @property
    def smeared(self) -> bool:
        """Whether attention's input holds a share of the token before."""
        return self.layers[0].smear is not None

    @property
    def head(self) -> int:
        """Features of a head."""
        return self.width // self.heads


def load_weights(path: Path) -> AbacusWeights:
    """Read ``path`` (an ``.npz``); a ``manifest.json`` beside it may name heads, window and rotary base."""
    manifest = path.with_name("manifest.json")
    architecture: dict[str, Any] = {}
    if manifest.exists():
        architecture = json.loads(manifest.read_text(encoding="utf-8")).get("architecture", {})
    with np.load(path) as stored:
        return layout({name: stored[name] for name in stored.files}, **architecture)


def layout(
    stored: Mapping[str, NDArray[Any]],
    *,
    heads: int | None = None,
    window: int = 512,
    rope_base: float = 10000.0,
    norm_eps: float = 1e-5,
    **_: Any,
) -> AbacusWeights:
    """Weights for inference from arrays as stored, each (outputs, inputs).

    >>> rng = np.random.default_rng(0)
    >>> w = layout(random_arrays(rng, vocabulary=300, width=64, layers=1))
    >>> w.head, w.layers[0].qkv.shape, w.unembed.shape
    (32, (64, 192), (64, 300))
    """
    arrays = {name: array.astype(np.float32) for name, array in stored.items()}
    embed = arrays["embed"]
    heads = heads or embed.shape[1] // HEAD
    count = sum(name.endswith(".qkv") for name in arrays)
    layers = tuple(_layer(arrays, f"layers.{i}.", heads) for i in range(count))
    unembed = np.ascontiguousarray((embed * arrays["norm"]).T)
    return AbacusWeights(embed, unembed, layers, heads, window, rope_base, norm_eps)


def _layer(arrays: Mapping[str, Array], prefix: str, heads: int) -> LayerWeights:
    width = arrays[prefix + "norm1"].shape[0]
    qkv = arrays[prefix + "qkv"] * arrays[prefix + "norm1"]
    qkv[:width] *= np.float32((width // heads) ** -0.5)
    up = arrays[prefix + "up"] * arrays[prefix + "norm2"]
    return LayerWeights(
        qkv=np.ascontiguousarray(qkv[_rotary_order(width, heads)].T),
        out=np.ascontiguousarray(arrays[prefix + "out"].T),
        up=np.ascontiguousarray(up.T),
        down=np.ascontiguousarray(arrays[prefix + "down"].T),
        smear=arrays.get(prefix + "smear"),
    )


def _rotary_order(width: int, heads: int) -> NDArray[np.intp]:
    """Rows of ``qkv`` as (first halves of q, of k, second halves of q, of k, v), heads in order in each."""
    turned = np.arange(2 * width).reshape(2, heads, 2, -1).transpose(2, 0, 1, 3)
    return np.concatenate([turned.ravel(), np.arange(2 * width, 3 * width)])


def random_arrays(
    rng: np.random.Generator,
    *,
    vocabulary: int,
    width: int,
    layers: int,
    scale: float = 0.1,
    smear: bool = False,
) -> dict[str, NDArray[Any]]:
    """Untrained arrays as a weights file holds them, for tests and benchmarks."""
    shapes: dict[str, tuple[int, ...]] = {"embed": (vocabulary, width), "norm": (width,)}
    for i in range(layers):
        sizes = {
            "qkv": (3 * width, width),
            "out": (width, width),
            "up": (4 * width, width),
            "down": (width, 4 * width),
        }
        shapes |= {f"layers.{i}.{name}": size for name, size in sizes.items()}
        shapes |= {f"layers.{i}.norm1": (width,), f"layers.{i}.norm2": (width,)}
        if smear:
            shapes[f"layers.{i}.smear"] = (width,)
    return {
        name: (rng.standard_normal(shape) * scale + (len(shape) == 1)).astype(np.float16)
        for name, shape in shapes.items()
    }
