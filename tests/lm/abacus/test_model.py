"""The NumPy forward pass against the PyTorch definition that the weights were trained in."""

import numpy as np
import pytest

from masdesign.lm.abacus.model import AbacusModel, arena_length
from masdesign.lm.abacus.weights import layout, random_arrays

torch = pytest.importorskip("torch")

from masdesign.training.model import Abacus, Architecture, weight_name  # noqa: E402


@pytest.mark.parametrize(
    ("width", "heads", "layers", "smear"),
    [(160, 5, 5, False), (160, 5, 3, True), (64, 2, 2, True), (96, 2, 1, False)],
)
def test_logits_equal_those_of_pytorch(width, heads, layers, smear):
    rng = np.random.default_rng(3)
    arrays = random_arrays(rng, vocabulary=300, width=width, layers=layers, scale=0.08, smear=smear)
    ours, theirs = (
        AbacusModel(layout(arrays, heads=heads)),
        _torch_model(arrays, Architecture(300, width=width, heads=heads, layers=layers, smear=smear)),
    )
    for length in (1, 31, 32, 100):
        prompts = [rng.integers(0, 300, length).tolist() for _ in range(2)]
        arena = ours.arena(arena_length(length + 1))
        logits = ours.prefill(arena, prompts)
        for prompt, row in zip(prompts, logits, strict=True):
            np.testing.assert_allclose(row, theirs(prompt)[-1], atol=1e-3)
        while length < arena.length - 1 and length < 34:
            tokens = rng.integers(0, 300, 2).tolist()
            logits = ours.advance([arena], tokens, [length, length])
            length += 1
            for prompt, token, row in zip(prompts, tokens, logits, strict=True):
                prompt.append(token)
                np.testing.assert_allclose(row, theirs(prompt)[-1], atol=1e-3)


def _torch_model(arrays, architecture):
    module = Abacus(architecture).eval()
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[weight_name(name)].astype(np.float32)))

    def logits(ids):
        with torch.no_grad():
            return module.logits(module(torch.tensor([ids])))[0].numpy()

    return logits
