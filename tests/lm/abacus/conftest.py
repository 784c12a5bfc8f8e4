"""A tiny untrained model in a folder, so that no test but one needs the trained weights."""

# ruff: noqa: E402
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before NumPy: two BLAS threads are far slower than one on small tiles

import json
import random

import numpy as np
import pytest

from masdesign.lm.abacus.call import AbacusCall
from masdesign.lm.abacus.model import AbacusModel
from masdesign.lm.abacus.tokenizer import Tokenizer
from masdesign.lm.abacus.weights import layout, load_weights, random_arrays

PIECES = (" the", " a", "Answer", ":", " 1", " 2", " 3", "yes", "no", " step")
WINDOW = 200


@pytest.fixture(scope="session")
def arrays():
    """As a weights file holds them; width 64, 2 heads, 2 layers."""
    vocabulary = len(Tokenizer(PIECES))
    return random_arrays(np.random.default_rng(5), vocabulary=vocabulary, width=64, layers=2, smear=True)


@pytest.fixture(scope="session")
def folder(arrays, tmp_path_factory):
    """What `AbacusLM(folder=...)` reads."""
    path = tmp_path_factory.mktemp("weights")
    np.savez(path / "weights.npz", **arrays)
    Tokenizer(PIECES).save(path / "vocab.json")
    architecture = {"window": WINDOW, "heads": 2, "mlp": "squared_relu"}
    manifest = {"name": "tiny", "revision": "0123456789ab", "architecture": architecture}
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


@pytest.fixture(scope="session")
def model(folder):
    return AbacusModel(load_weights(folder / "weights.npz"))


@pytest.fixture(scope="session")
def tokenizer():
    return Tokenizer(PIECES)


@pytest.fixture(scope="session")
def full_size():
    """A model of abacus's own size, untrained, and a tokenizer for it."""
    tokenizer = Tokenizer([f"w{chr(0x4E00 + k)}" for k in range(144)])
    arrays = random_arrays(
        np.random.default_rng(6), vocabulary=len(tokenizer), width=160, layers=5, scale=0.06
    )
    return AbacusModel(layout(arrays)), tokenizer


@pytest.fixture
def make_calls():
    """``make_calls(count, longest=..., replies=...)``: calls of all kinds, several draws of some prompts."""

    def make(count, *, vocabulary=271, longest=100, replies=40, seed=0):
        rng = random.Random(seed)
        calls = []
        while len(calls) < count:
            prompt = tuple(rng.randrange(5, vocabulary) for _ in range(rng.randint(1, longest)))
            temperature = rng.choice([0.0, 0.8, 1.5])
            for sample in range(rng.choice([1, 1, 5])):
                limit = rng.randint(1, replies)
                calls.append(
                    AbacusCall(
                        key=len(calls), prompt=prompt, limit=limit, temperature=temperature, sample=sample
                    )
                )
        return calls[:count]

    return make
